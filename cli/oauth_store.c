/* SPDX-License-Identifier: MIT */
/*
 * oauth_store - tokens become a file of mode 0600, and a file tokens.
 *
 * $XDG_STATE_HOME/pop3/oauth, of mode 0700, has a JSON file for each account.
 * A directory or a file that others can read or write is refused: what is in
 * it is no secret any more, or not ours.
 *
 * A refresh token may be good for one use, and its successor comes in the same
 * answer: if that is lost, the user has to log in again. So the room for it is
 * taken before the server is asked, and the file is replaced by rename(2) with
 * all of it on the disk. A crash leaves the old file or the new one. A lock of
 * the kernel lets one process at a time ask.
 */
#include "cli/oauth_store.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/oauth_reply.h"
#include "cli/state_path.h"
#include "mail/lock.h"
#include "mail/reader.h"
#include "mail/writer.h"
#include "net/clock.h"

#include "base/banned.h"

enum {
    FILE_MAX = 128 << 10,
    PAUSE_MS = 25, /* between two tries to lock */
    PATH_SIZE = 512
};

/* ---- the place ---- */

/* All but letters, digits and a few signs as %XX; false: it does not fit. */
static bool
name_file(oauth_store *s, const char *account)
{
    const size_t size = sizeof(s->name) - sizeof(".json") - sizeof(".new");
    size_t len = 0;

    for (; *account != '\0'; account++) {
        unsigned char c = (unsigned char)*account;
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                     (c >= 'A' && c <= 'Z') || c == '@' || c == '-' ||
                     c == '_' || (c == '.' && len > 0);

        if (len + 4 > size)
            return false;
        len += (size_t)snprintf(s->name + len, 4, plain ? "%c" : "%%%02X", c);
    }
    memcpy(s->name + len, ".json", sizeof(".json"));
    (void)snprintf(s->fresh_name, sizeof(s->fresh_name), ".%.*s.new", (int)len,
                   s->name);
    return true;
}

static mail_result
check_private(int fd, const char *path, mail_error *error)
{
    struct stat st;

    if (fstat(fd, &st) == -1)
        return mail_fail_sys(error, errno, "cannot look at %.500s", path);
    if (st.st_uid != geteuid())
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.500s belongs to somebody else: remove it, and run "
                         "`pop3 login`",
                         path);
    if ((st.st_mode & 077) != 0)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.500s can be read or written by others (mode "
                         "%03o): run chmod go= on it, and `pop3 login` again "
                         "if somebody may have seen it",
                         path, (unsigned)st.st_mode & 0777);
    return MAIL_OK;
}

static mail_result
open_dir(oauth_store *s, bool create, mail_error *error)
{
    if (create && mkdir(s->path, 0700) == -1 && errno != EEXIST)
        return mail_fail_sys(error, errno, "cannot make %.300s", s->path);
    s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (s->dir == -1)
        return errno == ENOENT && !create
                   ? MAIL_OK
                   : mail_fail_sys(error, errno, "cannot open %.300s",
                                   s->path);
    return check_private(s->dir, s->path, error);
}

mail_result
oauth_store_open(oauth_store *s, const char *account, bool create,
                 mail_error *error)
{
    mail_result result;

    *s = (oauth_store){.dir = -1, .lock = -1, .fresh = -1};
    if (!name_file(s, account))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the names of user and server are too long to keep "
                         "a token under them");
    result = state_place(&s->path, "oauth", create, error);
    if (result != MAIL_OK) {
        s->path = NULL;
        return result;
    }
    return open_dir(s, create, error);
}

static void
drop_fresh(oauth_store *s)
{
    if (s->fresh == -1)
        return;
    close(s->fresh);
    s->fresh = -1;
    (void)unlinkat(s->dir, s->fresh_name, 0);
}

void
oauth_store_close(oauth_store *s)
{
    drop_fresh(s);
    if (s->lock != -1)
        close(s->lock);
    if (s->dir != -1)
        close(s->dir);
    free(s->path);
    *s = (oauth_store){.dir = -1, .lock = -1, .fresh = -1};
}

