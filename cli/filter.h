/* SPDX-License-Identifier: MIT */
/*
 * filter - rules that say by its header whether a message is wanted.
 *
 * A rule is "Name: pattern". The pattern is a glob that the whole value must
 * match, with * ? [a-z] [!a-z] and \ before a character that means itself; or,
 * between slashes, an extended regular expression that matches anywhere. Both
 * are blind to the case of the letters A to Z, and so is the name.
 */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pop3.h>

enum {
    FILTER_RULES = 16 /* of each kind */
};

typedef struct filter_rules {
    const char *texts[FILTER_RULES];
    size_t count;
} filter_rules;

/* Whether the text is a rule. False: `why` says what is wrong, and *at is the
 * octet of the text at which it is. */
bool filter_check(const char *text, size_t *at, char *why, size_t size);

typedef struct filter filter;

/* Rules that were checked; NULL: out of memory. */
filter *filter_new(const filter_rules *skip_if, const filter_rules *only_if);
void filter_free(filter *f);

/* Whether a message with this header is wanted: no rule of skip_if matches
 * and, if there are any of only_if, one of those does. */
bool filter_wants(const filter *f, pop3_span header);

/* Tells sets of rules apart; 0: there are none. */
int64_t filter_print(const filter_rules *skip_if, const filter_rules *only_if);

/* The glob matches the whole text. Its time is at most the product of both
 * lengths. */
bool filter_glob(const char *glob, const char *text);

#endif
