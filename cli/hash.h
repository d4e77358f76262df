/* SPDX-License-Identifier: MIT */
/*
 * hash - ids of messages that the server gives none.
 */
#ifndef CLI_HASH_H
#define CLI_HASH_H

#include "cli/session.h"

/* Gives each message of the maildrop an id made of its header, which is asked
 * for, and its size. One whose header tells too little stays without. If the
 * server refuses all headers, drop->has_uids is false then. The result is that
 * of the session. */
pop3_result hash_ids(session *s, maildrop *drop);

#endif
