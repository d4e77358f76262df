/* SPDX-License-Identifier: MIT */
/*
 * remembered - opening the memory of an account for `pop3 seen`.
 *
 * What changes the memory holds the lock of the account, as a fetch does: two
 * of them at once would each undo what the other believes.
 */
#include "cli/remembered.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/state_path.h"
#include "mail/lock.h"

#include "base/banned.h"

static const struct {
    const char *word;
    seen_state state;
} words[] = {{"new", SEEN_NEW},           {"intent", SEEN_INTENT},
             {"done", SEEN_DONE},         {"delete-pending", SEEN_DELETE_DUE},
             {"deleted", SEEN_DELETED},   {"header", SEEN_HEADER},
             {"left-out", SEEN_LEFT_OUT}, {"refused", SEEN_REFUSED}};

enum {
    WORDS = sizeof(words) / sizeof(words[0])
};

const char *
remembered_word(seen_state state)
{
    size_t i;

    for (i = 0; i < WORDS; i++) {
        if (words[i].state == state)
            return words[i].word;
    }
    return "unknown";
}

const seen_state *
remembered_state(const char *word, size_t len)
{
    size_t i;

    for (i = 0; i < WORDS; i++) {
        if (strlen(words[i].word) == len &&
            memcmp(words[i].word, word, len) == 0)
            return &words[i].state;
    }
    return NULL;
}

bool
remembered_fail(const remembered *r, const mail_error *error)
{
    return session_fail_mail(r->s, error);
}

bool
remembered_open(remembered *r, session *s, bool change)
{
    mail_error error;
    mail_result result;

    *r = (remembered){.s = s, .lock = -1};
    result = state_path(&r->path, s->opt->state, change, &error);
    if (result == MAIL_OK && change)
        result = lock_account(&r->lock, r->path, s->mailbox, &error);
    if (result == MAIL_OK)
        result = seen_open(&r->memory, r->path, change, &error);
    if (result == MAIL_OK && r->memory != NULL)
        result = seen_select(r->memory, s->mailbox, change, &error);
    return result == MAIL_OK || remembered_fail(r, &error);
}

void
remembered_close(remembered *r)
{
    seen_close(r->memory);
    if (r->lock != -1)
        close(r->lock);
    free(r->path);
    r->memory = NULL;
    r->path = NULL;
    r->lock = -1;
}
