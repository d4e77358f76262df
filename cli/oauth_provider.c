/* SPDX-License-Identifier: MIT */
/*
 * oauth_provider - the texts "oauth-providers" become URLs and a scope.
 *
 *     [provider NAME]
 *     token-url = https://…
 *
 * The user's file stands beside the configuration file and is trusted as that
 * is: whoever can write it can have refresh tokens sent anywhere. It is read
 * first; a provider that stands there hides one of the same name that came
 * with the program.
 */
#include "cli/oauth_provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/bundled.h"
#include "cli/config_file.h"
#include "cli/http.h"
#include "cli/ini.h"
#include "cli/report.h"

#include "base/banned.h"

typedef struct key {
    const char *name;
    size_t offset;
    bool is_url;
} key;

#define AT(field) offsetof(oauth_provider, field)

static const key keys[] = {{"authorization-url", AT(authorization_url), true},
                           {"device-url", AT(device_url), true},
                           {"token-url", AT(token_url), true},
                           {"revocation-url", AT(revocation_url), true},
                           {"scope", AT(scope), false},
                           {"parameters", AT(parameters), false},
                           {"redirect-host", AT(redirect_host), false},
                           {"servers", AT(servers), false}};

enum {
    KEYS = sizeof(keys) / sizeof(keys[0])
};

static char **
field(oauth_provider *p, const key *k)
{
    return (char **)((char *)p + k->offset);
}

void
oauth_provider_clear(oauth_provider *p)
{
    size_t i;

    for (i = 0; i < KEYS; i++)
        free(*field(p, &keys[i]));
    *p = (oauth_provider){0};
}

/* ---- one file ---- */

/* What is looked for: a name, or a server. */
typedef struct search {
    const char *path;
    const char *name; /* NULL: by the server */
    const char *host;
    oauth_provider *provider;
    char found[INI_NAME_MAX + 1]; /* the name; "": nothing */
    bool here;                    /* the heading is that of the name */
    exit_status status;
} search;

static void
complain(search *s, ini_place at, const char *why, const char *about)
{
    report("%s:%zu:%zu: %s%s%s", printable(s->path), at.line, at.column, why,
           about[0] == '\0' ? "" : ": ", printable(about));
    s->status = EXIT_CONFIG;
}

static bool
is_in_list(const char *list, const char *word)
{
    while (*list != '\0') {
        size_t len = strcspn(list, " \t");

        if (len > 0 && text_equal_caseless(list, len, word))
            return true;
        list += len + (list[len] == '\0' ? 0 : 1);
    }
    return false;
}

/* "[provider NAME]": NAME, or "" */
static const char *
name_in(const char *heading)
{
    static const char word[] = "provider";
    size_t len = strlen(word);

    if (strncmp(heading, word, len) != 0 ||
        (heading[len] != ' ' && heading[len] != '\t'))
        return "";
    return heading + len + strspn(heading + len, " \t");
}

static void
take_heading(search *s, const ini *event, char *current)
{
    const char *name = name_in(event->name);

    if (name[0] == '\0')
        complain(s, event->name_at, "the heading must be [provider NAME]", "");
    memcpy(current, name, strlen(name) + 1);
    s->here = s->name != NULL && strcmp(name, s->name) == 0;
    if (s->here)
        memcpy(s->found, name, strlen(name) + 1);
}

static const key *
find_key(const char *name)
{
    size_t i;

    for (i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    }
    return NULL;
}

static void
keep_value(search *s, const ini *event, const key *k)
{
    char **value = field(s->provider, k);

    if (k->is_url && !http_is_url(event->value)) {
        complain(s, event->value_at, "this must be a URL with https://",
                 k->name);
        return;
    }
    free(*value);
    *value = strdup(event->value);
    if (*value == NULL)
        s->status = EXIT_LATER;
}

static void
take_entry(search *s, const ini *event, const char *current)
{
    const key *k = find_key(event->name);

    if (k == NULL)
        complain(s, event->name_at, "unknown key", event->name);
    else if (s->here)
        keep_value(s, event, k);
    else if (s->name == NULL && s->found[0] == '\0' &&
             strcmp(k->name, "servers") == 0 &&
             is_in_list(event->value, s->host))
        memcpy(s->found, current, strlen(current) + 1);
}

static void
read_events(search *s, ini *event)
{
    char current[INI_NAME_MAX + 1] = "";

    for (;;) {
        switch (ini_next(event)) {
        case INI_END:
            return;
        case INI_HEADING:
            take_heading(s, event, current);
            break;
        case INI_ENTRY:
            take_entry(s, event, current);
            break;
        case INI_ERROR:
            complain(s, event->name_at, event->why, "");
            break;
        }
    }
}

