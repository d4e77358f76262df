/* SPDX-License-Identifier: MIT */
/*
 * cmd_list - pop3 list URL
 *
 * LIST and UIDL, joined by message number. A server without UIDL is fine:
 * there are no ids then. In text a unique-id is printable; in JSON it is
 * exact.
 */
#include <inttypes.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/session.h"

#include "base/banned.h"

static void
show_text(const maildrop *drop)
{
    size_t i;

    for (i = 0; i < maildrop_count(drop); i++) {
        const maildrop_message *message = maildrop_at(drop, i);
        pop3_span uid = maildrop_uid(drop, message);

        printf("%" PRIu64 "\t%" PRIu64 "\t%s\n", message->number,
               message->octets, uid.len == 0 ? "-" : printable_span(uid));
    }
}

static void
show_json(const session *s, const maildrop *drop)
{
    json j = json_start(stdout);
    size_t i;

    json_open(&j, NULL, '{');
    json_text(&j, "account", s->account);
    if (s->why[0] != '\0')
        json_text(&j, "error", s->why);
    json_number(&j, "status", (uint64_t)s->status);
    json_open(&j, "messages", '[');
    for (i = 0; i < maildrop_count(drop); i++) {
        const maildrop_message *message = maildrop_at(drop, i);

        json_open(&j, NULL, '{');
        json_number(&j, "number", message->number);
        json_number(&j, "octets", message->octets);
        json_uid(&j, maildrop_uid(drop, message));
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_close(&j, '}');
}

exit_status
cmd_list(const options *opt)
{
    maildrop drop = {0};
    session s;
    bool good = session_prepare(&s, opt, opt->args[0]) && session_open(&s) &&
                session_list_and_quit(&s, &drop);

    if (good && !drop.has_uids && !opt->quiet)
        report_note("%s: the server has no unique-ids (UIDL)",
                    printable(s.where.host));
    if (opt->json)
        show_json(&s, &drop);
    else if (good)
        show_text(&drop);
    maildrop_clear(&drop);
    session_close(&s);
    return s.status;
}
