/* SPDX-License-Identifier: MIT */
/*
 * count_probe - does one workload and says what it took.
 *
 *   count_probe SCAN WORKLOAD UNITS
 *
 * SCAN is the instruction set that searches (core/scan.h), so that counts do
 * not depend on the machine. Under callgrind, with --collect-atstart=no, only
 * what the library does for the workload is counted: neither the opening, nor
 * the server, which is a piece of memory.
 */
#include <pop3.h>

#include "client/client_impl.h"
#include "core/core_impl.h"
#include "core/scan.h"

#include "alloc.h"
#include "fake_server.h"
#include "test.h"

#include <valgrind/callgrind.h>

#define LINE_TEXT 76     /* octets of a line of a message, without CRLF */
#define MESSAGE_LINES 52 /* 4 KiB */

struct work {
    const char *name;
    void (*prepare)(size_t units);
    pop3_result (*run)(size_t units);
};

static struct {
    struct fake_server server;
    pop3_client *client;
    const scan *scan;
    uint64_t taken; /* by callbacks */
    char *copy;     /* room for a message */
    pop3_lines *lines;
} world;

static void
need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "count_probe: %s\n", what);
    exit(1);
}

/* ---- what the server says ---- */

struct text {
    char *ptr;
    size_t len;
};

static void
add(struct text *t, const char *data, size_t len)
{
    memcpy(t->ptr + t->len, data, len);
    t->len += len;
}

static struct text
begin(size_t room)
{
    struct text t = {test_alloc(room + 64), 0};

    add(&t, "+OK\r\n", 5);
    return t;
}

static struct answer
end(struct text *t)
{
    add(t, ".\r\n", 3);
    return (struct answer){t->ptr, t->len};
}

static void
prepare_nothing(size_t units)
{
    (void)units;
}

static void
prepare_message(size_t lines)
{
    struct text t = begin(lines * (LINE_TEXT + 2));
    char line[LINE_TEXT + 2];
    size_t i;

    memset(line, 'x', LINE_TEXT);
    memcpy(line + LINE_TEXT, "\r\n", 2);
    for (i = 0; i < lines; i++)
        add(&t, line, sizeof(line));
    world.server.retr = end(&t);
}

/* Units are octets. */
static void
prepare_octets(size_t octets)
{
    prepare_message(octets / (LINE_TEXT + 2));
}

static void
prepare_copy(size_t octets)
{
    prepare_octets(octets);
    world.copy = test_alloc(world.server.retr.len);
}

static void
prepare_lines(size_t lines)
{
    prepare_message(lines);
    need(pop3_lines_new(&world.lines, 0) == POP3_OK, "no lines");
}

static void
prepare_small(size_t units)
{
    (void)units;
    prepare_message(MESSAGE_LINES);
}

static void
prepare_list(size_t rows)
{
    struct text t = begin(rows * 32);
    size_t i;

    for (i = 1; i <= rows; i++)
        t.len += (size_t)snprintf(t.ptr + t.len, 32, "%zu %zu\r\n", i,
                                  1000 + i * 7919 % 100000);
    world.server.list = end(&t);
}

static void
prepare_uidl(size_t rows)
{
    struct text t = begin(rows * 64);
    size_t i;

    for (i = 1; i <= rows; i++)
        t.len += (size_t)snprintf(t.ptr + t.len, 64, "%zu %08zx%016zx\r\n", i,
                                  i * 2654435761u % 0xffffffff, i);
    world.server.uidl = end(&t);
}

/* ---- what the client does ---- */

static pop3_result
sink(void *ctx, pop3_span part)
{
    (void)ctx;
    world.taken += part.len;
    return POP3_OK;
}

static pop3_result
many_sink(void *ctx, uint64_t number, pop3_span part)
{
    (void)number;
    return sink(ctx, part);
}

static pop3_result
each(void *ctx, const pop3_item *item)
{
    (void)ctx;
    world.taken += item->octets + item->uid.len;
    return POP3_OK;
}

static pop3_result
run_retr(size_t units)
{
    (void)units;
    return pop3_client_retr(world.client, 1, sink, NULL);
}

