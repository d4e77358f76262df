/* SPDX-License-Identifier: MIT */
/*
 * import - what all readers of other programs' files share.
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct config;

enum {
    IMPORT_ENTRIES = 24,
    IMPORT_VALUE = 1024,
    IMPORT_NAMES = 256
};

typedef struct import_account {
    struct {
        const char *key; /* of the table of flags */
        char value[IMPORT_VALUE];
    } entries[IMPORT_ENTRIES];
    size_t count;
} import_account;

typedef struct import {
    const char *path;
    FILE *out;                    /* where accounts are written to */
    const struct config *kept;    /* whose names are taken; NULL: none are */
    char names[IMPORT_NAMES][65]; /* of the accounts so far */
    size_t count;
} import;

/* Tells on the standard error, with the line, what has no match or changes
 * its meaning. */
__attribute__((format(printf, 3, 4))) void
import_note(const import *im, size_t line, const char *format, ...);

/* Sets a key; a value that it cannot have is told, and left out. */
void import_set(const import *im, import_account *a, size_t line,
                const char *key, const char *value);
/* NULL: it is not set. */
const char *import_get(const import_account *a, const char *key);

/* Sets deliver to a command that was run by a shell, if it needs none. */
void import_set_command(const import *im, import_account *a, size_t line,
                        const char *command);

/* Writes the account to im->out. The name is made one that the
 * configuration file can have, and that no other has. */
void import_write(import *im, const import_account *a, const char *name);

/* Each reads a text, which ends with NUL, and writes what it understood.
 * False: the text is not of that kind; that was told. */
bool import_fetchmail(import *im, const char *text);
bool import_mpop(import *im, const char *text);
bool import_getmail(import *im, const char *text);

#endif
