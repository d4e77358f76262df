/* SPDX-License-Identifier: MIT */
/*
 * oauth_reply - JSON of a stranger becomes a few fields, or is refused.
 *
 * A field of the wrong type, a token with a space or a control character in
 * it, two fields of one name, or anything that is no object refuses the whole
 * answer: half of it could be believed wrongly. Fields that nobody needs are
 * left alone. Its size is bounded by the caller (http_request), its depth by
 * jansson. All memory that held a token is wiped when it is freed.
 */
#include "cli/oauth_reply.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "cli/oauth.h"

#include "base/banned.h"

enum {
    TOKEN_MAX = 8192,
    TEXT_MAX = 2048
};

/* ten years */
#define SECONDS_MAX UINT64_C(315360000)

/* ---- memory ---- */

/* The size stands before the memory, aligned as malloc() does. */
typedef union header {
    size_t size;
    max_align_t align;
} header;

static void *
allocate(size_t size)
{
    header *h = size > SIZE_MAX - sizeof(header)
                    ? NULL
                    : malloc(size + sizeof(header));

    if (h == NULL)
        return NULL;
    h->size = size;
    return h + 1;
}

static void
wipe_and_free(void *memory)
{
    header *h = memory;

    if (h == NULL)
        return;
    h--;
    secret_wipe(memory, h->size);
    free(h);
}

void
oauth_json_wipes(void)
{
    json_set_alloc_funcs(allocate, wipe_and_free);
}

void
oauth_wipe(char **text)
{
    if (*text != NULL)
        secret_wipe(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

/* ---- an answer ---- */

typedef struct string_field {
    const char *name;
    size_t offset;
    size_t most;
    bool visible; /* ASCII without spaces (RFC 6749 §A: VSCHAR) */
} string_field;

#define AT(field) offsetof(oauth_reply, field)

static const string_field strings[] = {
    {"access_token", AT(access_token), TOKEN_MAX, true},
    {"refresh_token", AT(refresh_token), TOKEN_MAX, true},
    {"token_type", AT(token_type), 64, true},
    {"scope", AT(scope), TEXT_MAX, false},
    {"error", AT(error), 64, false},
    {"error_description", AT(error_description), TEXT_MAX, false},
    {"device_code", AT(device_code), TOKEN_MAX, true},
    {"user_code", AT(user_code), 64, false},
    {"verification_uri", AT(verification_uri), TEXT_MAX, true},
    {"verification_url", AT(verification_uri), TEXT_MAX, true}, /* Google's */
    {"verification_uri_complete", AT(verification_uri_complete), TEXT_MAX,
     true}};

enum {
    STRINGS = sizeof(strings) / sizeof(strings[0])
};

static char **
string_at(oauth_reply *reply, const string_field *f)
{
    return (char **)((char *)reply + f->offset);
}

void
oauth_reply_clear(oauth_reply *reply)
{
    size_t i;

    for (i = 0; i < STRINGS; i++)
        oauth_wipe(string_at(reply, &strings[i]));
    *reply = (oauth_reply){0};
}

static bool
is_visible(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < '!' || *text > '~')
            return false;
    }
    return true;
}

/* jansson refuses NUL in strings unless it is asked not to. */
static const char *
take_string(oauth_reply *reply, const string_field *f, const json_t *object)
{
    const json_t *value = json_object_get(object, f->name);
    const char *text = json_string_value(value);
    char **at = string_at(reply, f);

    if (value == NULL || json_is_null(value))
        return NULL;
    if (text == NULL)
        return "a text in it is none";
    if (strlen(text) > f->most)
        return "a text in it is too long";
    if (f->visible && !is_visible(text))
        return "a token or a URL in it holds what none can hold";
    if (text[0] == '\0' || *at != NULL)
        return NULL;
    *at = strdup(text);
    return *at == NULL ? "out of memory" : NULL;
}

/* Some servers write numbers as texts. */
static const char *
take_number(uint64_t *number, const char *name, const json_t *object)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    double real = json_number_value(value);

    *number = 0;
    if (value == NULL || json_is_null(value))
        return NULL;
    if (text != NULL) {
        if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text) ||
            strlen(text) > 12)
            return "a number in it is none";
        *number = strtoull(text, NULL, 10);
    } else if (!json_is_number(value) || !(real >= 0)) {
        return "a number in it is none";
    } else {
        *number = real > (double)SECONDS_MAX ? SECONDS_MAX : (uint64_t)real;
    }
    if (*number > SECONDS_MAX)
        *number = SECONDS_MAX;
    return NULL;
}

static const char *
take_all(oauth_reply *reply, const json_t *object)
{
    const char *why = NULL;
    size_t i;

    if (!json_is_object(object))
        return "it is no JSON object";
    for (i = 0; i < STRINGS && why == NULL; i++)
        why = take_string(reply, &strings[i], object);
    if (why == NULL)
        why = take_number(&reply->expires_in, "expires_in", object);
    if (why == NULL)
        why = take_number(&reply->interval, "interval", object);
    return why;
}

bool
oauth_reply_parse(oauth_reply *reply, const char *body, size_t len,
                  const char **why)
{
    json_t *object;

    *reply = (oauth_reply){0};
    oauth_json_wipes();
    object = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
    *why = take_all(reply, object);
    json_decref(object);
    if (*why != NULL)
        oauth_reply_clear(reply);
    return *why == NULL;
}

/* ---- the words of a POP3 server ---- */

/* Google says it in a text, others in a number. */
static void
add_word(text_builder *line, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    size_t budget = TEXT_STRANGER_MAX / 2;

    if (text == NULL && json_integer_value(value) <= 0)
        return;
    if (line->len > 0)
        text_add(line, ", ");
    text_add(line, name);
    text_add(line, " ");
    if (text != NULL)
        text_add_printable(line, text, strlen(text), &budget);
    else
        text_add_number(line, (uint64_t)json_integer_value(value));
}

bool
oauth_refusal_words(const char *json, size_t len, char *out, size_t size)
{
    text_builder line = text_start(out, size);
    json_t *object;

    oauth_json_wipes();
    object = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object)) {
        add_word(&line, object, "status");
        add_word(&line, object, "error");
        add_word(&line, object, "error_description");
        add_word(&line, object, "scope");
    }
    json_decref(object);
    return line.len > 0;
}
