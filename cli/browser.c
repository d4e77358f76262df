/* SPDX-License-Identifier: MIT */
/*
 * browser - xdg-open(1) knows which browser the user has.
 *
 * It is run directly, never by a shell, by a child that is nobody's: a browser
 * may run for days. A pipe that closes with a successful exec tells whether it
 * could be started at all.
 */
#include "cli/browser.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

static bool
has_desktop(void)
{
    const char *x11 = getenv("DISPLAY");
    const char *wayland = getenv("WAYLAND_DISPLAY");

    return (x11 != NULL && x11[0] != '\0') ||
           (wayland != NULL && wayland[0] != '\0');
}

/* In the grandchild. What the browser says is of no use to the user. */
static void
become(const char *url, int failed)
{
    static char program[] = "xdg-open";
    char *copy = strdup(url);
    char *words[] = {program, copy, NULL};
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    if (copy != NULL && nowhere != -1 && setsid() != -1 &&
        dup2(nowhere, STDIN_FILENO) != -1 &&
        dup2(nowhere, STDOUT_FILENO) != -1 &&
        dup2(nowhere, STDERR_FILENO) != -1)
        execvp(program, words);
    (void)!write(failed, "x", 1);
    _exit(127);
}

static void
start(const char *url, int failed)
{
    pid_t child = fork();

    if (child == 0) {
        if (fork() == 0)
            become(url, failed);
        _exit(0);
    }
    if (child != -1)
        (void)waitpid(child, NULL, 0);
}

bool
browser_open(const char *url)
{
    int ends[2];
    char c;
    bool started;

    if (!has_desktop() || pipe2(ends, O_CLOEXEC) == -1)
        return false;
    start(url, ends[1]);
    close(ends[1]);
    started = read(ends[0], &c, 1) == 0;
    close(ends[0]);
    return started;
}
