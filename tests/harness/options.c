/* SPDX-License-Identifier: MIT */
/*
 * options - turns the words of an O: line into pop3_core_options.
 *
 * Options belong to the session, so they may stand anywhere in a transcript
 * and hold from its start. The sizes are named as short as the fields of
 * pop3_limits allow.
 */
#include "options.h"

#include <stdlib.h>
#include <string.h>

void
options_default(struct transcript *t)
{
    t->options = (pop3_core_options)POP3_CORE_OPTIONS_INIT;
}

static bool
set_flag(struct transcript *t, const char *word)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"tls", &t->options.tls_active},
        {"clear", &t->options.clear_credentials},
        {"nopipe", &t->options.no_pipelining},
        {"any_state", &t->options.any_state},
        {"unsent", &t->unsent},
        {"nocapa", &t->no_capa},
        {"stls", &t->stls},
        {"utf8", &t->utf8},
        {"md5", &t->md5},
        {"scram", &t->scram},
        {"gsasl", &t->gsasl},
        {"trace", &t->trace},
    };
    size_t i;

    for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
        if (strcmp(flags[i].name, word) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool
set_number(struct transcript *t, const char *word, unsigned long long value)
{
    pop3_limits *limits = &t->options.limits;

    if (strcmp(word, "line") == 0)
        limits->reply_line = (size_t)value;
    else if (strcmp(word, "capa") == 0)
        limits->capa_octets = (size_t)value;
    else if (strcmp(word, "items") == 0)
        limits->list_items = value;
    else if (strcmp(word, "body") == 0)
        limits->body_octets = value;
    else if (strcmp(word, "challenge") == 0)
        limits->challenge = (size_t)value;
    else if (strcmp(word, "challenges") == 0)
        limits->challenges = (unsigned)value;
    else if (strcmp(word, "window") == 0)
        t->options.window_octets = (size_t)value;
    else if (strcmp(word, "answers") == 0)
        t->options.window_answers = value;
    else if (strcmp(word, "trace") == 0)
        t->options.trace.level = (int)value;
    else
        return false;
    return true;
}

static bool
set_word(struct transcript *t, char *word)
{
    char *value = strchr(word, '=');
    char *end;
    unsigned long long number;

    if (value == NULL)
        return set_flag(t, word);
    *value++ = '\0';
    if (strcmp(word, "mask") == 0) {
        octets_text(&t->mask, value);
        return true;
    }
    if (strcmp(word, "trace") == 0)
        t->trace = true;
    number = strtoull(value, &end, 10);
    return *end == '\0' && end != value && set_number(t, word, number);
}

bool
options_parse(struct transcript *t, char *words)
{
    char *save = NULL;
    char *word = strtok_r(words, " ", &save);

    for (; word != NULL; word = strtok_r(NULL, " ", &save)) {
        if (!set_word(t, word))
            return false;
    }
    return true;
}
