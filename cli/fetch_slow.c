/* SPDX-License-Identifier: MIT */
/*
 * fetch_slow - sessions that end while mail is put away.
 *
 * A command, an LMTP server, a lock or a disk may take longer than the server
 * waits for the next question. Then it closes, or says -ERR and closes
 * (server-quirks 29): no fault of the message that comes next, and none of
 * pipelining. The run goes on with that message, on a new connection, if
 *
 *   - behind the wait nothing was answered at all;
 *   - the wait was of WAIT_MS or more, which is shorter than any server's
 *     patience: so there is no more than one connection in that time;
 *   - the session tried a message before, so the next one has less to do; or
 *     it waited before the first (for a lock, to find out what a crash left),
 *     and the one before it did not;
 *   - there were fewer of these sessions than the first had messages to fetch,
 *     as a server may list others each time.
 *
 * Else it counts as any other session that broke. What was delivered and has
 * no unique-id would come again with each session, so the run ends there, and
 * says what helps.
 *
 * DELE comes behind all that is fetched, so where it met the end of the
 * session the deletes have a connection of their own, without RETR: what the
 * sink takes long to fail at must not keep them away.
 */
#include "cli/fetch_impl.h"

#include "cli/report.h"
#include "net/clock.h"

#include "base/banned.h"

enum {
    WAIT_MS = 1000
};

void
fetch_heard(fetch *f, pop3_result result)
{
    if (pop3_is_fatal(result) || result == POP3_ERR_NOT_SENT)
        return;
    f->answered = true;
    f->heard_ms = clock_ms();
}

void
fetch_asks(fetch *f)
{
    f->answered = false;
    f->waited_ms = clock_ms() - f->heard_ms;
}

/* A goodbye comes as octets that no command asked for. */
static bool
ended_meanwhile(const fetch *f, pop3_result result)
{
    return !f->answered && f->waited_ms >= WAIT_MS &&
           (result == POP3_ERR_CLOSED || result == POP3_ERR_IO ||
            result == POP3_ERR_TIMEOUT || result == POP3_ERR_PROTOCOL);
}

void
fetch_note_end(fetch *f, pop3_result result)
{
    f->logged_out = ended_meanwhile(f, result) &&
                    (f->has_tried || !f->futile) && f->broke_at != NULL &&
                    (f->broke_at->tracked || f->anonymous) &&
                    f->log_outs < f->first_count;
    f->futile = f->logged_out && !f->has_tried;
    f->has_tried = true;
}

static void
tell(const fetch *f)
{
    if (f->s->opt->verbose)
        report_note("%s: the session ended while mail was put away, which "
                    "took %lld s: on with a new one",
                    printable(f->s->account), (long long)f->waited_ms / 1000);
}

static bool
fail_anonymous(fetch *f)
{
    return session_fail(f->s, EXIT_LATER,
                        "the session ended while mail was put away, which "
                        "took %lld s; what was delivered and not deleted has "
                        "no unique-id, so the next run fetches it again, "
                        "unless there is --dedup=hash",
                        (long long)f->waited_ms / 1000);
}

bool
fetch_log_in_again(fetch *f)
{
    if (f->anonymous)
        return fail_anonymous(f);
    tell(f);
    f->log_outs++;
    fetch_name(f, f->broke_at, &f->goes_on_at);
    f->again = AGAIN_GO_ON;
    return false;
}

size_t
fetch_first(const fetch *f)
{
    size_t i = 0;

    if (f->kind != AGAIN_GO_ON)
        return 0;
    while (i < f->plan.count &&
           !fetch_has_name(f, &f->plan.items[i], &f->goes_on_at))
        i++;
    return i < f->plan.count ? i : 0;
}

bool
fetch_delete_again(fetch *f, pop3_result result)
{
    if (f->kind == AGAIN_DELETES || !ended_meanwhile(f, result))
        return false;
    if (f->anonymous)
        return !fail_anonymous(f);
    tell(f);
    f->again = f->kind != AGAIN_SUSPECTS && fetch_has_more(f) ? AGAIN_BATCH
                                                              : AGAIN_DELETES;
    return true;
}
