/* SPDX-License-Identifier: MIT */
/*
 * fetch_recover - step 4: intents that a crash left without an end.
 *
 * The sink that each intent names is asked for its key. What it has was
 * delivered: the memory is told so. What it has not is forgotten, and counts
 * as new again, unless it was marked as seen since. An intent may name another
 * sink than today's; if that is gone nobody can tell, and the message is
 * fetched again. If it only cannot be opened now, the session ends, and all
 * stays as it is.
 */
#include "cli/fetch_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"

#include "base/banned.h"

typedef struct intent {
    char *uid;
    seen_message message; /* its uid is the one above */
    char *sink;
    bool header; /* of its header alone */
    bool asked;
    bool delivered;
} intent;

typedef struct intents {
    intent *list;
    size_t count;
    size_t capacity;
    mail_error error;
} intents;

static bool
grow(intents *all)
{
    size_t capacity = all->capacity == 0 ? 64 : all->capacity * 2;
    intent *list = realloc(all->list, capacity * sizeof(*list));

    if (list == NULL)
        return false;
    all->list = list;
    all->capacity = capacity;
    return true;
}

static mail_result
collect(void *ctx, const seen_message *message, const char *sink)
{
    intents *all = ctx;
    intent *one;

    if (all->count == all->capacity && !grow(all))
        return mail_fail_nomem(&all->error);
    one = &all->list[all->count];
    *one = (intent){.message = *message};
    one->header =
        strncmp(sink, FETCH_HEADER_SINK, sizeof(FETCH_HEADER_SINK) - 1) == 0;
    if (one->header)
        sink += sizeof(FETCH_HEADER_SINK) - 1;
    one->uid = malloc(message->uid.len + 1);
    one->message.uid.ptr = one->uid;
    one->sink = strdup(sink);
    all->count++;
    if (one->uid == NULL || one->sink == NULL)
        return mail_fail_nomem(&all->error);
    if (message->uid.len > 0)
        memcpy(one->uid, message->uid.ptr, message->uid.len);
    return MAIL_OK;
}

/* Whether what could not be opened is not there any more, or is something
 * else now: trying again would help nobody. */
static bool
is_gone(const mail_error *error)
{
    static const int kinds[] = {0, ENOENT, ENOTDIR, EISDIR, ELOOP};
    size_t i = 0;

    while (i < sizeof(kinds) / sizeof(kinds[0]) && kinds[i] != error->sys)
        i++;
    return error->result == MAIL_ERR_CONFIG &&
           i < sizeof(kinds) / sizeof(kinds[0]);
}

/* Asks one sink for all intents that name the same as list[first]. */
static mail_result
ask_sink(fetch *f, intents *all, size_t first, mail_asked *asked)
{
    const char *name = all->list[first].sink;
    bool is_ours = strcmp(name, f->sink->name) == 0;
    mail_sink *sink = f->sink;
    mail_result result = MAIL_OK;
    size_t count = 0;
    size_t i;

    for (i = first; i < all->count; i++) {
        if (strcmp(all->list[i].sink, name) == 0) {
            all->list[i].asked = true;
            asked[count++] =
                (mail_asked){.key = all->list[i].message.key, .index = i};
        }
    }
    if (!is_ours)
        result = fetch_open_sink(f, &sink, name, false, &all->error);
    if (result != MAIL_OK && !is_gone(&all->error))
        return result;
    if (result != MAIL_OK) {
        report("%s: %s: %zu messages that were under way to it when pop3 was "
               "stopped are fetched again",
               printable(f->s->where.host), all->error.text, count);
        return MAIL_OK;
    }
    result = sink->ops->recover(sink, asked, count, &all->error);
    for (i = 0; result == MAIL_OK && i < count; i++)
        all->list[asked[i].index].delivered = asked[i].found;
    if (!is_ours)
        sink_close(sink);
    return result;
}

static mail_result
ask_sinks(fetch *f, intents *all)
{
    mail_asked *asked = calloc(all->count, sizeof(*asked));
    mail_result result = MAIL_OK;
    size_t i;

    if (asked == NULL)
        return mail_fail_nomem(&all->error);
    for (i = 0; result == MAIL_OK && i < all->count; i++) {
        if (!all->list[i].asked)
            result = ask_sink(f, all, i, asked);
    }
    free(asked);
    return result;
}

static mail_result
settle(fetch *f, intents *all)
{
    mail_result result = seen_begin(f->memory, &all->error);
    size_t i;

    for (i = 0; result == MAIL_OK && i < all->count; i++) {
        const intent *one = &all->list[i];

        if (one->delivered)
            result = seen_deliver(f->memory, &one->message,
                                  one->header ? SEEN_HEADER : SEEN_DONE,
                                  &all->error);
        else
            result = seen_forget_open(f->memory, &one->message, &all->error);
    }
    if (result == MAIL_OK)
        result = seen_settle(f->memory, &all->error);
    if (result == MAIL_OK)
        return seen_commit(f->memory, &all->error);
    seen_rollback(f->memory);
    return result;
}

static void
tell(const fetch *f, const intents *all)
{
    size_t delivered = 0;
    size_t i;

    for (i = 0; i < all->count; i++)
        delivered += all->list[i].delivered ? 1 : 0;
    if (f->s->opt->verbose)
        report_note("%s: an earlier run was stopped; of %zu messages then "
                    "under way %zu were delivered",
                    printable(f->s->account), all->count, delivered);
}

static void
clear(intents *all)
{
    size_t i;

    for (i = 0; i < all->count; i++) {
        free(all->list[i].uid);
        free(all->list[i].sink);
    }
    free(all->list);
}

bool
fetch_recover(fetch *f)
{
    intents all = {.count = 0};
    mail_error error;
    mail_result result = seen_intents(f->memory, collect, &all, &error);

    if (result != MAIL_OK && all.error.result == MAIL_OK)
        all.error = error;
    if (result == MAIL_OK && all.count > 0) {
        result = ask_sinks(f, &all);
        if (result == MAIL_OK)
            result = settle(f, &all);
        if (result == MAIL_OK)
            tell(f, &all);
    }
    /* Also what a run left that was killed when all was remembered. */
    if (result == MAIL_OK)
        fetch_sink_may_forget(f->sink);
    else
        session_fail_mail(f->s, &all.error);
    clear(&all);
    return result == MAIL_OK;
}
