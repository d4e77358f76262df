/* SPDX-License-Identifier: MIT */
/*
 * probe.h - what the parts of client_probe share.
 */
#ifndef INTEROP_PROBE_H
#define INTEROP_PROBE_H

#include <pop3.h>

#include "../harness/test.h"

typedef struct probe {
    const char *host;
    const char *port;
    pop3_security security;
    const char *ca_file;
    const char *user;
    const char *password;
    const char *how;
    const char *dir;
    uint64_t count; /* messages in dir */
} probe;

/* ---- checks ---- */

/* Whether it is POP3_OK; shows the error of the client that was connected
 * last if it is not. */
bool probe_check_ok(pop3_result result, int line, const char *file,
                    const char *call);
#define OK(call) probe_check_ok((call), __LINE__, __FILE__, #call)

/* A refusal is an answer: the session goes on. */
void probe_check_alive(pop3_client *client);

/* ---- messages that are expected ---- */

typedef struct expected {
    const probe *p;
    uint64_t number;
    FILE *file;
    uint64_t got; /* octets */
    bool same;
} expected;

void probe_expected_open(expected *e, const probe *p, uint64_t number);
void probe_expected_take(expected *e, const void *ptr, size_t len);

/* Whether what came is as it should be, and all of it if `whole`. */
bool probe_expected_close(expected *e, bool whole);

/* pop3_sink and pop3_each_line, with an expected as ctx. */
pop3_result probe_sink_expected(void *ctx, pop3_span part);
pop3_result probe_line_expected(void *ctx, pop3_span line);

/* How long the header, the empty line and `lines` lines of a message are. */
uint64_t probe_top_octets(const probe *p, uint64_t number, uint64_t lines);
uint64_t probe_file_octets(const probe *p, uint64_t number);

/* ---- sessions ---- */

pop3_options probe_options_of(const probe *p);
pop3_credentials probe_credentials_of(const probe *p);
pop3_client *probe_connected(const probe *p);
pop3_client *probe_logged_in(const probe *p);
void probe_disconnect(pop3_client *client);
uint64_t probe_count_now(pop3_client *client);

/* ---- the parts ---- */

void walk_greeting(const probe *p);
void walk_capabilities(const probe *p);
void walk_languages(const probe *p);
void walk_stls(const probe *p);
void walk_certificate(const probe *p);
void walk_login(const probe *p);
void walk_wrong_password(const probe *p);
void walk_safe_login(const probe *p);
void walk_trace(const probe *p);
void walk_listings(const probe *p);
void walk_messages(const probe *p);
void walk_top(const probe *p);
void walk_many(const probe *p);
void walk_raw(const probe *p);
void walk_stopping(const probe *p);
void walk_dele_and_rset(const probe *p);
void walk_delete(const probe *p);

#endif
