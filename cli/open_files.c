/* SPDX-License-Identifier: MIT */
/*
 * open_files - the limit of open files, raised and respected.
 *
 * A group of messages is a file each, all open until one pass syncs them. The
 * usual soft limit leaves room for that; where it does not, the hard limit
 * may. What is still too low makes the groups smaller, and nothing fails. The
 * limit is not raised beyond WANTED: programs that pop3 starts inherit it,
 * and some of them use select(2), which knows 1024 files.
 */
#include "cli/open_files.h"

#include <sys/resource.h>

#include "base/banned.h"

enum {
    WANTED = 2048,
    RESERVED = 32
};

void
open_files_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < WANTED ? limit.rlim_max : WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

uint64_t
open_files_room(uint64_t most)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
        limit.rlim_cur >= most + RESERVED)
        return most;
    return limit.rlim_cur > RESERVED ? limit.rlim_cur - RESERVED : 1;
}
