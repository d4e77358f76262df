/* SPDX-License-Identifier: MIT */
/*
 * status_file - key = value, one line each, read and written by one table.
 *
 * Written to a file beside it and renamed, so that who reads sees the old one
 * or the new one. It is not synced: after a power cut the next run tells what
 * is true. Its name is that of the account with all but letters, digits and a
 * few signs as %XX, so no server or user name can lead out of the directory.
 */
#include "cli/status_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ini.h"
#include "cli/state_path.h"
#include "mail/reader.h"

#include "base/banned.h"

enum {
    FILE_MAX = 16384,
    NAME_MAX_LEN = 240
};

typedef enum field_kind {
    FIELD_NUMBER, /* uint64_t */
    FIELD_NUMBER32,
    FIELD_BOOL,
    FIELD_KIND,   /* outcome_kind, by its name */
    FIELD_STATUS, /* exit_status */
    FIELD_TEXT
} field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    size_t offset;
    size_t size; /* FIELD_TEXT */
} field;

#define AT(member) offsetof(run_status, member)
#define TOTAL(member) AT(last.totals.member)

static const field fields[] = {
    {"outcome", FIELD_KIND, AT(last.kind), 0},
    {"exit-status", FIELD_STATUS, AT(last.status), 0},
    {"why", FIELD_TEXT, AT(last.why), OUTCOME_WHY},
    {"connected", FIELD_BOOL, AT(last.connected), 0},
    {"fetched", FIELD_NUMBER, TOTAL(fetched), 0},
    {"octets", FIELD_NUMBER, TOTAL(octets), 0},
    {"fetched-before", FIELD_NUMBER, TOTAL(known), 0},
    {"too-large", FIELD_NUMBER, TOTAL(too_large), 0},
    {"headers", FIELD_NUMBER, TOTAL(headers), 0},
    {"left-out", FIELD_NUMBER, TOTAL(left_out), 0},
    {"later", FIELD_NUMBER, TOTAL(later), 0},
    {"failed", FIELD_NUMBER, TOTAL(failed), 0},
    {"deleted", FIELD_NUMBER, TOTAL(deleted), 0},
    {"delete-pending", FIELD_NUMBER, TOTAL(due), 0},
    {"login-delay", FIELD_NUMBER32, AT(last.login_delay_s), 0},
    {"expire-days", FIELD_NUMBER32, AT(last.expire_days), 0},
    {"started", FIELD_NUMBER, AT(started_s), 0},
    {"ended", FIELD_NUMBER, AT(ended_s), 0},
    {"last-success", FIELD_NUMBER, AT(success_s), 0},
    {"last-mail", FIELD_NUMBER, AT(mail_s), 0},
    {"failures", FIELD_NUMBER, AT(failures), 0},
    {"running-since", FIELD_NUMBER, AT(running_s), 0},
    {"next", FIELD_NUMBER, AT(next_s), 0},
    {"stopped", FIELD_BOOL, AT(stopped), 0},
    {"hook", FIELD_TEXT, AT(hook), 200},
    {0}};

static bool
is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || strchr("-_@+", c) != NULL;
}

static void
file_name(const char *mailbox, char *out, size_t size)
{
    size_t len = 0;

    for (; *mailbox != '\0' && len + 4 < size; mailbox++) {
        unsigned char c = (unsigned char)*mailbox;
        bool dot = c == '.' && len > 0;

        len += (size_t)snprintf(out + len, size - len,
                                is_plain(c) || dot ? "%c" : "%%%02X", c);
    }
    out[len] = '\0';
}

char *
status_file_path(const char *given, const char *mailbox)
{
    char name[NAME_MAX_LEN];
    mail_error error;
    char *state;
    char *path;
    int made;

    if (state_path(&state, given, false, &error) != MAIL_OK)
        return NULL;
    file_name(mailbox, name, sizeof(name));
    made = asprintf(&path, "%s.status/%s", state, name);
    free(state);
    return made == -1 ? NULL : path;
}

static bool
read_number(const char *text, uint64_t most, uint64_t *number)
{
    size_t digits = strspn(text, "0123456789");
    size_t i;

    *number = 0;
    if (digits == 0 || digits > 18 || text[digits] != '\0')
        return false;
    for (i = 0; i < digits; i++)
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    return *number <= most;
}

static bool
read_kind(const char *text, outcome_kind *kind)
{
    unsigned i;

    for (i = 0; i < OUTCOME_KINDS; i++) {
        if (strcmp(text, outcome_name((outcome_kind)i)) == 0) {
            *kind = (outcome_kind)i;
            return true;
        }
    }
    return false;
}

