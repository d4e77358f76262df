/* SPDX-License-Identifier: MIT */
#include "mailbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum {
    BLOCK = 256 << 10, /* octets, stuffing removed: stays in the cache */
    LINE_MAX_OCTETS = 79,
    ROW_MAX = 128
};

/* Messages up to this size stand in the image, if it is not too large. */
static const uint64_t IMAGE_MESSAGE = 64 << 10;
static const uint64_t IMAGE_ALL = UINT64_C(1) << 30;

/* One line of `size` octets with its CRLF, not counting a stuffed dot; one in
 * 64 begins with a dot. Returns what it has on the wire. */
static size_t
put_line(char *out, unsigned number, size_t size)
{
    static const char letters[] =
        "VGhpcyBpcyBhIGxpbmUgb2YgYSBtZXNzYWdlIGFzIGl0IGNvbWVzIGluIGJhc2U2NDog"
        "NzYgb2N0ZXRz";
    size_t dots = number % 64 == 63 && size > 2 ? 2 : 0;
    size_t rest = size - 2 - dots / 2;

    _Static_assert(sizeof(letters) > LINE_MAX_OCTETS, "letters for a line");
    memcpy(out, "..", dots);
    memcpy(out + dots, letters, rest);
    memcpy(out + dots + rest, "\r\n", 2);
    return dots + rest + 2;
}

/* Whole lines of `size` octets, not counting the dots that are stuffed. */
static image
make_lines(size_t size)
{
    static const unsigned char sizes[] = {78, 78, 73, 78, 64, 78, 35, 78, 2};
    image made = {need(malloc(size + size / 64 + 128)), 0};
    unsigned number = 0;
    size_t left = size;

    while (left >= 2) {
        size_t line = sizes[number % sizeof(sizes)];

        if (left < line + 2)
            line = left;
        made.len += put_line(made.ptr + made.len, number++, line);
        left -= line;
    }
    return made;
}

size_t
mailbox_head(const mailbox *m, uint64_t n, size_t *status_len,
             char out[MAILBOX_HEAD_MAX])
{
    int status =
        snprintf(out, MAILBOX_HEAD_MAX, "+OK %" PRIu64 " octets\r\n", m->size);
    int rest = snprintf(out + status, MAILBOX_HEAD_MAX - (size_t)status,
                        "Return-Path: <sender@bench.example>\r\n"
                        "From: Sender <sender@bench.example>\r\n"
                        "To: Receiver <receiver@bench.example>\r\n"
                        "Date: Mon, 05 Jan 2026 12:00:00 +0000\r\n"
                        "Subject: Message %010" PRIu64 "\r\n"
                        "Message-ID: <%010" PRIu64 "@bench.example>\r\n\r\n",
                        n, n);

    *status_len = (size_t)status;
    return (size_t)status + (size_t)rest;
}

static void
make_image(mailbox *m)
{
    char head[MAILBOX_HEAD_MAX];
    size_t status;
    size_t head_len = mailbox_head(m, 1, &status, head);
    uint64_t one = head_len + m->lead.len + 3;

    if (m->size > IMAGE_MESSAGE || one * m->messages > IMAGE_ALL)
        return;
    m->image_len = (size_t)one;
    m->all.ptr = need(malloc(m->image_len * m->messages + 1));
    for (uint64_t n = 1; n <= m->messages; n++) {
        char *at = m->all.ptr + m->all.len;

        memcpy(at, head, mailbox_head(m, n, &status, head));
        memcpy(at + head_len, m->lead.ptr, m->lead.len);
        memcpy(at + head_len + m->lead.len, ".\r\n", 3);
        m->all.len += m->image_len;
    }
}

void
mailbox_init(mailbox *m, uint64_t messages, uint64_t size, uint64_t uid_octets)
{
    char head[MAILBOX_HEAD_MAX];
    size_t status;
    uint64_t body;

    *m = (mailbox){
        .messages = messages, .size = size, .uid_octets = uid_octets};
    body = size - mailbox_head(m, 1, &status, head);
    body += status;
    m->blocks = body / BLOCK;
    if (m->blocks > 0 && body % BLOCK == 1)
        m->blocks--; /* a lead of one octet could not be a line */
    m->block = make_lines(BLOCK);
    m->lead = make_lines((size_t)(body - m->blocks * BLOCK));
    make_image(m);
}

void
mailbox_clear(mailbox *m)
{
    free(m->lead.ptr);
    free(m->block.ptr);
    free(m->all.ptr);
    free(m->list.ptr);
    free(m->uidl.ptr);
}

static size_t
lines_in(image part, uint64_t *lines)
{
    size_t at = 0;

    while (*lines > 0 && at < part.len) {
        const char *end = memchr(part.ptr + at, '\n', part.len - at);

        at = (size_t)(end + 1 - part.ptr);
        (*lines)--;
    }
    return at;
}

size_t
mailbox_lines(const mailbox *m, uint64_t lines)
{
    size_t len = lines_in(m->lead, &lines);

    return m->blocks == 0 ? len : len + lines_in(m->block, &lines);
}

size_t
mailbox_row(const mailbox *m, bool uidl, uint64_t n, char *out)
{
    int len;

    if (uidl)
        len = snprintf(out, ROW_MAX, "%" PRIu64 " %0*" PRIu64 "\r\n", n,
                       (int)m->uid_octets, n * 7919);
    else
        len =
            snprintf(out, ROW_MAX, "%" PRIu64 " %" PRIu64 "\r\n", n, m->size);
    return (size_t)len;
}

const image *
mailbox_listing(mailbox *m, bool uidl)
{
    image *listing = uidl ? &m->uidl : &m->list;

    if (listing->ptr != NULL)
        return listing;
    listing->ptr = need(malloc(m->messages * (m->uid_octets + 24) + 64));
    memcpy(listing->ptr, "+OK\r\n", 5);
    listing->len = 5;
    for (uint64_t n = 1; n <= m->messages; n++)
        listing->len += mailbox_row(m, uidl, n, listing->ptr + listing->len);
    memcpy(listing->ptr + listing->len, ".\r\n", 3);
    listing->len += 3;
    return listing;
}
