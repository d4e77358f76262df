/* SPDX-License-Identifier: MIT */
/*
 * options_parse - arguments of a command become values.
 *
 * "--name value", "--name=value", "-x"; flags and other arguments may be
 * mixed, and "--" ends the flags. Names are not abbreviated, as that would
 * break scripts when a flag is added; a mistyped one names its neighbour. If
 * a flag comes twice, the last one counts; two flags that set the same thing
 * in two ways cannot both be meant. The list of what was set is kept, so that
 * an account's settings can be put below it.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/report.h"
#include "cli/value.h"

#include "base/banned.h"

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
    const flag *elsewhere = options_find(arg + 2, len, CMD_ALL);
    char typed[64] = "";
    const char *best;

    if (len < sizeof(typed)) {
        memcpy(typed, arg + 2, len);
        typed[len] = '\0';
    }
    best = options_near(typed, bit);
    if (elsewhere != NULL)
        report("`pop3 %s` has no flag --%s; `pop3 %s --help` lists its flags",
               command, elsewhere->name, command);
    else if (best != NULL)
        report("unknown flag --%s; did you mean --%s?", printable(typed),
               best);
    else
        report("unknown flag %.60s; `pop3 %s --help` lists the flags",
               printable(arg), command);
}

static bool
apply(options *opt, const flag *f, const char *value)
{
    char why[400];

    if (!value_set(opt, f, value, why, sizeof(why))) {
        report("--%s %s", f->name, why);
        return false;
    }
    opt->settings[opt->setting_count++] = (setting){f, value};
    return true;
}

/* *i stands on "--name" and moves over the value, if that is its own
 * argument. */
static bool
parse_long(options *opt, const char *command, unsigned bit, int argc,
           char **argv, int *i)
{
    const char *arg = argv[*i];
    size_t len = strcspn(arg + 2, "=");
    const flag *f = options_find(arg + 2, len, bit);
    const char *value = arg[2 + len] == '=' ? arg + 3 + len : NULL;

    if (f == NULL) {
        unknown_flag(arg, command, bit);
        return false;
    }
    if (value != NULL && !value_allowed(f)) {
        report("--%s takes no value", f->name);
        return false;
    }
    if (value == NULL && value_needed(f)) {
        if (*i + 1 >= argc) {
            report("--%s needs a value: %s", f->name, f->value);
            return false;
        }
        value = argv[++*i];
    }
    return apply(opt, f, value);
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
        if (!apply(opt, f, NULL))
            return false;
    }
    return true;
}

static bool
check_together(const options *opt)
{
    const setting *one;
    const setting *other;

    if (options_clash(opt->settings, opt->setting_count, &one, &other)) {
        report("--%s and --%s cannot both be meant: choose one",
               one->flag->name, other->flag->name);
        return false;
    }
    if (opt->quiet && opt->verbose) {
        report("--quiet and --verbose cannot both be meant: choose one");
        return false;
    }
    return true;
}

/* Letters may stand together, so there can be more flags than arguments. */
static bool
make_room(options *opt, int argc, char **argv)
{
    size_t letters = 1;
    int i;

    for (i = 0; i < argc; i++)
        letters += argv[i][0] == '-' ? strlen(argv[i]) : 0;
    opt->args = calloc((size_t)argc + 1, sizeof(*opt->args));
    opt->settings = calloc(letters, sizeof(*opt->settings));
    if (opt->args == NULL || opt->settings == NULL) {
        report("out of memory");
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

    options_init(opt);
    if (!make_room(opt, argc, argv))
        return false;
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
    opt->delete_delivered = opt->keep_s == 0;
    return opt->help || check_together(opt);
}

void
options_clear(options *opt)
{
    free(opt->args);
    free(opt->settings);
    opt->args = NULL;
    opt->settings = NULL;
}
