/* SPDX-License-Identifier: MIT */
/*
 * password - a terminal, a file, a command, a keyring or a credential of
 * systemd becomes a secret.
 *
 * Never the command line and never the environment, which others can read
 * (R17). The first line counts, without its line end. A file that its group
 * or others can read is refused, as the password is no secret any more. A
 * command is split in split.c and run in password_command.c. Every buffer
 * that held the password is wiped.
 */
#include "cli/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/password_command.h"
#include "cli/prompt.h"
#include "cli/report.h"
#include "mail/reader.h"
#include "base/split.h"

#include "base/banned.h"

enum {
    PASSWORD_MAX = 16384, /* tokens are the longest */
    WHERE_SIZE = 80
};

void
password_init(password *p, const password_source *source, uint64_t deadline_ms)
{
    *p = (password){
        .source = source, .deadline_ms = deadline_ms, .what = "password"};
}

/* Takes the first line out of what was read. */
static bool
take_line(password *p, const char *data, size_t len, const char *where)
{
    const char *end = memchr(data, '\n', len);

    if (end != NULL)
        len = (size_t)(end - data);
    if (len > 0 && data[len - 1] == '\r')
        len--;
    if (len == 0) {
        report("%s gave no %s: its first line is empty", where, p->what);
        return false;
    }
    if (memchr(data, '\0', len) != NULL) {
        report("%s gave a %s with a NUL octet, which cannot be sent", where,
               p->what);
        return false;
    }
    if (!secret_set(&p->value, data, len)) {
        report("out of memory");
        return false;
    }
    return true;
}

/* The same for the first PASSWORD_MAX octets of something. */
static bool
take_output(password *p, const char *data, size_t len, const char *where)
{
    if (len == PASSWORD_MAX && memchr(data, '\n', len) == NULL) {
        report("%s gave a first line of more than %d octets", where,
               PASSWORD_MAX);
        return false;
    }
    return take_line(p, data, len, where);
}

static bool
read_line(password *p, int fd, const char *where)
{
    char buffer[PASSWORD_MAX];
    ssize_t len = read_all(fd, buffer, sizeof(buffer));
    bool good = false;

    if (len == -1)
        report("cannot read %s: %s", where, strerror(errno));
    else
        good = take_output(p, buffer, (size_t)len, where);
    secret_wipe(buffer, sizeof(buffer));
    return good;
}

/* "the password file" */
static const char *
name_of(const password *p, const char *kind, char *where)
{
    (void)snprintf(where, WHERE_SIZE, "the %s %s", p->what, kind);
    return where;
}

static bool
from_file(password *p)
{
    const char *path = p->source->text;
    char where[WHERE_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    bool good = false;

    if (fd == -1 || fstat(fd, &st) == -1)
        report("cannot open the %s file %s: %s", p->what, printable(path),
               strerror(errno));
    else if (S_ISDIR(st.st_mode))
        report("the %s file %s is a directory", p->what, printable(path));
    else if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
        report("the %s file %s can be read or written by others (mode %03o): "
               "run chmod 600 on it, and change the %s if it is known by now",
               p->what, printable(path), (unsigned)st.st_mode & 0777, p->what);
    else
        good = read_line(p, fd, name_of(p, "file", where));
    if (fd != -1)
        close(fd);
    return good;
}

static bool
run_command(password *p, const char *const *argv, const char *where)
{
    const password_job job = {argv, p->what, p->refusal, p->deadline_ms};
    char buffer[PASSWORD_MAX];
    size_t len;
    bool good = false;

    if (password_command(&job, buffer, sizeof(buffer), &len))
        good = take_output(p, buffer, len, where);
    secret_wipe(buffer, sizeof(buffer));
    return good;
}

static bool
from_command(password *p)
{
    const char *why;
    char **argv = split_words(p->source->text, &why);
    char where[WHERE_SIZE];
    bool good;

    (void)name_of(p, "command", where);
    if (argv == NULL) {
        report("%s: %s", where, why);
        return false;
    }
    good = run_command(p, (const char *const *)argv, where);
    split_free(argv);
    return good;
}

/* secret-tool is libsecret's own program. The attributes are those that mpop
 * and msmtp look for, so that one entry serves all. */
static bool
from_keyring(password *p)
{
    const char *at = strrchr(p->who, '@');
    char *user = strndup(p->who, (size_t)(at - p->who));
    char host[256];
    const char *const argv[] = {"secret-tool", "lookup",  "host",
                                host,          "service", "pop3",
                                "user",        user,      NULL};
    bool good;

    if (user == NULL) {
        report("out of memory");
        return false;
    }
    (void)snprintf(host, sizeof(host), "%s", at + 1);
    good = run_command(p, argv, "the keyring");
    if (!good)
        report("the keyring gave no password for %s: store it with "
               "`secret-tool store --label=mail host %s service pop3 user "
               "%s`; the program is in the package libsecret-tools",
               printable(p->who), printable(host), printable(user));
    free(user);
    return good;
}

/* systemd's directory is readable by this unit alone. */
static bool
from_credential(password *p)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    const char *name = p->source->text;
    char path[1024];
    int fd;
    bool good;

    if (dir == NULL || dir[0] != '/') {
        report("there is no credential %s: CREDENTIALS_DIRECTORY is not set; "
               "systemd does so for a unit with LoadCredential=",
               printable(name));
        return false;
    }
    if (strchr(name, '/') != NULL || name[0] == '.') {
        report("the credential %s has no proper name: it has no slash and "
               "begins with no dot",
               printable(name));
        return false;
    }
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
    if (fd == -1) {
        report("cannot open the credential %s: %s", printable(path),
               strerror(errno));
        return false;
    }
    good = read_line(p, fd, "the credential");
    close(fd);
    return good;
}

