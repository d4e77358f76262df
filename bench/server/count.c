/* SPDX-License-Identifier: MIT */
#include "count.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

const char *const verb_names[VERBS] = {
    "CAPA", "STLS", "USER", "PASS", "AUTH", "STAT", "LIST", "UIDL",
    "RETR", "TOP",  "DELE", "NOOP", "RSET", "QUIT", "OTHER"};

static double
seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

void
counts_report(const counts *c)
{
    struct rusage usage = {0};

    (void)getrusage(RUSAGE_SELF, &usage);
    printf("{\"connections\": %" PRIu64 ", \"open\": %" PRIu64
           ", \"peak\": %" PRIu64 ", \"logins\": %" PRIu64
           ", \"handshakes\": %" PRIu64 ", \"resumed\": %" PRIu64
           ", \"turns\": %" PRIu64 ", \"commands\": %" PRIu64
           ", \"refused\": %" PRIu64 ", \"octets\": %" PRIu64
           ", \"deleted\": %" PRIu64 ", \"cpu_seconds\": %.3f",
           c->connections, c->open, c->peak, c->logins, c->handshakes,
           c->resumed, c->turns, c->commands, c->refused, c->octets,
           c->deleted, seconds(usage.ru_utime) + seconds(usage.ru_stime));
    for (int v = 0; v < VERBS; v++)
        printf(", \"%s\": %" PRIu64, verb_names[v], c->verbs[v]);
    printf("}\n");
    (void)fflush(stdout);
}

void
counts_reset(counts *c)
{
    *c = (counts){.open = c->open, .peak = c->open};
}
