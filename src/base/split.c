/* SPDX-License-Identifier: MIT */
/*
 * split - "pass show 'my mail'" becomes three words.
 *
 * The few rules of quoting that everybody knows from shells, and nothing
 * else: no variables, no patterns, no pipes. All words live in one piece of
 * memory behind the array, as none is longer than the text.
 */
#include "base/split.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* Copies one word and ends it with NUL; moves both pointers behind it.
 * Returns false when a quote is not closed. */
static bool
take_word(const char **in, char **out)
{
    const char *p = *in;
    char *o = *out;
    char quote = '\0';

    for (; *p != '\0'; p++) {
        if (quote == '\0' && (*p == ' ' || *p == '\t'))
            break;
        if (quote == '\0' && (*p == '\'' || *p == '"'))
            quote = *p;
        else if (quote != '\0' && *p == quote)
            quote = '\0';
        else if (*p == '\\' && quote != '\'' && p[1] != '\0')
            *o++ = *++p;
        else
            *o++ = *p;
    }
    *o++ = '\0';
    *in = p;
    *out = o;
    return quote == '\0';
}

char **
split_words(const char *text, const char **why)
{
    size_t len = strlen(text);
    size_t most = len / 2 + 2;
    char **words = malloc(most * sizeof(*words) + len + 1);
    size_t count = 0;
    char *out;

    if (words == NULL) {
        *why = "out of memory";
        return NULL;
    }
    out = (char *)(words + most);
    for (;;) {
        text += strspn(text, " \t");
        if (*text == '\0')
            break;
        words[count++] = out;
        if (!take_word(&text, &out)) {
            *why = "a quote is not closed";
            free(words);
            return NULL;
        }
    }
    words[count] = NULL;
    if (count == 0) {
        *why = "it is empty: name a program";
        free(words);
        return NULL;
    }
    return words;
}

void
split_free(char **words)
{
    free(words);
}
