/* SPDX-License-Identifier: MIT */
/*
 * command - the one table of commands; it stands in main.c.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/exit_status.h"
#include "cli/options.h"

/* What its first arguments are. */
typedef enum command_takes {
    TAKES_NOTHING = 0, /* that concerns accounts */
    TAKES_ONE,         /* account: args[0] is its URL when it runs */
    TAKES_MANY,        /* accounts: opt->accounts has them when it runs */
    TAKES_ANY /* accounts, or none for all; the command itself reads them */
} command_takes;

typedef struct command {
    const char *name;
    command_bit bit;
    const char *args; /* as in "pop3 list ACCOUNT" */
    size_t min_args;
    size_t max_args;     /* SIZE_MAX: any number */
    const char *summary; /* a few words */
    const char *text;    /* one or more sentences */
    const char *example; /* a whole command line, or NULL */
    exit_status (*run)(const options *opt);
    command_takes takes;
} command;

/* Ends with a row without a name. */
extern const command commands[];

/* NULL: there is none. */
const command *command_find(const char *name);

/* The nearest name to one that is mistyped; NULL: none is near. */
const char *command_near(const char *name);

exit_status cmd_check(const options *opt);
exit_status cmd_list(const options *opt);
exit_status cmd_show(const options *opt);
exit_status cmd_save(const options *opt);
exit_status cmd_delete(const options *opt);
exit_status cmd_fetch(const options *opt);
exit_status cmd_daemon(const options *opt);
exit_status cmd_status(const options *opt);
exit_status cmd_completions(const options *opt);
exit_status cmd_config(const options *opt);
exit_status cmd_import(const options *opt);
exit_status cmd_seen(const options *opt);
exit_status cmd_login(const options *opt);
exit_status cmd_logout(const options *opt);
exit_status cmd_setup(const options *opt);
exit_status cmd_doctor(const options *opt);
exit_status cmd_help(const options *opt);

#endif
