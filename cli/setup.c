/* SPDX-License-Identifier: MIT */
/*
 * setup - a found server and the flags become a section, and a report.
 *
 * The section has all that the next run needs and nothing that is the default
 * anyway. Flags that are keys of the file too go into it as they were given,
 * with paths made absolute. A password never does: only where it comes from.
 */
#include "cli/setup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/ini.h"
#include "cli/json.h"
#include "cli/oauth.h"
#include "cli/report.h"
#include "cli/session_token.h"

#include "base/banned.h"

const char *
setup_user(const setup *u)
{
    return u->opt.user != NULL ? u->opt.user : u->found.found.user;
}

/* ---- the section ---- */

/* Whether the section has it from elsewhere, or it is for this run alone. */
static bool
is_settled(const flag *f)
{
    return (f->commands & IN_FILE) == 0 || account_has_its_own(f);
}

char *
setup_value(const setting *s)
{
    const char *path = config_path_in(s->flag, s->value);
    char *here;
    char *full;
    int len;

    if (path == NULL || path[0] == '/' || strncmp(path, "~/", 2) == 0)
        return strdup(s->value);
    here = getcwd(NULL, 0);
    if (here == NULL)
        return NULL;
    len = asprintf(&full, "%.*s%s/%s", (int)(path - s->value), s->value, here,
                   path);
    free(here);
    return len == -1 ? NULL : full;
}

static bool
write_flag(FILE *out, const setting *s)
{
    char *value = s->value == NULL ? strdup("yes") : setup_value(s);

    if (value != NULL)
        ini_write(out, s->flag->name, value);
    free(value);
    return value != NULL;
}

/* A flag that comes twice: the last one counts. */
static bool
is_last(const options *line, size_t i)
{
    size_t j;

    for (j = i + 1; j < line->setting_count; j++) {
        if (line->settings[j].flag->offset == line->settings[i].flag->offset)
            return false;
    }
    return true;
}

static bool
has_setting(const setting *settings, size_t count, const char *name)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (strcmp(settings[i].flag->name, name) == 0)
            return true;
    }
    return false;
}

static bool
has_flag(const setup *u, const char *name)
{
    return has_setting(u->line->settings, u->line->setting_count, name);
}

/* The section has to say what else it would take from there. */
static bool
has_default(const setup *u, const char *name)
{
    const config_section *defaults = &u->config.defaults;

    return has_setting(defaults->settings, defaults->count, name);
}

static bool
write_flags(FILE *out, const options *line)
{
    bool good = true;
    size_t i;

    for (i = 0; good && i < line->setting_count; i++) {
        if (!is_settled(line->settings[i].flag) && is_last(line, i))
            good = write_flag(out, &line->settings[i]);
    }
    return good;
}

static void
write_server(FILE *out, const setup *u)
{
    const found_server *server = &u->found.found;
    unsigned usual = server->tls == TLS_STLS ? 110 : 995;
    char port[12];

    ini_write(out, "server", server->host);
    if (server->port != usual || has_default(u, "port")) {
        (void)snprintf(port, sizeof(port), "%u", server->port);
        ini_write(out, "port", port);
    }
    if (server->tls == TLS_STLS)
        ini_write(out, "tls", "stls");
    else if (has_default(u, "tls"))
        ini_write(out, "tls", "implicit");
    if (u->opt.server_name != NULL)
        ini_write(out, "server-name", u->opt.server_name);
    else if (server->checked[0] != '\0')
        ini_write(out, "server-name", server->checked);
    else if (has_default(u, "server-name"))
        ini_write(out, "server-name", server->host);
}

static bool
is_oauth(int auth)
{
    return auth == AUTH_XOAUTH2 || auth == AUTH_OAUTHBEARER;
}

/* What a flag says counts for more; and so does a default, but for one that
 * would not get in. */
static void
write_provider(FILE *out, const setup *u)
{
    const provider *p = u->found.provider;
    char every[32];

    if (u->found.found.oauth && !is_oauth(u->opt.auth) && !has_flag(u, "auth"))
        ini_write(out, "auth", "xoauth2");
    if (u->found.found.oauth && p != NULL && p->oauth_provider[0] != '\0' &&
        !session_token_is_set(&u->opt))
        ini_write(out, "oauth-provider", p->oauth_provider);
    if (p == NULL || p->every_s <= u->opt.every_s)
        return;
    (void)snprintf(every, sizeof(every), "%" PRIu64 "m",
                   (p->every_s + 59) / 60);
    ini_write(out, "every", every);
}

char *
setup_section(const setup *u)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    bool good;

    if (out == NULL)
        return NULL;
    (void)fprintf(out, "[account %s]\n", u->name);
    ini_write(out, "address", u->found.address.text);
    write_server(out, u);
    if (strcmp(setup_user(u), u->found.address.text) != 0 ||
        has_default(u, "user"))
        ini_write(out, "user", setup_user(u));
    write_provider(out, u);
    good = write_flags(out, u->line) && ferror(out) == 0;
    if (fclose(out) == 0 && good)
        return text;
    free(text);
    return NULL;
}

