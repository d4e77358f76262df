/* SPDX-License-Identifier: MIT */
/*
 * command_sink - a program is run for each message, with it on its standard
 * input (child.c).
 *
 * Only the exit status 0 delivers. It counts also if the program did not read
 * all: its input is a file, so nobody waits for that and no pipe breaks.
 *
 *   0          delivered
 *   65, 77     refused for good: data are wrong, not permitted (sysexits.h)
 *   all other  later: 75 asks for that, and the rest may be the program's
 *              trouble, not the message's; so may a signal and a time-out
 *
 * Its environment has nothing but what CARRIED names, as ours may hold tokens
 * of others; and POP3_DELIVERY_ID, POP3_ACCOUNT. The id is the same when a
 * message is handed over again, after a crash.
 */
#include "mail/command_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/split.h"
#include "mail/child.h"
#include "mail/handover.h"

#include "base/banned.h"

enum {
    DEADLINE_MS = 600000,
    STATUS_DATA = 65, /* of sysexits.h */
    STATUS_TEMPORARY = 75,
    STATUS_PERMISSION = 77,
    OWN_VARIABLES = 2
};

static const char *const carried[] = {
    "HOME=", "LOGNAME=",  "USER=", "SHELL=", "PATH=",   "LANG=",
    "LC_",   "LANGUAGE=", "TZ=",   "MAIL=",  "TMPDIR=", "XDG_"};

typedef struct command {
    handover base; /* the first: it begins with the sink */
    char **argv;
    char *path;
    char **env; /* `fixed` entries of ours, then OWN_VARIABLES, then NULL */
    size_t fixed;
    char *account; /* "POP3_ACCOUNT=..." */
    uint64_t deadline_ms;
} command;

static command *
of(mail_sink *sink)
{
    return (command *)sink;
}

static bool
is_carried(const char *variable)
{
    size_t i;

    for (i = 0; i < sizeof(carried) / sizeof(carried[0]); i++) {
        if (strncmp(variable, carried[i], strlen(carried[i])) == 0)
            return true;
    }
    return false;
}

/* The variables are ours as long as the process lives. */
static bool
make_environment(command *c)
{
    size_t count = 0;
    size_t i;

    while (environ[count] != NULL)
        count++;
    c->env = calloc(count + OWN_VARIABLES + 1, sizeof(*c->env));
    if (c->env == NULL)
        return false;
    for (i = 0; i < count; i++) {
        if (is_carried(environ[i]))
            c->env[c->fixed++] = environ[i];
    }
    c->env[c->fixed] = c->account;
    return true;
}

/* The one line: what happened, and the program's last words. */
static void
explain(command *c, const child_end *end, const char *what, const char *number)
{
    (void)mail_fail(&c->base.why, MAIL_ERR_BUSY, 0, "%.100s %s%s%s%.200s",
                    c->argv[0], what, number, end->said[0] == '\0' ? "" : ": ",
                    end->said);
}

static mail_outcome
judge_status(command *c, const child_end *end, int status)
{
    char number[16];

    (void)snprintf(number, sizeof(number), "%d", status);
    switch (status) {
    case 0:
        return MAIL_DONE;
    case STATUS_DATA:
    case STATUS_PERMISSION:
        explain(c, end, "refused it for good, with status ", number);
        return MAIL_NEVER;
    case STATUS_TEMPORARY:
        explain(c, end, "asked to try again later", "");
        return MAIL_LATER;
    default:
        explain(c, end, "failed with status ", number);
        return MAIL_LATER;
    }
}

static mail_outcome
judge(command *c, const child_end *end)
{
    char number[16];

    if (!end->lost && !end->timed_out && WIFEXITED(end->status))
        return judge_status(c, end, WEXITSTATUS(end->status));
    if (end->lost)
        explain(c, end, "ended, and nobody knows how", "");
    else if (end->timed_out)
        explain(c, end, "did not end in time (see --deadline)", "");
    else {
        (void)snprintf(number, sizeof(number), "%d", WTERMSIG(end->status));
        explain(c, end, "was killed by signal ", number);
    }
    return MAIL_LATER;
}

static mail_result
command_finish(mail_sink *sink, mail_error *error)
{
    command *c = of(sink);
    char id[sizeof("POP3_DELIVERY_ID=") + MAIL_KEY_LEN];
    child_end end;
    mail_result result = spool_end(&c->base.spool, error);

    if (result == MAIL_OK) {
        (void)snprintf(id, sizeof(id), "POP3_DELIVERY_ID=%s",
                       c->base.key.text);
        c->env[c->fixed + 1] = id;
        result = child_run(c->path, c->argv, c->env, c->base.spool.fd,
                           c->deadline_ms, &end, error);
        c->env[c->fixed + 1] = NULL;
    }
    if (result == MAIL_OK)
        handover_settle(&c->base, judge(c, &end));
    else
        handover_drop(sink);
    return result;
}

static void
release(command *c)
{
    split_free(c->argv);
    free(c->path);
    free(c->env);
    free(c->account);
    free(c->base.sink.name);
    free(c);
}

static void
command_close(mail_sink *sink)
{
    handover_clear(&of(sink)->base);
    release(of(sink));
}

static const mail_sink_ops command_ops = {
    .begin = handover_begin,
    .write = handover_write,
    .finish = command_finish,
    .drop = handover_drop,
    .publish = handover_publish,
    .recover = handover_recover,
    .close = command_close,
};

static mail_result
command_init(command *c, const char *line, const sink_setup *setup,
             mail_error *error)
{
    const char *why;

    c->argv = split_words(line, &why);
    if (c->argv == NULL)
        return mail_fail(error, MAIL_ERR_CONFIG, 0, "the command of cmd: %s",
                         why);
    c->path = child_find(c->argv[0]);
    if (c->path == NULL)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "there is no program %.200s that can be run",
                         c->argv[0]);
    if (asprintf(&c->account, "POP3_ACCOUNT=%s",
                 setup->account == NULL ? "" : setup->account) == -1)
        c->account = NULL;
    if (asprintf(&c->base.sink.name, "cmd:%s", line) == -1)
        c->base.sink.name = NULL;
    if (c->account == NULL || c->base.sink.name == NULL ||
        !make_environment(c))
        return mail_fail_nomem(error);
    c->deadline_ms = setup->deadline_ms > 0 ? setup->deadline_ms : DEADLINE_MS;
    handover_init(&c->base, &command_ops,
                  setup->line_ends == MAIL_LINE_ENDS_AS_SENT);
    return MAIL_OK;
}

mail_result
command_open(mail_sink **sink, const char *line, const sink_setup *setup,
             mail_error *error)
{
    command *c = calloc(1, sizeof(*c));
    mail_result result;

    if (c == NULL)
        return mail_fail_nomem(error);
    result = command_init(c, line + strspn(line, " \t"), setup, error);
    if (result == MAIL_OK)
        *sink = &c->base.sink;
    else
        release(c);
    return result;
}
