/* SPDX-License-Identifier: MIT */
/*
 * transcript - reads the files of tests/transcripts.
 *
 * One line is one step. A step keeps its line number, because the only thing
 * that a failing replay has to say is where in which file it went another
 * way. The parser is strict: a line that it does not understand fails the
 * test, since a step that is silently left out is a test that cannot fail.
 */
#include "transcript.h"

#include "alloc.h"
#include "options.h"
#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
wrong(const struct transcript *t, int line, const char *why)
{
    fprintf(stderr, "FAIL %s:%d: %s\n", t->path, line, why);
    return false;
}

static struct step *
add_step(struct transcript *t, enum step_kind kind, int line)
{
    struct step *step;

    t->steps = test_realloc(t->steps, (t->count + 1) * sizeof(*t->steps));
    step = &t->steps[t->count++];
    memset(step, 0, sizeof(*step));
    step->kind = kind;
    step->line = line;
    return step;
}

/* Cuts " = RESULT" off the end of a call. */
static bool
cut_result(char *text, pop3_result *result)
{
    char *at = strstr(text, " = ");
    char *next;

    *result = POP3_OK;
    if (at == NULL)
        return true;
    while ((next = strstr(at + 1, " = ")) != NULL)
        at = next;
    if (!transcript_parse_result(at + 3, strlen(at + 3), result))
        return true; /* it was part of an argument */
    *at = '\0';
    return true;
}

/* One word, or octets in quotes; *text is moved behind it. */
static bool
take_word(const char **text, struct octets *word)
{
    const char *p = *text;
    size_t len;

    while (*p == ' ')
        p++;
    if (*p == '\0')
        return false;
    if (*p == '"') {
        p = octets_unescape(word, p + 1, '"');
        *text = p;
        return p != NULL;
    }
    len = strcspn(p, " ");
    octets_add(word, p, len);
    *text = p + len;
    return true;
}

/* The rest of the line, in quotes or as it stands. */
static bool
take_rest(const char *text, struct octets *rest)
{
    if (*text == '"') {
        text = octets_unescape(rest, text + 1, '"');
        return text != NULL && *text == '\0';
    }
    octets_text(rest, text);
    return true;
}

static bool
take_number(const char **text, uint64_t *number)
{
    char *end;

    while (**text == ' ')
        (*text)++;
    if (**text < '0' || **text > '9')
        return false;
    *number = strtoull(*text, &end, 10);
    *text = end;
    return true;
}

static bool
parse_numbers(struct step *step, const char *args)
{
    if (*args == '\0')
        return true;
    if (!take_number(&args, &step->number))
        return false;
    if (step->verb == POP3_CMD_TOP && !take_number(&args, &step->lines))
        return false;
    return *args == '\0';
}

static bool
parse_auth(struct step *step, const char *args)
{
    if (!take_word(&args, &step->arg))
        return false;
    step->has_arg = true;
    if (strncmp(args, " =\"", 3) != 0)
        return *args == '\0';
    step->has_initial = true;
    return take_rest(args + 2, &step->initial);
}

static bool
parse_apop(struct step *step, const char *args)
{
    step->has_arg = take_word(&args, &step->arg);
    step->has_arg2 = take_word(&args, &step->arg2);
    return *args == '\0';
}

static bool
parse_arguments(struct step *step, const char *args)
{
    switch (step->verb) {
    case POP3_CMD_LIST:
    case POP3_CMD_UIDL:
    case POP3_CMD_RETR:
    case POP3_CMD_TOP:
    case POP3_CMD_DELE:
        return parse_numbers(step, args);
    case POP3_CMD_AUTH:
        return parse_auth(step, args);
    case POP3_CMD_APOP:
        return parse_apop(step, args);
    case POP3_CMD_USER:
    case POP3_CMD_PASS:
    case POP3_CMD_RPOP:
    case POP3_CMD_LANG:
    case POP3_CMD_RAW:
        step->has_arg = *args != '\0';
        return take_rest(args, &step->arg);
    case POP3_CMD_CAPA:
    case POP3_CMD_STLS:
    case POP3_CMD_UTF8:
    case POP3_CMD_STAT:
    case POP3_CMD_NOOP:
    case POP3_CMD_RSET:
    case POP3_CMD_QUIT:
        return *args == '\0';
    }
    return false;
}

