/* SPDX-License-Identifier: MIT */
/*
 * ini - the text of a configuration file becomes headings and entries.
 *
 * Pull, not callbacks: ini_next() until INI_END. It knows no key.
 */
#ifndef CLI_INI_H
#define CLI_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
    INI_NAME_MAX = 100,  /* octets of a heading or a key */
    INI_VALUE_MAX = 4096 /* of a value */
};

typedef enum ini_kind {
    INI_END,
    INI_HEADING, /* [name] */
    INI_ENTRY,   /* name = value */
    INI_ERROR    /* the line is skipped; what follows can be read */
} ini_kind;

/* Lines and columns count from 1; a column is a character, not an octet. */
typedef struct ini_place {
    size_t line;
    size_t column;
} ini_place;

typedef struct ini {
    /* The event. */
    char name[INI_NAME_MAX + 1];
    char value[INI_VALUE_MAX + 1];
    ini_place name_at; /* for an error: where it is */
    ini_place value_at;
    const char *why; /* INI_ERROR: what is wrong */

    /* The logical character under the cursor. */
    const char *ptr;
    const char *end;
    ini_place at;
    int now;      /* -1: the end */
    size_t width; /* its octets in the file */
    bool raw;     /* in a comment: a backslash joins no lines */
} ini;

/* `text` stays valid while events are read. A byte order mark is skipped. */
void ini_start(ini *s, const char *text, size_t len);

/* The event stands in *s until the next call. */
ini_kind ini_next(ini *s);

/* Whether the text is one that a file can be: UTF-8, and no control
 * characters but tabs and line ends. False: *at and *why tell. */
bool ini_check_text(const char *text, size_t len, ini_place *at,
                    const char **why);

/* Writes "key = value" so that it is read as the same value. The value is
 * text of one line. */
void ini_write(FILE *out, const char *key, const char *value);

#endif
