/* SPDX-License-Identifier: MIT */
/*
 * prompt - a line typed on /dev/tty, unseen if it is a password.
 *
 * While the echo is off, signals that end or stop the program are caught:
 * reading ends, the terminal is put back as it was, the old handlers too, and
 * then the signal is sent again. After a stop (^Z) and a "fg" the question is
 * asked again. Nobody is left with a terminal that shows nothing.
 */
#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/banned.h"

static const int caught[] = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                             SIGTSTP, SIGTTIN, SIGTTOU};

enum {
    CAUGHT = sizeof(caught) / sizeof(caught[0])
};

static volatile sig_atomic_t got_signal;

static void
on_signal(int number)
{
    got_signal = number;
}

/* What was there before. The signals are blocked but for the waiting in
 * ppoll(): one that comes just before it is not lost. */
typedef struct signal_state {
    struct sigaction actions[CAUGHT];
    sigset_t mask;
} signal_state;

static void
catch_signals(signal_state *before)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;
    size_t i;

    got_signal = 0;
    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    for (i = 0; i < CAUGHT; i++)
        sigaddset(&blocked, caught[i]);
    sigprocmask(SIG_BLOCK, &blocked, &before->mask);
    for (i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &action, &before->actions[i]);
}

static void
release_signals(const signal_state *before)
{
    size_t i;

    sigprocmask(SIG_SETMASK, &before->mask, NULL);
    for (i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &before->actions[i], NULL);
}

static void
say(int fd, const char *text)
{
    ssize_t written = write(fd, text, strlen(text));

    (void)written; /* a terminal that is gone shows in the next read */
}

/* False: nothing will come, or a signal did. */
static bool
wait_for_input(int fd, const sigset_t *mask)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    int ready;

    do
        ready = ppoll(&poller, 1, NULL, mask);
    while (ready == -1 && errno == EINTR && got_signal == 0);
    return ready == 1;
}

/* One octet at a time, so that nothing stands in a buffer behind the line. */
static bool
read_line(int fd, const sigset_t *mask, char *buffer, size_t size)
{
    size_t len = 0;
    char c = '\0';

    while (wait_for_input(fd, mask) && read(fd, &c, 1) == 1) {
        if (c == '\n' || c == '\r')
            break;
        if (len + 1 < size)
            buffer[len++] = c;
    }
    buffer[len] = '\0';
    return c == '\n' || c == '\r';
}

static bool
ask_once(int fd, const char *question, bool echo, char *buffer, size_t size)
{
    signal_state signals;
    struct termios before;
    struct termios during;
    bool is_terminal = tcgetattr(fd, &before) == 0;
    bool good;

    catch_signals(&signals);
    if (is_terminal && !echo) {
        during = before;
        during.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        (void)tcsetattr(fd, TCSAFLUSH, &during);
    }
    say(fd, question);
    good = read_line(fd, &signals.mask, buffer, size);
    if (is_terminal && !echo) {
        (void)tcsetattr(fd, TCSAFLUSH, &before);
        say(fd, "\n");
    }
    release_signals(&signals);
    return good;
}

bool
prompt_read(const char *question, bool echo, char *buffer, size_t size)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool good;

    if (fd == -1)
        return false;
    do {
        good = ask_once(fd, question, echo, buffer, size);
        if (got_signal != 0)
            (void)raise(got_signal); /* returns after ^Z and fg */
    } while (got_signal != 0);
    close(fd);
    return good;
}