/* ---- in words ---- */

static void
tell_server(const setup *u)
{
    const found_server *server = &u->found.found;

    printf("%s: %s, port %u, %s; found by %s\n", printable(u->name),
           printable(server->host), server->port,
           server->tls == TLS_STLS ? "TLS after STLS" : "TLS",
           found_by_text(server->by));
    if (u->logged_in)
        printf("Logged in as %s: %" PRIu64 " %s, %s\n",
               printable(setup_user(u)), u->mail.count,
               u->mail.count == 1 ? "message" : "messages",
               human_octets(u->mail.octets));
}

/* Whole, and as the file would have it: but no control gets through. */
static void
tell_section(const setup *u)
{
    const char *line = u->section;

    printf("%s would get:\n\n", printable(u->config.path));
    while (*line != '\0') {
        size_t len = strcspn(line, "\n");
        char *copy = strndup(line, len);

        if (copy != NULL) {
            text_clean(copy);
            printf("%s\n", copy);
        }
        free(copy);
        line += len + (line[len] == '\n' ? 1 : 0);
    }
}

static void
tell_login(const setup *u)
{
    if (u->logged_in || u->opt.oauth.text != NULL ||
        !(u->found.found.oauth || oauth_is_wanted(&u->opt)))
        return;
    printf("%s%s pop3 login %s\n",
           u->found.found.oauth ? "It takes OAuth 2 alone: "
                                : "Its tokens come from a login: ",
           u->opt.oauth_client_id != NULL
               ? "next run:"
               : "write oauth-client-id into the account, and then run:",
           printable(u->name));
}

static void
tell_next(const setup *u)
{
    const provider *p = u->found.provider;

    if (u->opt.dry_run) {
        tell_section(u);
        return;
    }
    printf("The account %s stands in %s now.\n", printable(u->name),
           printable(u->config.path));
    if (p != NULL && p->note[0] != '\0')
        printf("%s: %s\n", printable(p->name), printable(p->note));
    tell_login(u);
    if (u->opt.deliver == NULL)
        printf("Fetch by: pop3 fetch --deliver maildir:DIR %s\n",
               printable(u->name));
    else
        printf("Fetch by: pop3 fetch %s\n", printable(u->name));
}

/* ---- in JSON ---- */

static void
json_server(json *j, const setup *u)
{
    const found_server *server = &u->found.found;

    json_open(j, "server", '{');
    json_text(j, "host", server->host);
    json_number(j, "port", server->port);
    json_text(j, "tls", server->tls == TLS_STLS ? "stls" : "implicit");
    json_text(j, "user", setup_user(u));
    if (server->checked[0] != '\0')
        json_text(j, "server_name", server->checked);
    json_text(j, "found_by", found_by_text(server->by));
    json_bool(j, "outside_of_domain", server->stranger);
    json_close(j, '}');
}

static void
json_provider(json *j, const provider *p)
{
    json_open(j, "provider", '{');
    json_text(j, "name", p->name);
    json_text(j, "auth", p->auth);
    if (p->every_s > 0)
        json_number(j, "every_seconds", p->every_s);
    json_text(j, "note", p->note);
    json_text(j, "help", p->help);
    json_close(j, '}');
}

static void
json_steps(json *j, const discovery *d)
{
    size_t i;

    json_open(j, "steps", '[');
    for (i = 0; i < d->step_count; i++) {
        json_open(j, NULL, '{');
        json_text(j, "what", d->steps[i].what);
        json_text(j, "result", d->steps[i].result);
        json_bool(j, "good", d->steps[i].good);
        json_number(j, "ms", d->steps[i].ms);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void
tell_json(const setup *u, exit_status status)
{
    json j = json_start(stdout);

    json_open(&j, NULL, '{');
    json_text(&j, "address", u->line->args[0]);
    json_text(&j, "account", u->name);
    if (u->found.found.host[0] != '\0')
        json_server(&j, u);
    if (u->found.provider != NULL)
        json_provider(&j, u->found.provider);
    json_steps(&j, &u->found);
    json_bool(&j, "logged_in", u->logged_in);
    if (u->logged_in)
        json_number(&j, "messages", u->mail.count);
    if (u->section != NULL)
        json_text(&j, "section", u->section);
    if (u->config.path != NULL)
        json_text(&j, "file", u->config.path);
    json_bool(&j, "written", u->written);
    if (u->found.why[0] != '\0')
        json_text(&j, "error", u->found.why);
    json_number(&j, "status", (uint64_t)status);
    json_close(&j, '}');
}

void
setup_tell(const setup *u, exit_status status)
{
    if (u->line == NULL)
        return;
    if (u->opt.json) {
        tell_json(u, status);
    } else if (status == EXIT_FINE && !(u->opt.quiet && !u->opt.dry_run)) {
        tell_server(u);
        tell_next(u);
    }
}
