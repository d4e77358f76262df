/* SPDX-License-Identifier: MIT */
/*
 * fuzz_reply - status lines, APOP timestamps, and the printer for strangers'
 * words.
 */
#include "core/greeting.h"
#include "core/reply.h"
#include "fuzz.h"

#include <string.h>

static void
check_inside(pop3_span part, pop3_span whole)
{
    if (part.len == 0)
        return;
    PROPERTY(part.ptr >= whole.ptr);
    PROPERTY(part.ptr + part.len <= whole.ptr + whole.len);
}

static void
check_timestamp(pop3_span line)
{
    pop3_span stamp = greeting_timestamp(line);
    size_t i;

    check_inside(stamp, line);
    if (stamp.len == 0)
        return;
    PROPERTY(stamp.len >= 5);
    PROPERTY(stamp.ptr[0] == '<' && stamp.ptr[stamp.len - 1] == '>');
    for (i = 0; i < stamp.len; i++)
        PROPERTY(stamp.ptr[i] > 32 && stamp.ptr[i] < 127);
    PROPERTY(memchr(stamp.ptr, '@', stamp.len) != NULL);
}

static void
check_printer(pop3_span line, size_t size)
{
    char out[2000];
    size_t len;
    size_t i;

    memset(out, 'Z', sizeof(out));
    size = size % (sizeof(out) - 1) + 1;
    len = pop3_printable(line, out, size);
    PROPERTY(len < size && out[len] == '\0' && out[size] == 'Z');
    PROPERTY(strlen(out) == len);
    for (i = 0; i < len; i++)
        PROPERTY((unsigned char)out[i] >= 32 && out[i] != 127);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pop3_span line = {(const char *)data, size};
    reply r;

    r = reply_parse(line);
    check_inside(r.rest, line);
    check_inside(r.text, line);
    check_inside(r.code_text, line);
    PROPERTY((r.kind == REPLY_INVALID) ==
             (size == 0 || (data[0] != '+' && data[0] != '-')));
    PROPERTY((r.code == POP3_RESP_NONE) == (r.code_text.len == 0));
    check_timestamp(line);
    check_printer(line, size * 7 + 1);
    check_printer(line, 1999);
    return 0;
}
