/* SPDX-License-Identifier: MIT */
/*
 * progress - messages, octets, rate and time left, while mail is fetched.
 *
 *     [##########----------] 250/500  26.6 MB of 53.2 MB  12.1 MB/s  0:02
 *
 * One for the process, as there is one terminal. The clock is asked once for
 * each piece of data, which costs less than the piece; the line is written at
 * most ten times a second. Sizes told by LIST need not be exact: the bar
 * never goes beyond its end, and ends with the last message.
 */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/report.h"
#include "net/clock.h"

#include "base/banned.h"

enum {
    BAR_WIDTH = 20,
    REDRAW_MS = 100
};

static struct {
    bool active;
    bool visible;
    progress_state state;
    int64_t start_ms;
    int64_t drawn_ms;
    void (*take)(const progress_state *state);
} progress;

static void
draw(int64_t now)
{
    const progress_state *p = &progress.state;
    char bar[BAR_WIDTH + 1];
    uint64_t total = p->octets_total;
    uint64_t octets = p->octets < total ? p->octets : total;
    uint64_t ms = (uint64_t)(now - progress.start_ms) + 1;
    uint64_t rate = p->octets / (ms / 1000 + 1);
    uint64_t left = rate == 0 ? 0 : (total - octets) / rate;
    uint64_t done;
    unsigned i;

    if (ms < 60000)
        rate = p->octets * 1000 / ms;
    done = total == 0 ? 0 : (uint64_t)((double)octets / (double)total * 20.0);
    for (i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < done ? '#' : '-';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr,
            "\r[%s] %" PRIu64 "/%" PRIu64 "  %s of %s  %s/s  %" PRIu64
            ":%02" PRIu64 "\033[K",
            bar, p->messages, p->messages_total, human_octets(p->octets),
            human_octets(total), human_octets(rate), left / 60, left % 60);
    progress.visible = true;
}

static void
tell(int64_t now)
{
    progress.drawn_ms = now;
    if (progress.take != NULL)
        progress.take(&progress.state);
    else
        draw(now);
}

static void
tell_when_due(void)
{
    int64_t now = clock_ms();

    if (now - progress.drawn_ms >= REDRAW_MS)
        tell(now);
}

void
progress_to(void (*take)(const progress_state *state))
{
    progress.take = take;
}

void
progress_start(bool wanted, uint64_t messages, uint64_t octets)
{
    bool shown = progress.take != NULL || isatty(STDERR_FILENO) == 1;

    progress.active = wanted && shown;
    progress.state =
        (progress_state){.messages_total = messages, .octets_total = octets};
    progress.start_ms = clock_ms();
    progress.drawn_ms = progress.start_ms - REDRAW_MS;
}

void
progress_octets(uint64_t octets)
{
    if (!progress.active)
        return;
    progress.state.octets += octets;
    tell_when_due();
}

void
progress_message(void)
{
    if (!progress.active)
        return;
    progress.state.messages++;
    tell_when_due();
}

void
progress_set(const progress_state *state)
{
    if (!progress.active)
        return;
    progress.state = *state;
    tell_when_due();
}

void
progress_hide(void)
{
    if (!progress.visible)
        return;
    fputs("\r\033[K", stderr);
    progress.visible = false;
}

void
progress_stop(void)
{
    if (progress.active)
        tell(clock_ms());
    if (progress.visible)
        fputc('\n', stderr);
    progress.visible = false;
    progress.active = false;
}
