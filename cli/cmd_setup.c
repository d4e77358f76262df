/* SPDX-License-Identifier: MIT */
/*
 * cmd_setup - pop3 setup ADDRESS
 *
 * Finds the server, makes sure of it, logs in, and only then writes the
 * account. Whatever fails, no file is changed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/config_append.h"
#include "cli/oauth.h"
#include "cli/prompt.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/session_login.h"
#include "cli/session_token.h"
#include "cli/setup.h"

#include "base/banned.h"

/* ---- before anything is asked ---- */

static exit_status
check_name(const setup *u)
{
    const config_section *other = config_find(&u->config, u->name);
    const char *why = config_bad_name(u->name);

    if (why != NULL) {
        report("the account cannot be called \"%s\": %s; choose a name by "
               "--name",
               printable(u->name), why);
        return EXIT_USAGE;
    }
    if (other == NULL)
        return EXIT_FINE;
    report("there is an account %s already, in line %zu of %s: nothing is "
           "changed; choose another name by --name",
           u->name, other->at.line, printable(u->config.path));
    return EXIT_CONFIG;
}

static bool
is_one_line(const char *value)
{
    return strpbrk(value, "\r\n") == NULL;
}

static exit_status
check_value(const setting *s)
{
    char *value = setup_value(s);
    exit_status status = EXIT_USAGE;

    if (value == NULL) {
        int sys = errno;

        report("--%s is a path below this folder, whose name cannot be found: "
               "%s; give one that begins with /",
               s->flag->name, strerror(sys));
        return status_of_mail(mail_kind_of(sys));
    }
    if (!is_one_line(s->value))
        report("--%s has a line break, which the configuration file cannot "
               "hold",
               s->flag->name);
    else if (!is_one_line(value))
        report("--%s is a path below this folder, whose name has a line "
               "break, which the configuration file cannot hold: go to "
               "another folder, or give one that begins with /",
               s->flag->name);
    else
        status = EXIT_FINE;
    free(value);
    return status;
}

/* A key stands on one line: a value of more would make keys of its own,
 * that nobody has seen. */
static exit_status
check_values(const options *line)
{
    exit_status status = EXIT_FINE;
    size_t i;

    for (i = 0; status == EXIT_FINE && i < line->setting_count; i++) {
        const setting *s = &line->settings[i];

        if ((s->flag->commands & IN_FILE) != 0 && s->value != NULL)
            status = check_value(s);
    }
    return status;
}

/* --config may name a file that is still to be made. */
static exit_status
read_config(setup *u, const options *line)
{
    if (line->config == NULL || access(line->config, F_OK) == 0)
        return config_read(&u->config, line->config);
    u->config = (config){.path = strdup(line->config)};
    return u->config.path == NULL ? EXIT_LATER : EXIT_FINE;
}

/* ---- the server ---- */

static exit_status
ask_about_stranger(setup *u)
{
    const discovery *d = &u->found;
    char question[700];
    char answer[8];

    (void)snprintf(question, sizeof(question),
                   "%s says that the server of %s is %s, which lies outside "
                   "of that domain.\nIs it the right one? [y/N] ",
                   found_by_text(d->found.by), d->address.domain,
                   d->found.host);
    if (isatty(STDIN_FILENO) == 1) {
        if (prompt_read(question, true, answer, sizeof(answer)) &&
            (answer[0] == 'y' || answer[0] == 'Y'))
            return EXIT_FINE;
        report("nothing was written");
        return EXIT_CONFIG;
    }
    report("%s says that the server of %s is %s, which lies outside of that "
           "domain, so it may be forged: if it is right, say so by --server "
           "%s",
           found_by_text(d->found.by), d->address.domain, d->found.host,
           d->found.host);
    return EXIT_CONFIG;
}

static exit_status
find_server(setup *u)
{
    exit_status status = discovery_run(&u->found, &u->opt, u->line->args[0]);
    const discovery *d = &u->found;
    size_t i;

    if (status != EXIT_FINE) {
        for (i = 0; i < d->step_count && !u->opt.verbose; i++)
            report_note("%s: %s", d->steps[i].what, d->steps[i].result);
        report("%s", d->why);
        return status;
    }
    return d->found.stranger ? ask_about_stranger(u) : EXIT_FINE;
}

