/* SPDX-License-Identifier: MIT */
/*
 * value - numbers, sizes, durations and choices, read strictly.
 *
 * The command line and the configuration file share these rules: digits only,
 * units in small or capital letters, nothing behind them, overflow is an
 * error (R31). A duration needs its unit, as nobody could tell whether 30
 * means seconds or days; only 0 is the same in all of them.
 */
#include "cli/value.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/metrics_address.h"
#include "cli/near.h"
#include "cli/report.h"

#include "base/banned.h"

typedef struct unit {
    char letter;
    uint64_t factor;
} unit;

static const unit octet_units[] = {
    {'k', 1 << 10}, {'m', 1 << 20}, {'g', 1 << 30}, {0, 0}};

static const unit time_units[] = {{'s', 1},     {'m', 60},     {'h', 3600},
                                  {'d', 86400}, {'w', 604800}, {0, 0}};

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

/* "20", and "20M" with one of the units. *bare tells whether there was none.
 */
static bool
read_units(const char *text, const unit *units, uint64_t *number, bool *bare)
{
    const char *end = read_digits(text, number);

    if (end == NULL)
        return false;
    *bare = *end == '\0';
    if (*bare)
        return true;
    while (units->letter != 0 && units->letter != text_lower(*end))
        units++;
    if (units->letter == 0 || end[1] != '\0' ||
        *number > UINT64_MAX / 2 / units->factor)
        return false;
    *number *= units->factor;
    return true;
}

static bool
read_octets(const char *text, uint64_t *number)
{
    bool bare;

    return read_units(text, octet_units, number, &bare) && *number > 0;
}

/* "30d", to seconds. */
static bool
read_duration(const char *text, uint64_t least, uint64_t *seconds)
{
    const uint64_t most = UINT64_C(86400) * 366 * 100;
    bool bare;

    return read_units(text, time_units, seconds, &bare) &&
           (!bare || *seconds == 0) && *seconds >= least && *seconds <= most;
}

static bool
read_keep(const char *text, uint64_t *seconds)
{
    if (strcmp(text, "forever") == 0) {
        *seconds = KEEP_FOREVER;
        return true;
    }
    return read_duration(text, 0, seconds);
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
read_choice(const char *choices, const char *text, int *choice)
{
    const char *p = choices;
    int index = 0;

    for (;;) {
        size_t len = strcspn(p, "|");

        if (strlen(text) == len && memcmp(text, p, len) == 0) {
            *choice = index;
            return true;
        }
        if (p[len] == '\0')
            return false;
        p += len + 1;
        index++;
    }
}

static bool
read_switch(const char *text, bool *on)
{
    int choice;

    if (!read_choice("yes|true|on|no|false|off", text, &choice))
        return false;
    *on = choice < 3;
    return true;
}

/* "command: pass show mail", and the like. */
static bool
read_password(const char *text, const flag *f, password_source *source)
{
    static const struct {
        const char *word;
        password_kind kind;
        bool alone; /* nothing follows it, and it asks somebody */
    } kinds[] = {{"prompt", PASSWORD_PROMPT, true},
                 {"keyring", PASSWORD_KEYRING, true},
                 {"file", PASSWORD_FILE, false},
                 {"command", PASSWORD_COMMAND, false},
                 {"credential", PASSWORD_CREDENTIAL, false}};
    size_t len = strcspn(text, ": ");
    const char *rest = text + len;
    size_t i;

    rest += *rest == ':' ? 1 : 0;
    rest += strspn(rest, " \t");
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i].word) != len ||
            memcmp(text, kinds[i].word, len) != 0)
            continue;
        if ((kinds[i].alone && f->number == 1) ||
            kinds[i].alone != (*rest == '\0') ||
            (!kinds[i].alone && text[len] != ':'))
            return false;
        *source = (password_source){kinds[i].kind, rest};
        return true;
    }
    return false;
}

