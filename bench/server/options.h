/* SPDX-License-Identifier: MIT */
/* options - what the synthetic server shall be; see usage in options.c. */
#ifndef BENCH_SERVER_OPTIONS_H
#define BENCH_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct server_options {
    uint64_t messages;
    uint64_t size; /* octets of each message as LIST tells them */
    uint64_t uid_octets;
    uint64_t delay_us; /* for each network turn */
    const char *password;
    const char *ca_file;   /* to be written; NULL: make no certificate */
    const char *cert_file; /* to be read, with key_file; NULL: none */
    const char *key_file;
    bool no_pipelining; /* do not announce it */
    bool control;       /* obey lines on the standard input */
} server_options;

/* Fills *options, or says what is wrong and returns the exit status; -1 means
 * that the server shall run. */
int options_parse(server_options *options, int argc, char **argv);

#endif
