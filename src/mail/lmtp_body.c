/* SPDX-License-Identifier: MIT */
/*
 * lmtp_body - each line ends with CRLF, and one that begins with a dot gets a
 * second one (RFC 5321 §4.5.2).
 *
 * A bare CR or LF becomes CRLF: servers that take one of them for the end of a
 * line could be made to see a final dot where there is none (R28).
 */
#include "mail/lmtp_body.h"

#include "base/banned.h"

static size_t
end_line(lmtp_body *b, char *out)
{
    out[0] = '\r';
    out[1] = '\n';
    b->inside = false;
    b->cr = false;
    return 2;
}

static size_t
put_octet(lmtp_body *b, char c, char *out)
{
    size_t n = 0;

    if (!b->inside && c == '.')
        out[n++] = '.';
    out[n++] = c;
    b->inside = true;
    return n;
}

size_t
lmtp_body_put(lmtp_body *b, const char *in, size_t len, char *out)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        bool pair = b->cr && in[i] == '\n';

        if (b->cr)
            n += end_line(b, out + n);
        if (pair)
            continue;
        if (in[i] == '\r')
            b->cr = true;
        else if (in[i] == '\n')
            n += end_line(b, out + n);
        else
            n += put_octet(b, in[i], out + n);
    }
    return n;
}

size_t
lmtp_body_end(lmtp_body *b, char *out)
{
    size_t n = 0;

    if (b->inside || b->cr)
        n = end_line(b, out);
    out[n++] = '.';
    out[n++] = '\r';
    out[n++] = '\n';
    return n;
}
