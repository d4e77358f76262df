/* SPDX-License-Identifier: MIT */
/*
 * client_impl - what a client is made of. For the files of src/client alone.
 */
#ifndef CLIENT_CLIENT_IMPL_H
#define CLIENT_CLIENT_IMPL_H

#include <stdatomic.h>

#include <pop3.h>
#include <pop3/lines.h>
#include <pop3/resolver.h>

#include "base/bytes.h"

struct pop3_client {
    pop3_conn *conn;
    pop3_trace trace; /* the caller's, or one to stderr */
    int cancel_read;  /* a pipe that wakes poll(2); -1: none */
    int cancel_write;
    atomic_bool canceled;
    bytes welcome;
    bytes response;        /* the last +OK line */
    uint64_t skipped_rows; /* of the last listing */
    uint64_t marked;       /* by DELE, since the last RSET */
    pop3_deletes deletes;  /* NONE until QUIT told more */
};

/* Takes the events of one command, all but its DONE; NULL: they are thrown
 * away. Its result, if it is not POP3_OK, becomes that of the command, and it
 * is not called again; CANCELED ends the session at once. */
typedef struct client_handler {
    pop3_result (*take)(void *ctx, const pop3_event *event);
    void *ctx;
} client_handler;

/* Whether it was told to: the next client_wait() closes the connection. */
static inline bool
client_is_canceled(pop3_client *client)
{
    return atomic_load(&client->canceled);
}

/* Waits for an event. CLOSED comes as an event, too. */
void client_wait(pop3_client *client, pop3_event *event);

/* Gives an event to the handler, unless *verdict says that it has failed
 * before. */
void client_give(pop3_client *client, const client_handler *handler,
                 const pop3_event *event, pop3_result *verdict);

/* Behind a DATA: what follows and is here already, as events like it, until
 * somebody cancels. */
void client_give_more(pop3_client *client, const client_handler *handler,
                      pop3_event *event, pop3_result *verdict);

/* Records the result of a callback that was not POP3_OK; ends the session
 * after CANCELED. */
void client_callback_failed(pop3_client *client, const pop3_event *event,
                            pop3_result result);

/* A command ended: what is marked for deletion, and what became of it. */
void client_account(pop3_client *client, pop3_verb verb, pop3_result result);

/* Waits until command `id` is done. */
pop3_result client_finish(pop3_client *client, pop3_id id,
                          const client_handler *handler) POP3_MUST_CHECK;

/* Sends a command and waits until it is done. */
pop3_result client_run(pop3_client *client, const pop3_command *command,
                       const client_handler *handler) POP3_MUST_CHECK;

#endif
