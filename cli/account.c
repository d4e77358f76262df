/* SPDX-License-Identifier: MIT */
/*
 * account - layers of settings, and a server and a user as a URL.
 *
 * What has "://" in it is a URL, everything else the name of an account; no
 * name of an account has a colon. For a URL the defaults of the file hold as
 * far as they tell how to deliver and how to be patient. Who logs in, how,
 * and whom to trust is never taken from there: the password for one server
 * must not reach another because its URL was typed. An account that is still
 * to be written gets all of them, as it will when it stands there, but those
 * that say which server it is and who: these are its own.
 */
#include "cli/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/mail_address.h"
#include "cli/near.h"
#include "cli/report.h"
#include "cli/url.h"
#include "cli/value.h"

#include "base/banned.h"

static bool
is_url(const char *name)
{
    return strstr(name, "://") != NULL;
}

/* A password belongs to the layer that set its proxy: it never reaches one
 * that a later layer names. `before`: the proxy of those below. */
static void
keep_proxy_password(options *opt, const char *before, bool own_password)
{
    if (opt->proxy == NULL || own_password ||
        (before != NULL && strcmp(opt->proxy, before) == 0))
        return;
    opt->proxy_password = (password_source){.text = NULL};
}

/* A password of a later layer is meant, and no token of an earlier one. */
static void
prefer_password(options *opt, bool password, bool token)
{
    if (!password || token)
        return;
    opt->oauth = (password_source){.text = NULL};
    opt->oauth_provider = NULL;
    opt->oauth_token_url = NULL;
}

/* The rules of one layer replace those of the layers below. */
static void
drop_rules(options *opt, const setting *settings, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (settings[i].flag->kind == FLAG_FILTER)
            *(filter_rules *)((char *)opt + settings[i].flag->offset) =
                (filter_rules){.count = 0};
    }
}

/* Which settings of a layer count. */
typedef bool choice(const flag *f);

static bool
counts_always(const flag *f)
{
    (void)f;
    return true;
}

static bool
counts_for_urls(const flag *f)
{
    return (f->commands & FOR_URL) != 0;
}

static bool
counts_for_new_accounts(const flag *f)
{
    return !account_has_its_own(f);
}

/* They were all set once before: they are right. */
static void
layer(options *opt, const setting *settings, size_t count, choice *counts)
{
    const char *proxy = opt->proxy;
    bool own_password = false;
    bool password = false;
    bool token = false;
    char why[400];
    size_t i;

    drop_rules(opt, settings, count);
    for (i = 0; i < count; i++) {
        const flag *f = settings[i].flag;

        if (!counts(f))
            continue;
        (void)value_set(opt, f, settings[i].value, why, sizeof(why));
        own_password |= f->offset == offsetof(options, proxy_password);
        password |= f->offset == offsetof(options, password);
        token |= f->offset == offsetof(options, oauth) ||
                 f->offset == offsetof(options, oauth_provider) ||
                 f->offset == offsetof(options, oauth_token_url);
    }
    prefer_password(opt, password, token);
    keep_proxy_password(opt, proxy, own_password);
}

static void
make_options(options *opt, const config *c, const config_section *section,
             choice *defaults, const options *line)
{
    options_init(opt);
    layer(opt, c->defaults.settings, c->defaults.count, defaults);
    if (section != NULL)
        layer(opt, section->settings, section->count, counts_always);
    layer(opt, line->settings, line->setting_count, counts_always);
    opt->delete_delivered = opt->keep_s == 0;
    opt->args = line->args;
    opt->arg_count = line->arg_count;
}

/* All but letters and digits as %XX. */
static void
append_encoded(char *out, size_t size, const char *text, const char *plain)
{
    size_t len = strlen(out);

    for (; *text != '\0' && len + 4 < size; text++) {
        unsigned char c = (unsigned char)*text;
        bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                      (c >= 'A' && c <= 'Z');

        if (letter || strchr(plain, c) != NULL)
            len += (size_t)snprintf(out + len, size - len, "%c", c);
        else
            len += (size_t)snprintf(out + len, size - len, "%%%02X", c);
    }
}

static char *
make_url(const options *opt, const char *user)
{
    bool ipv6 = strchr(opt->server, ':') != NULL;
    size_t size = 3 * (strlen(opt->server) + strlen(user)) + 40;
    char *out = malloc(size);
    size_t len;

    if (out == NULL)
        return NULL;
    (void)snprintf(out, size, "pop://");
    append_encoded(out, size, user, "-._");
    len = strlen(out);
    (void)snprintf(out + len, size - len, ipv6 ? "@[" : "@");
    append_encoded(out, size, opt->server, ipv6 ? "-._:" : "-._");
    len = strlen(out);
    (void)snprintf(out + len, size - len, ipv6 ? "]" : "");
    len = strlen(out);
    if (opt->port > 0)
        (void)snprintf(out + len, size - len, ":%u",
                       (unsigned)(opt->port & 0xffff));
    return out;
}

/* A server that is not named is found from the address, with its port. */
static void
check_server(const account *a, config *c, const config_section *section)
{
    if (a->opt.server != NULL)
        return;
    if (a->opt.address == NULL)
        config_error(c, section->at,
                     "the account %s names no server, and no address from "
                     "which one could be found",
                     section->name);
    else if (a->opt.port > 0)
        config_error(c, section->at,
                     "the account %s has a port and no server: name both, or "
                     "none",
                     section->name);
    else if (a->opt.tls == TLS_NONE)
        config_error(c, section->at,
                     "the account %s has tls = none and no server: without "
                     "TLS nobody can tell whose server it is, so name one",
                     section->name);
}

