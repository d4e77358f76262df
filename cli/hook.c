/* SPDX-License-Identifier: MIT */
/*
 * hook - the on-mail program: no shell, an end in time, and no secrets.
 *
 * It learns what came from its environment; nothing that a server or a sender
 * chose is in there, or on its command line. Its output goes to our standard
 * error. It leads a process group: one that does not end in time is ended
 * with all that it started, first by SIGTERM, and then for good. The wait is
 * for a signal, so it costs nothing while it lasts.
 */
#include "cli/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/loop.h"
#include "cli/report.h"
#include "base/split.h"

#include "base/banned.h"

enum {
    CANNOT_RUN = 127, /* as shells say it */
    GRACE_MS = 2000   /* between SIGTERM and SIGKILL */
};

static void
set_number(const char *name, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, number);
    (void)setenv(name, text, 1);
}

static void
set_environment(const account *a, const session *s, const outcome *o)
{
    static const char *const ours[] = {"CREDENTIALS_DIRECTORY",
                                       "NOTIFY_SOCKET", "WATCHDOG_USEC",
                                       "WATCHDOG_PID"};
    size_t i;

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        (void)unsetenv(ours[i]);
    (void)setenv("POP3_ACCOUNT", a->name != NULL ? a->name : s->account, 1);
    (void)setenv("POP3_USER", s->where.user, 1);
    (void)setenv("POP3_HOST", s->where.host, 1);
    if (a->opt.deliver != NULL)
        (void)setenv("POP3_DELIVER", a->opt.deliver, 1);
    set_number("POP3_FETCHED", o->totals.fetched);
    set_number("POP3_OCTETS", o->totals.octets);
    set_number("POP3_FAILED", o->totals.failed);
    set_number("POP3_DELETED", o->totals.deleted);
}

/* In the child. */
static void
become(char **words, const sigset_t *mask)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGUSR1, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    if (null != -1 && dup2(null, STDIN_FILENO) != -1 &&
        dup2(STDERR_FILENO, STDOUT_FILENO) != -1)
        execvp(words[0], words);
    report("cannot run the on-mail program %s: %s", printable(words[0]),
           strerror(errno));
    _exit(CANNOT_RUN);
}

/* Waits so long for the end of the child; false: it runs on. */
static bool
wait_for(pid_t child, int64_t until_ms, int *status)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    for (;;) {
        int64_t left = until_ms - loop_now_ms();
        struct timespec wait = {.tv_sec = (time_t)(left / 1000),
                                .tv_nsec = (long)(left % 1000) * 1000000};

        if (waitpid(child, status, WNOHANG) == child)
            return true;
        if (left <= 0 || interrupt_noted())
            return false;
        (void)sigtimedwait(&ends, NULL, &wait);
    }
}

/* False: it was ended, as it took too long. */
static bool
watch(pid_t child, uint64_t limit_s, int *status)
{
    int64_t now = loop_now_ms();

    if (wait_for(child, now + (int64_t)limit_s * 1000, status))
        return true;
    (void)kill(-child, SIGTERM);
    if (!wait_for(child, loop_now_ms() + GRACE_MS, status)) {
        (void)kill(-child, SIGKILL);
        while (waitpid(child, status, 0) == -1 && errno == EINTR)
            ;
    }
    return false;
}

static bool
judge(bool in_time, int status, char *why, size_t size)
{
    if (!in_time)
        (void)snprintf(why, size,
                       "the on-mail program did not end in time and was "
                       "ended; the mail is delivered: run it by hand to see "
                       "why, or set on-mail-timeout");
    else if (WIFSIGNALED(status))
        (void)snprintf(why, size,
                       "the on-mail program was killed by signal %d; the "
                       "mail is delivered",
                       WTERMSIG(status));
    else if (WEXITSTATUS(status) == CANNOT_RUN)
        (void)snprintf(why, size,
                       "the on-mail program could not be run; the mail is "
                       "delivered");
    else if (WEXITSTATUS(status) != 0)
        (void)snprintf(why, size,
                       "the on-mail program failed with status %d; the mail "
                       "is delivered",
                       WEXITSTATUS(status));
    else
        return true;
    return false;
}

static bool
run(char **words, const account *a, const session *s, const outcome *o,
    char *why, size_t size)
{
    sigset_t ends;
    sigset_t before;
    int status = 0;
    bool in_time = true;
    pid_t child;

    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &ends, &before);
    child = fork();
    if (child == 0) {
        set_environment(a, s, o);
        become(words, &before);
    }
    if (child == -1) {
        (void)snprintf(why, size, "the on-mail program cannot be started: %s",
                       strerror(errno));
    } else {
        (void)setpgid(child, child);
        in_time = watch(child, a->opt.on_mail_timeout_s, &status);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return child != -1 && judge(in_time, status, why, size);
}

bool
hook_run(const account *a, const session *s, const outcome *o, char *why,
         size_t size)
{
    const char *what;
    char **words;
    bool good;

    if (a->opt.on_mail == NULL || o->totals.fetched == 0)
        return true;
    words = split_words(a->opt.on_mail, &what);
    if (words == NULL) {
        (void)snprintf(why, size, "on-mail: %s", what);
        return false;
    }
    good = run(words, a, s, o, why, size);
    split_free(words);
    return good;
}
