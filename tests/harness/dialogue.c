/* SPDX-License-Identifier: MIT */
/*
 * dialogue - a server made of strings, for tests of calls and callbacks.
 *
 * Transcripts test what the protocol does; tests that use this test what the
 * blocking calls do with callbacks, threads and many messages at once.
 */
#include "dialogue.h"

#include "test.h"

#include <unistd.h>

/* The text of the line at hand, from *told on; with CRLF at its end. */
static char
next_octet(const struct dialogue *d)
{
    const char *text = *d->lines + 2;
    size_t len = strlen(text);

    if (d->told < len)
        return text[d->told];
    return d->told == len ? '\r' : '\n';
}

static bool
is_turn(const struct dialogue *d, char side)
{
    return *d->lines != NULL && (*d->lines)[0] == side &&
           (*d->lines)[1] == ' ';
}

static void
step_on(struct dialogue *d)
{
    if (++d->told == strlen(*d->lines + 2) + 2) {
        d->lines++;
        d->told = 0;
    }
}

static pop3_result
dialogue_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    struct dialogue *d = ctx;
    char *out = buf;
    size_t n = 0;

    if (*d->lines != NULL && strcmp(*d->lines, "EOF") == 0)
        return POP3_ERR_CLOSED;
    while (n < len && is_turn(d, 'S')) {
        out[n++] = next_octet(d);
        step_on(d);
    }
    *got = n;
    *want = POP3_POLL_IN;
    return n > 0 ? POP3_OK : POP3_ERR_AGAIN;
}

static pop3_result
dialogue_write(void *ctx, const void *data, size_t len, size_t *sent,
               int *want)
{
    struct dialogue *d = ctx;
    const char *in = data;
    size_t n = 0;

    while (n < len && is_turn(d, 'C')) {
        if (in[n++] != next_octet(d)) {
            d->wrong = true;
            fprintf(stderr, "written where \"%s\" was due: %.*s\n", *d->lines,
                    (int)len, in);
            return POP3_ERR_IO;
        }
        step_on(d);
    }
    *sent = n;
    *want = POP3_POLL_OUT;
    return n > 0 ? POP3_OK : POP3_ERR_AGAIN;
}

/* While there is something to play, a descriptor that can be written to. */
static int
dialogue_fd(void *ctx)
{
    struct dialogue *d = ctx;

    return *d->lines != NULL ? d->silence[1] : d->silence[0];
}

static void
dialogue_closed(void *ctx)
{
    struct dialogue *d = ctx;

    d->closed++;
}

void
dialogue_open(struct dialogue *d, const char *const *lines, bool secure)
{
    memset(d, 0, sizeof(*d));
    d->lines = lines;
    CHECK_INT(pipe(d->silence), 0);
    d->transport = (pop3_transport)POP3_TRANSPORT_INIT;
    d->transport.ctx = d;
    d->transport.read = dialogue_read;
    d->transport.write = dialogue_write;
    d->transport.fd = dialogue_fd;
    d->transport.close = dialogue_closed;
    d->transport.secure = secure;
}

bool
dialogue_done(const struct dialogue *d)
{
    if (!d->wrong && *d->lines != NULL && strcmp(*d->lines, "EOF") != 0)
        fprintf(stderr, "not played: %s\n", *d->lines);
    return !d->wrong && (*d->lines == NULL || strcmp(*d->lines, "EOF") == 0);
}

void
dialogue_close(struct dialogue *d)
{
    close(d->silence[0]);
    close(d->silence[1]);
}
