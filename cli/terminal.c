/* SPDX-License-Identifier: MIT */
/*
 * terminal - a line of mail becomes one that cannot command the terminal.
 *
 * The one printer for text of strangers is pop3_printable() (R24); it takes
 * 400 octets at most, so the line is cut into pieces, never inside a UTF-8
 * sequence. Tabs and backslashes are common in mail and harmless: they pass.
 */
#include "cli/terminal.h"

#include <string.h>

#include "base/banned.h"

enum {
    PIECE_MAX = 390
};

/* Octets up to the next one that passes unchanged, at most PIECE_MAX. */
static size_t
piece_len(pop3_span line)
{
    size_t limit = line.len < PIECE_MAX ? line.len : PIECE_MAX;
    size_t len = 0;
    size_t back;

    while (len < limit && line.ptr[len] != '\t' && line.ptr[len] != '\\')
        len++;
    if (len < PIECE_MAX)
        return len;
    for (back = 0; back < 3; back++) {
        if (len - back == line.len ||
            ((unsigned char)line.ptr[len - back] & 0xc0) != 0x80)
            return len - back;
    }
    return len;
}

void
terminal_line(FILE *out, pop3_span line, bool end)
{
    char printed[PIECE_MAX * 4 + 8];

    while (line.len > 0) {
        size_t len = piece_len(line);

        if (len > 0) {
            (void)pop3_printable((pop3_span){line.ptr, len}, printed,
                                 sizeof(printed));
            fputs(printed, out);
        } else {
            fputc(line.ptr[0], out);
            len = 1;
        }
        line.ptr += len;
        line.len -= len;
    }
    if (end)
        fputc('\n', out);
}
