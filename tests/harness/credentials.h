/* SPDX-License-Identifier: MIT */
/*
 * credentials - what a LOGIN step of a transcript logs in with.
 */
#ifndef HARNESS_CREDENTIALS_H
#define HARNESS_CREDENTIALS_H

#include "transcript.h"

/* Whether the library under test has what the transcript needs. */
bool credentials_can(const struct transcript *t);

/* A token, and another one for when it was refused. */
struct credentials {
    char tokens[4096];
    const char *first;
    const char *second; /* NULL: there is none */
    pop3_credentials value;
};

/* Borrows the step; *c has to live until the login is done. */
void credentials_of(struct credentials *c, const struct transcript *t,
                    const struct step *step);

#endif
