/* SPDX-License-Identifier: MIT */
/*
 * metrics_server - GET /metrics on a socket that only this machine reaches.
 */
#ifndef CLI_METRICS_SERVER_H
#define CLI_METRICS_SERVER_H

#include "cli/loop.h"

enum {
    METRICS_CLIENTS = 8,    /* at once; more wait */
    METRICS_REQUEST = 4096, /* octets */
    METRICS_TIME_MS = 5000  /* for a whole exchange */
};

/* The text, to be freed; NULL: no memory. */
typedef char *metrics_text(void *ctx, size_t *len);

typedef struct metrics_client {
    int fd; /* -1: it is free */
    int64_t end_ms;
    char request[METRICS_REQUEST];
    size_t request_len;
    char *answer; /* NULL: the request is not complete */
    size_t answer_len;
    size_t sent;
} metrics_client;

typedef struct metrics_server {
    loop *loop;
    metrics_text *text;
    void *ctx;
    char *address;     /* NULL: nothing is open */
    int listener;      /* -1: likewise */
    bool paused;       /* nobody is accepted, as there is no room */
    int64_t resume_ms; /* if paused: at the latest then; 0: when one leaves */
    metrics_client clients[METRICS_CLIENTS];
} metrics_server;

void metrics_server_open(metrics_server *m, loop *l, metrics_text *text,
                         void *ctx);
void metrics_server_close(metrics_server *m);

/* Listens at "unix:PATH", "127.0.0.1:PORT" or "[::1]:PORT", or with NULL
 * nowhere. False: that was reported, and all is as before. */
bool metrics_server_move(metrics_server *m, const char *address);

/* When metrics_server_tick() is to be called next; INT64_MAX: never. */
int64_t metrics_server_time(const metrics_server *m);
/* Ends those whose time is over. */
void metrics_server_tick(metrics_server *m);

#endif
