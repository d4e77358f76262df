/* SPDX-License-Identifier: MIT */
/*
 * options - arguments of a command become values.
 *
 * "--name value", "--name=value", "-x"; flags and other arguments may be
 * mixed, and "--" ends the flags. Names are not abbreviated, as that would
 * break scripts when a flag is added; a mistyped one names its neighbour. If
 * a flag comes twice, the last one counts.
 */
#include "cli/options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/near.h"
#include "cli/report.h"

#include "base/banned.h"

#define AT(field) offsetof(options, field)

static const char DELIVERY[] = "Delivery";
static const char LOGIN[] = "Login";
static const char TLS[] = "TLS";
static const char CONNECTION[] = "Connection";
static const char OUTPUT[] = "Output";

const flag flags[] = {
    {"deliver", 0, FLAG_STRING, "maildir:DIR", NULL, AT(deliver), 0, CMD_FETCH,
     DELIVERY,
     "Deliver into the Maildir DIR, which is made when it is missing."},
    {"keep", 0, FLAG_SWITCH, NULL, NULL, AT(keep), 0, CMD_FETCH, DELIVERY,
     "Keep delivered mail on the server. This is the default."},
    {"delete", 0, FLAG_SWITCH, NULL, NULL, AT(delete_delivered), 0, CMD_FETCH,
     DELIVERY, "Delete mail on the server once it is safely on the disk."},
    {"max-messages", 0, FLAG_COUNT, "N", NULL, AT(max_messages), 1, CMD_FETCH,
     DELIVERY, "Fetch at most N messages; the next run goes on."},
    {"max-size", 0, FLAG_OCTETS, "SIZE", NULL, AT(max_size), 1, CMD_FETCH,
     DELIVERY,
     "Leave messages of more than SIZE octets on the server. K, M or G may "
     "follow the number."},
    {"dry-run", 0, FLAG_SWITCH, NULL, NULL, AT(dry_run), 0, CMD_FETCH,
     DELIVERY, "Say what would be done. Fetch, write and delete nothing."},
    {"state", 0, FLAG_STRING, "FILE", NULL, AT(state), 0, CMD_FETCH, DELIVERY,
     "Remember in FILE what was fetched, not in the usual place."},
    {"accept-new-ids", 0, FLAG_SWITCH, NULL, NULL, AT(accept_new_ids), 0,
     CMD_FETCH, DELIVERY,
     "Go on when the server changed the unique-ids of all messages: all of "
     "them are fetched."},
    {"output", 0, FLAG_STRING, "DIR", NULL, AT(output), 0, CMD_SAVE, DELIVERY,
     "Write the files into DIR, not into the current directory."},
    {"lines", 0, FLAG_COUNT, "N", NULL, AT(lines), 0, CMD_SHOW, OUTPUT,
     "Show N lines of the body. The default is 20."},

    {"json", 0, FLAG_SWITCH, NULL, NULL, AT(json), 0, CMD_SERVER & ~CMD_SHOW,
     OUTPUT, "Write one JSON document to the standard output."},
    {"quiet", 'q', FLAG_SWITCH, NULL, NULL, AT(quiet), 0, CMD_SERVER, OUTPUT,
     "Say nothing but errors."},
    {"verbose", 'v', FLAG_SWITCH, NULL, NULL, AT(verbose), 0, CMD_SERVER,
     OUTPUT, "Say what is done."},
    {"trace", 0, FLAG_SWITCH, NULL, NULL, AT(trace), 0, CMD_SERVER, OUTPUT,
     "Show the dialogue with the server. Secrets stand as **** in it."},
    {"help", 'h', FLAG_SWITCH, NULL, NULL, AT(help), 0, CMD_ALL, OUTPUT,
     "Show what the command does and its options."},
    {"mdoc", 0, FLAG_SWITCH, NULL, NULL, AT(mdoc), 0, CMD_HELP, OUTPUT, NULL},

    {"password-file", 0, FLAG_STRING, "FILE", NULL, AT(password_file), 0,
     CMD_SERVER, LOGIN,
     "Take the password from the first line of FILE, which only its owner may "
     "be able to read."},
    {"password-command", 0, FLAG_STRING, "COMMAND", NULL, AT(password_command),
     0, CMD_SERVER, LOGIN,
     "Take the password from the first line that COMMAND prints. It is split "
     "at spaces, quotes are respected, and no shell is used."},
    {"auth", 0, FLAG_CHOICE, "METHOD", "auto|user|apop|plain", AT(auth),
     AUTH_AUTO, CMD_SERVER, LOGIN,
     "Log in by auto, user, apop or plain. auto takes what is safe with the "
     "server, and is the default."},

    {"tls", 0, FLAG_CHOICE, "MODE", "implicit|stls|none", AT(tls),
     TLS_IMPLICIT, CMD_SERVER, TLS,
     "Use TLS from the first octet (implicit, the default of pops://), after "
     "STLS (stls, the default of pop://), or not at all (none)."},
    {"stls", 0, FLAG_SET, NULL, NULL, AT(tls), TLS_STLS, CMD_SERVER, TLS,
     "The same as --tls stls."},
    {"ca-file", 0, FLAG_STRING, "FILE", NULL, AT(ca_file), 0, CMD_SERVER, TLS,
     "Trust the certificate authorities in FILE (PEM), not the system's."},
    {"ca-path", 0, FLAG_STRING, "DIR", NULL, AT(ca_path), 0, CMD_SERVER, TLS,
     "The same for a directory with hashed names."},
    {"cert", 0, FLAG_STRING, "FILE", NULL, AT(cert), 0, CMD_SERVER, TLS,
     "Show the server the client certificate in FILE (PEM)."},
    {"key", 0, FLAG_STRING, "FILE", NULL, AT(key), 0, CMD_SERVER, TLS,
     "The key of that certificate, if it is not in the same file."},
    {"server-name", 0, FLAG_STRING, "NAME", NULL, AT(server_name), 0,
     CMD_SERVER, TLS,
     "Expect NAME in the server's certificate, not the host of the URL."},
    {"insecure", 0, FLAG_SWITCH, NULL, NULL, AT(insecure), 0, CMD_SERVER, TLS,
     "Accept any certificate. Anybody on the way can then read the password "
     "and the mail: for tests only."},

    {"timeout", 0, FLAG_SECONDS, "SECONDS", NULL, AT(timeout_ms), 0,
     CMD_SERVER, CONNECTION,
     "Give up when nothing moves for so long. The default is 180."},
    {"deadline", 0, FLAG_SECONDS, "SECONDS", NULL, AT(deadline_ms), 0,
     CMD_SERVER, CONNECTION,
     "Give up when one step takes longer, however the server drips. Messages "
     "get more time by their size. The default is 600."},
    {"connect-timeout", 0, FLAG_SECONDS, "SECONDS", NULL,
     AT(connect_timeout_ms), 0, CMD_SERVER, CONNECTION,
     "Give up when there is no connection, with TLS, after so long. The "
     "default is 30."},
    {"no-pipelining", 0, FLAG_SWITCH, NULL, NULL, AT(no_pipelining), 0,
     CMD_SERVER, CONNECTION,
     "Wait for each answer before the next command, for servers that announce "
     "pipelining and break it."},
    {"no-capa", 0, FLAG_SWITCH, NULL, NULL, AT(no_capa), 0, CMD_SERVER,
     CONNECTION, "Never send CAPA, for servers that fail at it."},
    {0}};

