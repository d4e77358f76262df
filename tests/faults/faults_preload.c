/* SPDX-License-Identifier: MIT */
/*
 * faults_preload - a library for LD_PRELOAD by which the N-th system call of a
 * program fails, comes short, or is the moment at which it is killed; by which
 * its connection is cut at any octet; and which writes down what it does.
 *
 * It stands between the program (and SQLite, and OpenSSL) and the kernel for
 * all calls that change a disk or ask a server, and those that read a disk
 * (faults_read.c). Each of them belongs to a
 * class. By the environment:
 *
 *   FAULTS_CALL   the classes that count, with commas: write fsync link rename
 *                 noreplace unlink truncate open mkdir close read send;
 *                 "disk": all but read and send; "any": all but read;
 *                 "change": all that a file system does not let one do that
 *                 is read-only, open() for writing among them
 *   FAULTS_UNDER  only calls about this directory and what is in it
 *   FAULTS_AT     the number of the call, from 1, to which it happens
 *   FAULTS_HOW    "kill": SIGKILL before it; "killgroup": for the group of
 *                 processes; "short": half of a read or a write; or the number
 *                 of an error
 *   FAULTS_HOW_LINK  the same, for link alone
 *   FAULTS_ON     if set, it happens to all calls from that one on
 *   FAULTS_HIT    a file that is made when it happens
 *   FAULTS_COUNT  a file that gets the number of calls at the end, and how
 *                 many octets the last connection received
 *   FAULTS_CUT    a connection is cut behind so many octets received
 *   FAULTS_ONLY   if set, only the connection of this number is, from 1
 *   FAULTS_LOG    a file that gets a record of each call: a line of its name,
 *                 descriptor, numbers, path; and then its octets
 *   FAULTS_CLOCK  seconds by which the clock of the wall is wrong
 *
 * What realpath(3) finds in the working directory is told as a path by way of
 * /proc/self/cwd: what the program writes down is good in any directory.
 * A failed close() closes all the same, as Linux does it; any other call that
 * fails changes nothing. Calls go to the kernel by syscall(2). There is one
 * lock: the order of the records is the order of the calls.
 */
#include "faults_preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The names of parameters in libc's headers are reserved.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long seen_calls;
static int log_file = -1;

long
number_of(const char *name, long otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtol(text, NULL, 10);
}

/* ---- paths ------------------------------------------------------------ */

void
path_of_fd(int fd, char *path)
{
    char link_name[64];
    long len;

    (void)snprintf(link_name, sizeof(link_name), "/proc/self/fd/%d", fd);
    len = syscall(SYS_readlinkat, AT_FDCWD, link_name, path, PATH_SIZE - 1);
    path[len < 0 ? 0 : len] = '\0';
}

static void
path_at(int dir, const char *name, char *path)
{
    size_t len;

    path[0] = '\0';
    if (name[0] != '/') {
        if (dir == AT_FDCWD)
            (void)syscall(SYS_getcwd, path, PATH_SIZE - 1);
        else
            path_of_fd(dir, path);
    }
    len = strlen(path);
    (void)snprintf(path + len, PATH_SIZE - len, "%s%s",
                   name[0] == '/' ? "" : "/", name);
}

static bool
is_under(const char *path)
{
    const char *under = getenv("FAULTS_UNDER");
    size_t len = under == NULL ? 0 : strlen(under);

    return len == 0 || (strncmp(path, under, len) == 0 &&
                        (path[len] == '/' || path[len] == '\0'));
}

/* ---- what happens ----------------------------------------------------- */

/* Whether `word` is one of the words between commas. */
static bool
has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    while (words != NULL) {
        words += *words == ',' ? 1 : 0;
        if (strncmp(words, word, len) == 0 &&
            (words[len] == ',' || words[len] == '\0'))
            return true;
        words = strchr(words, ',');
    }
    return false;
}

static bool
is_wanted(const char *class, const char *path)
{
    const char *changes =
        "change,write,link,rename,noreplace,unlink,truncate,mkdir";
    const char *wanted = getenv("FAULTS_CALL");
    bool sends = strcmp(class, "send") == 0;
    bool reads = strcmp(class, "read") == 0;

    if (wanted == NULL || (!sends && !is_under(path)))
        return false;
    if (strcmp(wanted, "change") == 0)
        return has_word(changes, class);
    if (strcmp(class, "change") == 0)
        return false;
    return has_word(wanted, class) || (has_word(wanted, "any") && !reads) ||
           (has_word(wanted, "disk") && !sends && !reads);
}

__attribute__((destructor)) static void
tell_count(void)
{
    const char *file = getenv("FAULTS_COUNT");
    char text[64];
    int len = snprintf(text, sizeof(text), "%lu %ld", seen_calls,
                       connection_received());
    long fd;

    if (file == NULL)
        return;
    fd = syscall(SYS_openat, AT_FDCWD, file, O_CREAT | O_WRONLY | O_TRUNC,
                 0600);
    if (fd >= 0)
        (void)syscall(SYS_write, (int)fd, text, (size_t)len);
}

