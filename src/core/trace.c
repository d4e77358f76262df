/* SPDX-License-Identifier: MIT */
/*
 * trace - the dialogue in lines for people (poplib's debug levels).
 *
 * Level 1 shows commands and status lines, level 2 also rows and bodies. What
 * a command line may show is decided by the verb table: "PASS ****",
 * "APOP alice ****", "AUTH PLAIN ****"; server lines are searched for secrets
 * and made printable. A line of a body that is cut by the end of a buffer is
 * shown in two pieces: a trace must not cost memory.
 */
#include "core/trace.h"

#include <string.h>

#include "core/core_impl.h"
#include "core/scan.h"

enum {
    SHOWN_MAX = 4 * TEXT_STRANGER_MAX + 16
};

static bool
is_on(const pop3_core *core, int level)
{
    return core->options.trace.fn != NULL &&
           core->options.trace.level >= level;
}

static void
show(pop3_core *core, char direction, const char *shown)
{
    core->options.trace.fn(core->options.trace.ctx, direction, shown);
}

static void
show_masked(pop3_core *core, char direction, pop3_span line)
{
    char shown[SHOWN_MAX];
    text_builder t = text_start(shown, sizeof(shown));

    mask_print(&core->mask, &t, line);
    show(core, direction, shown);
}

/* Octets of the first `count` words; line.len if there are no more. */
static size_t
words_len(pop3_span line, unsigned count)
{
    size_t len = 0;

    for (; len < line.len; len++)
        if (line.ptr[len] == ' ' && --count == 0)
            break;
    return len;
}

void
trace_command(pop3_core *core, pop3_span line)
{
    const command_info *info;
    char shown[SHOWN_MAX];
    text_builder t;
    size_t budget = TEXT_STRANGER_MAX;
    size_t clear;

    if (!is_on(core, 1))
        return;
    info = command_info_of_line(line);
    if (info == NULL || info->shown_words == 0) {
        show_masked(core, 'C', line);
        return;
    }
    clear = words_len(line, info->shown_words);
    t = text_start(shown, sizeof(shown));
    text_add_printable(&t, line.ptr, clear, &budget);
    if (clear < line.len)
        text_add(&t, " ****");
    show(core, 'C', shown);
}

void
trace_answer(pop3_core *core, pop3_span line)
{
    bool cancels = line.len == 1 && line.ptr[0] == '*';

    if (is_on(core, 1))
        show(core, 'C', cancels ? "*" : "****");
}

void
trace_reply(pop3_core *core, pop3_span line)
{
    if (is_on(core, 1))
        show_masked(core, 'S', line);
}

void
trace_body(pop3_core *core, pop3_span part)
{
    const char *end = part.ptr + part.len;

    if (!is_on(core, 2))
        return;
    do {
        const char *lf = scan_newline(part.ptr, end);
        const char *stop = lf == NULL ? end : lf;
        size_t len = (size_t)(stop - part.ptr);

        if (lf != NULL && len > 0 && stop[-1] == '\r')
            len--;
        show_masked(core, 'S', (pop3_span){part.ptr, len});
        part.ptr = lf == NULL ? end : lf + 1;
    } while (part.ptr < end);
}