static const flag *
find_name(const char *name, size_t len, unsigned bit)
{
    const flag *f;

    for (f = flags; f->name != NULL; f++) {
        if ((f->commands & bit) != 0 && strlen(f->name) == len &&
            memcmp(f->name, name, len) == 0)
            return f;
    }
    return NULL;
}

static const flag *
find_letter(char letter, unsigned bit)
{
    const flag *f;

    for (f = flags; f->name != NULL; f++) {
        if ((f->commands & bit) != 0 && f->letter == letter)
            return f;
    }
    return NULL;
}

static void
unknown_flag(const char *arg, const char *command, unsigned bit)
{
    size_t len = strcspn(arg + 2, "=");
    const flag *elsewhere = find_name(arg + 2, len, CMD_ALL);
    char typed[64] = "";
    const flag *f;
    near n;

    if (len < sizeof(typed)) {
        memcpy(typed, arg + 2, len);
        typed[len] = '\0';
    }
    n = near_start(typed);
    for (f = flags; f->name != NULL; f++) {
        if ((f->commands & bit) != 0 && f->help != NULL)
            near_offer(&n, f->name);
    }
    if (elsewhere != NULL)
        report("`pop3 %s` has no flag --%s; `pop3 %s --help` lists its flags",
               command, elsewhere->name, command);
    else if (n.best != NULL)
        report("unknown flag --%s; did you mean --%s?", typed, n.best);
    else
        report("unknown flag %.60s; `pop3 %s --help` lists the flags", arg,
               command);
}