static void
note_hit(void)
{
    const char *hit = getenv("FAULTS_HIT");
    long fd;

    if (hit == NULL)
        return;
    fd = syscall(SYS_openat, AT_FDCWD, hit, O_CREAT | O_WRONLY, 0600);
    if (fd >= 0)
        (void)syscall(SYS_close, (int)fd);
}

int
happens(const char *class, const char *path)
{
    const char *of_link = getenv("FAULTS_HOW_LINK");
    const char *how = of_link != NULL && strcmp(class, "link") == 0
                          ? of_link
                          : getenv("FAULTS_HOW");
    unsigned long at = (unsigned long)number_of("FAULTS_AT", 0);
    unsigned long number;

    if (how == NULL || !is_wanted(class, path))
        return 0;
    number = ++seen_calls;
    if (number < at || (number > at && getenv("FAULTS_ON") == NULL))
        return 0;
    note_hit();
    if (strncmp(how, "kill", 4) == 0) {
        (void)kill(strcmp(how, "killgroup") == 0 ? 0 : getpid(), SIGKILL);
        pause();
    }
    return strcmp(how, "short") == 0 ? -1 : (int)strtol(how, NULL, 10);
}

void
record(const char *name, int fd, long first, long second, const char *path,
       const void *data, size_t len)
{
    const char *file = getenv("FAULTS_LOG");
    char line[PATH_SIZE + 200];
    int n;

    if (file == NULL)
        return;
    if (log_file == -1)
        log_file =
            (int)syscall(SYS_openat, AT_FDCWD, file,
                         O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    n = snprintf(line, sizeof(line), "%s %d %ld %ld %zu %s\n", name, fd, first,
                 second, len, path);
    (void)syscall(SYS_write, log_file, line, (size_t)n);
    if (len > 0)
        (void)syscall(SYS_write, log_file, data, len);
}

void
enter(void)
{
    pthread_mutex_lock(&lock);
}

long
leave(long result, int error)
{
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

/* ---- calls about a descriptor ------------------------------------------ */

static ssize_t
write_at(int fd, const void *data, size_t len, off_t offset, bool has_offset)
{
    char path[PATH_SIZE];
    long result = -1;
    int error;

    enter();
    path_of_fd(fd, path);
    error = happens(path[0] == '/' ? "write" : "send", path);
    if (error > 0)
        return leave(-1, error);
    if (error == -1 && len > 1)
        len /= 2;
    if (has_offset)
        CALL(SYS_pwrite64, fd, data, len, offset);
    else
        CALL(SYS_write, fd, data, len);
    if (result > 0 && !has_offset)
        offset = syscall(SYS_lseek, fd, 0, SEEK_CUR) - result;
    if (result > 0)
        record(path[0] == '/' ? "write" : "send", fd, (long)offset, 0, path,
               data, (size_t)result);
    return leave(result, error);
}

EXPORT ssize_t
write(int fd, const void *data, size_t len)
{
    if (connection_swallows(fd))
        return (ssize_t)len;
    return write_at(fd, data, len, 0, false);
}

EXPORT ssize_t
pwrite(int fd, const void *data, size_t len, off_t offset)
{
    return write_at(fd, data, len, offset, true);
}

EXPORT ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
    return write_at(fd, data, len, offset, true);
}

static int
simple(const char *class, const char *name, long call, int fd, long number)
{
    char path[PATH_SIZE];
    long result = -1;
    int error;

    enter();
    path_of_fd(fd, path);
    error = path[0] == '/' ? happens(class, path) : 0;
    if (error > 0 && call == SYS_close)
        (void)syscall(SYS_close, fd);
    if (error > 0)
        return (int)leave(-1, error);
    CALL(call, fd, number);
    if (result == 0 && path[0] == '/')
        record(name, fd, number, 0, path, NULL, 0);
    return (int)leave(result, error);
}

EXPORT int
fsync(int fd)
{
    return simple("fsync", "fsync", SYS_fsync, fd, 0);
}

EXPORT int
fdatasync(int fd)
{
    return simple("fsync", "fdatasync", SYS_fdatasync, fd, 0);
}

EXPORT int
syncfs(int fd)
{
    return simple("fsync", "syncfs", SYS_syncfs, fd, 0);
}

EXPORT int
ftruncate(int fd, off_t size)
{
    return simple("truncate", "truncate", SYS_ftruncate, fd, size);
}

EXPORT int
ftruncate64(int fd, off64_t size)
{
    return simple("truncate", "truncate", SYS_ftruncate, fd, size);
}

EXPORT int
close(int fd)
{
    connection_closed(fd);
    return simple("close", "close", SYS_close, fd, 0);
}

/* ---- calls about names -------------------------------------------------- */

static int
open_at(int dir, const char *name, int flags, mode_t mode)
{
    char path[PATH_SIZE];
    long result = -1;
    int error;

    enter();
    path_at(dir, name, path);
    error = happens("open", path);
    if (error == 0 && (flags & (O_ACCMODE | O_CREAT | O_TRUNC)) != O_RDONLY)
        error = happens("change", path);
    if (error > 0)
        return (int)leave(-1, error);
    if ((flags & (O_CREAT | O_TMPFILE)) == 0)
        mode = 0;
    CALL(SYS_openat, dir, name, flags, mode);
    if (result >= 0)
        record("open", (int)result, flags, 0, path, NULL, 0);
    return (int)leave(result, error);
}

/* open() has a mode only if it may make a file: else what stands in its place
 * is passed on, and means nothing. The names with _2 are what glibc's
 * fortified headers call if there is none. */
#define OPEN(name, symbol)                             \
    EXPORT int name(const char *path, int flags,       \
                    mode_t mode) __asm__(symbol);      \
    int name(const char *path, int flags, mode_t mode) \
    {                                                  \
        return open_at(AT_FDCWD, path, flags, mode);   \
    }
#define OPEN_AT(name, symbol)                                   \
    EXPORT int name(int dir, const char *path, int flags,       \
                    mode_t mode) __asm__(symbol);               \
    int name(int dir, const char *path, int flags, mode_t mode) \
    {                                                           \
        return open_at(dir, path, flags, mode);                 \
    }

OPEN(faulty_open, "open")
OPEN(faulty_open64, "open64")
OPEN(faulty_open_2, "__open_2")
OPEN(faulty_open64_2, "__open64_2")
OPEN_AT(faulty_openat, "openat")
OPEN_AT(faulty_openat64, "openat64")
OPEN_AT(faulty_openat_2, "__openat_2")
OPEN_AT(faulty_openat64_2, "__openat64_2")

static int
name_call(const char *class, long call, int dir, const char *name, long number)
{
    char path[PATH_SIZE];
    long result = -1;
    int error;

    enter();
    path_at(dir, name, path);
    error = happens(class, path);
    if (error > 0)
        return (int)leave(-1, error);
    CALL(call, dir, name, number);
    if (result == 0)
        record(class, dir, number, 0, path, NULL, 0);
    return (int)leave(result, error);
}

EXPORT int
mkdirat(int dir, const char *name, mode_t mode)
{
    return name_call("mkdir", SYS_mkdirat, dir, name, mode);
}

EXPORT int
mkdir(const char *name, mode_t mode)
{
    return name_call("mkdir", SYS_mkdirat, AT_FDCWD, name, mode);
}

EXPORT int
unlinkat(int dir, const char *name, int flags)
{
    return name_call("unlink", SYS_unlinkat, dir, name, flags);
}

EXPORT int
unlink(const char *name)
{
    return name_call("unlink", SYS_unlinkat, AT_FDCWD, name, 0);
}

static int
two_names(const char *class, long call, int from, const char *old, int to,
          const char *fresh, unsigned flags)
{
    char path[PATH_SIZE];
    char target[PATH_SIZE];
    long result = -1;
    int error;

    enter();
    path_at(from, old, path);
    path_at(to, fresh, target);
    error = happens(class, target);
    if (error > 0)
        return (int)leave(-1, error);
    CALL(call, from, old, to, fresh, flags);
    if (result == 0)
        record(class, -1, 0, 0, path, target, strlen(target));
    return (int)leave(result, error);
}

EXPORT int
linkat(int from, const char *old, int to, const char *fresh, int flags)
{
    return two_names("link", SYS_linkat, from, old, to, fresh,
                     (unsigned)flags);
}

EXPORT int
link(const char *old, const char *fresh)
{
    return two_names("link", SYS_linkat, AT_FDCWD, old, AT_FDCWD, fresh, 0);
}

/* With flags it is a promise that not every file system can give. */
EXPORT int
renameat2(int from, const char *old, int to, const char *fresh, unsigned flags)
{
    return two_names(flags == 0 ? "rename" : "noreplace", SYS_renameat2, from,
                     old, to, fresh, flags);
}

EXPORT int
renameat(int from, const char *old, int to, const char *fresh)
{
    return two_names("rename", SYS_renameat2, from, old, to, fresh, 0);
}

EXPORT int
rename(const char *old, const char *fresh)
{
    return two_names("rename", SYS_renameat2, AT_FDCWD, old, AT_FDCWD, fresh,
                     0);
}

EXPORT char *
realpath(const char *restrict name, char *restrict resolved)
{
    void *symbol = dlsym(RTLD_NEXT, "realpath");
    char *(*next)(const char *, char *);
    char here[PATH_SIZE];
    char *found;
    char *told;
    size_t len;

    memcpy(&next, &symbol, sizeof(next));
    found = next(name, resolved);
    if (found == NULL || resolved != NULL ||
        syscall(SYS_getcwd, here, sizeof(here)) < 0)
        return found;
    len = strlen(here);
    if (strncmp(found, here, len) != 0 ||
        (found[len] != '/' && found[len] != '\0') ||
        asprintf(&told, "/proc/self/cwd%s", found + len) == -1)
        return found;
    free(found);
    return told;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
