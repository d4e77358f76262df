/* SPDX-License-Identifier: MIT */
/*
 * cmd_help - pop3 help [COMMAND]
 *
 * "--mdoc" prints the parts of pop3(1) that are made from the tables, and
 * "--mdoc keys" those of pop3_config(5); a test compares them with the pages.
 */
#include "cli/command.h"
#include "cli/help.h"
#include "cli/report.h"

#include "base/banned.h"

exit_status
cmd_help(const options *opt)
{
    const command *c;
    const char *best;

    if (opt->mdoc) {
        if (opt->arg_count == 0)
            help_mdoc(stdout);
        else
            help_mdoc_keys(stdout);
        return EXIT_FINE;
    }
    if (opt->arg_count == 0) {
        help_program(stdout);
        return EXIT_FINE;
    }
    c = command_find(opt->args[0]);
    if (c != NULL) {
        help_command(stdout, c);
        return EXIT_FINE;
    }
    best = command_near(opt->args[0]);
    if (best != NULL)
        report("there is no command \"%s\"; did you mean %s?",
               printable(opt->args[0]), best);
    else
        report("there is no command \"%s\"; `pop3 help` lists them",
               printable(opt->args[0]));
    return EXIT_USAGE;
}
