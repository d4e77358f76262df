/* SPDX-License-Identifier: MIT */
/*
 * filter - the rules of skip-if and only-if.
 *
 * Values are a stranger's, so the glob has its own matcher, which never goes
 * back further than to the last star; fnmatch() may take time that grows with
 * a power of the length. A regular expression with back references could too,
 * and is refused.
 */
#include "cli/filter.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/header.h"

#include "base/banned.h"

typedef struct rule {
    const char *name;
    size_t name_len;
    const char *glob; /* NULL: the regular expression */
    regex_t regex;
} rule;

struct filter {
    rule skip[FILTER_RULES];
    rule only[FILTER_RULES];
    size_t skip_count;
    size_t only_count;
};

/* ---- globs ---- */

/* Whether the class at "[" has the character; *next: behind it. Without its
 * end it is a character like others. */
static bool
in_class(const char *glob, char c, const char **next)
{
    const char *p = glob + 1;
    bool negated = *p == '!' || *p == '^';
    bool found = false;

    p += negated ? 1 : 0;
    do {
        char low = text_lower(*p);
        char high = low;

        if (*p == '\0') {
            *next = glob + 1;
            return c == '[';
        }
        if (p[1] == '-' && p[2] != ']' && p[2] != '\0') {
            high = text_lower(p[2]);
            p += 2;
        }
        found |= (unsigned char)c >= (unsigned char)low &&
                 (unsigned char)c <= (unsigned char)high;
        p++;
    } while (*p != ']');
    *next = p + 1;
    return found != negated;
}

/* One character; *next: behind what matches it. `glob` is no star. */
static bool
matches_one(const char *glob, char c, const char **next)
{
    c = text_lower(c);
    *next = glob + 1;
    if (*glob == '?')
        return true;
    if (*glob == '[')
        return in_class(glob, c, next);
    if (*glob == '\\' && glob[1] != '\0') {
        *next = glob + 2;
        return text_lower(glob[1]) == c;
    }
    return *glob != '\0' && text_lower(*glob) == c;
}

bool
filter_glob(const char *glob, const char *text)
{
    const char *star = NULL;
    const char *from = NULL; /* where the last star ends in the text */
    const char *next;

    while (*text != '\0') {
        if (*glob == '*') {
            star = ++glob;
            from = text;
        } else if (matches_one(glob, *text, &next)) {
            glob = next;
            text++;
        } else if (star != NULL) {
            glob = star;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}

/* ---- rules ---- */

/* The text of a rule, taken apart. */
typedef struct parts {
    size_t name_len;
    const char *pattern;
    size_t len;
    bool regex; /* `pattern` and `len` are without the slashes then */
} parts;

static bool
is_name(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] >= 127)
            return false;
    }
    return len > 0;
}

/* NULL, or what is wrong at *at. */
static const char *
split(const char *text, parts *p, size_t *at)
{
    p->name_len = strcspn(text, ":");
    *at = 0;
    if (text[p->name_len] != ':' || !is_name(text, p->name_len))
        return "must be the name of a header field, a colon and a pattern, as "
               "Subject: *sale*";
    p->pattern = text + p->name_len + 1;
    p->pattern += strspn(p->pattern, " \t");
    p->len = strlen(p->pattern);
    p->regex = p->len > 0 && p->pattern[0] == '/';
    *at = (size_t)(p->pattern - text);
    if (p->len == 0)
        return "has no pattern behind the colon; * stands for anything";
    if (!p->regex)
        return NULL;
    if (p->len < 3 || p->pattern[p->len - 1] != '/')
        return "has no slash at the end of its regular expression, or nothing "
               "in it";
    p->pattern++;
    p->len -= 2;
    return NULL;
}

static bool
has_back_reference(const char *pattern)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '\\' && pattern[1] != '\0') {
            pattern++;
            if (*pattern >= '1' && *pattern <= '9')
                return true;
        }
    }
    return false;
}

