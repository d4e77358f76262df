/* SPDX-License-Identifier: MIT */
/*
 * srv - the order of RFC 2782: priorities, and a weighted draw within each.
 *
 * Records are few (DNS_SRV_MAX), so sorting by selection is as good as any.
 */
#include "cli/srv.h"

#include "base/banned.h"

static void
swap(dns_srv *one, dns_srv *other)
{
    dns_srv kept = *one;

    *one = *other;
    *other = kept;
}

/* The records of the lowest priority to the front; returns how many. */
static size_t
gather(dns_srv *srv, size_t count)
{
    unsigned lowest = srv[0].priority;
    size_t front = 0;
    size_t i;

    for (i = 1; i < count; i++)
        lowest = srv[i].priority < lowest ? srv[i].priority : lowest;
    for (i = 0; i < count; i++) {
        if (srv[i].priority == lowest)
            swap(&srv[i], &srv[front++]);
    }
    return front;
}

/* One of them, by its weight; a weight of 0 has a small chance, too. */
static size_t
pick(const dns_srv *srv, size_t count,
     uint32_t (*draw)(void *ctx, uint32_t below), void *ctx)
{
    uint32_t sum = 0;
    uint32_t drawn;
    size_t i;

    for (i = 0; i < count; i++)
        sum += srv[i].weight * 256 + 1;
    drawn = draw(ctx, sum);
    for (i = 0; i + 1 < count; i++) {
        uint32_t share = srv[i].weight * 256 + 1;

        if (drawn < share)
            break;
        drawn -= share;
    }
    return i;
}

void
srv_order(dns_srv *srv, size_t count,
          uint32_t (*draw)(void *ctx, uint32_t below), void *ctx)
{
    while (count > 0) {
        size_t alike = gather(srv, count);

        count -= alike;
        while (alike > 0) {
            swap(&srv[0], &srv[pick(srv, alike, draw, ctx)]);
            srv++;
            alike--;
        }
    }
}

bool
srv_is_refusal(const dns_srv *srv, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (srv[i].target[0] != '\0')
            return false;
    }
    return count > 0;
}