mail_result
oauth_store_lock(oauth_store *s, uint64_t timeout_ms, mail_error *error)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int64_t end_ms = clock_ms() + (int64_t)timeout_ms;
    mail_result result;
    char *place;

    if (asprintf(&place, "%s/tokens", s->path) == -1)
        return mail_fail_nomem(error);
    for (;;) {
        result = lock_account(&s->lock, place, s->name, error);
        if (result != MAIL_ERR_BUSY || clock_ms() >= end_ms)
            break;
        (void)nanosleep(&pause, NULL);
    }
    free(place);
    if (result == MAIL_ERR_BUSY)
        return mail_fail(error, MAIL_ERR_BUSY, 0,
                         "another pop3 asks for a token of this account, and "
                         "takes too long: try again later");
    return result;
}

/* ---- reading ---- */

void
oauth_tokens_clear(oauth_tokens *tokens)
{
    oauth_wipe(&tokens->token_url);
    oauth_wipe(&tokens->client_id);
    oauth_wipe(&tokens->refresh_token);
    oauth_wipe(&tokens->access_token);
    oauth_wipe(&tokens->seed);
    *tokens = (oauth_tokens){0};
}

/* False when memory is short. */
static bool
take_string(char **out, const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (text == NULL)
        return true;
    *out = strdup(text);
    return *out != NULL;
}

static uint64_t
take_time(const json_t *object, const char *name)
{
    json_int_t number = json_integer_value(json_object_get(object, name));

    return number < 0 ? 0 : (uint64_t)number;
}

static mail_result
take_tokens(oauth_tokens *t, const json_t *object, mail_error *error)
{
    t->issued_at = take_time(object, "issued_at");
    t->expires_at = take_time(object, "expires_at");
    if (take_string(&t->token_url, object, "token_url") &&
        take_string(&t->client_id, object, "client_id") &&
        take_string(&t->refresh_token, object, "refresh_token") &&
        take_string(&t->access_token, object, "access_token") &&
        take_string(&t->seed, object, "seed"))
        return MAIL_OK;
    return mail_fail_nomem(error);
}

