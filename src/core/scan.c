/* SPDX-License-Identifier: MIT */
/*
 * scan - the searches that every octet of a message goes through, and which
 * instruction set does them.
 *
 * In a body the client needs to see a dot at the start of a line and nothing
 * else; all other octets pass untouched. So speed is a matter of how many
 * octets one instruction looks at. There is a file for each instruction set
 * and a portable twin; what they share is in scan_block.h.
 *
 * The choice is made when a handle is made, and kept in it: no state is shared
 * by handles or threads. What the machine can do was asked once by the
 * compiler's own start-up code; runs() only looks at bits.
 */
#include "core/scan.h"

#include <string.h>

#include "core/scan_impl.h"

static const scan *const built[] = {
#if defined(__x86_64__)
    &scan_avx512,
    &scan_avx2,
    &scan_sse2,
#elif defined(__aarch64__)
    &scan_neon,
#endif
    &scan_portable,
};

enum {
    BUILT = sizeof(built) / sizeof(built[0])
};

const scan *
scan_best(void)
{
    size_t index = 0;

    while (!built[index]->runs())
        index++;
    return built[index];
}

const scan *
scan_built(size_t index)
{
    return index < BUILT ? built[index] : NULL;
}

const char *
scan_newline(const char *from, const char *end)
{
    return from < end ? memchr(from, '\n', (size_t)(end - from)) : NULL;
}