/* ---- the login ---- */

static void
advise(const setup *u)
{
    const provider *p = u->found.provider;

    if (p == NULL)
        return;
    if (p->note[0] != '\0')
        report_note("%s: %s", printable(p->name), printable(p->note));
    if (p->help[0] != '\0')
        report_note("See %s", printable(p->help));
}

static exit_status
try_login(setup *u)
{
    session s;
    char url_text[400];
    options own = u->opt;
    const found_server *found = &u->found.found;
    bool good;

    /* Whoever is about to type a password sees who gets it. */
    if (own.password.kind == PASSWORD_PROMPT)
        report_note("The server is %s, port %u; found by %s.",
                    printable(found->host), found->port,
                    found_by_text(found->by));
    own.tls = (int)found->tls;
    if (own.server_name == NULL && found->checked[0] != '\0')
        own.server_name = found->checked;
    (void)snprintf(url_text, sizeof(url_text), "pop://x@%s%s%s:%u",
                   strchr(found->host, ':') != NULL ? "[" : "", found->host,
                   strchr(found->host, ':') != NULL ? "]" : "", found->port);
    good = session_prepare(&s, &own, url_text);
    if (good) {
        (void)snprintf(s.where.user, sizeof(s.where.user), "%.255s",
                       setup_user(u));
        (void)snprintf(s.account, sizeof(s.account), "%s@%s", s.where.user,
                       s.where.host);
        good = session_open(&s) && session_stat_and_quit(&s, &u->mail);
    }
    if (!good && s.status == EXIT_LOGIN)
        advise(u);
    u->logged_in = good;
    session_close(&s);
    return s.status;
}

/* OAuth 2 alone: there is no password to be tried, unless it is a token. One
 * of a provider has to be got first, by `pop3 login` with what is written. */
static bool
wants_login(const setup *u)
{
    char mailbox[600];

    if (u->opt.no_login)
        return false;
    (void)snprintf(mailbox, sizeof(mailbox), "%.255s@%s", setup_user(u),
                   u->found.found.host);
    if (oauth_is_wanted(&u->opt) && !oauth_is_kept(&u->opt, mailbox))
        return false;
    return !u->found.found.oauth || session_token_is_set(&u->opt) ||
           u->opt.auth == AUTH_XOAUTH2 || u->opt.auth == AUTH_OAUTHBEARER;
}

/* Whether somebody has to be there, and is not. */
static exit_status
check_password(const setup *u)
{
    if (!session_asks(&u->opt) || isatty(STDIN_FILENO) == 1)
        return EXIT_FINE;
    report("there is no terminal to ask for the password: give "
           "--password-command or --password-file, or --no-login to try the "
           "server without it");
    return EXIT_USAGE;
}

static exit_status
set_up(setup *u)
{
    exit_status status = check_name(u);

    if (status == EXIT_FINE)
        status = check_values(u->line);
    if (status == EXIT_FINE)
        status = find_server(u);
    if (status == EXIT_FINE && wants_login(u)) {
        status = check_password(u);
        if (status == EXIT_FINE)
            status = try_login(u);
    }
    if (status == EXIT_FINE)
        u->section = setup_section(u);
    if (status != EXIT_FINE)
        return status;
    if (u->section == NULL) {
        report("out of memory");
        return EXIT_LATER;
    }
    status = config_append(&u->config, u->section, u->opt.dry_run);
    u->written = status == EXIT_FINE && !u->opt.dry_run;
    return status;
}

exit_status
cmd_setup(const options *opt)
{
    setup *u = calloc(1, sizeof(*u));
    exit_status status;

    if (u == NULL) {
        report("out of memory");
        return EXIT_LATER;
    }
    status = read_config(u, opt);
    if (status == EXIT_FINE) {
        account_new(&u->opt, &u->config, opt);
        u->line = opt;
        u->name = opt->name != NULL ? opt->name : opt->args[0];
        status = set_up(u);
    }
    setup_tell(u, status);
    discovery_close(&u->found);
    config_free(&u->config);
    free(u->section);
    free(u);
    return status;
}
