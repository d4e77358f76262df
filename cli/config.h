/* SPDX-License-Identifier: MIT */
/*
 * config - the configuration file: defaults and accounts.
 *
 * Keys are the flags of the one table (options.h) that are marked IN_FILE.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/exit_status.h"
#include "cli/ini.h"
#include "cli/options.h"

typedef struct config_section {
    char *name; /* of the account; NULL: the defaults */
    ini_place at;
    setting *settings;
    char **values;     /* of the settings, to be freed */
    ini_place *places; /* of the values, in the file */
    size_t count;
} config_section;

typedef struct config {
    char *path;         /* NULL: there is no place for one */
    bool exists;        /* the file was read */
    bool given;         /* by --config */
    size_t errors;      /* that were reported */
    exit_status status; /* CONFIG if there are errors */
    config_section defaults;
    config_section *accounts;
    size_t account_count;
} config;

/* Reads the file that `given` names, or else the usual one, which may be
 * missing. All errors are reported, each as FILE:LINE:COLUMN. Only if the
 * result is EXIT_FINE may the accounts be used. Free in both cases. */
exit_status config_read(config *c, const char *given);

/* The same for a text, for tests: `path` names it in reports. */
exit_status config_parse(config *c, const char *path, const char *text,
                         size_t len);
void config_free(config *c);

/* NULL: there is none of that name. */
const config_section *config_find(const config *c, const char *name);

/* The path in a value of that flag, or NULL if it holds none. */
const char *config_path_in(const struct flag *f, const char *value);

/* What is wrong with the name of an account; NULL: nothing. */
const char *config_bad_name(const char *name);

/* Reports an error at a place of the file, and counts it. */
__attribute__((format(printf, 3, 4))) void
config_error(config *c, ini_place at, const char *format, ...);

#endif
