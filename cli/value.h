/* SPDX-License-Identifier: MIT */
/*
 * value - the text behind a flag or a key becomes the value of a field.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "cli/options.h"

/* Whether a value must follow the flag on the command line. */
bool value_needed(const flag *f);

/* Whether one may follow it there, behind "=". */
bool value_allowed(const flag *f);

/* Sets the field of *opt that `f` is about; NULL: the flag stands alone.
 * Strings are not copied. False: *opt is as it was, and `why` says what is
 * wrong, as in "must be a number"; it is printable, and never repeats what may
 * be a password. */
bool value_set(options *opt, const flag *f, const char *text, char *why,
               size_t why_size);

#endif