static bool
parse_verb(struct step *step, const char *name, size_t len)
{
    int verb;

    if (len == 4 && memcmp(name, "RAW*", 4) == 0) {
        step->multiline = true;
        len = 3;
    }
    for (verb = POP3_CMD_CAPA; verb <= POP3_CMD_RAW; verb++) {
        const char *known = transcript_verb((pop3_verb)verb);

        if (strlen(known) == len && memcmp(known, name, len) == 0) {
            step->verb = (pop3_verb)verb;
            return true;
        }
    }
    return false;
}

static bool
parse_login(struct step *step, const char *args)
{
    step->has_arg = take_word(&args, &step->arg);
    step->has_arg2 = take_word(&args, &step->arg2);
    step->has_initial = take_word(&args, &step->initial);
    return step->has_arg2 && *args == '\0';
}

/* What a caller can do besides submitting a command. */
static bool
parse_call(struct step *step, const char *name, size_t len, const char *args)
{
    static const struct {
        const char *name;
        enum step_kind kind;
    } calls[] = {
        {"RESPOND", STEP_RESPOND}, {"TLS-DONE", STEP_TLS_DONE},
        {"MASK", STEP_MASK},       {"RESPOND-CANCEL", STEP_RESPOND_CANCEL},
        {"FAIL", STEP_FAIL},       {"LOGIN", STEP_LOGIN},
    };
    size_t i;

    for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        if (strlen(calls[i].name) != len ||
            memcmp(calls[i].name, name, len) != 0)
            continue;
        step->kind = calls[i].kind;
        if (step->kind == STEP_LOGIN)
            return parse_login(step, args);
        if (step->kind == STEP_FAIL)
            return transcript_parse_result(args, strlen(args), &step->result);
        return take_rest(args, &step->text);
    }
    return parse_verb(step, name, len) && parse_arguments(step, args);
}

static bool
parse_submit(struct transcript *t, int line, char *text)
{
    struct step *step = add_step(t, STEP_SUBMIT, line);
    const char *args;
    size_t len;

    cut_result(text, &step->result);
    len = strcspn(text, " ");
    args = text + len;
    while (*args == ' ')
        args++;
    if (!parse_call(step, text, len, args))
        return wrong(t, line, "a call that is not understood");
    return true;
}

static bool
parse_octets(struct transcript *t, int line, enum step_kind kind, char mark,
             const char *text)
{
    struct step *step = add_step(t, kind, line);

    step->glued = mark == '+';
    if (octets_unescape(&step->text, text, '\0') == NULL)
        return wrong(t, line, "a wrong escape");
    if (mark != '>')
        octets_text(&step->text, "\r\n");
    if (kind == STEP_SERVER)
        t->server_octets += step->text.len;
    return true;
}

static bool
parse_text(struct transcript *t, int line, enum step_kind kind,
           const char *text)
{
    octets_text(&add_step(t, kind, line)->text, text);
    return true;
}

/* "E*N: event", from behind the star on. */
static bool
parse_events(struct transcript *t, int line, const char *text)
{
    uint64_t times = 0;

    if (!take_number(&text, &times) || strncmp(text, ": ", 2) != 0)
        return wrong(t, line, "not E*N: event");
    while (times-- > 0)
        parse_text(t, line, STEP_EVENT, text + 2);
    return true;
}

/* Lines of octets, which keep the spaces behind their first one. */
static bool
parse_octet_line(struct transcript *t, int line, const char *text, bool *taken)
{
    const char *rest = text + 2 + (text[1] != '\0' && text[2] == ' ');
    bool server = text[0] == 'S' && strchr(":>+", text[1]) != NULL;
    bool client = text[0] == 'C' && strchr(":>", text[1]) != NULL;

    *taken = text[1] != '\0' && (server || client);
    if (!*taken)
        return true;
    return parse_octets(t, line, server ? STEP_SERVER : STEP_CLIENT, text[1],
                        rest);
}

