/* SPDX-License-Identifier: MIT */
/*
 * probe_mail - the API after the login: listings, messages, deletes.
 */
#include <poll.h>
#include <stdlib.h>

#include "probe.h"

/* ---- listings ---- */

typedef struct rows {
    uint64_t count;
    uint64_t octets;
    uint64_t inexact; /* sizes that the server counts in its own way */
    const probe *p;
    bool in_order;
    char uid[72]; /* of the last row */
} rows;

static pop3_result
take_row(void *ctx, const pop3_item *item)
{
    rows *r = ctx;

    r->count++;
    r->octets += item->octets;
    r->in_order = r->in_order && item->number == r->count;
    if (item->octets > 0)
        r->inexact += item->octets != probe_file_octets(r->p, item->number);
    if (item->uid.len > 0) {
        CHECK(item->uid.len <= 70);
        CHECK(strncmp(r->uid, item->uid.ptr, item->uid.len) != 0);
        snprintf(r->uid, sizeof(r->uid), "%.*s", (int)item->uid.len,
                 item->uid.ptr);
    }
    return POP3_OK;
}

void
walk_listings(const probe *p)
{
    rows all = {.p = p, .in_order = true}, one = {.p = p};
    rows uids = {.p = p, .in_order = true};
    pop3_client *client = probe_logged_in(p);
    pop3_stat stat = {0};

    OK(pop3_client_stat(client, &stat));
    CHECK_INT(stat.count, p->count);
    OK(pop3_client_list(client, 0, take_row, &all));
    CHECK_INT(all.count, p->count);
    CHECK_INT(all.octets, stat.octets);
    CHECK(all.in_order);
    printf("LIST: %" PRIu64 " of %" PRIu64 " sizes are not exact\n",
           all.inexact, all.count);
    OK(pop3_client_uidl(client, 0, take_row, &uids));
    CHECK_INT(uids.count, p->count);
    CHECK(uids.in_order && uids.uid[0] != '\0');
    CHECK_INT(pop3_client_skipped_rows(client), 0);

    OK(pop3_client_uidl(client, p->count, take_row, &one));
    CHECK_STR(one.uid, uids.uid);
    OK(pop3_client_list(client, p->count, take_row, &one));
    CHECK_INT(one.count, 2);
    CHECK_INT(pop3_client_list(client, p->count + 1, take_row, &one),
              POP3_ERR_REFUSED);
    CHECK_INT(pop3_client_uidl(client, p->count + 1, take_row, &one),
              POP3_ERR_REFUSED);
    CHECK_INT(one.count, 2);
    probe_check_alive(client);
    OK(pop3_client_quit(client));
    probe_disconnect(client);
}

/* ---- messages ---- */

void
walk_messages(const probe *p)
{
    pop3_client *client = probe_logged_in(p);
    uint64_t first = p->count < 40 ? p->count : 40;
    expected e;
    uint64_t n;

    for (n = 1; n <= first; n++) {
        TEST_ROW("message %" PRIu64, n);
        probe_expected_open(&e, p, n);
        OK(pop3_client_retr(client, n, probe_sink_expected, &e));
        CHECK(probe_expected_close(&e, true));
        probe_expected_open(&e, p, n);
        OK(pop3_client_retr_lines(client, n, probe_line_expected, &e));
        CHECK(probe_expected_close(&e, true));
    }
    probe_expected_open(&e, p, 1);
    CHECK_INT(pop3_client_retr(client, p->count + 1, probe_sink_expected, &e),
              POP3_ERR_REFUSED);
    CHECK_INT(e.got, 0);
    (void)probe_expected_close(&e, false);
    probe_check_alive(client);
    OK(pop3_client_quit(client));
    probe_disconnect(client);
}

typedef struct text {
    char octets[65536];
    size_t len;
} text;

static pop3_result
take_text(void *ctx, pop3_span part)
{
    text *t = ctx;

    if (part.len > sizeof(t->octets) - t->len)
        return POP3_ERR_LIMIT;
    memcpy(t->octets + t->len, part.ptr, part.len);
    t->len += part.len;
    return POP3_OK;
}

/* GNU pop3d puts a second empty line between the header and what it shows of
 * the body. */
