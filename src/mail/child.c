/* SPDX-License-Identifier: MIT */
/*
 * child - execve(2), a process group, a deadline and the last words.
 *
 * No shell has a part in it, also not for a file without "#!" (execvp() would
 * take one). The program leads a process group, which is ended as a whole when
 * its time is over: SIGTERM, and SIGKILL after GRACE_MS. It gets the message
 * as its standard input, nothing on its standard output, and a pipe as its
 * standard error, of which the end is kept for the one line that tells why it
 * failed. Everything else is closed. Whether execve() worked is told by a
 * pipe that it closes.
 *
 * Once the program has ended it is not waited for what it left behind, which
 * may hold its standard error open.
 */
#include "mail/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "net/clock.h"

#include "base/banned.h"

enum {
    SLICE_MS = 10, /* between two looks, where no descriptor tells */
    LONG_MS = 60000,
    GRACE_MS = 5000,    /* from SIGTERM to SIGKILL */
    KEEP_SIZE = 1024,   /* of what it says */
    READS_PER_LOOK = 64 /* a program that talks for ever is still timed */
};

typedef struct running {
    pid_t pid;
    int said;  /* the reading end of its standard error; -1: closed */
    int alive; /* tells when it ends; -1: there is no such descriptor */
    bool ended;
    child_end *end;
    char kept[KEEP_SIZE];
    size_t len;
} running;

/* A copy above those that the child sets one by one. */
static int
copy_above(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 2);
}

/* In the child: only what may be called between fork() and execve(). */
static void
become(const char *path, char *const *argv, char *const *env, int in, int said,
       int failed)
{
    int null = copy_above(open("/dev/null", O_WRONLY | O_CLOEXEC));
    sigset_t none;
    int sys;

    (void)setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    in = copy_above(in);
    if (null != -1 && dup2(in, STDIN_FILENO) != -1 &&
        dup2(null, STDOUT_FILENO) != -1 && dup2(said, STDERR_FILENO) != -1 &&
        dup2(failed, STDERR_FILENO + 1) != -1 &&
        fcntl(STDERR_FILENO + 1, F_SETFD, FD_CLOEXEC) != -1) {
        failed = STDERR_FILENO + 1;
#ifdef SYS_close_range
        /* Where there is none: all of ours are closed by execve() anyway. */
        (void)syscall(SYS_close_range, STDERR_FILENO + 2U, ~0U, 0U);
#endif
        execve(path, argv, env);
    }
    sys = errno;
    (void)!write(failed, &sys, sizeof(sys));
    _exit(127);
}

/* 0: it runs; else the errno of the child. */
static int
read_failure(int fd)
{
    int sys = 0;
    ssize_t n;

    do
        n = read(fd, &sys, sizeof(sys));
    while (n == -1 && errno == EINTR);
    close(fd);
    return n == (ssize_t)sizeof(sys) ? sys : 0;
}

static int
make_pipe(int ends[2])
{
    int low[2];

    if (pipe2(low, O_CLOEXEC) == -1)
        return errno;
    ends[0] = copy_above(low[0]);
    ends[1] = copy_above(low[1]);
    close(low[0]);
    close(low[1]);
    return ends[0] == -1 || ends[1] == -1 ? EMFILE : 0;
}

static void
close_pipe(const int ends[2])
{
    if (ends[0] != -1)
        close(ends[0]);
    if (ends[1] != -1)
        close(ends[1]);
}

/* Returns 0 or an errno; *failure: that of execve() in the child. */
static int
start(running *r, const char *path, char *const *argv, char *const *env,
      int in, int *failure)
{
    int said[2] = {-1, -1};
    int failed[2] = {-1, -1};
    int sys = make_pipe(said);

    if (sys == 0)
        sys = make_pipe(failed);
    if (sys == 0) {
        r->pid = fork();
        if (r->pid == 0)
            become(path, argv, env, in, said[1], failed[1]);
        sys = r->pid == -1 ? errno : 0;
    }
    if (sys != 0) {
        close_pipe(said);
        close_pipe(failed);
        return sys;
    }
    (void)setpgid(r->pid, r->pid); /* here too: whichever comes first */
    close(said[1]);
    close(failed[1]);
    r->said = said[0];
    (void)fcntl(r->said, F_SETFL, O_NONBLOCK);
#ifdef SYS_pidfd_open
    r->alive = (int)syscall(SYS_pidfd_open, r->pid, 0U);
#endif
    *failure = read_failure(failed[0]);
    return 0;
}

