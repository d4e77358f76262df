/* SPDX-License-Identifier: MIT */
/*
 * staple - OCSP answers as authorities give them, and as they should not.
 */
#ifndef TESTS_STAPLE_H
#define TESTS_STAPLE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum staple_damage {
    STAPLE_WHOLE,
    STAPLE_SIGNATURE, /* one bit of it is another */
    STAPLE_CUT,       /* its last octet lacks */
    STAPLE_LONGER,    /* an octet follows it */
    STAPLE_JUNK       /* no OCSP at all */
} staple_damage;

/* All zero: good, for the server's own certificate, signed by the test's root,
 * made now, without an end. Times are in seconds from now. */
typedef struct staple_options {
    const char *about;  /* kind of certificate; NULL: the server's own */
    const char *issuer; /* who issued that; NULL: "ca-root" */
    const char *signer; /* who signs; NULL: the issuer */
    int status;         /* V_OCSP_CERTSTATUS_* */
    int reason;         /* of a revocation; -1: none is told */
    long made_s;
    long end_s; /* 0: none is told */
    bool by_sha1;
    int error; /* OCSP_RESPONSE_STATUS_*, not signed; 0: an answer */
    staple_damage damage;
} staple_options;

/* Octets in DER, from OPENSSL_malloc(). `own`: the server's certificate. */
unsigned char *staple_make(const staple_options *options, const char *own,
                           size_t *len);

#endif
