/* SPDX-License-Identifier: MIT */
/*
 * cmd_show - pop3 show URL MESSAGE
 *
 * TOP: the header and some lines. On a terminal the text is made safe, line
 * by line; into a file or a pipe it goes as the server sent it.
 */
#include <inttypes.h>
#include <pop3/lines.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"
#include "cli/select.h"
#include "cli/session.h"
#include "cli/terminal.h"

#include "base/banned.h"

enum {
    LINE_MAX_SHOWN = 4096
};

static pop3_result
write_raw(void *ctx, pop3_span part)
{
    (void)ctx;
    if (part.len > 0 && fwrite(part.ptr, 1, part.len, stdout) != part.len)
        return POP3_ERR_CANCELED;
    return POP3_OK;
}

static pop3_result
write_safe(void *ctx, pop3_span part)
{
    pop3_lines *lines = ctx;
    pop3_line line;
    pop3_result result = pop3_lines_push(lines, part);

    if (result != POP3_OK)
        return result;
    while (pop3_lines_next(lines, &line))
        terminal_line(stdout, line.text, line.end);
    return POP3_OK;
}

static pop3_result
top_safely(session *s, uint64_t number)
{
    pop3_lines *lines;
    pop3_line line;
    pop3_result result = pop3_lines_new(&lines, LINE_MAX_SHOWN);

    if (result != POP3_OK)
        return result;
    result =
        pop3_client_top(s->client, number, s->opt->lines, write_safe, lines);
    if (pop3_lines_finish(lines, &line))
        terminal_line(stdout, line.text, true);
    pop3_lines_free(lines);
    return result;
}

static bool
show(session *s, uint64_t number)
{
    pop3_result result;

    if (isatty(STDOUT_FILENO) == 1)
        result = top_safely(s, number);
    else
        result =
            pop3_client_top(s->client, number, s->opt->lines, write_raw, NULL);
    if (result == POP3_ERR_CANCELED)
        return session_fail(s, EXIT_DISK,
                            "cannot write to the standard output");
    if (result == POP3_OK)
        return true;
    session_fail_client(s);
    if (result == POP3_ERR_REFUSED || result == POP3_ERR_UNSUPPORTED)
        report("%s: if there is such a message, the server cannot show a part "
               "of one (TOP): use `pop3 save`, which fetches it whole",
               printable(s->where.host));
    return false;
}

exit_status
cmd_show(const options *opt)
{
    uint64_t number;
    session s;

    if (session_prepare(&s, opt, opt->args[0]) && session_open(&s) &&
        select_messages(&s, &number)) {
        (void)show(&s, number);
        if (s.status != EXIT_DISK)
            session_quit(&s);
    }
    session_close(&s);
    return s.status;
}