bool
account_has_its_own(const flag *f)
{
    static const size_t own[] = {
        offsetof(options, address), offsetof(options, server),
        offsetof(options, port),    offsetof(options, user),
        offsetof(options, tls),     offsetof(options, server_name)};
    size_t i;

    for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (f->offset == own[i])
            return true;
    }
    return false;
}

void
account_new(options *opt, const config *c, const options *line)
{
    make_options(opt, c, NULL, counts_for_new_accounts, line);
}

void
account_resolve(account *a, config *c, const config_section *section,
                const options *line)
{
    const char *user;
    char why[300];
    url parsed;

    *a = (account){.name = section->name};
    make_options(&a->opt, c, section, counts_always, line);
    if (a->opt.tls == TLS_BY_URL && a->opt.server != NULL)
        a->opt.tls = TLS_IMPLICIT;
    user = a->opt.user != NULL ? a->opt.user : a->opt.address;
    check_server(a, c, section);
    if (user == NULL)
        config_error(c, section->at,
                     "the account %s names no user and no address",
                     section->name);
    if (a->opt.server == NULL || user == NULL)
        return;
    a->url = make_url(&a->opt, user);
    if (a->url == NULL)
        config_error(c, section->at, "out of memory");
    else if (!url_parse(a->url, &parsed, why, sizeof(why)))
        config_error(c, section->at,
                     "server and user of the account %s cannot be used: %s",
                     section->name, why);
}

/* What makes the account, if the name is an address. */
static const char *
how_to_add(const char *name, char *out, size_t size)
{
    mail_address address;
    char why[300];

    out[0] = '\0';
    if (mail_address_parse(name, &address, why, sizeof(why)))
        (void)snprintf(out, size, "; \"pop3 setup %.350s\" adds it",
                       printable(name));
    return out;
}

static exit_status
no_account(const config *c, const char *name)
{
    near n = near_start(name);
    char add[400];
    size_t i;

    for (i = 0; i < c->account_count; i++)
        near_offer(&n, c->accounts[i].name);
    (void)how_to_add(name, add, sizeof(add));
    if (n.best != NULL)
        report("there is no account \"%s\"; did you mean %s?%s",
               printable(name), printable(n.best),
               add[0] == '\0' ? "" : add + 1);
    else if (add[0] != '\0')
        report("there is no account \"%s\"%s", printable(name), add);
    else if (c->exists)
        report("there is no account \"%s\" in %s; a URL looks like "
               "pops://user@mail.example.org",
               printable(name), printable(c->path));
    else
        report("there is no account \"%s\", as there is no configuration file "
               "%s; a URL looks like pops://user@mail.example.org",
               printable(name), c->path == NULL ? "" : printable(c->path));
    return c->exists ? EXIT_USAGE : EXIT_CONFIG;
}

static exit_status
resolve_one(account_list *list, const options *line, const char *name)
{
    account *a = &list->items[list->count];
    const config_section *section;

    if (is_url(name)) {
        *a = (account){.url = strdup(name)};
        make_options(&a->opt, &list->config, NULL, counts_for_urls, line);
    } else {
        section = config_find(&list->config, name);
        if (section == NULL)
            return no_account(&list->config, name);
        account_resolve(a, &list->config, section, line);
    }
    list->count++;
    return EXIT_FINE;
}

static exit_status
resolve_names(account_list *list, const options *line,
              const char *const *names, size_t count)
{
    exit_status status = EXIT_FINE;
    size_t i;

    for (i = 0; i < count && status == EXIT_FINE; i++)
        status = resolve_one(list, line, names[i]);
    return status;
}

static exit_status
no_accounts(const config *c)
{
    const char *path = c->path == NULL ? "" : printable(c->path);

    if (c->exists)
        report("there is no account in %s: \"pop3 setup ADDRESS\" adds one",
               path);
    else
        report("there are no accounts yet, as there is no configuration file "
               "%s: \"pop3 setup ADDRESS\" makes it",
               path);
    return EXIT_CONFIG;
}

static exit_status
resolve_all(account_list *list, const options *line)
{
    config *c = &list->config;
    size_t i;

    if (c->account_count == 0)
        return no_accounts(c);
    for (i = 0; i < c->account_count; i++)
        account_resolve(&list->items[list->count++], c, &c->accounts[i], line);
    return EXIT_FINE;
}

exit_status
accounts_open(account_list *list, const options *line,
              const char *const *names, size_t count)
{
    exit_status status;

    *list = (account_list){.count = 0};
    status = config_read(&list->config, line->config);
    if (status != EXIT_FINE)
        return status;
    list->items =
        calloc(count + list->config.account_count + 1, sizeof(*list->items));
    if (list->items == NULL) {
        report("out of memory");
        return EXIT_LATER;
    }
    status = line->all ? resolve_all(list, line)
                       : resolve_names(list, line, names, count);
    return status == EXIT_FINE ? list->config.status : status;
}

const char *
accounts_state(const account_list *list, const options *line)
{
    const config_section *defaults = &list->config.defaults;
    const char *state = NULL;
    size_t i;

    for (i = 0; i < defaults->count; i++) {
        if (defaults->settings[i].flag->offset == offsetof(options, state))
            state = defaults->settings[i].value;
    }
    return line->state != NULL ? line->state : state;
}

void
accounts_close(account_list *list)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        free(list->items[i].url);
    free(list->items);
    config_free(&list->config);
    *list = (account_list){.count = 0};
}

bool
account_shares_output(const account *a)
{
    return a->opt.deliver != NULL &&
           strncmp(a->opt.deliver, "stdout:", 7) == 0;
}
