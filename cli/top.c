/* SPDX-License-Identifier: MIT */
/*
 * top - TOP n 0 for many messages, a group of them in a turn.
 *
 * As with RETR, two STATs behind a group that may be pipelined tell whether
 * the answers are in step (fetch_batch.c): a header that counts for another
 * message would leave that one out. So the headers of a group are kept until
 * then.
 *
 * Some servers answer with the whole message (server-quirks 23): what follows
 * the empty line is not kept, and of a header at most TOP_HEADER_MAX octets.
 */
#include "cli/top.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "base/banned.h"

enum {
    GROUP = 100,
    HEADER_USUAL = 4096
};

typedef struct one {
    size_t start; /* in the octets of the group */
    size_t len;
    pop3_result result;
} one;

typedef struct group {
    bytes octets;
    one list[GROUP];
    size_t at; /* whose data comes */
    session_head head;
    bool done; /* its empty line came */
    bool in_line;
    bool pipelined; /* answers may be out of step */
    bool no_memory;
    bool out_of_step;
} group;

/* Up to the empty line, which is left out. */
static size_t
header_part(group *g, pop3_span part)
{
    size_t i;

    for (i = 0; i < part.len; i++) {
        char c = part.ptr[i];

        if (c == '\n' && !g->in_line) {
            g->done = true;
            return i;
        }
        if (c == '\n')
            g->in_line = false;
        else if (c != '\r')
            g->in_line = true;
    }
    return i;
}

static pop3_result
take_data(group *g, pop3_span part)
{
    one *o = &g->list[g->at];
    size_t len;

    if (g->pipelined && session_begins_as_reply(&g->head, part)) {
        g->out_of_step = true;
        return POP3_ERR_CANCELED;
    }
    if (g->done)
        return POP3_OK;
    len = header_part(g, part);
    if (len > TOP_HEADER_MAX - o->len)
        len = TOP_HEADER_MAX - o->len;
    g->no_memory = !bytes_append(&g->octets, part.ptr, len);
    o->len += len;
    return g->no_memory ? POP3_ERR_CANCELED : POP3_OK;
}

static pop3_result
take_top(void *ctx, const pop3_event *event)
{
    group *g = ctx;

    if (event->type == POP3_EVENT_DATA)
        return take_data(g, event->text);
    if (event->type != POP3_EVENT_DONE)
        return POP3_OK;
    g->list[g->at].result = event->result;
    g->head = (session_head){.len = 0};
    g->done = false;
    g->in_line = false;
    g->at++;
    if (g->at < GROUP)
        g->list[g->at] = (one){.start = bytes_len(&g->octets)};
    return POP3_OK;
}

static pop3_result
take_proof(void *ctx, const pop3_event *event)
{
    if (event->type == POP3_EVENT_REPLY)
        *(pop3_stat *)ctx = event->stat;
    return POP3_OK;
}

static void
start(group *g)
{
    bytes_consume(&g->octets, bytes_len(&g->octets));
    g->at = 0;
    g->list[0] = (one){.start = 0};
    g->head = (session_head){.len = 0};
    g->done = g->in_line = false;
}

static pop3_result
run_group(session *s, group *g, const uint64_t *numbers, size_t count)
{
    bool pipelined = count > 1 && session_broke_pipeline(s, POP3_ERR_PROTOCOL);
    pop3_stat proof[2] = {{0, 0}, {0, 0}};
    pop3_call calls[GROUP + 2];
    pop3_result result;
    size_t i;

    start(g);
    g->pipelined = pipelined;
    for (i = 0; i < count; i++)
        calls[i] = (pop3_call){.command = {.verb = POP3_CMD_TOP,
                                           .number = numbers[i],
                                           .octets = HEADER_USUAL},
                               .take = take_top,
                               .ctx = g};
    for (i = 0; i < 2; i++)
        calls[count + i] = (pop3_call){.command.verb = POP3_CMD_STAT,
                                       .take = take_proof,
                                       .ctx = &proof[i]};
    result = pop3_client_run(s->client, calls, count + (pipelined ? 2 : 0));
    if (g->no_memory)
        return POP3_ERR_NOMEM;
    if (g->out_of_step || (pipelined && result == POP3_OK &&
                           (calls[count].result != calls[count + 1].result ||
                            proof[0].count != proof[1].count ||
                            proof[0].octets != proof[1].octets)))
        return POP3_ERR_PROTOCOL;
    return result;
}

static void
give(const group *g, size_t first, size_t count, top_take *take, void *ctx)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const one *o = &g->list[i];
        bool good = o->result == POP3_OK;

        take(ctx, first + i,
             (pop3_span){bytes_ptr(&g->octets) + (good ? o->start : 0),
                         good ? o->len : 0},
             o->result);
    }
}

pop3_result
top_run(session *s, const uint64_t *numbers, size_t count, top_take *take,
        void *ctx)
{
    group *g = calloc(1, sizeof(*g));
    pop3_result result = g == NULL ? POP3_ERR_NOMEM : POP3_OK;
    size_t i = 0;

    while (result == POP3_OK && i < count) {
        size_t n = count - i < GROUP ? count - i : GROUP;

        result = run_group(s, g, numbers + i, n);
        if (result == POP3_OK)
            give(g, i, n, take, ctx);
        i += n;
    }
    if (g != NULL)
        bytes_clear(&g->octets);
    free(g);
    return result;
}
