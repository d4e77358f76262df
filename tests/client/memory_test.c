/* SPDX-License-Identifier: MIT */
/*
 * memory_test - RETR of 1 GiB through the client keeps the process small.
 *
 * The transport makes up the message as it is read: lines of 1,000 octets,
 * some of them with a stuffed dot. What the kernel says of the process at its
 * largest (VmHWM) is compared with LARGEST. Where a sanitizer or valgrind
 * needs memory of its own, only the octets are counted, of a smaller message.
 */
#include <pop3.h>
#include <pop3/transport.h>

#include "test.h"

#define LARGEST_KIB (6 * 1024)
#define LINE 1000
#define BLOCK (64 * LINE)

struct generator {
    uint64_t message; /* octets, stuffing not counted */
    uint64_t given;
    size_t told; /* of the lines around it */
    enum {
        GREETING,
        SILENCE,
        STATUS,
        MESSAGE
    } phase;
    char block[BLOCK + 1];
    uint64_t taken; /* by the sink */
    bool wrong;
};

static void
fill_block(struct generator *g)
{
    size_t i;

    memset(g->block, 'x', sizeof(g->block));
    for (i = LINE; i <= BLOCK; i += LINE)
        memcpy(g->block + i - 2, "\r\n", 2);
    /* The first line of a block is stuffed: its block has an octet more. */
    memmove(g->block + 1, g->block, BLOCK);
    memcpy(g->block, "..", 2);
}

static size_t
copy_text(struct generator *g, const char *text, char *buf, size_t len)
{
    size_t left = strlen(text) - g->told;

    len = left < len ? left : len;
    memcpy(buf, text + g->told, len);
    g->told = len == left ? 0 : g->told + len;
    return len;
}

static size_t
make_input(struct generator *g, char *buf, size_t len)
{
    uint64_t blocks = g->message / BLOCK;
    uint64_t octets = blocks * (BLOCK + 1);
    size_t at = (size_t)(g->given % (BLOCK + 1));
    size_t left = BLOCK + 1 - at;

    if (g->given == octets)
        return copy_text(g, ".\r\n", buf, len);
    len = left < len ? left : len;
    memcpy(buf, g->block + at, len);
    g->given += len;
    return len;
}

/* The greeting; silence until something is asked; +OK; the message. */
static pop3_result
generate(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    struct generator *g = ctx;

    switch (g->phase) {
    case GREETING:
        *got = copy_text(g, "+OK ready\r\n", buf, len);
        if (g->told == 0)
            g->phase = SILENCE;
        return POP3_OK;
    case SILENCE:
        *want = POP3_POLL_IN;
        return POP3_ERR_AGAIN;
    case STATUS:
        *got = copy_text(g, "+OK\r\n", buf, len);
        if (g->told == 0)
            g->phase = MESSAGE;
        return POP3_OK;
    case MESSAGE:
        *got = make_input(g, buf, len);
        return POP3_OK;
    }
    return POP3_ERR_INTERNAL;
}

static pop3_result
swallow(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    struct generator *g = ctx;

    (void)data;
    (void)want;
    g->phase = STATUS;
    *sent = len;
    return POP3_OK;
}

static int
no_fd(void *ctx)
{
    (void)ctx;
    return -1;
}

static pop3_result
take(void *ctx, pop3_span part)
{
    struct generator *g = ctx;

    /* The first octet of each block is the dot whose twin was removed. */
    if (g->taken % BLOCK == 0 && part.ptr[0] != '.')
        g->wrong = true;
    g->taken += part.len;
    return POP3_OK;
}

static long
largest_kib(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[200];
    long kib = -1;

    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    }
    if (status != NULL)
        fclose(status);
    return kib;
}

int
main(void)
{
    static struct generator g;
    pop3_transport transport = POP3_TRANSPORT_INIT;
    pop3_options options = POP3_OPTIONS_INIT;
    pop3_client *client = NULL;
    bool full = test_effort() == TEST_FULL;
    long kib;

    g.message = full ? UINT64_C(1024) * 1024 * 1024 : 64 * 1000 * 1000;
    g.message += BLOCK - g.message % BLOCK;
    fill_block(&g);
    transport.ctx = &g;
    transport.read = generate;
    transport.write = swallow;
    transport.fd = no_fd;
    transport.secure = true;
    options.host = "pop.example.org";
    options.transport = &transport;
    options.core.any_state = true;
    CHECK_INT(pop3_client_open(&client, &options), POP3_OK);
    CHECK_INT(pop3_client_retr(client, 1, take, &g), POP3_OK);
    CHECK_INT(g.taken, g.message);
    CHECK(!g.wrong);
    kib = largest_kib();
    printf("%" PRIu64 " octets, %ld KiB at most\n", g.taken, kib);
    if (full)
        CHECK(kib > 0 && kib <= LARGEST_KIB);
    else
        puts("not judged: a sanitizer or valgrind has memory of its own");
    pop3_client_close(client);
    return test_summary();
}