/* Digits, at most 18. */
static const char *
read_digits(const char *text, uint64_t *number)
{
    size_t digits = strspn(text, "0123456789");
    size_t i;

    if (digits == 0 || digits > 18)
        return NULL;
    *number = 0;
    for (i = 0; i < digits; i++)
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    return text + digits;
}

static bool
read_octets(const char *text, uint64_t *number)
{
    static const char units[] = "kmg";
    const char *end = read_digits(text, number);
    const char *unit;

    if (end == NULL || *number == 0)
        return false;
    if (*end == '\0')
        return true;
    unit = strchr(units, text_lower(*end));
    if (unit == NULL || end[1] != '\0')
        return false;
    for (; unit >= units; unit--) {
        if (*number > UINT64_MAX / 1024)
            return false;
        *number *= 1024;
    }
    return true;
}

/* "30" or "0.25", to milliseconds. */
static bool
read_seconds(const char *text, uint64_t *ms)
{
    const char *end = read_digits(text, ms);
    uint64_t scale = 100;

    if (end == NULL || *ms > INT_MAX / 1000)
        return false;
    *ms *= 1000;
    if (*end == '.') {
        for (end++; *end >= '0' && *end <= '9'; end++) {
            *ms += (uint64_t)(*end - '0') * scale;
            scale /= 10;
        }
    }
    return *end == '\0' && *ms > 0 && *ms <= INT_MAX;
}

static bool
read_choice(const flag *f, const char *text, int *choice)
{
    const char *p = f->choices;
    int index = 0;

    for (;;) {
        size_t len = strcspn(p, "|");

        if (strlen(text) == len && memcmp(text, p, len) == 0) {
            *choice = f->number + index;
            return true;
        }
        if (p[len] == '\0')
            return false;
        p += len + 1;
        index++;
    }
}

static bool
bad_value(const flag *f, const char *text)
{
    switch (f->kind) {
    case FLAG_CHOICE:
        report("--%s cannot be \"%.60s\"; it is one of %s", f->name, text,
               f->choices);
        break;
    case FLAG_SECONDS:
        report("--%s must be a number of seconds, more than 0, not \"%.60s\"",
               f->name, text);
        break;
    case FLAG_OCTETS:
        report("--%s must be a number of octets, more than 0, as 500000 or "
               "20M, not \"%.60s\"",
               f->name, text);
        break;
    case FLAG_COUNT:
        report("--%s must be a whole number, at least %d, not \"%.60s\"",
               f->name, f->number, text);
        break;
    case FLAG_STRING:
        report("--%s needs a value: %s", f->name, f->value);
        break;
    case FLAG_SWITCH:
    case FLAG_SET:
        report("--%s takes no value", f->name);
        break;
    }
    return false;
}

