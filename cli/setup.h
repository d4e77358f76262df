/* SPDX-License-Identifier: MIT */
/*
 * setup - what `pop3 setup` found out, the account it makes of it, and how it
 * is told.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include <pop3.h>

#include "cli/account.h"
#include "cli/discovery.h"

typedef struct setup {
    const options *line; /* as it was typed */
    options opt;         /* the same above the defaults of the file */
    config config;
    const char *name; /* of the account */
    discovery found;
    bool logged_in;
    pop3_stat mail; /* if so */
    char *section;  /* the text for the file; NULL: it did not come so far */
    bool written;
} setup;

/* The name to log in with. */
const char *setup_user(const setup *u);

/* A value as the file gets it, with a path made absolute; to be freed. NULL:
 * errno. */
char *setup_value(const setting *s);

/* The account as a section of the configuration file; to be freed. NULL: out
 * of memory. */
char *setup_section(const setup *u);

/* Says on the standard output what came of it. */
void setup_tell(const setup *u, exit_status status);

#endif
