/* SPDX-License-Identifier: MIT */
/*
 * fuzz_filter - a header of a stranger, and a rule: values are one printable
 * line of a bounded length, and the glob agrees with a slow, plain one.
 *
 * The first line is the rule, the rest the header.
 */
#include "cli/filter.h"
#include "cli/header.h"
#include "fuzz.h"

#include <string.h>

static void
check_values(pop3_span text)
{
    size_t fields = 0;
    header h;

    header_start(&h, text);
    while (header_next(&h)) {
        size_t len = strnlen(h.value, sizeof(h.value));
        size_t i;

        PROPERTY(len <= HEADER_VALUE_MAX);
        for (i = 0; i < len; i++)
            PROPERTY((unsigned char)h.value[i] >= 32 && h.value[i] != 127);
        PROPERTY(len == 0 || (h.value[0] != ' ' && h.value[len - 1] != ' '));
        PROPERTY(h.name.ptr >= text.ptr &&
                 h.name.ptr + h.name.len <= text.ptr + text.len);
        fields++;
    }
    PROPERTY(fields <= text.len);
}

/* Only stars and plain octets. */
static bool
plain_glob(const char *glob, const char *text)
{
    if (*glob == '\0')
        return *text == '\0';
    if (*glob == '*')
        return plain_glob(glob + 1, text) ||
               (*text != '\0' && plain_glob(glob, text + 1));
    return *glob == *text && plain_glob(glob + 1, text + 1);
}

static void
check_glob(const char *rule, pop3_span text)
{
    char glob[9] = "";
    char value[13] = "";
    size_t i;

    for (i = 0; i < 8 && rule[i] != '\0'; i++)
        glob[i] = "ab*"[(unsigned char)rule[i] % 3];
    for (i = 0; i < 12 && i < text.len; i++)
        value[i] = "ab"[(unsigned char)text.ptr[i] % 2];
    PROPERTY(filter_glob(glob, value) == plain_glob(glob, value));
}

static void
check_rule(const char *rule, pop3_span text)
{
    const filter_rules one = {{rule}, 1};
    const filter_rules none = {.count = 0};
    char why[200] = "";
    size_t at = 0;
    filter *skip;
    filter *only;

    if (!filter_check(rule, &at, why, sizeof(why))) {
        PROPERTY(why[0] != '\0' && at <= strlen(rule));
        return;
    }
    skip = filter_new(&one, &none);
    only = filter_new(&none, &one);
    if (skip != NULL && only != NULL)
        PROPERTY(filter_wants(skip, text) != filter_wants(only, text));
    filter_free(skip);
    filter_free(only);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    size_t len = end == NULL ? size : (size_t)(end - data);
    char *rule = strndup((const char *)data, len);
    pop3_span text = {(const char *)data + len, size - len};

    if (rule == NULL)
        return 0;
    check_values(text);
    check_glob(rule, text);
    /* What regcomp() makes of nested repetitions is not ours. */
    if (strpbrk(rule, "{+") == NULL)
        check_rule(rule, text);
    free(rule);
    return 0;
}
