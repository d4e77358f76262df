/* SPDX-License-Identifier: MIT */
#include "fake_server.h"

#include "test.h"

#include <valgrind/callgrind.h>

static void
push(struct fake_server *s, struct answer answer)
{
    if (s->count == ANSWERS_MAX) {
        fputs("too many answers wait\n", stderr);
        abort();
    }
    s->waiting[(s->first + s->count) % ANSWERS_MAX] = answer;
    s->count++;
}

static void
push_text(struct fake_server *s, const char *text)
{
    push(s, (struct answer){text, strlen(text)});
}

static void
obey(struct fake_server *s, const char *line)
{
    if (strncmp(line, "RETR", 4) == 0)
        push(s, s->retr);
    else if (strncmp(line, "LIST", 4) == 0)
        push(s, s->list);
    else if (strncmp(line, "UIDL", 4) == 0)
        push(s, s->uidl);
    else if (strncmp(line, "CAPA", 4) == 0)
        push_text(s, "+OK\r\nPIPELINING\r\nUIDL\r\n.\r\n");
    else
        push_text(s, "+OK\r\n");
}

static pop3_result
give(struct fake_server *s, char *buf, size_t len, size_t *got, int *want)
{
    if (s->count == 0) {
        s->waits++;
        *want = POP3_POLL_IN;
        return POP3_ERR_AGAIN;
    }
    s->reads++;
    *got = 0;
    while (s->count > 0 && len > 0) {
        const struct answer *answer = &s->waiting[s->first];
        size_t part = answer->len - s->told;

        part = part < len ? part : len;
        memcpy(buf + *got, answer->ptr + s->told, part);
        s->told += part;
        *got += part;
        len -= part;
        if (s->told < answer->len)
            break;
        s->told = 0;
        s->first = (s->first + 1) % ANSWERS_MAX;
        s->count--;
    }
    return POP3_OK;
}

static pop3_result
fake_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    pop3_result result;

    CALLGRIND_TOGGLE_COLLECT;
    result = give(ctx, buf, len, got, want);
    CALLGRIND_TOGGLE_COLLECT;
    return result;
}

/* Commands come whole: nobody sends a part of one here. */
static pop3_result
fake_write(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    struct fake_server *s = ctx;
    const char *line = data;
    const char *end = line + len;

    CALLGRIND_TOGGLE_COLLECT;
    (void)want;
    s->writes++;
    while (line < end) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));

        obey(s, line);
        line = lf + 1;
    }
    *sent = len;
    CALLGRIND_TOGGLE_COLLECT;
    return POP3_OK;
}

static int
fake_fd(void *ctx)
{
    (void)ctx;
    return -1;
}

pop3_transport
fake_server_start(struct fake_server *server)
{
    pop3_transport transport = POP3_TRANSPORT_INIT;

    push_text(server, "+OK\r\n");
    transport.ctx = server;
    transport.read = fake_read;
    transport.write = fake_write;
    transport.fd = fake_fd;
    transport.secure = true;
    return transport;
}
