/* SPDX-License-Identifier: MIT */
/*
 * A session with as few turns of the network as the protocol allows: what can
 * go together does, and RETR is told the sizes that LIST gave.
 */
#include "ours.h"

#include <stdlib.h>

typedef struct session {
    pop3_client *m;
    tally *t;
    size_t count;
    uint64_t *numbers;
    uint64_t *octets; /* by LIST */
    pop3_call *calls; /* room for a DELE each, and QUIT */
} session;

static pop3_result
on_row(void *ctx, const pop3_event *event)
{
    session *s = ctx;
    uint64_t number = event->item.number;

    if (event->type != POP3_EVENT_ITEM || event->verb == POP3_CMD_CAPA)
        return POP3_OK;
    s->t->rows++;
    if (event->verb == POP3_CMD_LIST && number > 0 && number <= s->count)
        s->octets[number - 1] = event->item.octets;
    return event->result;
}

static pop3_result
first_failure(const pop3_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (calls[i].result != POP3_OK)
            return calls[i].result;
    return POP3_OK;
}

static pop3_result
run_calls(session *s, pop3_call *calls, size_t count)
{
    pop3_result r = pop3_client_run(s->m, calls, count);

    return r == POP3_OK ? first_failure(calls, count) : r;
}

static pop3_result
list(session *s)
{
    pop3_call calls[] = {
        {.command.verb = POP3_CMD_CAPA},
        {.command.verb = POP3_CMD_UIDL, .take = on_row, .ctx = s},
        {.command.verb = POP3_CMD_LIST, .take = on_row, .ctx = s},
    };

    return run_calls(s, calls, sizeof(calls) / sizeof(calls[0]));
}

static pop3_result
delete_and_quit(session *s)
{
    for (size_t i = 0; i < s->count; i++)
        s->calls[i] = (pop3_call){
            .command = {.verb = POP3_CMD_DELE, .number = s->numbers[i]}};
    s->calls[s->count] = (pop3_call){.command.verb = POP3_CMD_QUIT};
    return run_calls(s, s->calls, s->count + 1);
}

pop3_result
ours_session(pop3_client *m, tally *t, size_t count, const pop3_many *retr)
{
    session s = {.m = m, .t = t, .count = count};
    pop3_many many = *retr;
    pop3_result r = POP3_ERR_NOMEM;

    s.numbers = ours_numbers(count);
    s.octets = calloc(count, sizeof(*s.octets));
    s.calls = calloc(count + 1, sizeof(*s.calls));
    many.octets = s.octets;
    if (s.numbers != NULL && s.octets != NULL && s.calls != NULL)
        r = list(&s);
    if (r == POP3_OK)
        r = pop3_client_retr_many(m, s.numbers, count, &many);
    if (r == POP3_OK)
        r = delete_and_quit(&s);
    free(s.numbers);
    free(s.octets);
    free(s.calls);
    return r;
}
