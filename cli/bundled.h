/* SPDX-License-Identifier: MIT */
/*
 * bundled - data files that are part of the program, as text: bundle.py makes
 * them of the files of the same names.
 */
#ifndef CLI_BUNDLED_H
#define CLI_BUNDLED_H

#include <stddef.h>

typedef struct bundled_file {
    const char *name; /* for reports */
    const char *text; /* not NUL-terminated */
    size_t len;
} bundled_file;

extern const bundled_file bundled_providers;
extern const bundled_file bundled_oauth_providers;

#endif
