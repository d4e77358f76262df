/* SPDX-License-Identifier: MIT */
/*
 * cmd_completions - pop3 completions bash|zsh|fish
 *
 * Prints a script for a shell, made from the tables of commands and flags.
 * Names of accounts are asked for when they are completed: they are letters,
 * digits and a few harmless signs only, so no shell finds anything to expand
 * in them.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"
#include "cli/value.h"

#include "base/banned.h"

/* What prints the names of the accounts, a line each. */
#define ACCOUNTS                             \
    "pop3 config show 2>/dev/null | sed -n " \
    "'s/^\\[account \\(.*\\)\\]$/\\1/p'"

static bool
is_file(const flag *f)
{
    return f->kind == FLAG_PATH ||
           (f->kind == FLAG_SOURCE && f->number == PASSWORD_FILE);
}

static bool
is_offered(const flag *f, const command *c)
{
    return (f->commands & c->bit) != 0 && f->help != NULL;
}

/* "a|b" with spaces. Another argument may follow. */
static void
print_words(const char *choices)
{
    for (; *choices != '\0' && *choices != ' '; choices++)
        putchar(*choices == '|' ? ' ' : *choices);
}

static void
print_commands(void)
{
    const command *c;

    for (c = commands; c->name != NULL; c++)
        printf("%s%s", c == commands ? "" : " ", c->name);
}

/* The words that may stand behind the command; none: print nothing. */
static void
print_arguments(const command *c)
{
    if (c->bit == CMD_HELP)
        print_commands();
    else if (strchr(c->args, '|') != NULL)
        print_words(c->args);
}

static void
bash_values(void)
{
    const flag *f;

    for (f = flags; f->name != NULL; f++) {
        if ((f->commands & CMD_ALL) == 0 || f->help == NULL ||
            !value_needed(f))
            continue;
        printf("    --%s) ", f->name);
        if (f->kind == FLAG_CHOICE) {
            printf("words='");
            print_words(f->choices);
            printf("' ;;\n");
        } else {
            printf("%s ;;\n", is_file(f) ? "files=yes" : "return");
        }
    }
}

static void
bash_command(const command *c)
{
    const flag *f;

    printf("        %s)\n            flags='", c->name);
    for (f = flags; f->name != NULL; f++) {
        if (is_offered(f, c))
            printf(" --%s", f->name);
    }
    printf("'\n            words='");
    print_arguments(c);
    fputs("'\n", stdout);
    if (c->bit == CMD_SEEN)
        fputs("            words=\"$words $(" ACCOUNTS ")\"\n", stdout);
    else if (c->takes != TAKES_NOTHING)
        fputs("            words=$(" ACCOUNTS ")\n", stdout);
    fputs("            ;;\n", stdout);
}

static void
bash(void)
{
    const command *c;

    fputs("# bash completion for pop3; made by: pop3 completions bash\n"
          "_pop3()\n{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]}\n"
          "    local prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local words='' flags='' files=''\n"
          "    COMPREPLY=()\n"
          "    case $prev in\n",
          stdout);
    bash_values();
    fputs("    esac\n"
          "    if [ -n \"$files\" ]; then\n"
          "        compopt -o filenames 2>/dev/null\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
          "        return\n    fi\n"
          "    if [ -z \"$words\" ]; then\n"
          "        case ${COMP_WORDS[1]} in\n",
          stdout);
    for (c = commands; c->name != NULL; c++)
        bash_command(c);
    fputs("        esac\n    fi\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        words='",
          stdout);
    print_commands();
    fputs(" --version'\n        flags='--version --help'\n    fi\n"
          "    case $cur in\n"
          "    -*) words=$flags ;;\n"
          "    esac\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "}\ncomplete -o default -F _pop3 pop3\n",
          stdout);
}

/* The first sentence of a text, for inside of '...'; `escaped` are characters
 * that get a backslash. */
static void
print_quoted(const char *text, const char *escaped)
{
    for (; *text != '\0' && !(text[0] == '.' && text[1] == ' '); text++) {
        if (*text == '.' && text[1] == '\0')
            break;
        if (strchr(escaped, *text) != NULL)
            putchar('\\');
        if (*text == '\'')
            fputs("'\\'", stdout);
        putchar(*text);
    }
}

static void
zsh_flag(const flag *f)
{
    printf(" \\\n            '--%s%s[", f->name,
           value_needed(f)    ? "="
           : value_allowed(f) ? "=-"
                              : "");
    print_quoted(f->help, "[]:\\");
    putchar(']');
    if (value_allowed(f)) {
        printf(value_needed(f) ? ":" : "::");
        print_quoted(f->value, "[]:\\");
        putchar(':');
        if (f->kind == FLAG_CHOICE) {
            putchar('(');
            print_words(f->choices);
            putchar(')');
        } else if (is_file(f)) {
            fputs("_files", stdout);
        }
    }
    putchar('\'');
}

