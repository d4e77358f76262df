/* SPDX-License-Identifier: MIT */
/*
 * measure - runs a command and says what it cost:
 *
 *     measure RESULT-FILE SECONDS COMMAND [ARGUMENT...]
 *
 * writes "status wall user sys maxrss" to RESULT-FILE: the exit status (or
 * 128 and the signal), seconds, and KiB. It is small itself, because a
 * process inherits the peak memory of what it was forked from. The command
 * is killed after SECONDS.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;

static void
on_alarm(int number)
{
    (void)number;
    if (child > 0)
        (void)kill(child, SIGKILL);
}

static double
seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
    struct rusage usage = {0};
    int status = 0;
    double begin;
    FILE *file;

    if (argc < 4)
        return 64;
    (void)signal(SIGALRM, on_alarm);
    begin = now();
    child = fork();
    if (child == 0) {
        execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(127);
    }
    (void)alarm((unsigned)strtoul(argv[2], NULL, 10));
    if (child == -1 || wait4(child, &status, 0, &usage) != child)
        return 1;
    file = fopen(argv[1], "w");
    if (file == NULL)
        return 1;
    fprintf(file, "%d %.6f %.6f %.6f %ld\n",
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            now() - begin, seconds(usage.ru_utime), seconds(usage.ru_stime),
            usage.ru_maxrss);
    return fclose(file) == 0 ? 0 : 1;
}
