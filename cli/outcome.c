/* SPDX-License-Identifier: MIT */
/*
 * outcome - a session that has ended becomes counts, a kind of end, and what
 * the server asks of those who come again.
 *
 * The kind is finer than the exit status: two runs that both say "try again
 * later" differ in when. Response codes (RFC 2449 §8, RFC 3206) decide where
 * a server gives them.
 */
#include "cli/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/interrupt.h"
#include "cli/report.h"

#include "base/banned.h"

static const char *const names[OUTCOME_KINDS] = {
    "good", "partial", "network", "busy",     "server", "login-delay", "login",
    "disk", "config",  "guard",   "protocol", "crash",  "interrupted"};

const char *
outcome_name(outcome_kind kind)
{
    return (unsigned)kind < OUTCOME_KINDS ? names[kind] : NULL;
}

static outcome_kind
kind_by_code(pop3_resp_code code, outcome_kind other)
{
    switch (code) {
    case POP3_RESP_IN_USE:
        return OUTCOME_BUSY;
    case POP3_RESP_LOGIN_DELAY:
        return OUTCOME_LOGIN_DELAY;
    case POP3_RESP_SYS_TEMP:
        return OUTCOME_SERVER;
    case POP3_RESP_NONE:
    case POP3_RESP_OTHER:
    case POP3_RESP_SYS_PERM:
    case POP3_RESP_AUTH:
    case POP3_RESP_UTF8:
        break;
    }
    return other;
}

/* Without a client it was the lock of another pop3, or memory. A login that
 * was refused for a while without a code is most often a mailbox in use. */
static outcome_kind
kind_of_later(const session *s, const pop3_error *error)
{
    if (interrupt_noted() || interrupt_draining())
        return OUTCOME_INTERRUPTED;
    if (s->client == NULL)
        return OUTCOME_BUSY;
    return kind_by_code(error->resp, error->result == POP3_ERR_AUTH
                                         ? OUTCOME_BUSY
                                         : OUTCOME_NETWORK);
}

static outcome_kind
kind_of(const session *s, const pop3_error *error)
{
    switch (s->status) {
    case EXIT_FINE:
        return OUTCOME_GOOD;
    case EXIT_PARTIAL:
        return OUTCOME_PARTIAL;
    case EXIT_NO_SERVER:
        return OUTCOME_NETWORK;
    case EXIT_LATER:
        return kind_of_later(s, error);
    case EXIT_DISK:
        return OUTCOME_DISK;
    case EXIT_GUARD:
        return OUTCOME_GUARD;
    case EXIT_LOGIN:
        return OUTCOME_LOGIN;
    case EXIT_USAGE:
    case EXIT_CONFIG:
        return OUTCOME_CONFIG;
    case EXIT_PROTOCOL:
        return kind_by_code(error->resp, OUTCOME_PROTOCOL);
    case EXIT_BUG:
        break;
    }
    return OUTCOME_PROTOCOL;
}

static void
take_capabilities(outcome *o, const session *s)
{
    const pop3_capa *capa =
        pop3_core_capa(pop3_conn_core(pop3_client_conn(s->client)));
    bool per_user;

    if (!pop3_capa_login_delay(capa, &o->login_delay_s, &per_user))
        o->login_delay_s = 0;
    if (!pop3_capa_expire(capa, &o->expire_days, &per_user))
        o->expire_days = POP3_EXPIRE_NEVER;
}

void
outcome_take(outcome *o, const session *s, const fetch_totals *totals)
{
    static const pop3_error none = {.result = POP3_OK};
    const pop3_error *error =
        s->client == NULL ? &none : pop3_client_error(s->client);

    *o = (outcome){.totals = *totals,
                   .status = s->status,
                   .kind = kind_of(s, error),
                   .connected = s->client != NULL,
                   .expire_days = POP3_EXPIRE_NEVER};
    if (s->client != NULL)
        take_capabilities(o, s);
    (void)snprintf(o->why, sizeof(o->why), "%s", s->why);
}

void
outcome_fetch(outcome *o, session *s, bool prepared, json *j)
{
    fetch_totals totals = {0};

    if (prepared)
        fetch_account(s, &totals, j);
    outcome_take(o, s, &totals);
    session_close(s);
}

static void
append(char *line, size_t size, uint64_t number, const char *words)
{
    size_t len = strlen(line);

    if (number > 0)
        (void)snprintf(line + len, size - len, "; %" PRIu64 " %s", number,
                       words);
}

void
outcome_words(const outcome *o, char *out, size_t size)
{
    const fetch_totals *t = &o->totals;

    (void)snprintf(out, size, "fetched %" PRIu64 " %s, %s", t->fetched,
                   t->fetched == 1 ? "message" : "messages",
                   human_octets(t->octets));
    append(out, size, t->known, "fetched before");
    append(out, size, t->too_large, "larger than --max-size");
    append(out, size, t->headers, "of them by their header alone");
    append(out, size, t->left_out, "left out by rules");
    append(out, size, t->later, "left for later");
    append(out, size, t->failed, "failed");
    append(out, size, t->deleted, "deleted on the server");
    append(out, size, t->due, "still to be deleted on the server");
}

void
outcome_json(const outcome *o, json *j)
{
    const fetch_totals *t = &o->totals;

    json_number(j, "fetched", t->fetched);
    json_number(j, "octets", t->octets);
    json_number(j, "fetched_before", t->known);
    json_number(j, "too_large", t->too_large);
    json_number(j, "headers", t->headers);
    json_number(j, "left_out", t->left_out);
    json_number(j, "later", t->later);
    json_number(j, "failed", t->failed);
    json_number(j, "deleted", t->deleted);
    json_number(j, "delete_pending", t->due);
}
