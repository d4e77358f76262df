/* SPDX-License-Identifier: MIT */
/*
 * header - octets of a stranger become names and values.
 *
 * Whatever comes, nothing is written beyond a value's room, and each octet is
 * looked at a bounded number of times. Encoded words of other character sets
 * stay encoded: converting them would load code by a name that a stranger
 * chose.
 */
#include "cli/header.h"

#include <string.h>

#include "base/base64.h"
#include "base/text.h"

#include "base/banned.h"

enum {
    WORD_MAX = 1024 /* octets of an encoded word; RFC 2047 has 75 */
};

void
header_start(header *h, pop3_span text)
{
    h->rest = text;
    h->name = (pop3_span){"", 0};
    h->value[0] = '\0';
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A line without its end. */
static pop3_span
take_line(pop3_span *rest)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    pop3_span line = {rest->ptr, len};

    rest->ptr += len + (end == NULL ? 0 : 1);
    rest->len -= len + (end == NULL ? 0 : 1);
    while (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static void
append(text_builder *value, pop3_span part)
{
    size_t i;

    for (i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];
        char shown = c < ' ' || c == 127 ? ' ' : (char)c;

        if (value->len > 0 || !is_blank(shown))
            text_add_octets(value, &shown, 1);
    }
}

static bool
decode_q(pop3_span text, char *out, size_t *len)
{
    size_t i;

    *len = 0;
    for (i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '_') {
            c = ' ';
        } else if (c == '=') {
            int high = i + 2 < text.len ? text_hex_value(text.ptr[i + 1]) : -1;
            int low = high < 0 ? -1 : text_hex_value(text.ptr[i + 2]);

            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[(*len)++] = c;
    }
    return true;
}

static void
append_latin1(text_builder *value, const char *data, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        const char pair[2] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 63))};

        append(value,
               c < 0x80 ? (pop3_span){&data[i], 1} : (pop3_span){pair, 2});
    }
}

/* "=?charset*language?Q?text?=", taken apart. */
typedef struct word {
    pop3_span charset;
    char encoding;
    pop3_span text;
    size_t len; /* of all of it */
} word;

static bool
split_word(pop3_span at, word *w)
{
    const char *mark;
    const char *end;
    const char *star;

    if (at.len < 8 || at.ptr[0] != '=' || at.ptr[1] != '?')
        return false;
    if (at.len > WORD_MAX)
        at.len = WORD_MAX;
    mark = memchr(at.ptr + 2, '?', at.len - 2);
    if (mark == NULL || mark + 3 > at.ptr + at.len || mark[2] != '?')
        return false;
    end = memmem(mark + 3, (size_t)(at.ptr + at.len - mark - 3), "?=", 2);
    if (end == NULL)
        return false;
    w->charset = (pop3_span){at.ptr + 2, (size_t)(mark - at.ptr - 2)};
    star = memchr(w->charset.ptr, '*', w->charset.len);
    if (star != NULL)
        w->charset.len = (size_t)(star - w->charset.ptr);
    w->encoding = text_lower(mark[1]);
    w->text = (pop3_span){mark + 3, (size_t)(end - mark - 3)};
    w->len = (size_t)(end + 2 - at.ptr);
    return memchr(at.ptr, ' ', w->len) == NULL;
}

static bool
is_charset(const word *w, const char *name)
{
    return text_equal_caseless(w->charset.ptr, w->charset.len, name);
}

/* The length of the word at the front of the text; 0: none that is known. */
static size_t
append_word(text_builder *value, pop3_span at)
{
    char data[WORD_MAX];
    size_t len;
    bool latin1;
    word w;

    if (!split_word(at, &w))
        return 0;
    latin1 = is_charset(&w, "iso-8859-1");
    if (!latin1 && !is_charset(&w, "utf-8") && !is_charset(&w, "us-ascii"))
        return 0;
    if (w.encoding == 'q' ? !decode_q(w.text, data, &len)
        : w.encoding == 'b'
            ? !base64_decode(w.text.ptr, w.text.len, data, &len)
            : true)
        return 0;
    if (latin1)
        append_latin1(value, data, len);
    else
        append(value, (pop3_span){data, len});
    return w.len;
}

/* Decodes words; blanks between two of them are no text. */
static void
append_decoded(text_builder *value, pop3_span text)
{
    bool after_word = false;
    size_t i = 0;

    while (i < text.len) {
        size_t blanks = 0;
        size_t len;

        while (i + blanks < text.len && is_blank(text.ptr[i + blanks]))
            blanks++;
        if (!after_word)
            append(value, (pop3_span){text.ptr + i, blanks});
        len = append_word(
            value, (pop3_span){text.ptr + i + blanks, text.len - i - blanks});
        if (len == 0) {
            if (after_word)
                append(value, (pop3_span){text.ptr + i, blanks});
            len = i + blanks < text.len ? 1 : 0;
            append(value, (pop3_span){text.ptr + i + blanks, len});
            after_word = false;
        } else {
            after_word = true;
        }
        i += blanks + len;
    }
}

/* The lines of a field, joined, in `out`. */
static size_t
unfold(header *h, pop3_span first, char *out, size_t size)
{
    text_builder raw = text_start(out, size);

    text_add_octets(&raw, first.ptr, first.len);
    while (h->rest.len > 0 && is_blank(h->rest.ptr[0])) {
        pop3_span line = take_line(&h->rest);

        text_add_octets(&raw, line.ptr, line.len);
    }
    return raw.len;
}

static void
trim_end(text_builder *value)
{
    while (value->len > 0 && is_blank(value->buf[value->len - 1]))
        value->buf[--value->len] = '\0';
}

bool
header_next(header *h)
{
    char raw[HEADER_VALUE_MAX + 1];

    while (h->rest.len > 0) {
        pop3_span line = take_line(&h->rest);
        const char *colon = memchr(line.ptr, ':', line.len);
        text_builder value = text_start(h->value, sizeof(h->value));
        size_t len = colon == NULL ? 0 : (size_t)(colon - line.ptr);
        size_t from = colon == NULL ? line.len : len + 1;
        size_t raw_len =
            unfold(h, (pop3_span){line.ptr + from, line.len - from}, raw,
                   sizeof(raw));

        if (colon == NULL)
            continue;
        append_decoded(&value, (pop3_span){raw, raw_len});
        trim_end(&value);
        while (len > 0 && is_blank(line.ptr[len - 1]))
            len--;
        h->name = (pop3_span){line.ptr, len};
        return true;
    }
    return false;
}
