/* SPDX-License-Identifier: MIT */
/*
 * base64 - RFC 4648 §4 both ways, three octets and four digits at a time.
 *
 * Decoding is strict (R14): a server that sends a challenge with stray octets,
 * missing padding or non-zero unused bits gets its exchange cancelled instead
 * of a guess. Decoding in place is safe because output never overtakes input.
 */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char DIGITS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
encode_group(const unsigned char *in, size_t len, char *out)
{
    uint32_t bits = (uint32_t)in[0] << 16;

    if (len > 1)
        bits |= (uint32_t)in[1] << 8;
    if (len > 2)
        bits |= in[2];
    out[0] = DIGITS[bits >> 18];
    out[1] = DIGITS[(bits >> 12) & 63];
    out[2] = len > 1 ? DIGITS[(bits >> 6) & 63] : '=';
    out[3] = len > 2 ? DIGITS[bits & 63] : '=';
}

void
base64_encode(const void *data, size_t len, char *out)
{
    const unsigned char *in = data;

    while (len > 0) {
        size_t group = len < 3 ? len : 3;

        encode_group(in, group, out);
        in += group;
        len -= group;
        out += 4;
    }
}

static int
digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Four digits, of which the last `padding` are '=', become octets. */
static bool
decode_group(const char *in, size_t padding, char *out)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 4 - padding; i++) {
        int value = digit_value(in[i]);

        if (value < 0)
            return false;
        bits |= (uint32_t)value << (18 - 6 * i);
    }
    if ((bits & ((1U << (8 * padding)) - 1)) != 0)
        return false;
    out[0] = (char)(bits >> 16);
    if (padding < 2)
        out[1] = (char)(bits >> 8);
    if (padding < 1)
        out[2] = (char)bits;
    return true;
}

static size_t
padding_of_last(const char *text, size_t len)
{
    if (len == 0 || text[len - 1] != '=')
        return 0;
    return text[len - 2] == '=' ? 2 : 1;
}

bool
base64_decode(const char *text, size_t len, char *out, size_t *out_len)
{
    size_t padding;

    if (len % 4 != 0)
        return false;
    padding = padding_of_last(text, len);
    for (size_t i = 0; i < len / 4; i++) {
        size_t pad = i + 1 == len / 4 ? padding : 0;

        if (!decode_group(text + 4 * i, pad, out + 3 * i))
            return false;
    }
    *out_len = len / 4 * 3 - padding;
    return true;
}