/* As a Maildir stores it. */
static pop3_result
run_copy(size_t units)
{
    struct answer message = world.server.retr;

    (void)units;
    world.taken += world.scan->crlf_to_lf(
        message.ptr, message.ptr + message.len, world.copy);
    return POP3_OK;
}

static pop3_result
line_sink(void *ctx, pop3_span part)
{
    pop3_result result = pop3_lines_push(world.lines, part);
    pop3_line line;

    (void)ctx;
    while (pop3_lines_next(world.lines, &line))
        world.taken += line.text.len;
    return result;
}

static pop3_result
run_lines(size_t units)
{
    (void)units;
    return pop3_client_retr(world.client, 1, line_sink, NULL);
}

static pop3_result
run_many(size_t units)
{
    pop3_many many = {.data = many_sink};
    uint64_t *numbers;
    pop3_result result;
    size_t i;

    CALLGRIND_TOGGLE_COLLECT;
    numbers = test_alloc(units * sizeof(*numbers));
    for (i = 0; i < units; i++)
        numbers[i] = i + 1;
    CALLGRIND_TOGGLE_COLLECT;
    result = pop3_client_retr_many(world.client, numbers, units, &many);
    test_free(numbers);
    return result;
}

static pop3_result
run_list(size_t units)
{
    (void)units;
    return pop3_client_list(world.client, 0, each, NULL);
}

static pop3_result
run_uidl(size_t units)
{
    (void)units;
    return pop3_client_uidl(world.client, 0, each, NULL);
}

static pop3_result
run_noop(size_t units)
{
    pop3_result result = POP3_OK;

    for (; units > 0 && result == POP3_OK; units--)
        result = pop3_client_noop(world.client);
    return result;
}

static const struct work works[] = {
    {"retr-octet", prepare_octets, run_retr},
    {"copy-octet", prepare_copy, run_copy},
    {"line", prepare_lines, run_lines},
    {"small-message", prepare_small, run_many},
    {"list-row", prepare_list, run_list},
    {"uidl-row", prepare_uidl, run_uidl},
    {"command", prepare_nothing, run_noop},
};

/* ---- all of it ---- */

static void
open_client(void)
{
    pop3_options options = POP3_OPTIONS_INIT;
    pop3_transport transport = fake_server_start(&world.server);
    const pop3_capa *capa;

    options.host = "test";
    options.transport = &transport;
    options.core.any_state = true;
    need(pop3_client_open(&world.client, &options) == POP3_OK, "no client");
    ((struct pop3_core *)pop3_conn_core(world.client->conn))->scan =
        world.scan;
    need(pop3_client_capa(world.client, &capa) == POP3_OK, "no CAPA");
}

static const scan *
find_scan(const char *name)
{
    const scan *found;
    size_t index;

    for (index = 0; (found = scan_built(index)) != NULL; index++)
        if (strcmp(found->name, name) == 0 && found->runs())
            return found;
    need(false, "this machine does not have that instruction set");
    return NULL;
}

static void
count(const struct work *work, size_t units)
{
    pop3_result result;

    world.server.reads = world.server.writes = world.server.waits = 0;
    alloc_arm(0);
    CALLGRIND_TOGGLE_COLLECT;
    result = work->run(units);
    CALLGRIND_TOGGLE_COLLECT;
    need(result == POP3_OK, pop3_strerror(result));
    printf("reads %lu\nwrites %lu\nwaits %lu\nallocations %lu\npeak %zu\n",
           world.server.reads, world.server.writes, world.server.waits,
           alloc_count(), alloc_peak());
}

int
main(int argc, char **argv)
{
    size_t i;

    need(argc == 4, "usage: count_probe SCAN WORKLOAD UNITS");
    world.scan = find_scan(argv[1]);
    for (i = 0; i < sizeof(works) / sizeof(*works); i++) {
        size_t units = strtoul(argv[3], NULL, 10);

        if (strcmp(works[i].name, argv[2]) != 0)
            continue;
        works[i].prepare(units);
        open_client();
        count(&works[i], units);
        pop3_client_close(world.client);
        pop3_lines_free(world.lines);
        test_free(world.copy);
        return 0;
    }
    need(false, "no such workload");
    return 1;
}
