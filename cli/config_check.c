/* SPDX-License-Identifier: MIT */
/*
 * config_check - files, modes and programs, looked at before they are needed.
 *
 * Reading the configuration checks what stands in it; this checks what it
 * points at, for `pop3 config check`. A run checks the same when it uses it.
 */
#include "cli/config_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/oauth.h"
#include "cli/report.h"
#include "base/split.h"
#include "cli/value.h"

#include "base/banned.h"

static void
check_secret(config *c, const char *key, const char *path, ini_place at)
{
    struct stat st;

    if (stat(path, &st) == -1 || access(path, R_OK) == -1)
        config_error(c, at, "%s: %s: %s", key, printable(path),
                     strerror(errno));
    else if (S_ISDIR(st.st_mode))
        config_error(c, at, "%s: %s is a directory", key, printable(path));
    else if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
        config_error(c, at,
                     "%s: %s can be read or written by others (mode %03o): "
                     "run chmod 600 on it",
                     key, printable(path), (unsigned)st.st_mode & 0777);
}

static void
check_readable(config *c, const char *key, const char *path, ini_place at)
{
    if (access(path, R_OK) == -1)
        config_error(c, at, "%s: %s: %s", key, printable(path),
                     strerror(errno));
}

/* As execvp() looks for it. */
static bool
is_program(const char *name)
{
    const char *path = getenv("PATH");
    char full[4096];

    if (strchr(name, '/') != NULL)
        return access(name, X_OK) == 0;
    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");

        (void)snprintf(full, sizeof(full), "%.*s/%s", (int)len, path, name);
        if (access(full, X_OK) == 0)
            return true;
        path += len + (path[len] == ':' ? 1 : 0);
    }
    return false;
}

static void
check_command(config *c, const char *key, const char *command, ini_place at)
{
    const char *why;
    char **words = split_words(command, &why);

    if (words != NULL && !is_program(words[0]))
        config_error(c, at, "%s: there is no program %s", key,
                     printable(words[0]));
    split_free(words);
}

static void
check_password(config *c, const char *key, const password_source *source,
               ini_place at)
{
    switch (source->kind) {
    case PASSWORD_FILE:
        check_secret(c, key, source->text, at);
        break;
    case PASSWORD_COMMAND:
        check_command(c, key, source->text, at);
        break;
    case PASSWORD_KEYRING:
        check_command(c, key, "secret-tool", at);
        break;
    case PASSWORD_PROMPT:
    case PASSWORD_CREDENTIAL: /* there only when systemd starts us */
        break;
    }
}

static void
check_provider(config *c, options *opt)
{
    opt->config = c->given ? c->path : NULL;
    if (oauth_check(opt) != EXIT_FINE)
        c->status = EXIT_CONFIG;
}

static void
check_one(config *c, const setting *s, ini_place at)
{
    char why[400];
    options opt;

    options_init(&opt);
    if (!value_set(&opt, s->flag, s->value, why, sizeof(why)))
        return;
    if (s->flag->kind == FLAG_PASSWORD || s->flag->kind == FLAG_SOURCE)
        check_password(
            c, s->flag->name,
            (const password_source *)((const char *)&opt + s->flag->offset),
            at);
    else if (strcmp(s->flag->name, "oauth-provider") == 0)
        check_provider(c, &opt);
    else if (s->flag->kind == FLAG_COMMAND)
        check_command(c, s->flag->name, s->value, at);
    else if (strcmp(s->flag->name, "key") == 0)
        check_secret(c, s->flag->name, s->value, at);
    else if (s->flag->kind == FLAG_PATH && strcmp(s->flag->name, "state") != 0)
        check_readable(c, s->flag->name, s->value, at);
}

void
config_check_section(config *c, const config_section *section)
{
    size_t i;

    for (i = 0; i < section->count; i++)
        check_one(c, &section->settings[i], section->places[i]);
}
