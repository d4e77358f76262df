/* SPDX-License-Identifier: MIT */
/*
 * json - writes one JSON document (RFC 8259) to a stream.
 *
 * The writer puts commas and indentation; whoever calls it opens and closes
 * in pairs. Keys are literals of the program.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdint.h>
#include <stdio.h>

#include <pop3.h>

typedef struct json {
    FILE *out;
    unsigned depth;
    bool first; /* nothing was written at this depth yet */
} json;

/* `key` is NULL inside an array, and at the top. */
json json_start(FILE *out);
void json_open(json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(json *j, char bracket);                 /* '}' or ']' */
void json_number(json *j, const char *key, uint64_t number);
void json_bool(json *j, const char *key, bool value);
/* Octets that are not UTF-8 become U+FFFD. */
void json_string(json *j, const char *key, pop3_span text);
void json_text(json *j, const char *key, const char *text);
/* A unique-id: "uid" with the text, or if it is not UTF-8 null, and "uid_hex"
 * with its octets. Nothing for an empty one but null. */
void json_uid(json *j, pop3_span uid);

#endif