static void
read_text(search *s, const char *text, size_t len)
{
    ini_place at;
    const char *why;
    ini *event = malloc(sizeof(*event));

    if (event == NULL) {
        report("out of memory");
        s->status = EXIT_LATER;
    } else if (!ini_check_text(text, len, &at, &why)) {
        complain(s, at, why, "");
    } else {
        ini_start(event, text, len);
        read_events(s, event);
    }
    free(event);
}

static void
read_file(search *s)
{
    char *text = NULL;
    size_t len = 0;

    s->status = config_file_read(s->path, false, &text, &len);
    if (s->status == EXIT_FINE && text != NULL)
        read_text(s, text, len);
    free(text);
}

/* ---- the file, and what is built in ---- */

/* Beside the configuration file; NULL: there is no place for one. */
static char *
own_path(const char *config)
{
    char *path = NULL;
    char *own = NULL;
    char *slash;

    if (config_file_path(&path, config) != EXIT_FINE || path == NULL)
        return NULL;
    slash = strrchr(path, '/');
    if (asprintf(&own, "%.*soauth-providers",
                 slash == NULL ? 0 : (int)(slash + 1 - path), path) == -1)
        own = NULL;
    free(path);
    return own;
}

static void
look_everywhere(search *s, const options *opt)
{
    char *own = own_path(opt->config);

    if (own != NULL) {
        s->path = own;
        read_file(s);
        free(own);
    }
    if (s->status == EXIT_FINE && s->found[0] == '\0') {
        s->path = bundled_oauth_providers.name;
        read_text(s, bundled_oauth_providers.text,
                  bundled_oauth_providers.len);
    }
}

static exit_status
replace(char **value, const char *given, bool is_url, const char *name)
{
    if (given == NULL)
        return EXIT_FINE;
    if (is_url && !http_is_url(given)) {
        report("%s must be a URL with https://, not \"%.200s\"", name,
               printable(given));
        return EXIT_CONFIG;
    }
    free(*value);
    *value = strdup(given);
    if (*value != NULL)
        return EXIT_FINE;
    report("out of memory");
    return EXIT_LATER;
}

/* Tokens that come from another place are not for this provider to hear of. */
static void
leave_revocation(oauth_provider *p, const char *token_url)
{
    if (token_url == NULL ||
        (p->token_url != NULL && strcmp(p->token_url, token_url) == 0))
        return;
    free(p->revocation_url);
    p->revocation_url = NULL;
}

static exit_status
put_on_top(oauth_provider *p, const options *opt)
{
    exit_status status =
        replace(&p->scope, opt->oauth_scope, false, "oauth-scope");

    if (status == EXIT_FINE)
        status = replace(&p->authorization_url, opt->oauth_authorization_url,
                         true, "oauth-authorization-url");
    if (status == EXIT_FINE)
        status = replace(&p->device_url, opt->oauth_device_url, true,
                         "oauth-device-url");
    leave_revocation(p, opt->oauth_token_url);
    if (status == EXIT_FINE)
        status = replace(&p->token_url, opt->oauth_token_url, true,
                         "oauth-token-url");
    return status;
}

static exit_status
find_named(oauth_provider *p, const options *opt)
{
    search s = {.name = opt->oauth_provider, .provider = p};

    if (s.name == NULL)
        return EXIT_FINE;
    look_everywhere(&s, opt);
    if (s.status != EXIT_FINE || s.found[0] != '\0')
        return s.status;
    report("there is no provider \"%s\", neither built in nor in the file "
           "oauth-providers beside your configuration: pop3_config(5) tells "
           "how to add one",
           printable(s.name));
    return EXIT_CONFIG;
}

exit_status
oauth_provider_read(oauth_provider *p, const options *opt)
{
    exit_status status;

    *p = (oauth_provider){0};
    status = find_named(p, opt);
    if (status == EXIT_FINE)
        status = put_on_top(p, opt);
    if (status != EXIT_FINE || p->token_url != NULL)
        return status;
    report("nothing tells where tokens are got: set oauth-provider, or "
           "oauth-token-url");
    return EXIT_CONFIG;
}

void
oauth_provider_suggest(char *name, size_t size, const char *host,
                       const options *opt)
{
    search s = {.host = host};

    look_everywhere(&s, opt);
    (void)snprintf(name, size, "%s", s.found);
}
