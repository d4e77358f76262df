/* SPDX-License-Identifier: MIT */
/*
 * answers - what the mechanisms answer, and what they share in doing so. For
 * the files of src/auth alone.
 */
#ifndef AUTH_ANSWERS_H
#define AUTH_ANSWERS_H

#include "auth/auth.h"

auth_answer answer_plain;
auth_answer answer_login;
auth_answer answer_external;
auth_answer answer_anonymous;
auth_answer answer_xoauth2;
auth_answer answer_oauthbearer;
auth_answer answer_scram_sha1;   /* with OpenSSL */
auth_answer answer_scram_sha256; /* with OpenSSL */
auth_answer answer_gsasl;        /* with GNU SASL: CRAM-MD5, GSSAPI */

/* Notes why, in static words, and returns the result. */
pop3_result answers_fail(auth_exchange *exchange, pop3_result result,
                         const char *why);

/* Makes the answer from a message, and wipes that. Errors: NOMEM, which is
 * also told when `whole` is false: the message could not be put together. */
pop3_result answers_take(auth_exchange *exchange, bytes *message, bool whole,
                         secret *answer);

/* SASLprep of a query (RFC 4013); *out is set on success. Errors: ARGUMENT
 * (it holds what is forbidden), NOMEM, UNSUPPORTED (it is not ASCII, and the
 * library was built without GNU SASL). */
pop3_result prep_sasl(pop3_span in, secret *out, const char **why);

#endif
