/* SPDX-License-Identifier: MIT */
/*
 * cmd_delete - pop3 delete URL MESSAGE...
 *
 * DELE for each message, then QUIT; only the +OK to QUIT means that they are
 * gone (RFC 1939 §6), so that is what is told. All arguments are understood
 * before the first DELE: a typing error deletes nothing.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/select.h"
#include "cli/session.h"

#include "base/banned.h"

typedef struct deletion {
    session s;
    uint64_t marked;
    uint64_t deleted; /* confirmed */
} deletion;

static void
on_done(void *ctx, uint64_t number, pop3_result result,
        const pop3_error *error)
{
    deletion *d = ctx;

    if (result == POP3_OK)
        d->marked++;
    else if (result == POP3_ERR_REFUSED)
        session_warn(&d->s, "DELE %" PRIu64 ": %s", number, error->text);
}

static bool
finish(deletion *d)
{
    pop3_result result = pop3_client_quit(d->s.client);

    switch (pop3_client_deletes(d->s.client)) {
    case POP3_DELETES_CONFIRMED:
        d->deleted = d->marked;
        return true;
    case POP3_DELETES_NONE:
        return true;
    case POP3_DELETES_REFUSED:
        return session_fail(&d->s, EXIT_PARTIAL,
                            "QUIT: %s; some or all of the messages are still "
                            "there: look with `pop3 list`",
                            pop3_client_error(d->s.client)->text);
    case POP3_DELETES_PENDING:
    case POP3_DELETES_UNKNOWN:
        break;
    }
    return session_fail(&d->s, EXIT_LATER,
                        "QUIT: %s; nobody knows whether the messages are "
                        "gone: look with `pop3 list`",
                        result == POP3_OK
                            ? "no answer"
                            : pop3_client_error(d->s.client)->text);
}

static bool
delete_all(deletion *d, const uint64_t *numbers, size_t count)
{
    const pop3_many many = {.done = on_done, .ctx = d};
    pop3_result result =
        pop3_client_dele_many(d->s.client, numbers, count, &many);

    if (result == POP3_OK)
        return finish(d);
    session_fail_client(&d->s);
    report("%s: nothing was deleted, as the session did not end in order",
           printable(d->s.where.host));
    return false;
}

static void
show(const deletion *d)
{
    json j = json_start(stdout);

    if (!d->s.opt->json) {
        if (!d->s.opt->quiet && d->s.client != NULL)
            report_note("%s: deleted %" PRIu64 " %s", printable(d->s.account),
                        d->deleted, d->deleted == 1 ? "message" : "messages");
        return;
    }
    json_open(&j, NULL, '{');
    json_text(&j, "account", d->s.account);
    json_number(&j, "marked", d->marked);
    json_number(&j, "deleted", d->deleted);
    if (d->s.why[0] != '\0')
        json_text(&j, "error", d->s.why);
    json_number(&j, "status", (uint64_t)d->s.status);
    json_close(&j, '}');
}

exit_status
cmd_delete(const options *opt)
{
    deletion d = {.marked = 0};
    uint64_t *numbers = calloc(opt->arg_count, sizeof(*numbers));
    bool good = session_prepare(&d.s, opt, opt->args[0]);

    if (good && numbers == NULL)
        good = session_fail(&d.s, EXIT_LATER, "out of memory");
    if (good && session_open(&d.s)) {
        if (select_messages(&d.s, numbers) && session_capa(&d.s))
            (void)delete_all(&d, numbers, opt->arg_count - 1);
        else
            session_quit(&d.s);
    }
    show(&d);
    free(numbers);
    session_close(&d.s);
    return d.s.status;
}
