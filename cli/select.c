/* SPDX-License-Identifier: MIT */
/*
 * select - arguments become message numbers.
 *
 * The server is asked for its unique-ids only when one was named. An id that
 * two messages share names neither of them: `delete` must not guess.
 */
#include "cli/select.h"

#include <string.h>

#include "cli/report.h"

#include "base/banned.h"

enum {
    UID_PRINTED_MAX = 1700
};

/* Digits only, more than 0, no overflow. */
static bool
read_number(const char *text, uint64_t *number)
{
    const char *p;

    *number = 0;
    for (p = text; *p >= '0' && *p <= '9'; p++) {
        if (*number > (UINT64_MAX - 9) / 10)
            return false;
        *number = *number * 10 + (uint64_t)(*p - '0');
    }
    return *p == '\0' && p > text && *number > 0;
}

static bool
is_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static const char *
uid_in(const char *text)
{
    return strncmp(text, "uid:", 4) == 0 ? text + 4 : text;
}

bool
select_is_uid(pop3_span uid, const char *text)
{
    char printed[UID_PRINTED_MAX];
    size_t len = strlen(text);

    if (uid.len == len && len > 0 && memcmp(uid.ptr, text, len) == 0)
        return true;
    (void)pop3_printable(uid, printed, sizeof(printed));
    return uid.len > 0 && strcmp(printed, text) == 0;
}

static bool
find_uid(session *s, const maildrop *drop, const char *text, uint64_t *number)
{
    size_t found = 0;
    size_t i;

    for (i = 0; i < maildrop_count(drop); i++) {
        const maildrop_message *message = maildrop_at(drop, i);

        if (select_is_uid(maildrop_uid(drop, message), text)) {
            *number = message->number;
            found++;
        }
    }
    if (found == 1)
        return true;
    if (found > 1)
        return session_fail(s, EXIT_PARTIAL,
                            "%s: %zu messages have this unique-id: use their "
                            "numbers (see pop3 list)",
                            printable(text), found);
    return session_fail(s, EXIT_PARTIAL,
                        "%s: no message has this unique-id (see pop3 list)",
                        printable(text));
}

static bool
need_uids(session *s, maildrop *drop)
{
    if (drop->has_uids)
        return true;
    if (!session_list(s, NULL, drop))
        return false;
    if (!drop->has_uids)
        return session_fail(s, EXIT_PROTOCOL,
                            "the server has no unique-ids (UIDL): use message "
                            "numbers (see pop3 list)");
    return true;
}

bool
select_messages(session *s, uint64_t *numbers)
{
    maildrop drop = {0};
    bool good = true;
    size_t i;

    for (i = 1; good && i < s->opt->arg_count; i++) {
        const char *text = s->opt->args[i];

        if (!is_number(text))
            good = need_uids(s, &drop) &&
                   find_uid(s, &drop, uid_in(text), &numbers[i - 1]);
        else if (!read_number(text, &numbers[i - 1]))
            good = session_fail(s, EXIT_USAGE,
                                "%s is not the number of a message: numbers "
                                "count from 1 (see pop3 list)",
                                printable(text));
    }
    maildrop_clear(&drop);
    return good;
}