/* Fills the rule; a regular expression is to be freed then. */
static bool
compile(const char *text, rule *r, size_t *at, char *why, size_t size)
{
    parts p;
    const char *wrong = split(text, &p, at);
    char *copy;
    int rc;

    if (wrong != NULL) {
        (void)snprintf(why, size, "%s", wrong);
        return false;
    }
    *r = (rule){.name = text, .name_len = p.name_len, .glob = p.pattern};
    if (!p.regex)
        return true;
    r->glob = NULL;
    copy = strndup(p.pattern, p.len);
    if (copy == NULL) {
        (void)snprintf(why, size, "is too much: out of memory");
        return false;
    }
    if (has_back_reference(copy)) {
        (void)snprintf(why, size,
                       "has a back reference, which could take "
                       "for ever");
        rc = REG_ESUBREG;
    } else {
        rc = regcomp(&r->regex, copy, REG_EXTENDED | REG_ICASE | REG_NOSUB);
        if (rc != 0) {
            char text_of[100];

            (void)regerror(rc, &r->regex, text_of, sizeof(text_of));
            (void)snprintf(why, size, "has a wrong regular expression: %s",
                           text_of);
        }
    }
    free(copy);
    return rc == 0;
}

static void
clear_rule(rule *r)
{
    if (r->glob == NULL)
        regfree(&r->regex);
}

bool
filter_check(const char *text, size_t *at, char *why, size_t size)
{
    rule r;

    if (!compile(text, &r, at, why, size))
        return false;
    clear_rule(&r);
    return true;
}

static bool
compile_all(const filter_rules *rules, rule *out, size_t *count)
{
    char why[200];
    size_t at;

    for (*count = 0; *count < rules->count; ++*count) {
        if (!compile(rules->texts[*count], &out[*count], &at, why,
                     sizeof(why)))
            return false;
    }
    return true;
}

filter *
filter_new(const filter_rules *skip_if, const filter_rules *only_if)
{
    filter *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return NULL;
    if (compile_all(skip_if, f->skip, &f->skip_count) &&
        compile_all(only_if, f->only, &f->only_count))
        return f;
    filter_free(f);
    return NULL;
}

void
filter_free(filter *f)
{
    size_t i;

    if (f == NULL)
        return;
    for (i = 0; i < f->skip_count; i++)
        clear_rule(&f->skip[i]);
    for (i = 0; i < f->only_count; i++)
        clear_rule(&f->only[i]);
    free(f);
}

static bool
matches(const rule *r, const header *h)
{
    if (h->name.len != r->name_len)
        return false;
    for (size_t i = 0; i < r->name_len; i++) {
        if (text_lower(h->name.ptr[i]) != text_lower(r->name[i]))
            return false;
    }
    return r->glob != NULL ? filter_glob(r->glob, h->value)
                           : regexec(&r->regex, h->value, 0, NULL, 0) == 0;
}

static bool
any_matches(const rule *rules, size_t count, const header *h)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (matches(&rules[i], h))
            return true;
    }
    return false;
}

bool
filter_wants(const filter *f, pop3_span text)
{
    bool wanted = f->only_count == 0;
    header h;

    header_start(&h, text);
    while (header_next(&h)) {
        if (any_matches(f->skip, f->skip_count, &h))
            return false;
        wanted = wanted || any_matches(f->only, f->only_count, &h);
    }
    return wanted;
}

static uint64_t
hash_text(uint64_t hash, const char *text)
{
    /* With its NUL, so that two texts are never one. */
    do
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    while (*text++ != '\0');
    return hash;
}

int64_t
filter_print(const filter_rules *skip_if, const filter_rules *only_if)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    size_t i;

    if (skip_if->count + only_if->count == 0)
        return 0;
    for (i = 0; i < skip_if->count; i++)
        hash = hash_text(hash, skip_if->texts[i]);
    hash = hash_text(hash, "\n");
    for (i = 0; i < only_if->count; i++)
        hash = hash_text(hash, only_if->texts[i]);
    return (int64_t)(hash >> 1 | 1);
}
