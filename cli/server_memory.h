/* SPDX-License-Identifier: MIT */
/*
 * server_memory - the servers that were found for accounts that name none.
 */
#ifndef CLI_SERVER_MEMORY_H
#define CLI_SERVER_MEMORY_H

#include "cli/found.h"
#include "mail/mail_error.h"

/* What is remembered for an address; `state` as in options.state. False: there
 * is nothing, or nothing that can be trusted. */
bool server_memory_get(const char *state, const char *address,
                       found_server *out);

/* Remembers it, in the place of what was. */
mail_result server_memory_put(const char *state, const char *address,
                              const found_server *server,
                              mail_error *error) MAIL_MUST_CHECK;

/* Where it stands, to be freed; NULL: nowhere. */
char *server_memory_path(const char *state);

#endif