static void
zsh_command(const command *c)
{
    const flag *f;

    printf("    %s)\n        _arguments", c->name);
    for (f = flags; f->name != NULL; f++) {
        if (is_offered(f, c))
            zsh_flag(f);
    }
    if (c->takes != TAKES_NOTHING) {
        fputs(" \\\n            '*:account:_pop3_accounts'", stdout);
    } else if (c->bit == CMD_HELP || strchr(c->args, '|') != NULL) {
        printf(" \\\n            '%c:word:(", c->bit == CMD_SEEN ? '1' : '*');
        print_arguments(c);
        fputs(")'", stdout);
        if (c->bit == CMD_SEEN)
            fputs(" \\\n            '*:account:_pop3_accounts'", stdout);
    } else {
        fputs(" \\\n            '*:file:_files'", stdout);
    }
    fputs("\n        ;;\n", stdout);
}

static void
zsh(void)
{
    const command *c;

    fputs("#compdef pop3\n# made by: pop3 completions zsh\n"
          "_pop3_accounts()\n{\n    local -a names\n"
          "    names=(${(f)\"$(" ACCOUNTS ")\"})\n"
          "    compadd -a names\n}\n"
          "_pop3()\n{\n    local -a names\n"
          "    if (( CURRENT == 2 )); then\n        names=(\n",
          stdout);
    for (c = commands; c->name != NULL; c++) {
        printf("            '%s:", c->name);
        print_quoted(c->summary, ":\\");
        fputs("'\n", stdout);
    }
    fputs("        )\n        _describe command names\n        return\n"
          "    fi\n    local name=$words[2]\n    shift words\n"
          "    (( CURRENT-- ))\n    case $name in\n",
          stdout);
    for (c = commands; c->name != NULL; c++)
        zsh_command(c);
    fputs("    esac\n}\n"
          "if [ \"$funcstack[1]\" = _pop3 ]; then\n    _pop3 \"$@\"\n"
          "else\n    compdef _pop3 pop3\nfi\n",
          stdout);
}

static void
fish_flag(const command *c, const flag *f)
{
    printf("complete -c pop3 -n '__fish_seen_subcommand_from %s' -l %s",
           c->name, f->name);
    if (f->letter != 0)
        printf(" -s %c", f->letter);
    if (value_needed(f))
        fputs(is_file(f) ? " -r -F" : " -x", stdout);
    if (f->kind == FLAG_CHOICE) {
        fputs(" -a '", stdout);
        print_words(f->choices);
        putchar('\'');
    }
    fputs(" -d '", stdout);
    print_quoted(f->help, "\\");
    fputs("'\n", stdout);
}

static void
fish_command(const command *c)
{
    const flag *f;

    printf("complete -c pop3 -n __fish_use_subcommand -a %s -d '", c->name);
    print_quoted(c->summary, "\\");
    fputs("'\n", stdout);
    if (c->takes != TAKES_NOTHING || c->bit == CMD_HELP ||
        strchr(c->args, '|') != NULL) {
        printf("complete -c pop3 -n '__fish_seen_subcommand_from %s' -a \"",
               c->name);
        if (c->takes == TAKES_NOTHING)
            print_arguments(c);
        else
            fputs("(__pop3_accounts)", stdout);
        if (c->bit == CMD_SEEN)
            fputs(" (__pop3_accounts)", stdout);
        fputs("\"\n", stdout);
    }
    if (c->bit == CMD_IMPORT || c->bit == CMD_SEEN)
        printf("complete -c pop3 -n '__fish_seen_subcommand_from %s' -F\n",
               c->name);
    for (f = flags; f->name != NULL; f++) {
        if (is_offered(f, c))
            fish_flag(c, f);
    }
}

static void
fish(void)
{
    const command *c;

    fputs("# fish completion for pop3; made by: pop3 completions fish\n"
          "function __pop3_accounts\n    " ACCOUNTS "\nend\n"
          "complete -c pop3 -f\n",
          stdout);
    for (c = commands; c->name != NULL; c++)
        fish_command(c);
}

exit_status
cmd_completions(const options *opt)
{
    const char *shell = opt->args[0];

    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else {
        report("`pop3 completions` knows bash, zsh and fish, not \"%s\"",
               printable(shell));
        return EXIT_USAGE;
    }
    return EXIT_FINE;
}
