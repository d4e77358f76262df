/* SPDX-License-Identifier: MIT */
/*
 * cmd_config - pop3 config check|show
 *
 * check tells all errors, also those that a run would meet only later; its
 * answer is the exit status. show prints the file as it is understood: each
 * account with the defaults that hold for it, in the form of the file.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/account.h"
#include "cli/command.h"
#include "cli/config_check.h"
#include "cli/report.h"

#include "base/banned.h"

static void
check(config *c, const options *opt)
{
    size_t i;

    config_check_section(c, &c->defaults);
    for (i = 0; i < c->account_count; i++) {
        account a;

        config_check_section(c, &c->accounts[i]);
        account_resolve(&a, c, &c->accounts[i], opt);
        if (a.opt.deliver == NULL)
            report_note("%s: the account %s has no deliver: `pop3 fetch` "
                        "needs --deliver",
                        printable(c->path), a.name);
        free(a.url);
    }
    if (c->errors == 0)
        printf("%s: %zu %s, no errors\n", printable(c->path), c->account_count,
               c->account_count == 1 ? "account" : "accounts");
    else
        report("%s: %zu %s", printable(c->path), c->errors,
               c->errors == 1 ? "error" : "errors");
}

static bool
sets(const config_section *section, const flag *f)
{
    size_t i;

    for (i = 0; i < section->count; i++) {
        if (section->settings[i].flag->offset == f->offset)
            return true;
    }
    return false;
}

static void
show_entries(const config_section *section, const config_section *above)
{
    size_t i;

    for (i = 0; i < section->count; i++) {
        const setting *s = &section->settings[i];

        if (above == NULL || !sets(above, s->flag))
            ini_write(stdout, s->flag->name, s->value);
    }
}

static void
show(const config *c)
{
    size_t i;

    for (i = 0; i < c->account_count; i++) {
        const config_section *section = &c->accounts[i];

        printf("%s[account %s]\n", i == 0 ? "" : "\n", section->name);
        show_entries(section, NULL);
        show_entries(&c->defaults, section);
    }
}

static exit_status
read_config(config *c, const options *opt)
{
    exit_status status = config_read(c, opt->config);

    if (c->exists)
        return EXIT_FINE; /* the errors are counted */
    if (status == EXIT_FINE) {
        report("there is no configuration file%s%s",
               c->path == NULL ? "" : " ",
               c->path == NULL ? "" : printable(c->path));
        status = EXIT_CONFIG;
    }
    return status;
}

exit_status
cmd_config(const options *opt)
{
    bool checks = strcmp(opt->args[0], "check") == 0;
    exit_status status;
    config c;

    if (!checks && strcmp(opt->args[0], "show") != 0) {
        report("`pop3 config` knows check and show, not \"%s\"",
               printable(opt->args[0]));
        return EXIT_USAGE;
    }
    status = read_config(&c, opt);
    if (status == EXIT_FINE && checks)
        check(&c, opt);
    if (status == EXIT_FINE && !checks && c.errors == 0)
        show(&c);
    if (status == EXIT_FINE)
        status = c.status;
    config_free(&c);
    return status;
}
