/* SPDX-License-Identifier: MIT */
/*
 * password_command - a program that prints a password, run and watched.
 *
 * It is run directly, never by a shell, with the signals as a shell would
 * hand them on. It may print more than the password: that is read and thrown
 * away, so that it need not die of a closed pipe. Once the first line is
 * there and the program has ended, nothing more is waited for: something that
 * it left in the background may hold the pipe open.
 *
 * It runs under --deadline, as a server waits for the login and others for
 * the account. Without a terminal it leads a process group, which is killed
 * as a whole. With one it stays in ours, as only that may ask a question
 * there and is reached by ^C; then it is killed alone.
 */
#include "cli/password_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/report.h"
#include "net/clock.h"

#include "base/banned.h"

enum {
    SLICE_MS = 10,       /* between two looks whether the program ended */
    CANNOT_RUN = 127,    /* as shells say it */
    EXCESS_SIZE = 4096,  /* read at once of what is thrown away */
    FOREVER_MS = 1 << 30 /* for poll(2) */
};

typedef struct running {
    const password_job *job;
    pid_t child;
    bool leads; /* a process group of its own */
    bool ended;
    bool lost;  /* it ended, and nobody knows how */
    int status; /* else, once it ended */
    int out;    /* -1: its end was read */
    char *buffer;
    size_t size;
    size_t len;
    int64_t end_ms; /* of our patience */
} running;

static bool
has_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd != -1)
        close(fd);
    return fd != -1;
}

/* The variable is there in no other case, whatever we were started with. */
static void
tell_refusal(const char *refusal)
{
    if (refusal == NULL)
        (void)unsetenv("POP3_OAUTH_ERROR");
    else
        (void)setenv("POP3_OAUTH_ERROR", refusal, 1);
}

/* In the child. The command's own errors go to our standard error. Signals
 * that we ignore would stay ignored behind execvp(). */
static void
become(const password_job *job, int out, bool leads)
{
    char *const *words; /* what execvp() reads, as it wants the type */

    memcpy(&words, &job->argv, sizeof(words));
    tell_refusal(job->refusal);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    if (leads) {
        (void)setpgid(0, 0);
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    }
    if (dup2(out, STDOUT_FILENO) != -1)
        execvp(words[0], words);
    report("cannot run the %s command %s: %s", job->what, printable(words[0]),
           strerror(errno));
    _exit(CANNOT_RUN);
}

static bool
start(running *r)
{
    int ends[2] = {-1, -1};

    if (pipe2(ends, O_CLOEXEC) == 0) {
        r->child = fork();
        if (r->child == 0)
            become(r->job, ends[1], r->leads);
        close(ends[1]);
        r->out = ends[0];
        if (r->child != -1) {
            if (r->leads) /* here too: whichever of both comes first */
                (void)setpgid(r->child, r->child);
            return true;
        }
        close(ends[0]);
    }
    report("cannot run the %s command: %s", r->job->what, strerror(errno));
    return false;
}

static void
look_for_end(running *r, int flags)
{
    pid_t ended = waitpid(r->child, &r->status, flags);

    r->lost = ended == -1 && errno != EINTR;
    r->ended = ended > 0 || r->lost;
}

static bool
has_line(const running *r)
{
    return r->out == -1 || r->len == r->size ||
           memchr(r->buffer, '\n', r->len) != NULL;
}

/* Takes what is in the pipe, or finds its end. */
static void
take(running *r)
{
    char excess[EXCESS_SIZE];
    bool full = r->len == r->size;
    ssize_t n = full ? read(r->out, excess, sizeof(excess))
                     : read(r->out, r->buffer + r->len, r->size - r->len);

    if (full)
        secret_wipe(excess, sizeof(excess));
    if (n > 0 && !full)
        r->len += (size_t)n;
    if (n == 0 || (n == -1 && errno != EINTR)) {
        close(r->out);
        r->out = -1;
    }
}

/* Waits for output; or, once there is enough, also for the program's end. */
static void
wait_a_bit(running *r, int64_t left_ms)
{
    struct pollfd pipe_end = {.fd = r->out, .events = POLLIN};
    int64_t most = has_line(r) ? SLICE_MS : FOREVER_MS;

    if (poll(&pipe_end, 1, (int)(left_ms < most ? left_ms : most)) > 0)
        take(r);
    if (has_line(r))
        look_for_end(r, WNOHANG);
}

/* False: it was killed, as it took too long. */
static bool
watch(running *r)
{
    while (!r->ended) {
        int64_t left_ms = r->end_ms - clock_ms();

        if (left_ms <= 0) {
            (void)kill(r->leads ? -r->child : r->child, SIGKILL);
            while (!r->ended)
                look_for_end(r, 0);
            report("the %s command did not end in time: run it by hand to see "
                   "why, or give it more with --deadline",
                   r->job->what);
            return false;
        }
        wait_a_bit(r, left_ms);
    }
    return true;
}

static bool
ended_well(const running *r)
{
    if (r->lost)
        report("the %s command was lost: its end was not told", r->job->what);
    else if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0)
        return true;
    else if (WIFSIGNALED(r->status))
        report("the %s command was killed by signal %d", r->job->what,
               WTERMSIG(r->status));
    else if (WEXITSTATUS(r->status) != CANNOT_RUN) /* that was reported */
        report("the %s command failed with status %d: run it by hand to see "
               "why",
               r->job->what, WEXITSTATUS(r->status));
    return false;
}

bool
password_command(const password_job *job, char *buffer, size_t size,
                 size_t *len)
{
    running r = {
        .job = job, .leads = !has_terminal(), .buffer = buffer, .size = size};
    bool good;

    r.end_ms = job->deadline_ms > INT64_MAX / 2
                   ? INT64_MAX
                   : clock_ms() + (int64_t)job->deadline_ms;
    if (!start(&r))
        return false;
    good = watch(&r) && ended_well(&r);
    if (r.out != -1)
        close(r.out);
    *len = r.len;
    return good;
}
