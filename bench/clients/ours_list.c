/* SPDX-License-Identifier: MIT */
#include "ours.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is kept of a maildrop: sizes, and unique-ids one after another. */
typedef struct kept {
    uint64_t *octets;
    char *uids; /* each with its LF */
    size_t count, room;
    size_t uids_len, uids_room;
} kept;

/* RFC 1939 §7 allows 70 octets; and an LF. */
enum {
    UID_ROOM = 71,
    HUGE_PAGE = 2 << 20
};

/* Memory is there once it is written to; in huge pages, as each page costs a
 * fault. */
static void *
big_room(size_t size)
{
    size_t whole = (size / HUGE_PAGE + 1) * HUGE_PAGE;
    void *room = aligned_alloc(HUGE_PAGE, whole);

    if (room != NULL)
        (void)madvise(room, whole, MADV_HUGEPAGE);
    return room;
}

/* Unique-ids are short: by words of eight octets, of which the last overlaps
 * the one before, they take less time than the call of a function. */
enum {
    WORD = sizeof(uint64_t)
};

static inline uint64_t
word_at(const char *p)
{
    uint64_t word;

    memcpy(&word, p, WORD);
    return word;
}

static inline bool
is_same(const char *a, const char *b, size_t len)
{
    if (len < WORD)
        return memcmp(a, b, len) == 0;
    for (size_t i = 0; i + WORD < len; i += WORD)
        if (word_at(a + i) != word_at(b + i))
            return false;
    return word_at(a + len - WORD) == word_at(b + len - WORD);
}

static inline void
copy(char *to, const char *from, size_t len)
{
    if (len < WORD) {
        memcpy(to, from, len);
        return;
    }
    for (size_t i = 0; i + WORD < len; i += WORD)
        memcpy(to + i, from + i, WORD);
    memcpy(to + len - WORD, from + len - WORD, WORD);
}

/* UIDL and LIST in one turn. */
static pop3_result
both(pop3_client *m, pop3_each_items *uids, pop3_each_items *sizes, void *ctx)
{
    pop3_call calls[] = {
        {.command.verb = POP3_CMD_UIDL, .items = uids, .ctx = ctx},
        {.command.verb = POP3_CMD_LIST, .items = sizes, .ctx = ctx}};
    pop3_result r = pop3_client_run(m, calls, 2);

    if (r == POP3_OK)
        r = calls[0].result;
    return r == POP3_OK ? calls[1].result : r;
}

static pop3_result
on_rows(void *ctx, const pop3_item *items, size_t count)
{
    tally *t = ctx;

    t->rows += count;
    for (size_t i = 0; i < count; i++)
        if (items[i].number == 0)
            return POP3_ERR_MALFORMED;
    return POP3_OK;
}

pop3_result
ours_list(pop3_client *m, tally *t)
{
    return both(m, on_rows, on_rows, t);
}

/* What was seen, a piece at a time. */
typedef struct past {
    int fd;
    size_t at, len;
    char piece[1 << 18];
} past;

/* Moves what is left to the front, and reads on. */
static bool
read_on(past *p)
{
    ssize_t got;

    memmove(p->piece, p->piece + p->at, p->len - p->at);
    p->len -= p->at;
    p->at = 0;
    got = read(p->fd, p->piece + p->len, sizeof(p->piece) - p->len);
    p->len += got > 0 ? (size_t)got : 0;
    return got > 0;
}

/* Passes the next line. */
static bool
skip_line(past *p)
{
    const char *lf;

    while ((lf = memchr(p->piece + p->at, '\n', p->len - p->at)) == NULL) {
        if (!read_on(p))
            return false;
    }
    p->at = (size_t)(lf + 1 - p->piece);
    return true;
}

/* Whether the next line is this one, which it then passes. */
static bool
is_next(past *p, pop3_span uid)
{
    if (p->len - p->at <= uid.len && p->fd != -1)
        (void)read_on(p);
    if (p->len - p->at <= uid.len || p->piece[p->at + uid.len] != '\n' ||
        !is_same(p->piece + p->at, uid.ptr, uid.len))
        return false;
    p->at += uid.len + 1;
    return true;
}

typedef struct keeping {
    kept kept;
    past *past;
    uint64_t unseen;
} keeping;

/* Keeps it with its LF, and looks whether it was seen. Both are in the order
 * of the maildrop, from which messages may be gone and to which some may have
 * been added. */
static bool
keep_uid(keeping *k, pop3_span uid)
{
    kept *all = &k->kept;
    char *line = all->uids + all->uids_len;

    if (all->uids_room - all->uids_len <= uid.len)
        return false;
    copy(line, uid.ptr, uid.len);
    line[uid.len] = '\n';
    all->uids_len += uid.len + 1;
    while (!is_next(k->past, uid)) {
        if (!skip_line(k->past)) {
            k->unseen++;
            break;
        }
    }
    return true;
}

static pop3_result
on_uids(void *ctx, const pop3_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!keep_uid(ctx, items[i].uid))
            return POP3_ERR_LIMIT;
    return POP3_OK;
}

static pop3_result
on_sizes(void *ctx, const pop3_item *items, size_t count)
{
    kept *k = &((keeping *)ctx)->kept;

    if (k->room - k->count < count)
        return POP3_ERR_LIMIT;
    for (size_t i = 0; i < count; i++)
        k->octets[k->count + i] = items[i].octets;
    k->count += count;
    return POP3_OK;
}

/* If nothing was remembered, all is from now on. */
static uint64_t
remember(const keeping *k, const char *path)
{
    FILE *file;
    bool good;

    if (k->past->fd != -1)
        return k->unseen;
    file = fopen(path, "w");
    if (file == NULL)
        return k->kept.count;
    good = fwrite(k->kept.uids, 1, k->kept.uids_len, file) == k->kept.uids_len;
    good &= fclose(file) == 0;
    return good ? 0 : k->kept.count;
}

static pop3_result
keep(pop3_client *m, keeping *k, uint64_t messages)
{
    kept *all = &k->kept;

    all->room = (size_t)messages;
    all->uids_room = all->room * UID_ROOM;
    all->octets = big_room(all->room * sizeof(*all->octets));
    all->uids = big_room(all->uids_room);
    if (all->octets == NULL || all->uids == NULL)
        return POP3_ERR_NOMEM;
    return both(m, on_uids, on_sizes, k);
}

pop3_result
ours_keep(pop3_client *m, tally *t, const char *seen)
{
    static past before;
    keeping k = {.past = &before};
    pop3_stat mail = {0};
    pop3_result r = pop3_client_stat(m, &mail);

    before.fd = open(seen, O_RDONLY | O_CLOEXEC);
    if (r == POP3_OK)
        r = keep(m, &k, mail.count);
    if (r == POP3_OK)
        t->failed = remember(&k, seen);
    t->rows = k.kept.count;
    if (before.fd != -1)
        (void)close(before.fd);
    free(k.kept.octets);
    free(k.kept.uids);
    return r;
}