static bool
set_value(options *opt, const flag *f, const char *text)
{
    char *field = (char *)opt + f->offset;
    uint64_t number = 0;
    const char *end;
    bool good = true;
    int choice = 0;

    switch (f->kind) {
    case FLAG_SWITCH:
        *(bool *)field = true;
        return true;
    case FLAG_SET:
        *(int *)(void *)field = f->number;
        return true;
    case FLAG_STRING:
        if (text[0] == '\0')
            return bad_value(f, text);
        *(const char **)(void *)field = text;
        return true;
    case FLAG_CHOICE:
        if (!read_choice(f, text, &choice))
            return bad_value(f, text);
        *(int *)(void *)field = choice;
        return true;
    case FLAG_COUNT:
        end = read_digits(text, &number);
        good = end != NULL && *end == '\0' && number >= (uint64_t)f->number;
        break;
    case FLAG_OCTETS:
        good = read_octets(text, &number);
        break;
    case FLAG_SECONDS:
        good = read_seconds(text, &number);
        break;
    }
    if (!good)
        return bad_value(f, text);
    *(uint64_t *)(void *)field = number;
    return true;
}

static bool
takes_value(const flag *f)
{
    return f->kind != FLAG_SWITCH && f->kind != FLAG_SET;
}

/* *i stands on "--name" and moves over the value, if that is its own
 * argument. */
static bool
parse_long(options *opt, const char *command, unsigned bit, int argc,
           char **argv, int *i)
{
    const char *arg = argv[*i];
    size_t len = strcspn(arg + 2, "=");
    const flag *f = find_name(arg + 2, len, bit);
    const char *value = arg[2 + len] == '=' ? arg + 3 + len : NULL;

    if (f == NULL) {
        unknown_flag(arg, command, bit);
        return false;
    }
    if (!takes_value(f))
        return value == NULL ? set_value(opt, f, "") : bad_value(f, value);
    if (value == NULL) {
        if (*i + 1 >= argc) {
            report("--%s needs a value: %s", f->name, f->value);
            return false;
        }
        value = argv[++*i];
    }
    return set_value(opt, f, value);
}

static bool
parse_letters(options *opt, const char *command, unsigned bit,
              const char *letters)
{
    for (; *letters != '\0'; letters++) {
        const flag *f = find_letter(*letters, bit);

        if (f == NULL) {
            char shown[2] = {*letters, '\0'};

            if (*letters < '!' || *letters > '~')
                shown[0] = '?';
            report("unknown flag -%s; `pop3 %s --help` lists the flags", shown,
                   command);
            return false;
        }
        if (!set_value(opt, f, ""))
            return false;
    }
    return true;
}

static void
set_defaults(options *opt)
{
    *opt = (options){.max_messages = UINT64_MAX,
                     .max_size = UINT64_MAX,
                     .lines = 20,
                     .timeout_ms = 180000,
                     .deadline_ms = 600000,
                     .connect_timeout_ms = 30000};
}

static bool
check_together(const options *opt)
{
    if (opt->keep && opt->delete_delivered) {
        report("--keep and --delete cannot both be meant: choose one");
        return false;
    }
    if (opt->quiet && opt->verbose) {
        report("--quiet and --verbose cannot both be meant: choose one");
        return false;
    }
    if (opt->password_file != NULL && opt->password_command != NULL) {
        report("--password-file and --password-command cannot both be meant: "
               "choose one");
        return false;
    }
    return true;
}

bool
options_parse(options *opt, const char *command, command_bit bit, int argc,
              char **argv)
{
    bool only_args = false;
    int i;

    set_defaults(opt);
    opt->args = calloc((size_t)argc + 1, sizeof(*opt->args));
    if (opt->args == NULL) {
        report("out of memory");
        return false;
    }
    for (i = 0; i < argc; i++) {
        const char *arg = argv[i];
        bool good = true;

        if (only_args || arg[0] != '-' || arg[1] == '\0')
            opt->args[opt->arg_count++] = arg;
        else if (strcmp(arg, "--") == 0)
            only_args = true;
        else if (arg[1] == '-')
            good = parse_long(opt, command, bit, argc, argv, &i);
        else
            good = parse_letters(opt, command, bit, arg + 1);
        if (!good)
            return false;
    }
    return opt->help || check_together(opt);
}

void
options_clear(options *opt)
{
    free(opt->args);
    opt->args = NULL;
}
