/* SPDX-License-Identifier: MIT */
/*
 * split - a command line becomes words, without a shell.
 */
#ifndef BASE_SPLIT_H
#define BASE_SPLIT_H

/* Words are split at spaces and tabs; '...' and "..." keep them together, and
 * a backslash outside of '...' takes the next character as it is. Nothing is
 * expanded. NULL-terminated; at least one word. NULL: *why says what is
 * wrong. */
char **split_words(const char *text, const char **why);
void split_free(char **words);

#endif