static void
drop_second_empty_line(text *t, size_t header)
{
    if (t->len < header + 2 || memcmp(t->octets + header, "\r\n", 2) != 0)
        return;
    printf("TOP: a second empty line after the header\n");
    memmove(t->octets + header, t->octets + header + 2, t->len - header - 2);
    t->len -= 2;
}

void
walk_top(const probe *p)
{
    size_t header = (size_t)probe_top_octets(p, 1, 0);
    pop3_client *client = probe_logged_in(p);
    static text got, want;
    uint64_t n;

    want.len = 0;
    OK(pop3_client_retr(client, 1, take_text, &want));
    for (n = 0; n < 4; n++) {
        TEST_ROW("TOP 1 %" PRIu64, n);
        got.len = 0;
        OK(pop3_client_top(client, 1, n, take_text, &got));
        drop_second_empty_line(&got, header);
        CHECK_MEM(got.octets, got.len, want.octets,
                  (size_t)probe_top_octets(p, 1, n));
    }
    CHECK_INT(pop3_client_top(client, p->count + 1, 1, take_text, &got),
              POP3_ERR_REFUSED);
    OK(pop3_client_quit(client));
    probe_disconnect(client);
}

/* What pop3_many tells, against what was asked for. */
typedef struct many {
    const probe *p;
    const uint64_t *numbers;
    size_t done;
    size_t refused;
    size_t wrong;
    bool data; /* messages are to come, not only answers */
    expected e;
} many;

static pop3_result
many_data(void *ctx, uint64_t number, pop3_span part)
{
    many *m = ctx;

    if (m->e.file == NULL)
        probe_expected_open(&m->e, m->p, number);
    m->wrong += m->e.number != number;
    probe_expected_take(&m->e, part.ptr, part.len);
    return POP3_OK;
}

static void
many_done(void *ctx, uint64_t number, pop3_result result,
          const pop3_error *error)
{
    many *m = ctx;
    bool there = number <= m->p->count;

    m->wrong += m->numbers[m->done++] != number;
    m->refused += result == POP3_ERR_REFUSED && error != NULL;
    m->wrong += (result == POP3_OK) != there;
    if (!m->data || result != POP3_OK)
        return;
    m->wrong += m->e.file == NULL || !probe_expected_close(&m->e, true);
}

/* All messages, in one go, and two numbers that do not exist among them. */
void
walk_many(const probe *p)
{
    size_t count = (size_t)p->count + 2, i;
    uint64_t *numbers = calloc(count, sizeof(*numbers));
    pop3_client *client = probe_logged_in(p);
    many m = {.p = p, .numbers = numbers, .data = true};
    pop3_many calls = {many_data, many_done, &m, NULL};

    CHECK(numbers != NULL);
    for (i = 0; numbers != NULL && i < count; i++)
        numbers[i] = i + 1;
    if (numbers != NULL) { /* the last that exists comes after the others */
        numbers[count / 2] = p->count + 2;
        numbers[count - 1] = count / 2 + 1;
        OK(pop3_client_retr_many(client, numbers, count, &calls));
    }
    CHECK_INT(m.done, count);
    CHECK_INT(m.refused, 2);
    CHECK_INT(m.wrong, 0);
    probe_check_alive(client);
    OK(pop3_client_quit(client));
    probe_disconnect(client);
    free(numbers);
}

static pop3_result
count_octets(void *ctx, pop3_span part)
{
    *(size_t *)ctx += part.len;
    return POP3_OK;
}

void
walk_raw(const probe *p)
{
    pop3_client *client = probe_logged_in(p);
    size_t octets = 0;

    OK(pop3_client_raw(client, "NOOP", NULL, NULL));
    OK(pop3_client_raw(client, "LIST", count_octets, &octets));
    CHECK(octets >= p->count * strlen("1 1\r\n"));
    CHECK_INT(pop3_client_raw(client, "XPROBE", NULL, NULL), POP3_ERR_REFUSED);
    CHECK_INT(pop3_client_raw(client, "NOOP\r\nQUIT", NULL, NULL),
              POP3_ERR_ARGUMENT);
    probe_check_alive(client);
    OK(pop3_client_quit(client));
    probe_disconnect(client);
}

static pop3_result
stop_here(void *ctx, pop3_span part)
{
    (void)part;
    return *(pop3_result *)ctx;
}

