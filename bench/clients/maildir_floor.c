/* SPDX-License-Identifier: MIT */
/*
 * maildir_floor - the least that safe delivery into a Maildir costs:
 *
 *     maildir_floor DIR syncfs|fsync COUNT OCTETS
 *
 * For each 1,000 messages: the files are written to tmp/; one syncfs(), or an
 * fsync() of each with 32 in flight; the renames into new/; one fsync() of
 * that directory.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BATCH = 1000,
    THREADS = 32
};

typedef struct maildir {
    int tmp, new;
    int fds[BATCH];
    size_t count;
    size_t next; /* to be synced */
    bool failed;
    pthread_mutex_t lock;
} maildir;

static int
open_folder(const char *parent, const char *name)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/%s", parent, name);
    (void)mkdir(path, 0700);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
write_one(maildir *m, unsigned long number, const char *data, size_t len)
{
    char name[64];
    int fd;

    (void)snprintf(name, sizeof(name), "%lu.floor", number);
    fd = openat(m->tmp, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1)
        return false;
    m->fds[m->count++] = fd;
    return write(fd, data, len) == (ssize_t)len;
}

static void *
sync_some(void *ctx)
{
    maildir *m = ctx;

    for (;;) {
        size_t i;

        (void)pthread_mutex_lock(&m->lock);
        i = m->next++;
        (void)pthread_mutex_unlock(&m->lock);
        if (i >= m->count)
            return NULL;
        if (fdatasync(m->fds[i]) != 0)
            m->failed = true;
    }
}

static bool
sync_each(maildir *m)
{
    pthread_t threads[THREADS];
    size_t started = 0;

    m->next = 0;
    while (started < THREADS &&
           pthread_create(&threads[started], NULL, sync_some, m) == 0)
        started++;
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    return started > 0 && !m->failed;
}

static bool
publish(maildir *m, unsigned long first)
{
    char name[64];

    for (size_t i = 0; i < m->count; i++) {
        (void)close(m->fds[i]);
        (void)snprintf(name, sizeof(name), "%lu.floor", first + i);
        if (renameat(m->tmp, name, m->new, name) != 0)
            return false;
    }
    m->count = 0;
    return fsync(m->new) == 0;
}

static bool
deliver(maildir *m, unsigned long count, const char *data, size_t len,
        bool each)
{
    for (unsigned long n = 0; n < count;) {
        unsigned long first = n;

        while (n < count && m->count < BATCH) {
            if (!write_one(m, n++, data, len))
                return false;
        }
        if (each ? !sync_each(m) : syncfs(m->tmp) != 0)
            return false;
        if (!publish(m, first))
            return false;
    }
    return true;
}

int
main(int argc, char **argv)
{
    static maildir m = {.lock = PTHREAD_MUTEX_INITIALIZER};
    size_t len;
    char *data;
    bool good;

    if (argc != 5)
        return 64;
    len = strtoul(argv[4], NULL, 10);
    data = malloc(len + 1);
    (void)mkdir(argv[1], 0700);
    m.tmp = open_folder(argv[1], "tmp");
    m.new = open_folder(argv[1], "new");
    if (data == NULL || m.tmp == -1 || m.new == -1)
        return 1;
    memset(data, 'x', len);
    good = deliver(&m, strtoul(argv[3], NULL, 10), data, len,
                   strcmp(argv[2], "fsync") == 0);
    free(data);
    return good ? 0 : 1;
}
