/* SPDX-License-Identifier: MIT */
/*
 * dialogue - a transport that plays one side of a dialogue in a C test.
 *
 *   static const char *const lines[] = {
 *       "S +OK ready", "C NOOP", "S +OK", "EOF", NULL };
 *
 * Each S line is sent, and each C line awaited, with CRLF. Neighbouring lines
 * of one side are one piece. Where the dialogue is at its end, a read says
 * AGAIN for ever, with a descriptor that never gets ready.
 */
#ifndef HARNESS_DIALOGUE_H
#define HARNESS_DIALOGUE_H

#include <pop3.h>
#include <pop3/transport.h>

struct dialogue {
    const char *const *lines;
    size_t told;     /* octets of the line at hand that passed */
    bool wrong;      /* something else was written: said on stderr */
    unsigned closed; /* how often close() was called */
    pop3_transport transport;
    int silence[2]; /* a pipe in which nothing ever stands */
};

/* Prepares d->transport; `secure` as in pop3_transport. */
void dialogue_open(struct dialogue *d, const char *const *lines, bool secure);

/* Whether all lines were played, and nothing else was written. */
bool dialogue_done(const struct dialogue *d);

void dialogue_close(struct dialogue *d);

#endif
