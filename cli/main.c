/* SPDX-License-Identifier: MIT */
/*
 * main - the pop3 program: one table of commands, and the first word decides.
 *
 * A command is a row here and a file cmd_<name>.c. It gets its options parsed
 * and returns the exit status. Output that could not be written (a full disk,
 * a closed pipe) is an error of its own, seen at the end, and never silent.
 *
 * From its first instruction on the process leaves no core dump and cannot be
 * traced by others, as it will hold a password (R17).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <pop3.h>

#include "cli/account.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/near.h"
#include "cli/open_files.h"
#include "cli/report.h"

#include "base/banned.h"

const command commands[] = {
    {"check", CMD_CHECK, "ACCOUNT...", 1, SIZE_MAX,
     "say how much mail there is",
     "Print how many messages each account has, and their size. Nothing is "
     "fetched and nothing changes.",
     "pop3 check pops://alice@mail.example.org", cmd_check, TAKES_MANY},
    {"list", CMD_LIST, "ACCOUNT", 1, 1, "list the messages",
     "Print a line for each message: its number, its size in octets and its "
     "unique-id. Nothing is fetched and nothing changes.",
     "pop3 list pops://alice@mail.example.org", cmd_list, TAKES_ONE},
    {"show", CMD_SHOW, "ACCOUNT MESSAGE", 2, 2, "show the start of a message",
     "Print the header and the first lines of one message, named by its "
     "number or its unique-id. On a terminal, characters that could command "
     "it are shown as \\xNN.",
     "pop3 show pops://alice@mail.example.org 3", cmd_show, TAKES_ONE},
    {"save", CMD_SAVE, "ACCOUNT MESSAGE...", 2, SIZE_MAX,
     "save messages as files",
     "Write each message to a file of its own, <number>.eml, exactly as the "
     "server sent it. A file that exists is never overwritten.",
     "pop3 save --output /tmp pops://alice@mail.example.org 3 5", cmd_save,
     TAKES_ONE},
    {"delete", CMD_DELETE, "ACCOUNT MESSAGE...", 2, SIZE_MAX,
     "delete messages on the server",
     "Delete messages on the server for good, and say whether the server "
     "confirmed it.",
     "pop3 delete pops://alice@mail.example.org 3", cmd_delete, TAKES_ONE},
    {"fetch", CMD_FETCH, "ACCOUNT...", 1, SIZE_MAX, "fetch new mail",
     "Fetch the mail that was not fetched before and deliver it. What was "
     "fetched is remembered by account and unique-id. Mail stays on the "
     "server unless --delete is given.",
     "pop3 fetch --deliver maildir:~/Mail pops://alice@mail.example.org",
     cmd_fetch, TAKES_MANY},
    {"seen", CMD_SEEN, "list|forget|mark-all|import|export ACCOUNT...", 2,
     SIZE_MAX, "look at what is remembered, and change it",
     "list prints what is remembered of each account: state, size, when it "
     "was "
     "delivered, unique-id. forget ACCOUNT ID... forgets messages, which then "
     "count as new. mark-all remembers all that the server lists as seen, "
     "without fetching it; such messages are never deleted for their age. "
     "export prints what is remembered in a format that stays; import ACCOUNT "
     "FILE reads that, and what fetchmail (.fetchids), getmail (oldmail-*) "
     "and "
     "mpop (uidls) remember, so that a move does not fetch everything again.",
     "pop3 seen import work ~/.fetchids", cmd_seen, TAKES_NOTHING},
    {"login", CMD_LOGIN, "ACCOUNT", 1, 1, "get tokens of OAuth 2",
     "Log in with the provider that oauth-provider names, in a browser on "
     "this machine or, with --device, on another one. The tokens are kept, in "
     "a directory that only you can read, and renewed when they are needed. "
     "Nothing is asked of the POP3 server.",
     "pop3 login work", cmd_login, TAKES_ONE},
    {"logout", CMD_LOGOUT, "ACCOUNT", 1, 1, "forget tokens of OAuth 2",
     "Tell the provider that the tokens of an account are not needed any "
     "more, if it wants to know, and forget them.",
     "pop3 logout work", cmd_logout, TAKES_ONE},
    {"setup", CMD_SETUP, "ADDRESS", 1, 1, "find a server, write an account",
     "Find the server of a mail address: in the table of providers, in the "
     "DNS and the web server of its domain, in Thunderbird's database, or by "
     "its usual names. Then connect with TLS, log in, and write an account "
     "into the configuration file. Nothing that stands there is changed, and "
     "no password is written. The defaults of that file hold, as they will "
     "for the account, but for those of server and user.",
     "pop3 setup alice@example.org", cmd_setup, TAKES_NOTHING},
    {"doctor", CMD_DOCTOR, "ACCOUNT", 1, 1, "look at a server step by step",
     "Say how each step on the way to a server goes and how long it takes, "
     "what its certificate is, what it can do, how pop3 would log in, what is "
     "odd about it, and what can be done. No mail is fetched or changed.",
     "pop3 doctor pops://alice@mail.example.org", cmd_doctor, TAKES_ONE},
    {"daemon", CMD_DAEMON, "[ACCOUNT...]", 0, SIZE_MAX,
     "fetch all accounts again and again",
     "Fetch all accounts of the configuration, or those that are named, each "
     "at its interval, until a SIGTERM. It stays in the foreground. SIGHUP "
     "reads the configuration again, and SIGUSR1 looks for mail now.",
     "pop3 daemon", cmd_daemon, TAKES_ANY},
    {"status", CMD_STATUS, "[ACCOUNT...]", 0, SIZE_MAX,
     "say what happened last",
     "Say for each account what happened last, and what the daemon will do "
     "next. Nothing is connected to. The exit status is 1 if the last run of "
     "an account was not good.",
     "pop3 status", cmd_status, TAKES_ANY},
    {"config", CMD_CONFIG, "check|show", 1, 1,
     "check or show the configuration",
     "check reads the configuration file and the files and programs that it "
     "names, and says all that is wrong. show prints what holds for each "
     "account. Neither connects to a server.",
     "pop3 config check", cmd_config, TAKES_NOTHING},
    {"import", CMD_IMPORT, "FILE", 1, 1, "read another program's accounts",
     "Read the accounts of fetchmail (.fetchmailrc), getmail (getmailrc) or "
     "mpop (.mpoprc), print them as a configuration file, and say line by "
     "line what has no match or means something else here. Passwords are not "
     "copied.",
     "pop3 import --write ~/.fetchmailrc", cmd_import, TAKES_NOTHING},
    {"completions", CMD_COMPLETIONS, "bash|zsh|fish", 1, 1,
     "print completions for a shell",
     "Print a script that completes commands, flags and names of accounts in "
     "a shell.",
     "pop3 completions bash >~/.local/share/bash-completion/completions/pop3",
     cmd_completions, TAKES_NOTHING},
    {"help", CMD_HELP, "[COMMAND]", 0, 1, "explain a command",
     "Explain a command and its flags, or list all commands.",
     "pop3 help fetch", cmd_help, TAKES_NOTHING},
    {0}};

const command *
command_find(const char *name)
{
    const command *c;

    for (c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

const char *
command_near(const char *name)
{
    near n = near_start(name);
    const command *c;

    for (c = commands; c->name != NULL; c++)
        near_offer(&n, c->name);
    return n.best;
}

static void
harden(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
    /* A closed pipe and a file size limit are errors, not a sudden end. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* If it is ignored, nobody learns how a child ended; it is inherited. */
    signal(SIGCHLD, SIG_DFL);
}

