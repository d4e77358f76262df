/* SPDX-License-Identifier: MIT */
/*
 * results - the words that transcripts use for the library's constants.
 *
 * Written out here instead of asking pop3_result_name() and friends: what a
 * test compares with must not come from the code under test. The same file
 * finds the transcripts of a directory.
 */
#include "results.h"

#include "alloc.h"
#include "transcript.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    pop3_result result;
    const char *name;
} results[] = {
    {POP3_OK, "OK"},
    {POP3_ERR_USAGE, "USAGE"},
    {POP3_ERR_ARGUMENT, "ARGUMENT"},
    {POP3_ERR_NOMEM, "NOMEM"},
    {POP3_ERR_VETO, "VETO"},
    {POP3_ERR_CANCELED, "CANCELED"},
    {POP3_ERR_INSECURE, "INSECURE"},
    {POP3_ERR_NOT_SENT, "NOT_SENT"},
    {POP3_ERR_REFUSED, "REFUSED"},
    {POP3_ERR_AUTH, "AUTH"},
    {POP3_ERR_UNSUPPORTED, "UNSUPPORTED"},
    {POP3_ERR_MALFORMED, "MALFORMED"},
    {POP3_ERR_PROTOCOL, "PROTOCOL"},
    {POP3_ERR_LIMIT, "LIMIT"},
    {POP3_ERR_CLOSED, "CLOSED"},
    {POP3_ERR_IO, "IO"},
    {POP3_ERR_TIMEOUT, "TIMEOUT"},
    {POP3_ERR_RESOLVE, "RESOLVE"},
    {POP3_ERR_TLS, "TLS"},
    {POP3_ERR_CERT, "CERT"},
    {POP3_ERR_AGAIN, "AGAIN"},
    {POP3_ERR_INTERNAL, "INTERNAL"},
};

const char *
transcript_result(pop3_result result)
{
    size_t i;

    for (i = 0; i < sizeof(results) / sizeof(*results); i++) {
        if (results[i].result == result)
            return results[i].name;
    }
    return "(no result at all)";
}

bool
transcript_parse_result(const char *name, size_t len, pop3_result *result)
{
    size_t i;

    for (i = 0; i < sizeof(results) / sizeof(*results); i++) {
        if (strlen(results[i].name) == len &&
            memcmp(results[i].name, name, len) == 0) {
            *result = results[i].result;
            return true;
        }
    }
    return false;
}

const char *
transcript_verb(pop3_verb verb)
{
    static const char *const names[] = {
        [POP3_CMD_CAPA] = "CAPA", [POP3_CMD_STLS] = "STLS",
        [POP3_CMD_USER] = "USER", [POP3_CMD_PASS] = "PASS",
        [POP3_CMD_APOP] = "APOP", [POP3_CMD_AUTH] = "AUTH",
        [POP3_CMD_RPOP] = "RPOP", [POP3_CMD_UTF8] = "UTF8",
        [POP3_CMD_LANG] = "LANG", [POP3_CMD_STAT] = "STAT",
        [POP3_CMD_LIST] = "LIST", [POP3_CMD_UIDL] = "UIDL",
        [POP3_CMD_RETR] = "RETR", [POP3_CMD_TOP] = "TOP",
        [POP3_CMD_DELE] = "DELE", [POP3_CMD_NOOP] = "NOOP",
        [POP3_CMD_RSET] = "RSET", [POP3_CMD_QUIT] = "QUIT",
        [POP3_CMD_RAW] = "RAW",
    };

    if ((size_t)verb >= sizeof(names) / sizeof(*names))
        return "(no verb at all)";
    return names[verb];
}

const char *
transcript_resp(pop3_resp_code code)
{
    static const char *const names[] = {
        [POP3_RESP_NONE] = "NONE",
        [POP3_RESP_OTHER] = "OTHER",
        [POP3_RESP_IN_USE] = "IN_USE",
        [POP3_RESP_LOGIN_DELAY] = "LOGIN_DELAY",
        [POP3_RESP_SYS_TEMP] = "SYS_TEMP",
        [POP3_RESP_SYS_PERM] = "SYS_PERM",
        [POP3_RESP_AUTH] = "AUTH",
        [POP3_RESP_UTF8] = "UTF8",
    };

    if ((size_t)code >= sizeof(names) / sizeof(*names))
        return "(no code at all)";
    return names[code];
}

const char *
transcript_state(pop3_state state)
{
    static const char *const names[] = {
        [POP3_STATE_GREETING] = "GREETING",
        [POP3_STATE_AUTHORIZATION] = "AUTHORIZATION",
        [POP3_STATE_TRANSACTION] = "TRANSACTION",
        [POP3_STATE_CLOSED] = "CLOSED",
        [POP3_STATE_BROKEN] = "BROKEN",
    };

    if ((size_t)state >= sizeof(names) / sizeof(*names))
        return "(no state at all)";
    return names[state];
}

/* nftw() has no context argument: the list that is being made. */
static struct {
    char **paths;
    size_t count;
} found;

static int
on_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    size_t len = strlen(path);

    (void)st;
    (void)ftw;
    if (type != FTW_F || len < 6 || strcmp(path + len - 5, ".pop3") != 0)
        return 0;
    found.paths =
        test_realloc(found.paths, (found.count + 1) * sizeof(*found.paths));
    found.paths[found.count] = test_alloc(len + 1);
    memcpy(found.paths[found.count++], path, len + 1);
    return 0;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t
transcript_find(const char *dir, char ***paths)
{
    found.paths = NULL;
    found.count = 0;
    if (nftw(dir, on_file, 16, FTW_PHYS) != 0)
        return 0;
    if (found.count > 0)
        qsort(found.paths, found.count, sizeof(*found.paths), by_name);
    *paths = found.paths;
    return found.count;
}
