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

static pop3_result
on_row(void *ctx, const pop3_item *item)
{
    tally *t = ctx;

    t->rows++;
    return item->number > 0 ? POP3_OK : POP3_ERR_MALFORMED;
}

pop3_result
ours_list(pop3_client *m, tally *t)
{
    pop3_result r = pop3_client_uidl(m, 0, on_row, t);

    return r == POP3_OK ? pop3_client_list(m, 0, on_row, t) : r;
}

static pop3_result
on_size(void *ctx, const pop3_item *item)
{
    kept *k = ctx;

    if (k->count == k->room)
        return POP3_ERR_LIMIT;
    k->octets[k->count++] = item->octets;
    return POP3_OK;
}

static pop3_result
on_uid(void *ctx, const pop3_item *item)
{
    kept *k = ctx;

    if (k->uids_room - k->uids_len <= item->uid.len)
        return POP3_ERR_LIMIT;
    memcpy(k->uids + k->uids_len, item->uid.ptr, item->uid.len);
    k->uids_len += item->uid.len;
    k->uids[k->uids_len++] = '\n';
    return POP3_OK;
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

/* The next line, with its LF; false at the end. */
static bool
next_line(past *p, const char **line, size_t *len)
{
    const char *lf;

    while ((lf = memchr(p->piece + p->at, '\n', p->len - p->at)) == NULL) {
        if (!read_on(p))
            return false;
    }
    *line = p->piece + p->at;
    *len = (size_t)(lf + 1 - *line);
    p->at += *len;
    return true;
}

/* Both are in the order of the maildrop, from which messages may be gone and
 * to which some may have been added. Those that were not seen. */
static uint64_t
compare(const kept *k, past *seen)
{
    const char *at = k->uids, *end = k->uids + k->uids_len;
    const char *line;
    size_t len;
    uint64_t found = 0;

    while (at < end && next_line(seen, &line, &len)) {
        if ((size_t)(end - at) >= len && memcmp(at, line, len) == 0) {
            at += len;
            found++;
        }
    }
    return k->count - found;
}

static uint64_t
compare_or_write(const kept *k, const char *path)
{
    static past seen;
    FILE *file;
    uint64_t unseen = 0;

    seen.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (seen.fd != -1) {
        unseen = compare(k, &seen);
        (void)close(seen.fd);
        return unseen;
    }
    file = fopen(path, "w");
    if (file == NULL || fwrite(k->uids, 1, k->uids_len, file) != k->uids_len)
        unseen = k->count;
    if (file != NULL && fclose(file) != 0)
        unseen = k->count;
    return unseen;
}

pop3_result
ours_keep(pop3_client *m, tally *t, const char *seen)
{
    pop3_stat mail = {0};
    kept k = {0};
    pop3_result r = pop3_client_stat(m, &mail);

    if (r != POP3_OK)
        return r;
    k.room = (size_t)mail.count;
    k.uids_room = k.room * UID_ROOM;
    k.octets = big_room(k.room * sizeof(*k.octets));
    k.uids = big_room(k.uids_room);
    r = k.octets == NULL || k.uids == NULL ? POP3_ERR_NOMEM : POP3_OK;
    if (r == POP3_OK)
        r = pop3_client_uidl(m, 0, on_uid, &k);
    if (r == POP3_OK)
        r = pop3_client_list(m, 0, on_size, &k);
    if (r == POP3_OK)
        t->failed = compare_or_write(&k, seen);
    t->rows = k.count;
    free(k.octets);
    free(k.uids);
    return r;
}
