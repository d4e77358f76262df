/* SPDX-License-Identifier: MIT */
/*
 * play_client_can - which transcripts blocking calls can follow.
 *
 * One command at a time, each with its DONE before the next; nothing that only
 * a core has; and no command for which the client sends more than its line
 * (STLS asks CAPA first) or computes what a transcript gives (APOP, AUTH).
 */
#include "credentials.h"
#include "play_client.h"

size_t
play_client_next_call(const struct transcript *t, size_t from)
{
    while (from < t->count && t->steps[from].kind != STEP_SUBMIT &&
           t->steps[from].kind != STEP_LOGIN)
        from++;
    return from;
}

static bool
is_call(const struct step *step)
{
    return step->kind == STEP_SUBMIT || step->kind == STEP_LOGIN;
}

static bool
is_for_core_alone(const struct step *step)
{
    return step->kind == STEP_RESPOND || step->kind == STEP_MASK ||
           step->kind == STEP_RESPOND_CANCEL || step->kind == STEP_FAIL ||
           step->kind == STEP_TLS_DONE;
}

/* Whether the client has this very command as one call. */
static bool
has_call(const struct step *call)
{
    if (call->kind == STEP_LOGIN)
        return true;
    if (call->verb == POP3_CMD_APOP || call->verb == POP3_CMD_AUTH ||
        call->verb == POP3_CMD_STLS)
        return false;
    return call->has_arg ||
           (call->verb != POP3_CMD_USER && call->verb != POP3_CMD_RAW);
}

/* Its DONE comes before the next call. */
static bool
ends_alone(const struct transcript *t, size_t at)
{
    size_t end = play_client_next_call(t, at + 1);
    bool done = t->steps[at].result != POP3_OK;

    while (++at < end)
        done |= t->steps[at].kind == STEP_EVENT &&
                s_starts(t->steps[at].text.ptr, "DONE ");
    return done;
}

/* Credentials in clear are allowed where the client has no TLS. */
static bool
tells_insecure(const struct step *step)
{
    return strstr(step->text.ptr, "INSECURE") != NULL &&
           !s_starts(step->text.ptr, "DONE LOGIN");
}

static bool
options_fit(const struct transcript *t)
{
    return !t->stls && !t->unsent && t->mask.len == 0 && credentials_can(t);
}

bool
play_client_can(const struct transcript *t)
{
    bool ready = false; /* the greeting came, or the end instead */
    size_t open = 0;    /* calls without their DONE */
    size_t i;

    for (i = 0; i < t->count; i++) {
        const struct step *step = &t->steps[i];

        if (is_for_core_alone(step))
            return false;
        if (is_call(step)) {
            if (!ready || !has_call(step) || !ends_alone(t, i))
                return false;
            open += step->result == POP3_OK;
        }
        if (step->kind != STEP_EVENT)
            continue;
        ready |= s_starts(step->text.ptr, "GREETING") ||
                 s_starts(step->text.ptr, "CLOSED");
        if (s_starts(step->text.ptr, "DONE ") && open-- == 0)
            return false;
        if (tells_insecure(step))
            return false;
    }
    return ready && open == 0 && options_fit(t);
}
