/* SPDX-License-Identifier: MIT */
/*
 * crlf - the line ends of the wire become those of a mailbox file.
 *
 * Only the pair CR LF is changed. A bare CR and a bare LF are octets of the
 * message and stay (server-quirks 22). The pieces may be cut anywhere, also
 * between CR and LF: the one octet of memory is a CR whose follower has not
 * been seen. CR CR LF becomes CR LF, as the second CR belongs to the pair.
 */
#include "mail/crlf.h"

#include <string.h>

#include "base/banned.h"

size_t
crlf_to_lf(crlf *state, const char *in, size_t len, char *out)
{
    const char *end = in + len;
    size_t written = 0;

    while (in < end) {
        const char *cr;
        size_t run;

        if (state->cr) {
            state->cr = false;
            if (*in != '\n')
                out[written++] = '\r';
        }
        cr = memchr(in, '\r', (size_t)(end - in));
        run = (size_t)((cr == NULL ? end : cr) - in);
        memcpy(out + written, in, run);
        written += run;
        in += run;
        if (cr != NULL) {
            state->cr = true;
            in++;
        }
    }
    return written;
}

size_t
crlf_finish(crlf *state, char *out)
{
    if (!state->cr)
        return 0;
    state->cr = false;
    out[0] = '\r';
    return 1;
}