static void
look_for_end(running *r, int flags)
{
    pid_t ended = waitpid(r->pid, &r->end->status, flags);

    r->end->lost = ended == -1 && errno != EINTR;
    r->ended = ended > 0 || r->end->lost;
}

/* Keeps the last half of the memory, or more. */
static void
take(running *r)
{
    int reads;

    for (reads = 0; r->said != -1 && reads < READS_PER_LOOK; reads++) {
        ssize_t n;

        if (r->len == sizeof(r->kept)) {
            memmove(r->kept, r->kept + KEEP_SIZE / 2, KEEP_SIZE / 2);
            r->len = KEEP_SIZE / 2;
        }
        n = read(r->said, r->kept + r->len, sizeof(r->kept) - r->len);
        if (n > 0) {
            r->len += (size_t)n;
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
            close(r->said);
            r->said = -1;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

/* Until it ends, or the time is over. */
static void
watch(running *r, int64_t until_ms)
{
    while (!r->ended) {
        struct pollfd ends[] = {{.fd = r->said, .events = POLLIN},
                                {.fd = r->alive, .events = POLLIN}};
        int64_t most_ms = r->alive == -1 ? SLICE_MS : LONG_MS;
        int64_t left_ms = until_ms - clock_ms();

        if (left_ms <= 0)
            return;
        (void)poll(ends, 2, (int)(left_ms < most_ms ? left_ms : most_ms));
        take(r);
        look_for_end(r, WNOHANG);
    }
}

static void
end_it(running *r)
{
    r->end->timed_out = true;
    (void)kill(-r->pid, SIGTERM);
    watch(r, clock_ms() + GRACE_MS);
    (void)kill(-r->pid, SIGKILL); /* those that are left, too */
    while (!r->ended)
        look_for_end(r, 0);
}

/* The last line that is not empty, printable. */
static void
tell_last_words(running *r)
{
    text_builder text = text_start(r->end->said, sizeof(r->end->said));
    size_t budget = sizeof(r->end->said);
    size_t end = r->len;
    size_t start;

    while (end > 0 && (r->kept[end - 1] == '\n' || r->kept[end - 1] == ' '))
        end--;
    start = end;
    while (start > 0 && r->kept[start - 1] != '\n')
        start--;
    text_add_printable(&text, r->kept + start, end - start, &budget);
}

mail_result
child_run(const char *path, char *const *argv, char *const *env, int in,
          uint64_t deadline_ms, child_end *end, mail_error *error)
{
    running r = {.said = -1, .alive = -1, .end = end};
    int64_t until_ms = deadline_ms > INT64_MAX / 2
                           ? INT64_MAX
                           : clock_ms() + (int64_t)deadline_ms;
    int failure = 0;
    int sys;

    *end = (child_end){.said = ""};
    sys = start(&r, path, argv, env, in, &failure);
    if (sys != 0)
        return mail_fail(error, MAIL_ERR_BUSY, sys, "cannot start %.200s: %s",
                         path, strerror(sys));
    watch(&r, until_ms);
    if (!r.ended)
        end_it(&r);
    take(&r);
    if (r.said != -1)
        close(r.said);
    if (r.alive != -1)
        close(r.alive);
    tell_last_words(&r);
    if (failure != 0)
        return mail_fail(error, MAIL_ERR_CONFIG, failure,
                         "cannot run %.200s: %s", path, strerror(failure));
    return MAIL_OK;
}

char *
child_find(const char *name)
{
    const char *path = getenv("PATH");
    char *full;

    if (strchr(name, '/') != NULL)
        return access(name, X_OK) == 0 ? realpath(name, NULL) : NULL;
    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");

        if (path[0] == '/') {
            if (asprintf(&full, "%.*s/%s", (int)len, path, name) == -1)
                return NULL;
            if (access(full, X_OK) == 0)
                return full;
            free(full);
        }
        path += len + (path[len] == ':' ? 1 : 0);
    }
    return NULL;
}