/* All other lines: a mark, a space, the rest. */
static bool
parse_marked(struct transcript *t, int line, char *text)
{
    char *rest = text + strcspn(text, " ");

    rest += strspn(rest, " ");
    if (strncmp(text, "> ", 2) == 0)
        return parse_submit(t, line, rest);
    if (strncmp(text, "E: ", 3) == 0)
        return parse_text(t, line, STEP_EVENT, rest);
    if (strncmp(text, "E*", 2) == 0)
        return parse_events(t, line, text + 2);
    if (strncmp(text, "T: ", 3) == 0)
        return parse_text(t, line, STEP_TRACE, rest);
    if (strncmp(text, "?: ", 3) == 0)
        return parse_text(t, line, STEP_ASK, rest);
    if (strncmp(text, "O: ", 3) == 0)
        return options_parse(t, rest) || wrong(t, line, "unknown option");
    return wrong(t, line, "a line that is not understood");
}

static bool
parse_line(struct transcript *t, int line, char *text)
{
    bool taken = false;

    if (strncmp(text, "# why: ", 7) == 0)
        octets_text(&t->why, text + 7);
    if (*text == '\0' || *text == '#')
        return true;
    if (strcmp(text, "EOF") == 0) {
        add_step(t, STEP_EOF, line);
        return true;
    }
    if (!parse_octet_line(t, line, text, &taken))
        return false;
    return taken || parse_marked(t, line, text);
}

/* "area/case" of a path that ends in area/case.pop3. */
static void
name_case(struct transcript *t, const char *path)
{
    const char *name = strrchr(path, '/');

    while (name != NULL && name > path && name[-1] != '/')
        name--;
    snprintf(t->name, sizeof(t->name), "%s", name != NULL ? name : path);
    if (strlen(t->name) > 5)
        t->name[strlen(t->name) - 5] = '\0';
    snprintf(t->path, sizeof(t->path), "%s", path);
}

bool
transcript_load(struct transcript *t, const char *path)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    bool good = true;
    int line = 0;
    FILE *file;

    memset(t, 0, sizeof(*t));
    name_case(t, path);
    options_default(t);
    file = fopen(path, "r");
    if (file == NULL)
        return wrong(t, 0, "cannot be opened");
    while (good && (len = getline(&text, &room, file)) >= 0) {
        if (len > 0 && text[len - 1] == '\n')
            text[len - 1] = '\0';
        good = parse_line(t, ++line, text);
    }
    free(text);
    fclose(file);
    if (good && t->why.len == 0)
        good = wrong(t, 1, "no '# why:' line");
    if (good && t->count == 0)
        good = wrong(t, line, "no steps");
    return good;
}

void
transcript_clear(struct transcript *t)
{
    size_t i;

    for (i = 0; i < t->count; i++) {
        octets_clear(&t->steps[i].text);
        octets_clear(&t->steps[i].arg);
        octets_clear(&t->steps[i].arg2);
        octets_clear(&t->steps[i].initial);
    }
    test_free(t->steps);
    for (i = 0; i < t->secret_count; i++)
        octets_clear(&t->secrets[i]);
    test_free(t->secrets);
    octets_clear(&t->why);
    octets_clear(&t->mask);
    memset(t, 0, sizeof(*t));
}

pop3_command
transcript_command(const struct step *step, pop3_span *initial)
{
    pop3_command command = {.verb = step->verb};

    command.number = step->number;
    command.lines = step->lines;
    command.multiline = step->multiline;
    if (step->has_arg)
        command.arg = step->arg.ptr;
    if (step->has_arg2)
        command.arg2 = step->arg2.ptr;
    if (step->has_initial) {
        initial->ptr = step->initial.ptr;
        initial->len = step->initial.len;
        command.initial = initial;
    }
    return command;
}
