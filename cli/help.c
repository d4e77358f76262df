/* SPDX-License-Identifier: MIT */
/*
 * help - what `pop3 help`, `--help` and the manual page say about commands
 * and flags, made from the tables, so that they never disagree with them.
 *
 * Lines of text are filled to 79 columns. In mdoc each sentence starts on a
 * line of its own. No word of the tables may start with a dot or a quote,
 * which would be a macro there; mandoc -Tlint finds such a one.
 */
#include "cli/help.h"

#include <string.h>

#include "cli/value.h"

#include "base/banned.h"

enum {
    WIDTH = 79,
    FLAG_INDENT = 24
};

/* Fills `text` between `indent` and WIDTH; the cursor is at `column`. */
static void
fill(FILE *out, const char *text, int indent, int column)
{
    bool first = true;

    while (*text != '\0') {
        int len = (int)strcspn(text, " ");

        if (!first && column + 1 + len > WIDTH) {
            fputc('\n', out);
            column = 0;
            first = true;
        }
        if (column < indent) {
            fprintf(out, "%*s", indent - column, "");
            column = indent;
        }
        fprintf(out, "%s%.*s", first ? "" : " ", len, text);
        column += len + (first ? 0 : 1);
        first = false;
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void
show_flag(FILE *out, const flag *f)
{
    char name[80];
    int len;

    if (f->letter != 0)
        len = snprintf(name, sizeof(name), "  -%c, --%s", f->letter, f->name);
    else
        len = snprintf(name, sizeof(name), "      --%s", f->name);
    if (f->value != NULL)
        len += snprintf(name + len, sizeof(name) - (size_t)len,
                        value_needed(f) ? " %s" : "[=%s]", f->value);
    fputs(name, out);
    if (len + 2 > FLAG_INDENT) {
        fputc('\n', out);
        len = 0;
    }
    fill(out, f->help, FLAG_INDENT, len);
}

static bool
is_shown(const flag *f, unsigned bits)
{
    return (f->commands & bits) != 0 && f->help != NULL;
}

/* All flags of `group`, wherever they stand in the table. */
static void
show_group(FILE *out, const char *group, unsigned bits,
           void (*show)(FILE *out, const flag *f))
{
    const flag *f;

    for (f = flags; f->name != NULL; f++) {
        if (f->group == group && is_shown(f, bits))
            show(out, f);
    }
}

/* Calls `heading` and show_group() for each group that has something. */
static void
show_groups(FILE *out, unsigned bits,
            void (*heading)(FILE *out, const char *group),
            void (*show)(FILE *out, const flag *f))
{
    const flag *f;
    const flag *before;

    for (f = flags; f->name != NULL; f++) {
        if (!is_shown(f, bits))
            continue;
        for (before = flags; before < f; before++) {
            if (before->group == f->group && is_shown(before, bits))
                break;
        }
        if (before == f) {
            heading(out, f->group);
            show_group(out, f->group, bits, show);
        }
    }
}

static void
text_heading(FILE *out, const char *group)
{
    fprintf(out, "\n%s:\n", group);
}

void
help_command(FILE *out, const command *c)
{
    fprintf(out, "Usage: pop3 %s [flags] %s\n\n", c->name, c->args);
    fill(out, c->text, 0, 0);
    show_groups(out, c->bit, text_heading, show_flag);
    if (c->example != NULL)
        fprintf(out, "\nExample:\n  %s\n", c->example);
    if (c->takes != TAKES_NOTHING)
        fputs("\nAn ACCOUNT is a name in the configuration file, or a URL "
              "like\npops://user@mail.example.org (TLS) or "
              "pop://user@mail.example.org (STLS).\n",
              out);
    fputs("\nSee also pop3(1).\n", out);
}

void
help_program(FILE *out)
{
    const command *c;

    fputs("Usage: pop3 COMMAND [flags] [arguments]\n\nCommands:\n", out);
    for (c = commands; c->name != NULL; c++)
        fprintf(out, "  %-11s  %s\n", c->name, c->summary);
    fputs("\nFetch all new mail into a Maildir, and keep it on the server:\n"
          "  pop3 fetch --deliver maildir:~/Mail "
          "pops://user@mail.example.org\n"
          "\n`pop3 help COMMAND` tells about one command, pop3(1) "
          "everything.\n",
          out);
}

static int
mdoc_word(FILE *out, const char *word, int len)
{
    int written = 0;
    int i;

    for (i = 0; i < len; i++) {
        if (word[i] == '\\')
            written += fprintf(out, "\\e");
        else
            written += fputc(word[i], out) == EOF ? 0 : 1;
    }
    return written;
}

/* A sentence on each line, or on more if it is long. */
static void
mdoc_text(FILE *out, const char *text)
{
    int column = 0;

    while (*text != '\0') {
        int len = (int)strcspn(text, " ");

        if (column > 0 && column + 1 + len > WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        if (column > 0)
            column += fputc(' ', out) == EOF ? 0 : 1;
        column += mdoc_word(out, text, len);
        if (len > 0 && text[len - 1] == '.' && text[len] == ' ') {
            fputc('\n', out);
            column = 0;
        }
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void
mdoc_flag(FILE *out, const flag *f)
{
    if (f->letter != 0)
        fprintf(out, ".It Fl %c , Fl -%s", f->letter, f->name);
    else
        fprintf(out, ".It Fl -%s", f->name);
    if (f->value != NULL)
        fprintf(out, value_needed(f) ? " Ar %s" : " Ns Op = Ns Ar %s",
                f->value);
    fputc('\n', out);
    mdoc_text(out, f->help);
}

static void
mdoc_heading(FILE *out, const char *group)
{
    static const char *open;

    if (group == NULL) {
        open = NULL;
        return;
    }
    if (open != NULL)
        fputs(".El\n", out);
    fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", group);
    open = group;
}

static void
mdoc_key(FILE *out, const flag *f)
{
    fprintf(out, ".It Ic %s No = ", f->name);
    if (f->kind == FLAG_SWITCH)
        fputs("Ar yes|no\n", out);
    else
        fprintf(out, "Ar %s\n", f->value);
    mdoc_text(out, f->help);
}

/* The arguments of a command: words in capitals are Ar, brackets are Op. */
static void
mdoc_args(FILE *out, const char *args)
{
    while (*args != '\0') {
        size_t len = strcspn(args, " ");

        if (args[0] == '[')
            fprintf(out, " Op Ar %.*s", (int)len - 2, args + 1);
        else
            fprintf(out, " Ar %.*s", (int)len, args);
        args += len;
        args += strspn(args, " ");
    }
}

void
help_mdoc(FILE *out)
{
    const command *c;

    fputs(".Sh COMMANDS\n.Bl -tag -width Ds\n", out);
    for (c = commands; c->name != NULL; c++) {
        fprintf(out, ".It Cm %s", c->name);
        mdoc_args(out, c->args);
        fputc('\n', out);
        mdoc_text(out, c->text);
    }
    fputs(".El\n.Sh OPTIONS\n", out);
    mdoc_heading(out, NULL);
    show_groups(out, CMD_ALL, mdoc_heading, mdoc_flag);
    fputs(".El\n", out);
}

void
help_mdoc_keys(FILE *out)
{
    fputs(".Sh KEYS\n", out);
    mdoc_heading(out, NULL);
    show_groups(out, IN_FILE, mdoc_heading, mdoc_key);
    fputs(".El\n", out);
}