/* What a value of the kind must be. */
static const char *
demand(const flag *f)
{
    switch (f->kind) {
    case FLAG_SECONDS:
        return "must be a number of seconds, more than 0";
    case FLAG_OCTETS:
        return "must be a number of octets, more than 0, as 500000 or 20M";
    case FLAG_COUNT:
        return f->number > 0 ? "must be a whole number, at least 1"
                             : "must be a whole number";
    case FLAG_PORT:
        return "must be a number from 1 to 65535";
    case FLAG_DURATION:
        return "must be a duration with its unit (s, m, h, d or w), as 5m";
    case FLAG_KEEP:
        return "must be forever, 0, or a duration with its unit (s, m, h, d "
               "or w), as 30d";
    case FLAG_SWITCH:
    case FLAG_SET:
    case FLAG_ZERO:
        return "must be yes or no";
    case FLAG_STRING:
    case FLAG_PATH:
    case FLAG_SINK:
    case FLAG_FILTER:
    case FLAG_COMMAND:
    case FLAG_METRICS:
    case FLAG_SOURCE:
    case FLAG_PASSWORD:
    case FLAG_CHOICE:
        break;
    }
    return NULL;
}

/* A password that stands where its source should be is not repeated. */
static const char *
about_password(const flag *f, const char *text)
{
    if (strncmp(text, "env:", 4) == 0)
        return "cannot come from the environment, which every program that "
               "is started inherits: use one of file:, command: and "
               "credential:";
    if (f->number == 1)
        return "is never the secret itself, but says where it is: \"command: "
               "PROGRAM\", \"file: PATH\" or \"credential: NAME\"";
    return "is never the password itself, but says where it is: \"file: "
           "PATH\", \"command: PROGRAM\", \"keyring\", \"credential: "
           "NAME\" or \"prompt\"";
}

static void
say_bad_rule(const char *text, char *why, size_t size)
{
    size_t at;

    if (filter_check(text, &at, why, size))
        (void)snprintf(why, size, "stands more than %d times", FILTER_RULES);
}

/* "" if none is near. */
static void
nearest_choice(const char *choices, const char *text, char *best, size_t size)
{
    char typed[64];
    char word[64];
    near n;
    size_t i;

    (void)snprintf(typed, sizeof(typed), "%s", text);
    for (i = 0; typed[i] != '\0'; i++)
        typed[i] = text_lower(typed[i]);
    n = near_start(typed);
    best[0] = '\0';
    while (*choices != '\0') {
        size_t len = strcspn(choices, "|");

        (void)snprintf(word, sizeof(word), "%.*s", (int)len, choices);
        near_offer(&n, word);
        if (n.best == word) {
            (void)snprintf(best, size, "%s", word);
            n.best = best;
        }
        choices += len + (choices[len] == '|' ? 1 : 0);
    }
}

static void
say_bad_choice(const flag *f, const char *text, char *why, size_t size)
{
    char best[64];

    nearest_choice(f->choices, text, best, sizeof(best));
    if (best[0] != '\0')
        (void)snprintf(why, size,
                       "cannot be \"%.60s\"; did you mean %s? It is one of %s",
                       printable(text), best, f->choices);
    else
        (void)snprintf(why, size, "cannot be \"%.60s\"; it is one of %s",
                       printable(text), f->choices);
}

static void
say_bad(const flag *f, const char *text, char *why, size_t size)
{
    const char *must =
        f->kind == FLAG_METRICS ? metrics_address_wrong(text) : demand(f);

    if (f->kind == FLAG_PASSWORD)
        (void)snprintf(why, size, "%s", about_password(f, text));
    else if (f->kind == FLAG_FILTER)
        say_bad_rule(text, why, size);
    else if (f->kind == FLAG_CHOICE)
        say_bad_choice(f, text, why, size);
    else if (must != NULL)
        (void)snprintf(why, size, "%s, not \"%.60s\"", must, printable(text));
    else
        (void)snprintf(why, size, "needs a value: %s", f->value);
}

