/* SPDX-License-Identifier: MIT */
/*
 * durable - one syncfs() for a group of files, or an fsync() for each.
 *
 * syncfs() writes all that the file system holds back: for a thousand files
 * one wait, not a thousand. It is as safe as fsync() only under conditions,
 * and without them fsync() is used, whatever was asked for:
 *
 *  - Linux 5.8 or newer: older ones return 0 though a write failed. From then
 *    on it reports failures since `dir` was opened, also of closed files.
 *  - a file system known to write data, names and the disk's own cache by it,
 *    and to note failures: ext4, XFS, Btrfs, F2FS; tmpfs has nothing to lose.
 *    Network file systems, FUSE and overlays do not tell their far end, or do
 *    not tell us.
 *  - it returned 0, and so did an fsync() of `dir`, which flushes the cache
 *    of the disk where the old ext2 driver's syncfs() would not. If not, each
 *    file is asked by its own descriptor: the failure may be another's.
 *
 * But it writes what other programs hold back, too. So by default the machine
 * is asked how much that is (Dirty and Writeback in /proc/meminfo), each time:
 * writing WORTH octets takes about as long as one more fsync() in flight. A
 * few files are never worth it. The answer only costs time if it is wrong.
 *
 * fsync() of one file after the other would be one journal commit each;
 * THREADS of them in flight share commits. Threads do as well as io_uring
 * here, and work where that is forbidden. Where none can be had, it is slower.
 */
#include "mail/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#endif

#include "base/banned.h"

enum {
    FEW = 16,            /* files that are not worth a syncfs() */
    WORTH = 32 << 10,    /* octets of others for each file of ours */
    OVERHEAD = 8 << 10,  /* of a file: its last page, inode, name */
    THREADS = 16,        /* this one included */
    FILES_PER_THREAD = 8 /* fewer do not pay for its start */
};

#ifdef __linux__

enum {
    MAGIC_XFS = 0x58465342, /* not in older <linux/magic.h> */
    MAGIC_F2FS = (int)0xF2F52010
};

bool
durable_release_reports(const char *release)
{
    char *end;
    unsigned long major = strtoul(release, &end, 10);
    unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

    return major > 5 || (major == 5 && minor >= 8);
}

static bool
is_known(int dir)
{
    struct statfs fs;

    if (fstatfs(dir, &fs) == -1)
        return false;
    switch ((unsigned)fs.f_type) {
    case EXT4_SUPER_MAGIC: /* and ext2, ext3 */
    case (unsigned)MAGIC_XFS:
    case BTRFS_SUPER_MAGIC:
    case (unsigned)MAGIC_F2FS:
    case TMPFS_MAGIC:
        return true;
    default:
        return false;
    }
}

static bool
is_reliable(int dir)
{
    struct utsname system;

    return uname(&system) == 0 && strcmp(system.sysname, "Linux") == 0 &&
           durable_release_reports(system.release) && is_known(dir);
}

static bool
sync_all(int dir)
{
    return syncfs(dir) == 0 && fsync(dir) == 0;
}

#else

bool
durable_release_reports(const char *release)
{
    (void)release;
    return false;
}

static bool
is_reliable(int dir)
{
    (void)dir;
    return false;
}

static bool
sync_all(int dir)
{
    (void)dir;
    return false;
}

#endif

void
durable_init(durable *d, int dir, mail_sync wish)
{
    *d = (durable){.dir = dir, .wish = wish};
    d->reliable = wish != MAIL_SYNC_FSYNC && is_reliable(dir);
}

bool
durable_prefers_syncfs(size_t count, uint64_t octets, uint64_t dirty)
{
    uint64_t ours = octets + (uint64_t)count * OVERHEAD;
    uint64_t others = dirty > ours ? dirty - ours : 0;

    return count >= FEW && others <= (uint64_t)count * WORTH;
}

static uint64_t
meminfo_octets(const char *text, const char *name)
{
    const char *line = strstr(text, name);

    return line == NULL ? 0 : strtoull(line + strlen(name), NULL, 10) << 10;
}

/* Octets that are not on a disk yet; UINT64_MAX: nobody knows. */
static uint64_t
read_dirty(void)
{
    int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    char text[4096];
    ssize_t len;

    if (fd == -1)
        return UINT64_MAX;
    len = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (len <= 0)
        return UINT64_MAX;
    text[len] = '\0';
    if (strstr(text, "\nDirty:") == NULL)
        return UINT64_MAX;
    return meminfo_octets(text, "\nDirty:") +
           meminfo_octets(text, "\nWriteback:");
}

static bool
chooses_syncfs(const durable *d, size_t count, uint64_t octets)
{
    if (!d->reliable || count == 0)
        return false;
    if (d->wish == MAIL_SYNC_SYNCFS)
        return true;
    return count >= FEW && durable_prefers_syncfs(count, octets, read_dirty());
}

/* Files that threads take one by one. */
typedef struct work {
    pthread_mutex_t lock;
    const int *files;
    size_t count;
    size_t next;
    size_t failed; /* the first that failed; `count`: none */
    int sys;       /* why */
} work;

static bool
take(work *w, size_t *index)
{
    bool more;

    pthread_mutex_lock(&w->lock);
    more = w->next < w->failed;
    *index = w->next;
    if (more)
        w->next++;
    pthread_mutex_unlock(&w->lock);
    return more;
}

static void
note_failure(work *w, size_t index, int sys)
{
    pthread_mutex_lock(&w->lock);
    if (index < w->failed) {
        w->failed = index;
        w->sys = sys;
    }
    pthread_mutex_unlock(&w->lock);
}

static void *
sync_each(void *arg)
{
    work *w = arg;
    size_t index;

    while (take(w, &index)) {
        if (fsync(w->files[index]) == -1)
            note_failure(w, index, errno);
    }
    return NULL;
}

/* Signals are for the thread that handles them. */
static size_t
start_threads(pthread_t *threads, size_t count, work *w)
{
    sigset_t all;
    sigset_t old;
    size_t started = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (started < count &&
           pthread_create(&threads[started], NULL, sync_each, w) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}

static int
sync_files(const int *files, size_t count, size_t *ready)
{
    work w = {.files = files, .count = count, .failed = count};
    pthread_t threads[THREADS - 1];
    size_t wanted = count / FILES_PER_THREAD;
    size_t started;
    size_t i;

    pthread_mutex_init(&w.lock, NULL);
    started =
        start_threads(threads, wanted < THREADS ? wanted : THREADS - 1, &w);
    (void)sync_each(&w);
    for (i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&w.lock);
    *ready = w.failed;
    return w.sys;
}

int
durable_sync(const durable *d, const int *files, size_t count, uint64_t octets,
             size_t *ready)
{
    *ready = count;
    if (chooses_syncfs(d, count, octets) && sync_all(d->dir))
        return 0;
    return sync_files(files, count, ready);
}
