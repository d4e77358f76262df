/* SPDX-License-Identifier: MIT */
/*
 * error - results in words.
 *
 * One table holds each result with its constant's name, a few words for
 * people and whether the session ended with it. Whether a failed login may
 * succeed later is told by response codes (RFC 3206 §4, RFC 2449 §8.1), and
 * for the many servers that send none, by words of their refusal (quirk 7).
 */
#include <string.h>

#include <pop3.h>

#include "base/text.h"

typedef struct result_info {
    pop3_result result;
    const char *name;
    const char *words;
    bool fatal;
} result_info;

static const result_info RESULTS[] = {
    {POP3_OK, "POP3_OK", "success", false},
    {POP3_ERR_USAGE, "POP3_ERR_USAGE", "not legal in this state", false},
    {POP3_ERR_ARGUMENT, "POP3_ERR_ARGUMENT", "argument not allowed", false},
    {POP3_ERR_NOMEM, "POP3_ERR_NOMEM", "out of memory", false},
    {POP3_ERR_VETO, "POP3_ERR_VETO", "refused by the audit hook", false},
    {POP3_ERR_CANCELED, "POP3_ERR_CANCELED", "canceled", true},
    {POP3_ERR_INSECURE, "POP3_ERR_INSECURE",
     "refused to send a credential without TLS", false},
    {POP3_ERR_NOT_SENT, "POP3_ERR_NOT_SENT", "the command was not sent",
     false},
    {POP3_ERR_REFUSED, "POP3_ERR_REFUSED", "refused by the server", false},
    {POP3_ERR_AUTH, "POP3_ERR_AUTH", "login refused by the server", false},
    {POP3_ERR_UNSUPPORTED, "POP3_ERR_UNSUPPORTED", "not supported", false},
    {POP3_ERR_MALFORMED, "POP3_ERR_MALFORMED", "the answer makes no sense",
     false},
    {POP3_ERR_PROTOCOL, "POP3_ERR_PROTOCOL", "protocol error", true},
    {POP3_ERR_LIMIT, "POP3_ERR_LIMIT", "the server exceeded a limit", true},
    {POP3_ERR_CLOSED, "POP3_ERR_CLOSED", "connection closed by the server",
     true},
    {POP3_ERR_IO, "POP3_ERR_IO", "network error", true},
    {POP3_ERR_TIMEOUT, "POP3_ERR_TIMEOUT", "timed out", true},
    {POP3_ERR_RESOLVE, "POP3_ERR_RESOLVE", "host name not found", true},
    {POP3_ERR_TLS, "POP3_ERR_TLS", "TLS failed", true},
    {POP3_ERR_CERT, "POP3_ERR_CERT", "certificate not trusted", true},
    {POP3_ERR_AGAIN, "POP3_ERR_AGAIN", "wait and try again", false},
    {POP3_ERR_INTERNAL, "POP3_ERR_INTERNAL", "a bug in libpop3", true},
};

static const result_info *
info_of(pop3_result result)
{
    static const result_info unknown = {POP3_ERR_INTERNAL, "?",
                                        "unknown result", true};

    for (size_t i = 0; i < sizeof(RESULTS) / sizeof(RESULTS[0]); i++)
        if (RESULTS[i].result == result)
            return &RESULTS[i];
    return &unknown;
}

const char *
pop3_strerror(pop3_result result)
{
    return info_of(result)->words;
}

const char *
pop3_result_name(pop3_result result)
{
    return info_of(result)->name;
}

bool
pop3_is_fatal(pop3_result result)
{
    return info_of(result)->fatal;
}

/* Whether the server's own words say that it may work later. */
static bool
words_say_later(const char *words)
{
    static const char *const LATER[] = {"lock",  "busy",        "wait",
                                        "later", "unavailable", "temporar"};

    for (size_t i = 0; i < sizeof(LATER) / sizeof(LATER[0]); i++)
        if (text_contains_caseless(words, strlen(words), LATER[i]))
            return true;
    return false;
}

bool
pop3_error_is_temporary(const pop3_error *error)
{
    switch (error->resp) {
    case POP3_RESP_IN_USE:
    case POP3_RESP_LOGIN_DELAY:
    case POP3_RESP_SYS_TEMP:
        return true;
    case POP3_RESP_SYS_PERM:
    case POP3_RESP_AUTH:
    case POP3_RESP_UTF8:
        return false;
    case POP3_RESP_NONE:
    case POP3_RESP_OTHER:
        break;
    }
    if (error->result == POP3_ERR_REFUSED || error->result == POP3_ERR_AUTH)
        return words_say_later(error->text);
    return error->result == POP3_ERR_TIMEOUT ||
           error->result == POP3_ERR_CLOSED || error->result == POP3_ERR_IO;
}
