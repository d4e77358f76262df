/* SPDX-License-Identifier: MIT */
/*
 * mboxrd - quoting that can be undone.
 *
 *     From MAILER-DAEMON Thu Nov 26 01:19:08 2026
 *     ... the message; each line of ">" and "From " gets one ">" more ...
 *     (an empty line)
 *
 * Line ends are LF. To get the message back: take the first and the last line
 * away, and one ">" from each line of at least one ">" and "From ". Only a
 * message whose last line has no end, which no server sends, gets one.
 *
 * POP3 does not tell who sent the envelope, and headers are not parsed (R35),
 * so it is MAILER-DAEMON's. The date is UTC, as asctime(3) writes it.
 *
 * As all of ">" are written before "From " is seen, the new one is put right
 * before that: it is the same text. So at most "From" is held back, however
 * long the line is and wherever the pieces are cut.
 */
#include "mail/mboxrd.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/banned.h"

enum {
    PIECE = 8192 /* converted at once */
};

static const char quoted[] = ">From ";
static const char from[] = "From ";

int
mboxrd_begin(mboxrd *m, writer *out, int64_t now_s)
{
    time_t now = (time_t)now_s;
    char line[100];
    char date[32];
    struct tm tm;

    *m = (mboxrd){.out = out, .line_ends = crlf_start(NULL)};
    if (gmtime_r(&now, &tm) == NULL || tm.tm_year > 9999 - 1900 ||
        asctime_r(&tm, date) == NULL)
        memcpy(date, "Thu Jan  1 00:00:00 1970\n", 26);
    (void)snprintf(line, sizeof(line), "From MAILER-DAEMON %s", date);
    return writer_put(out, line, strlen(line));
}

/* The rest of the line, as far as it is here. */
static const char *
put_inside(mboxrd *m, const char *p, const char *end, int *sys)
{
    const char *lf = memchr(p, '\n', (size_t)(end - p));
    const char *stop = lf == NULL ? end : lf + 1;

    *sys = writer_put(m->out, p, (size_t)(stop - p));
    m->open = lf == NULL;
    m->inside = lf == NULL;
    return stop;
}

/* One octet at the start of a line. False: it belongs to put_inside(). */
static bool
put_start(mboxrd *m, char c, int *sys)
{
    m->open = true;
    if (m->matched == 0 && c == '>') {
        *sys = writer_put(m->out, &c, 1);
        return true;
    }
    if (c == from[m->matched]) {
        m->matched++;
        if (m->matched < sizeof(from) - 1)
            return true;
        *sys = writer_put(m->out, quoted, sizeof(quoted) - 1);
        m->matched = 0;
        m->inside = true;
        return true;
    }
    *sys = writer_put(m->out, from, m->matched);
    m->matched = 0;
    m->inside = true;
    return false;
}

static int
put_converted(mboxrd *m, const char *p, const char *end)
{
    int sys = 0;

    while (p < end && sys == 0) {
        if (m->inside)
            p = put_inside(m, p, end, &sys);
        else
            p += put_start(m, *p, &sys) ? 1 : 0;
    }
    return sys;
}

int
mboxrd_put(mboxrd *m, const char *data, size_t len)
{
    char piece[PIECE + 1];
    int sys = 0;

    while (len > 0 && sys == 0) {
        size_t part = len < PIECE ? len : PIECE;
        size_t n = crlf_to_lf(&m->line_ends, data, part, piece);

        sys = put_converted(m, piece, piece + n);
        data += part;
        len -= part;
    }
    return sys;
}

int
mboxrd_end(mboxrd *m)
{
    char last;
    int sys = 0;

    if (crlf_finish(&m->line_ends, &last) > 0)
        sys = put_converted(m, &last, &last + 1);
    if (sys == 0)
        sys = writer_put(m->out, from, m->matched);
    if (sys == 0)
        sys = writer_put(m->out, "\n\n", m->open ? 2 : 1);
    return sys;
}