static exit_status
unknown_command(const char *name)
{
    const char *best = command_near(name);

    if (best != NULL)
        report("unknown command \"%s\"; did you mean %s?", printable(name),
               best);
    else
        report("unknown command \"%s\"; `pop3 help` lists the commands",
               printable(name));
    return EXIT_USAGE;
}

static exit_status
check_count(const command *c, const options *opt)
{
    if (opt->all && opt->arg_count > 0)
        report("--all and the names of accounts cannot both be meant: choose "
               "one");
    else if (!opt->all && opt->arg_count < c->min_args)
        report("`pop3 %s` needs %s: see `pop3 %s --help`", c->name, c->args,
               c->name);
    else if (opt->arg_count > c->max_args)
        report("`pop3 %s` takes only %s: see `pop3 %s --help`", c->name,
               c->args, c->name);
    else
        return EXIT_FINE;
    return EXIT_USAGE;
}

/* With the options of the one account, and its URL as the first argument. */
static exit_status
run_one(const command *c, const options *line, const account *a)
{
    options opt = a->opt;
    exit_status status;
    size_t i;

    opt.args = calloc(line->arg_count + 1, sizeof(*opt.args));
    if (opt.args == NULL) {
        report("out of memory");
        return EXIT_LATER;
    }
    opt.args[0] = a->url;
    for (i = 1; i < line->arg_count; i++)
        opt.args[i] = line->args[i];
    status = c->run(&opt);
    free(opt.args);
    return status;
}

static exit_status
run_with_accounts(const command *c, const options *line)
{
    size_t count = c->takes == TAKES_ONE ? 1 : line->arg_count;
    options opt = *line;
    account_list list;
    exit_status status = accounts_open(&list, line, line->args, count);

    opt.accounts = &list;
    if (status == EXIT_FINE)
        status = c->takes == TAKES_ONE ? run_one(c, line, &list.items[0])
                                       : c->run(&opt);
    accounts_close(&list);
    return status;
}

static exit_status
run_parsed(const command *c, const options *opt)
{
    exit_status status;

    report_color(opt->color);
    if (opt->help) {
        help_command(stdout, c);
        return EXIT_FINE;
    }
    status = check_count(c, opt);
    if (status != EXIT_FINE)
        return status;
    return c->takes == TAKES_NOTHING || c->takes == TAKES_ANY
               ? c->run(opt)
               : run_with_accounts(c, opt);
}

static exit_status
run_command(const command *c, int argc, char **argv)
{
    exit_status status = EXIT_USAGE;
    options opt;

    if (options_parse(&opt, c->name, c->bit, argc, argv))
        status = run_parsed(c, &opt);
    options_clear(&opt);
    return status;
}

static exit_status
run(int argc, char **argv)
{
    const command *c;

    if (argc < 2) {
        help_program(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("pop3 %s\n", pop3_version());
        return EXIT_FINE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_program(stdout);
        return EXIT_FINE;
    }
    if (argv[1][0] == '-') {
        report("a command must come first, before %s: see `pop3 help`",
               printable(argv[1]));
        return EXIT_USAGE;
    }
    c = command_find(argv[1]);
    return c == NULL ? unknown_command(argv[1])
                     : run_command(c, argc - 2, argv + 2);
}

int
main(int argc, char **argv)
{
    exit_status status;

    harden();
    open_files_raise();
    status = run(argc, argv);
    if (fflush(stdout) == EOF || ferror(stdout) != 0) {
        report("cannot write to the standard output: %s", strerror(errno));
        if (status == EXIT_FINE)
            status = EXIT_DISK;
    }
    return (int)status;
}
