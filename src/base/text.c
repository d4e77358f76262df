/* SPDX-License-Identifier: MIT */
/*
 * text - lines that are safe to show.
 *
 * The one printer through which all words of a stranger reach a terminal or a
 * log (R24): an octet passes only if it belongs to a well-formed UTF-8
 * sequence (RFC 3629 §4) for a character that neither controls a terminal
 * (C0, DEL, C1) nor reorders the line (bidirectional controls, and line and
 * paragraph separators). All else becomes \xNN, octet by octet, and a
 * backslash is doubled, so that the line can be read back without doubt.
 */
#include "base/text.h"

#include <string.h>

#include <pop3.h>

text_builder
text_start(char *buf, size_t size)
{
    buf[0] = '\0';
    return (text_builder){buf, size, 0};
}

void
text_add_octets(text_builder *t, const char *data, size_t len)
{
    size_t room = t->size - 1 - t->len;

    if (len > room)
        len = room;
    if (len > 0)
        memcpy(t->buf + t->len, data, len);
    t->len += len;
    t->buf[t->len] = '\0';
}

void
text_add(text_builder *t, const char *string)
{
    text_add_octets(t, string, strlen(string));
}

void
text_add_number(text_builder *t, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    text_add_octets(t, digits + at, sizeof(digits) - at);
}

/* Length of a UTF-8 sequence by its first octet; 0 if it cannot be one. */
static size_t
utf8_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

/* Decodes one character of *len octets. False if the octets are not the
 * shortest form of a Unicode scalar value. */
static bool
utf8_decode(const unsigned char *in, size_t room, uint32_t *out, size_t *len)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = utf8_length(in[0]);
    uint32_t c;

    if (need == 0 || need > room)
        return false;
    c = need == 1 ? in[0] : in[0] & (0x7FU >> need);
    for (size_t i = 1; i < need; i++) {
        if ((in[i] & 0xC0) != 0x80)
            return false;
        c = c << 6 | (in[i] & 0x3FU);
    }
    if (c < smallest[need] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return false;
    *out = c;
    *len = need;
    return true;
}

static bool
is_harmless(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F))
        return false;
    if (c == 0x061C || c == 0x200E || c == 0x200F)
        return false;
    if (c >= 0x2028 && c <= 0x202E)
        return false;
    return !(c >= 0x2066 && c <= 0x2069) && c != 0xFEFF;
}

static void
add_escaped(text_builder *t, unsigned char octet)
{
    static const char hex[] = "0123456789ABCDEF";
    const char escaped[4] = {'\\', 'x', hex[octet >> 4], hex[octet & 15]};

    if (t->size - 1 - t->len >= sizeof(escaped))
        text_add_octets(t, escaped, sizeof(escaped));
}

void
text_add_printable(text_builder *t, const char *data, size_t len,
                   size_t *budget)
{
    const unsigned char *in = (const unsigned char *)data;

    while (len > 0 && *budget > 0) {
        uint32_t c = 0;
        size_t taken = 1;

        if (!utf8_decode(in, len, &c, &taken) || !is_harmless(c)) {
            taken = 1;
            add_escaped(t, in[0]);
        } else if (c == '\\') {
            text_add(t, "\\\\");
        } else if (t->size - 1 - t->len >= taken) {
            text_add_octets(t, (const char *)in, taken);
        }
        in += taken;
        len -= taken;
        *budget -= taken < *budget ? taken : *budget;
    }
    if (len > 0)
        text_add(t, "...");
}

void
text_clean(char *string)
{
    unsigned char *at = (unsigned char *)string;
    size_t left = strlen(string);

    while (left > 0) {
        uint32_t c = 0;
        size_t taken = 1;

        if (!utf8_decode(at, left, &c, &taken) || !is_harmless(c)) {
            taken = 1;
            *at = '?';
        }
        at += taken;
        left -= taken;
    }
}

size_t
pop3_printable(pop3_span in, char *out, size_t size)
{
    size_t budget = TEXT_STRANGER_MAX;
    text_builder t;

    if (size == 0)
        return 0;
    t = text_start(out, size);
    text_add_printable(&t, in.ptr, in.len, &budget);
    return t.len;
}

bool
text_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char
text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int
text_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = text_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t
text_utf8_len(const char *data, size_t len)
{
    uint32_t c = 0;
    size_t taken = 0;

    return utf8_decode((const unsigned char *)data, len, &c, &taken) ? taken
                                                                     : 0;
}

bool
text_is_ascii(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)data[i] >= 128)
            return false;
    return true;
}

bool
text_holds_control(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)data[i] < 32 || data[i] == 127)
            return true;
    return false;
}

static bool
starts_caseless(const char *data, const char *string, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text_lower(data[i]) != text_lower(string[i]))
            return false;
    return true;
}

bool
text_equal_caseless(const char *data, size_t len, const char *string)
{
    return len == strlen(string) && starts_caseless(data, string, len);
}

bool
text_contains_caseless(const char *data, size_t len, const char *string)
{
    size_t need = strlen(string);

    for (size_t at = 0; need <= len && at <= len - need; at++)
        if (starts_caseless(data + at, string, need))
            return true;
    return false;
}
