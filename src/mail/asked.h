/* SPDX-License-Identifier: MIT */
/*
 * asked - messages that are looked for, after a crash, by names of files.
 */
#ifndef MAIL_ASKED_H
#define MAIL_ASKED_H

#include "mail/sink.h"

/* Where the key of a message of ours stands in the name of a file; NULL: it
 * is none of ours. */
typedef const char *asked_key(const char *name);

/* Before the others. */
void asked_sort(mail_asked *asked, size_t count);

/* The one whose key `text` begins with; NULL: none. */
mail_asked *asked_find(mail_asked *asked, size_t count, const char *text);

/* Marks as found what has a file in the directory. path: for errors. */
mail_result asked_mark(int dir, const char *path, asked_key *key,
                       mail_asked *asked, size_t count,
                       mail_error *error) MAIL_MUST_CHECK;

/* Removes all files of these messages. */
mail_result asked_clean(int dir, const char *path, asked_key *key,
                        mail_asked *asked, size_t count,
                        mail_error *error) MAIL_MUST_CHECK;

#endif
