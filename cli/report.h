/* SPDX-License-Identifier: MIT */
/*
 * report - lines for people, on the standard error.
 *
 * Texts are ours, or were made printable before.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>

#include <pop3.h>

#include "cli/exit_status.h"
#include "mail/mail_error.h"

/* Whether errors have color on the standard error: a color_choice. */
void report_color(int choice);

/* Prints "pop3: <text>". */
__attribute__((format(printf, 1, 2))) void report(const char *format, ...);

/* The same, without the name of the program: progress notes, summaries. */
__attribute__((format(printf, 1, 2))) void report_note(const char *format,
                                                       ...);

enum {
    REPORT_LINE = 8192 /* longer ones are cut */
};

/* Prints such a line, which is about the account `name` (NULL: about none). */
void report_line(const char *name, bool error, const char *text);

/* From now on lines go there, before anything is put in front of them; those
 * that it does not take (false) are printed. NULL: all are printed. */
typedef bool report_taker(bool error, const char *text);
void report_to(report_taker *take);

/* Makes octets printable in a piece of memory that four calls share. */
const char *printable(const char *text);
const char *printable_span(pop3_span text);

/* "532 bytes", "53.2 MB", in the same way. */
const char *human_octets(uint64_t octets);

/* What to do about it, to follow "; "; "" if there is no advice. */
const char *advice_for(const pop3_error *error);

/* The status that an error of a session leads to, once logged in. */
exit_status status_of(const pop3_error *error);

exit_status status_of_mail(mail_result result);

#endif
