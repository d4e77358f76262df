/* SPDX-License-Identifier: MIT */
/*
 * percent - decodes %XX, and lets no control character through: what comes
 * out of a URL may stand in a line of a protocol later (R19).
 */
#include "base/percent.h"

#include "base/text.h"

percent_result
percent_decode(const char *text, size_t len, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)text[i];

        if (c == '%') {
            int high = i + 1 < len ? text_hex_value(text[i + 1]) : -1;
            int low = i + 2 < len ? text_hex_value(text[i + 2]) : -1;

            if (high < 0 || low < 0)
                return PERCENT_BAD;
            c = high * 16 + low;
            i += 2;
        }
        if (c < 32 || c == 127)
            return PERCENT_CONTROL;
        if (used + 1 >= size)
            return PERCENT_LONG;
        out[used++] = (char)c;
    }
    out[used] = '\0';
    return PERCENT_OK;
}