static bool
from_terminal(password *p, const char *who)
{
    char buffer[PASSWORD_MAX];
    char question[600];
    size_t len;
    bool good;

    (void)snprintf(question, sizeof(question), "%c%s for ",
                   p->what[0] - 'a' + 'A', p->what + 1);
    len = strlen(question);
    len += pop3_printable((pop3_span){who, strlen(who)}, question + len,
                          sizeof(question) - len - 2);
    memcpy(question + len, ": ", 3);
    good = prompt_read(question, false, buffer, sizeof(buffer));
    if (good)
        good = take_line(p, buffer, strlen(buffer), "the terminal");
    else
        report("there is no terminal to ask for the %s: use %s", p->what,
               p->flags != NULL
                   ? p->flags
                   : "--password-file or --password-command, or the key "
                     "password of the configuration file");
    secret_wipe(buffer, sizeof(buffer));
    return good;
}

/* What was typed serves each connection of the run, out of memory that is not
 * swapped, if the system lets us. */
bool
password_prepare(password *p, const char *who)
{
    p->who = who;
    if (p->source->kind != PASSWORD_PROMPT || p->value.data != NULL)
        return true;
    p->failed = !from_terminal(p, who);
    if (!p->failed)
        (void)mlock(p->value.data, p->value.len);
    return !p->failed;
}

static bool
fetch(password *p)
{
    switch (p->source->kind) {
    case PASSWORD_PROMPT: /* that was done before */
        break;
    case PASSWORD_FILE:
        return from_file(p);
    case PASSWORD_COMMAND:
        return from_command(p);
    case PASSWORD_KEYRING:
        return from_keyring(p);
    case PASSWORD_CREDENTIAL:
        return from_credential(p);
    }
    return false;
}

pop3_result
password_fetch(void *ctx, pop3_span *value)
{
    password *p = ctx;

    if (p->value.data == NULL)
        p->failed = !fetch(p);
    if (p->failed)
        return POP3_ERR_CANCELED;
    *value = (pop3_span){p->value.data, p->value.len};
    return POP3_OK;
}

void
password_renew(password *p, const char *refusal)
{
    p->refusal = refusal;
    password_used(p);
}

void
password_used(password *p)
{
    if (p->source->kind != PASSWORD_PROMPT)
        password_clear(p);
}

void
password_clear(password *p)
{
    char *data = p->value.data;
    size_t len = p->value.len;

    if (data != NULL)
        secret_wipe(data, len);
    if (data != NULL && p->source->kind == PASSWORD_PROMPT)
        (void)munlock(data, len);
    secret_clear(&p->value);
}