static mail_result
read_open(const oauth_store *s, int fd, oauth_tokens *tokens,
          mail_error *error)
{
    char path[PATH_SIZE];
    mail_result result;
    char *buffer;
    json_t *object = NULL;
    ssize_t len;
    int sys;

    (void)snprintf(path, sizeof(path), "%.300s/%.200s", s->path, s->name);
    result = check_private(fd, path, error);
    if (result != MAIL_OK)
        return result;
    buffer = malloc(FILE_MAX);
    if (buffer == NULL)
        return mail_fail_nomem(error);
    len = read_all(fd, buffer, FILE_MAX);
    sys = errno;
    oauth_json_wipes();
    if (len >= 0)
        object = json_loadb(buffer, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
    secret_wipe(buffer, FILE_MAX);
    free(buffer);
    if (len == -1)
        result = mail_fail_sys(error, sys, "cannot read %.500s", path);
    else if (json_is_object(object))
        result = take_tokens(tokens, object, error);
    else
        result =
            mail_fail(error, MAIL_ERR_CONFIG, 0,
                      "%s is damaged: remove it, and run `pop3 login`", path);
    json_decref(object);
    return result;
}

mail_result
oauth_store_read(const oauth_store *s, oauth_tokens *tokens, mail_error *error)
{
    mail_result result;
    int fd;

    *tokens = (oauth_tokens){0};
    if (s->dir == -1)
        return MAIL_OK;
    fd = openat(s->dir, s->name,
                O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1)
        return errno == ENOENT
                   ? MAIL_OK
                   : mail_fail_sys(error, errno, "cannot open %.300s/%.200s",
                                   s->path, s->name);
    result = read_open(s, fd, tokens, error);
    close(fd);
    return result;
}

/* ---- writing ---- */

mail_result
oauth_store_reserve(oauth_store *s, mail_error *error)
{
    int sys;

    (void)unlinkat(s->dir, s->fresh_name, 0); /* left by a crash */
    s->fresh =
        openat(s->dir, s->fresh_name,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s->fresh == -1)
        return mail_fail_sys(error, errno, "cannot write into %.300s",
                             s->path);
    sys = posix_fallocate(s->fresh, 0, FILE_MAX);
    if (sys == 0)
        return MAIL_OK;
    drop_fresh(s);
    return mail_fail_sys(error, sys, "no room for tokens in %.300s", s->path);
}

/* json_string() is a function of json.h here. */
static bool
put_string(json_t *object, const char *name, const char *text)
{
    return text == NULL ||
           json_object_set_new(object, name,
                               json_stringn(text, strlen(text))) == 0;
}

static bool
put_time(json_t *object, const char *name, uint64_t time)
{
    return time == 0 || json_object_set_new(
                            object, name, json_integer((json_int_t)time)) == 0;
}

/* NULL when memory is short. To be wiped by jansson's own free. */
static json_t *
to_json(const oauth_tokens *t)
{
    json_t *object = json_object();

    if (object != NULL && put_string(object, "token_url", t->token_url) &&
        put_string(object, "client_id", t->client_id) &&
        put_string(object, "refresh_token", t->refresh_token) &&
        put_string(object, "access_token", t->access_token) &&
        put_string(object, "seed", t->seed) &&
        put_time(object, "issued_at", t->issued_at) &&
        put_time(object, "expires_at", t->expires_at))
        return object;
    json_decref(object);
    return NULL;
}

static mail_result
replace(oauth_store *s, const char *text, size_t len, mail_error *error)
{
    errno = write_all(s->fresh, text, len);
    if (errno != 0 || ftruncate(s->fresh, (off_t)len) == -1 ||
        fsync(s->fresh) == -1 ||
        renameat(s->dir, s->fresh_name, s->dir, s->name) == -1)
        return mail_fail_sys(error, errno, "cannot keep the token in %.300s",
                             s->path);
    close(s->fresh);
    s->fresh = -1;
    if (fsync(s->dir) == -1)
        return mail_fail_sys(error, errno, "cannot keep the token in %.300s",
                             s->path);
    return MAIL_OK;
}

mail_result
oauth_store_write(oauth_store *s, const oauth_tokens *tokens,
                  mail_error *error)
{
    mail_result result;
    json_t *object;
    char *buffer;
    size_t len;

    oauth_json_wipes();
    object = to_json(tokens);
    buffer = malloc(FILE_MAX);
    if (object == NULL || buffer == NULL) {
        json_decref(object);
        free(buffer);
        return mail_fail_nomem(error);
    }
    len = json_dumpb(object, buffer, FILE_MAX, JSON_COMPACT);
    result = len == 0 || len > FILE_MAX
                 ? mail_fail(error, MAIL_ERR_CONFIG, 0,
                             "the tokens are too large to keep")
                 : replace(s, buffer, len, error);
    secret_wipe(buffer, FILE_MAX);
    free(buffer);
    json_decref(object);
    return result;
}

static bool
forget(const oauth_store *s, const char *name)
{
    return unlinkat(s->dir, name, 0) == 0 || errno == ENOENT;
}

/* What a crash left of a refresh goes too, and first: it may hold tokens. */
mail_result
oauth_store_remove(oauth_store *s, mail_error *error)
{
    if (s->dir == -1)
        return MAIL_OK;
    if (!forget(s, s->fresh_name) || !forget(s, s->name))
        return mail_fail_sys(error, errno, "cannot remove %.300s/%.200s",
                             s->path, s->name);
    return fsync(s->dir) == 0
               ? MAIL_OK
               : mail_fail_sys(error, errno, "cannot sync %.300s", s->path);
}
