/* SPDX-License-Identifier: MIT */
/*
 * fuzz_listing - STAT, rows of LIST and UIDL: what is taken is what a plain
 * reading of the octets gives.
 */
#include "core/listing.h"
#include "fuzz.h"

#include <string.h>

/* Digits up to a space or the end, in a wider type than the result. */
static bool
slow_number(pop3_span in, uint64_t *number)
{
    __extension__ unsigned __int128 n = 0;
    size_t i;

    for (i = 0; i < in.len && in.ptr[i] != ' ' && in.ptr[i] != '\t'; i++) {
        if (in.ptr[i] < '0' || in.ptr[i] > '9')
            return false;
        n = n * 10 + (unsigned)(in.ptr[i] - '0');
        if (n > UINT64_MAX)
            return false;
    }
    *number = (uint64_t)n;
    return i > 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const pop3_span in = {(const char *)data, size};
    pop3_span rest = in;
    pop3_item item = {0};
    pop3_stat stat = {0};
    uint64_t number = 1;
    uint64_t slow = 2;
    bool good = slow_number(in, &slow);

    PROPERTY(listing_number(&rest, &number) == good);
    PROPERTY(!good || number == slow);
    PROPERTY(rest.len <= in.len);
    PROPERTY(good || rest.len == in.len);
    if (listing_stat(in, &stat) && good)
        PROPERTY(stat.count == slow);
    if (listing_list_row(in, &item)) {
        PROPERTY(item.number > 0 && item.uid.len == 0);
        PROPERTY(!good || item.number == slow);
    }
    if (listing_uidl_row(in, &item)) {
        PROPERTY(item.number > 0 && item.octets == 0);
        PROPERTY(item.uid.len <= LISTING_UID_MAX);
        PROPERTY(item.uid.len == 0 ||
                 item.uid.ptr + item.uid.len == in.ptr + in.len);
    }
    return 0;
}