/* A callback that has had enough, and a call that is canceled. */
void
walk_stopping(const probe *p)
{
    pop3_client *client = probe_logged_in(p);
    pop3_result enough = POP3_ERR_NOMEM;

    CHECK_INT(pop3_client_retr(client, 1, stop_here, &enough), enough);
    probe_check_alive(client);
    pop3_client_cancel(client);
    CHECK_INT(pop3_client_noop(client), POP3_ERR_CANCELED);
    CHECK_INT(pop3_client_noop(client), POP3_ERR_CANCELED);
    probe_disconnect(client);
    client = probe_logged_in(p);
    enough = POP3_ERR_CANCELED;
    CHECK_INT(pop3_client_retr(client, 1, stop_here, &enough), enough);
    CHECK(pop3_client_noop(client) != POP3_OK);
    probe_disconnect(client);
}

/* ---- deletes ---- */

void
walk_dele_and_rset(const probe *p)
{
    const uint64_t numbers[] = {1, 2, p->count + 9, 3};
    pop3_client *client = probe_logged_in(p);
    many m = {.p = p, .numbers = numbers};
    pop3_many calls = {NULL, many_done, &m, NULL};

    OK(pop3_client_dele(client, 1));
    CHECK_INT(pop3_client_deletes(client), POP3_DELETES_PENDING);
    CHECK_INT(probe_count_now(client), p->count - 1);
    CHECK_INT(pop3_client_retr(client, 1, NULL, NULL), POP3_ERR_REFUSED);
    OK(pop3_client_rset(client));
    CHECK_INT(pop3_client_deletes(client), POP3_DELETES_NONE);
    CHECK_INT(probe_count_now(client), p->count);
    CHECK_INT(pop3_client_dele(client, p->count + 1), POP3_ERR_REFUSED);
    CHECK_INT(pop3_client_deletes(client), POP3_DELETES_NONE);

    OK(pop3_client_dele_many(client, numbers, 4, &calls));
    CHECK_INT(m.done, 4);
    CHECK_INT(m.refused, 1);
    CHECK_INT(m.wrong, 0);
    CHECK_INT(probe_count_now(client), p->count - 3);
    probe_disconnect(client); /* without QUIT: nothing is deleted */
    client = probe_logged_in(p);
    CHECK_INT(probe_count_now(client), p->count);
    OK(pop3_client_quit(client));
    probe_disconnect(client);
}

/* Once so many are left: Courier says goodbye first, and then deletes. */
static pop3_client *
logged_in_to(const probe *p, uint64_t count)
{
    pop3_client *client = probe_logged_in(p);
    unsigned tries;

    for (tries = 0; tries < 100; tries++) {
        if (probe_count_now(client) == count)
            break;
        OK(pop3_client_quit(client));
        probe_disconnect(client);
        (void)poll(NULL, 0, 100);
        client = probe_logged_in(p);
    }
    return client;
}

/* The first half goes; of the rest nothing changes. */
void
walk_delete(const probe *p)
{
    uint64_t half = p->count / 2, n;
    uint64_t *numbers = calloc((size_t)half, sizeof(*numbers));
    pop3_client *client = probe_logged_in(p);
    many m = {.p = p, .numbers = numbers};
    pop3_many calls = {NULL, many_done, &m, NULL};
    expected e;

    CHECK(numbers != NULL);
    for (n = 0; numbers != NULL && n < half; n++)
        numbers[n] = n + 1;
    if (numbers != NULL)
        OK(pop3_client_dele_many(client, numbers, (size_t)half, &calls));
    CHECK_INT(m.done, half);
    CHECK_INT(m.wrong, 0);
    OK(pop3_client_quit(client));
    CHECK_INT(pop3_client_deletes(client), POP3_DELETES_CONFIRMED);
    probe_disconnect(client);

    client = logged_in_to(p, p->count - half);
    CHECK_INT(probe_count_now(client), p->count - half);
    probe_expected_open(&e, p, half + 1);
    OK(pop3_client_retr(client, 1, probe_sink_expected, &e));
    CHECK(probe_expected_close(&e, true));
    OK(pop3_client_quit(client));
    probe_disconnect(client);
    free(numbers);
}
