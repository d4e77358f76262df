/* SPDX-License-Identifier: MIT */
/*
 * conn_impl - what a connection is made of. For the files of src/conn alone.
 */
#ifndef CONN_CONN_IMPL_H
#define CONN_CONN_IMPL_H

#include <pop3.h>
#include <pop3/resolver.h>
#include <pop3/transport.h>

#include "auth/auth.h"
#include "net/dial.h"
#include "net/proxy.h"
#include "net/tls.h"

/* Where the connection stands. */
typedef enum conn_stage {
    CONN_DIALING,
    CONN_PROXY,     /* it is asked to connect to the server */
    CONN_HANDSHAKE, /* implicit TLS */
    CONN_STREAM,    /* octets flow */
    CONN_OVER       /* the transport is closed */
} conn_stage;

/* What the connection itself does before it is the caller's. */
typedef enum setup_step {
    SETUP_GREETING, /* waiting for it */
    SETUP_CAPA,     /* STLS is required: is it offered? */
    SETUP_STLS,
    SETUP_READY, /* READY is due */
    SETUP_FINISHED
} setup_step;

typedef enum login_step {
    LOGIN_NONE, /* no login is under way */
    LOGIN_CAPA_BEFORE,
    LOGIN_UTF8,
    LOGIN_USER,
    LOGIN_PASS,
    LOGIN_APOP,
    LOGIN_AUTH,
    LOGIN_CAPA_AFTER
} login_step;

/* What login_sasl.c remembers from one AUTH to the next. */
typedef struct login_sasl {
    char binding[80];   /* octets of the channel binding */
    bool initial_sent;  /* the first answer went with AUTH */
    const void *masked; /* the secret that is masked already */
    secret late;        /* the first answer, which was too long for AUTH */
    pop3_result failed; /* of an answer that could not be computed */
} login_sasl;

typedef struct login {
    login_step step;
    pop3_id id;      /* what the caller knows it by */
    pop3_id current; /* the command that is under way */
    pop3_id user;    /* USER that went together with it; 0: none */
    bool utf8_asked; /* once is enough, whichever mechanism follows */
    pop3_credentials credentials;
    auth_exchange exchange;
    login_sasl sasl;
    struct fail_detail *refused; /* how that USER was, if it was */
} login;

/* Deadlines, in milliseconds of clock_ms(). */
typedef struct pace {
    int64_t connect_by;
    int64_t last_io;      /* when an octet moved last */
    int64_t step_began;   /* when the command at hand had its turn */
    uint64_t step_octets; /* received since then */
    int64_t seen;         /* when the server had its last turn */
    bool rests;           /* an event was given since then */
} pace;

struct pop3_conn {
    pop3_core *core;
    pop3_options options; /* its strings are ours or were used up */
    char *host;
    char *port;
    char *server_name;

    conn_stage stage;
    dial *dial;
    proxy *proxy;             /* NULL: none, or it has done its work */
    pop3_transport transport; /* valid from CONN_HANDSHAKE on */
    tls_config *tls;
    bool starting_tls;        /* STLS was answered by +OK */
    int want;                 /* POP3_POLL_*: what the transport waits for */
    bool sleeper;             /* the caller does nothing but wait */
    bool may_sleep;           /* the read at hand may, see tcp_let_sleep() */
    bool slept;               /* one of this step might have */
    pop3_result write_failed; /* POP3_OK until then */
    pace pace;

    setup_step setup;
    pop3_id setup_id;
    login login;
};

/* Makes conn->tls unless it is there. Errors: as tls_config_new(). */
pop3_result conn_prepare_tls(pop3_conn *conn,
                             net_error *error) POP3_MUST_CHECK;

/* open.c: says that it is the proxy that cannot be reached, if there is one.
 */
void conn_name_proxy(const pop3_conn *conn, net_error *error);

/* setup.c: takes events of the connection's own commands. True: the event is
 * not for the caller. */
bool setup_take(pop3_conn *conn, const pop3_event *event);

/* login.c: the same for a login. It may turn the event into the DONE of the
 * login, and returns false then. */
bool login_take(pop3_conn *conn, pop3_event *event);
void login_clear(login *l);

/* login.c for login_sasl.c: submits the next command of the login. */
pop3_result login_ask(pop3_conn *conn, login_step next,
                      const pop3_command *command) POP3_MUST_CHECK;

/* As the mechanism has it: USER, APOP or AUTH. */
pop3_result login_ask_credentials(pop3_conn *conn) POP3_MUST_CHECK;
/* RFC 6856 §2.1: UTF8 first where the caller wants it and the server has it,
 * or where name or password need it and the server takes them so. */
pop3_result login_ask_utf8_or_credentials(pop3_conn *conn) POP3_MUST_CHECK;

/* login_sasl.c: which mechanism, and its answers. */

/* Settles on a mechanism: the one that was named, or the best one. Errors:
 * INSECURE, UNSUPPORTED, ARGUMENT. */
pop3_result login_sasl_choose(pop3_conn *conn) POP3_MUST_CHECK;
/* Fetches the password or token and keeps it out of traces. */
pop3_result login_sasl_secret(pop3_conn *conn) POP3_MUST_CHECK;
pop3_result login_sasl_ask(pop3_conn *conn) POP3_MUST_CHECK;
void login_sasl_challenge(pop3_conn *conn, const pop3_event *event);
/* AUTH was answered by +OK: ends the session unless the server has proved
 * itself, and says whether it did. */
bool login_sasl_accept(pop3_conn *conn);
/* AUTH was refused: whether there is another way, and it was begun. Errors:
 * what ends the login in place of the refusal. */
pop3_result login_sasl_again(pop3_conn *conn, const pop3_event *event,
                             bool *again) POP3_MUST_CHECK;

/* pace.c: time. */
void pace_start(pop3_conn *conn);
void pace_rest(pop3_conn *conn);   /* the program has the event now */
void pace_resume(pop3_conn *conn); /* it wants what the server has to send */
void pace_moved(pop3_conn *conn, size_t received);
void pace_asked(pop3_conn *conn);
void pace_step(pop3_conn *conn, const pop3_event *event);
int pace_left_ms(const pop3_conn *conn);
/* Whether a deadline had passed when octets moved last, or the program came
 * back with an event: no look at the clock. */
bool pace_is_late(const pop3_conn *conn);
/* Fails the session if a deadline passed; says so. */
bool pace_check(pop3_conn *conn);

#endif