static bool
read_field(const field *f, const char *text, void *at)
{
    uint64_t number = 0;

    switch (f->kind) {
    case FIELD_NUMBER:
        return read_number(text, UINT64_MAX, at);
    case FIELD_NUMBER32:
        if (!read_number(text, UINT32_MAX, &number))
            return false;
        *(uint32_t *)at = (uint32_t)number;
        return true;
    case FIELD_BOOL:
        *(bool *)at = strcmp(text, "yes") == 0;
        return true;
    case FIELD_KIND:
        return read_kind(text, at);
    case FIELD_STATUS:
        if (!read_number(text, 255, &number))
            return false;
        *(exit_status *)at = (exit_status)number;
        return true;
    case FIELD_TEXT:
        (void)snprintf(at, f->size, "%s", text);
        return true;
    }
    return false;
}

/* What it does not know was written by a newer one. */
static bool
read_entry(const ini *s, run_status *status)
{
    const field *f;

    for (f = fields; f->name != NULL; f++) {
        if (strcmp(f->name, s->name) == 0)
            return read_field(f, s->value, (char *)status + f->offset);
    }
    return true;
}

static bool
read_entries(const char *text, size_t len, run_status *status)
{
    ini *s = malloc(sizeof(*s));
    bool good = s != NULL;

    if (good)
        ini_start(s, text, len);
    while (good) {
        ini_kind kind = ini_next(s);

        if (kind == INI_END)
            break;
        good = kind == INI_ENTRY && read_entry(s, status);
    }
    free(s);
    return good;
}

bool
status_file_read(const char *path, run_status *status)
{
    char text[FILE_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t len = fd == -1 ? -1 : read_all(fd, text, sizeof(text));
    int sys = len == -1 && errno != ENOENT && errno != ENOTDIR ? errno : 0;

    *status = (run_status){.last.expire_days = POP3_EXPIRE_NEVER};
    if (fd != -1)
        close(fd);
    if (len > 0 && len < FILE_MAX && read_entries(text, (size_t)len, status))
        return true;
    *status = (run_status){.last.expire_days = POP3_EXPIRE_NEVER};
    errno = sys;
    return false;
}

static void
write_field(FILE *out, const field *f, const void *at)
{
    switch (f->kind) {
    case FIELD_NUMBER:
        fprintf(out, "%s = %" PRIu64 "\n", f->name, *(const uint64_t *)at);
        break;
    case FIELD_NUMBER32:
        fprintf(out, "%s = %" PRIu32 "\n", f->name, *(const uint32_t *)at);
        break;
    case FIELD_BOOL:
        fprintf(out, "%s = %s\n", f->name, *(const bool *)at ? "yes" : "no");
        break;
    case FIELD_KIND:
        fprintf(out, "%s = %s\n", f->name,
                outcome_name(*(const outcome_kind *)at));
        break;
    case FIELD_STATUS:
        fprintf(out, "%s = %d\n", f->name, (int)*(const exit_status *)at);
        break;
    case FIELD_TEXT:
        if (*(const char *)at != '\0')
            ini_write(out, f->name, at);
        break;
    }
}

static bool
write_all(int fd, const run_status *status)
{
    FILE *out = fdopen(fd, "w");
    const field *f;
    bool good;

    if (out == NULL) {
        close(fd);
        return false;
    }
    for (f = fields; f->name != NULL; f++)
        write_field(out, f, (const char *)status + f->offset);
    good = ferror(out) == 0;
    return fclose(out) == 0 && good;
}

/* The directory above is where the memory is: it is there. */
static void
make_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = strndup(path, (size_t)(slash - path));

    if (directory != NULL)
        (void)mkdir(directory, 0700);
    free(directory);
}

bool
status_file_write(const char *path, const run_status *status)
{
    char *fresh;
    int fd;
    bool good;

    make_directory(path);
    if (asprintf(&fresh, "%s.XXXXXX", path) == -1)
        return false;
    fd = mkostemp(fresh, O_CLOEXEC);
    good = fd != -1 && write_all(fd, status);
    if (good)
        good = rename(fresh, path) == 0;
    if (fd != -1 && !good)
        (void)unlink(fresh);
    free(fresh);
    return good;
}

/* What the server said of itself holds until it is heard again. */
static void
keep_demands(outcome *now, const outcome *before)
{
    if (now->kind == OUTCOME_GOOD || now->kind == OUTCOME_PARTIAL)
        return;
    if (now->login_delay_s == 0)
        now->login_delay_s = before->login_delay_s;
    if (now->expire_days == POP3_EXPIRE_NEVER)
        now->expire_days = before->expire_days;
}

void
status_add(run_status *status, const outcome *o, int64_t started_s,
           int64_t ended_s)
{
    const outcome before = status->last;

    status->last = *o;
    keep_demands(&status->last, &before);
    status->started_s = started_s < 0 ? 0 : (uint64_t)started_s;
    status->ended_s = ended_s < 0 ? 0 : (uint64_t)ended_s;
    status->running_s = 0;
    status->stopped = false;
    status->hook[0] = '\0';
    if (o->totals.fetched > 0)
        status->mail_s = status->ended_s;
    if (o->kind == OUTCOME_GOOD) {
        status->success_s = status->ended_s;
        status->failures = 0;
    } else if (o->kind != OUTCOME_INTERRUPTED) {
        status->failures++;
    }
}