/* Flags that can stand alone. */
static bool
set_alone(void *field, const flag *f)
{
    switch (f->kind) {
    case FLAG_SWITCH:
        *(bool *)field = true;
        return true;
    case FLAG_SET:
        *(int *)field = f->number;
        return true;
    case FLAG_ZERO:
        *(uint64_t *)field = 0;
        return true;
    case FLAG_KEEP:
        *(uint64_t *)field = KEEP_FOREVER;
        return true;
    case FLAG_STRING:
    case FLAG_PATH:
    case FLAG_SINK:
    case FLAG_FILTER:
    case FLAG_COMMAND:
    case FLAG_METRICS:
    case FLAG_SOURCE:
    case FLAG_PASSWORD:
    case FLAG_COUNT:
    case FLAG_OCTETS:
    case FLAG_SECONDS:
    case FLAG_DURATION:
    case FLAG_PORT:
    case FLAG_CHOICE:
        break;
    }
    return false;
}

/* Kinds whose field is a number. */
static bool
read_number(const flag *f, const char *text, uint64_t *number)
{
    const char *end;

    switch (f->kind) {
    case FLAG_COUNT:
        end = read_digits(text, number);
        return end != NULL && *end == '\0' && *number >= (uint64_t)f->number;
    case FLAG_OCTETS:
        return read_octets(text, number);
    case FLAG_SECONDS:
        return read_seconds(text, number);
    case FLAG_DURATION:
        return read_duration(text, 1, number);
    case FLAG_KEEP:
        return read_keep(text, number);
    case FLAG_PORT:
        end = read_digits(text, number);
        return end != NULL && *end == '\0' && *number - 1 < 65535;
    case FLAG_SWITCH:
    case FLAG_SET:
    case FLAG_ZERO:
    case FLAG_STRING:
    case FLAG_PATH:
    case FLAG_SINK:
    case FLAG_FILTER:
    case FLAG_COMMAND:
    case FLAG_METRICS:
    case FLAG_SOURCE:
    case FLAG_PASSWORD:
    case FLAG_CHOICE:
        break;
    }
    return false;
}

static bool
add_rule(filter_rules *rules, const char *text)
{
    char why[200];
    size_t at;

    if (rules->count == FILTER_RULES ||
        !filter_check(text, &at, why, sizeof(why)))
        return false;
    rules->texts[rules->count++] = text;
    return true;
}

static bool
set_from_text(void *field, const flag *f, const char *text)
{
    uint64_t number = 0;
    int choice = 0;

    switch (f->kind) {
    case FLAG_SWITCH:
        return read_switch(text, field);
    case FLAG_STRING:
    case FLAG_PATH:
    case FLAG_SINK:
    case FLAG_COMMAND:
        *(const char **)field = text;
        return text[0] != '\0';
    case FLAG_FILTER:
        return add_rule(field, text);
    case FLAG_METRICS:
        *(const char **)field = text;
        return metrics_address_wrong(text) == NULL;
    case FLAG_SOURCE:
        *(password_source *)field =
            (password_source){(password_kind)f->number, text};
        return text[0] != '\0';
    case FLAG_PASSWORD:
        return read_password(text, f, field);
    case FLAG_CHOICE:
        if (!read_choice(f->choices, text, &choice))
            return false;
        *(int *)field = f->number + choice;
        return true;
    case FLAG_COUNT:
    case FLAG_OCTETS:
    case FLAG_SECONDS:
    case FLAG_DURATION:
    case FLAG_KEEP:
    case FLAG_PORT:
        if (!read_number(f, text, &number))
            return false;
        *(uint64_t *)field = number;
        return true;
    case FLAG_SET:
    case FLAG_ZERO:
        break;
    }
    return false;
}

bool
value_needed(const flag *f)
{
    return value_allowed(f) && f->kind != FLAG_KEEP;
}

bool
value_allowed(const flag *f)
{
    return f->kind != FLAG_SWITCH && f->kind != FLAG_SET &&
           f->kind != FLAG_ZERO;
}

bool
value_set(options *opt, const flag *f, const char *text, char *why,
          size_t why_size)
{
    void *field = (char *)opt + f->offset;
    options before = *opt;

    if (text == NULL ? set_alone(field, f) : set_from_text(field, f, text))
        return true;
    *opt = before;
    say_bad(f, text == NULL ? "" : text, why, why_size);
    return false;
}
