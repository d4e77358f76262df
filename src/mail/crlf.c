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

#include "core/scan.h"
#include "base/banned.h"

crlf
crlf_start(const struct scan *by)
{
    return (crlf){by == NULL ? scan_best() : by, false};
}

size_t
crlf_to_lf(crlf *state, const char *in, size_t len, char *out)
{
    size_t written = 0;

    if (len == 0)
        return 0;
    if (state->cr && in[0] != '\n')
        out[written++] = '\r';
    state->cr = in[len - 1] == '\r';
    if (state->cr)
        len--;
    return written + state->scan->crlf_to_lf(in, in + len, out + written);
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
