/* SPDX-License-Identifier: MIT */
/*
 * seen_export - pop3 seen export: the memory as text that stays readable.
 *
 *     pop3-seen 1
 *     account USER@HOST
 *     STATE OCCURRENCE COPIES OCTETS DELIVERED DELETED PRESENT UNIQUE-ID
 *
 * Each account begins with a line of its own. Fields stand between single
 * spaces; times are seconds since 1970, and 0 if there is none; every octet of
 * a name or an id that is no printable ASCII, and "%", is %XX. A line that
 * begins with "#" is a comment. A reader skips a line whose state it does not
 * know, so a new state does not make a new format.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/remembered.h"
#include "cli/report.h"

#include "base/banned.h"

static void
write_encoded(pop3_span text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c > ' ' && c < 127 && c != '%')
            putchar(c);
        else
            printf("%%%02X", c);
    }
    putchar('\n');
}

static mail_result
write_row(void *ctx, const seen_row *row)
{
    (void)ctx;
    printf("%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64
           " %d ",
           remembered_word(row->state), row->occurrence, row->copies,
           row->octets, row->done_s, row->deleted_s, row->present ? 1 : 0);
    write_encoded(row->uid);
    return MAIL_OK;
}

bool
seen_export(remembered *r)
{
    const char *name = r->s->mailbox;
    mail_error error;

    printf("pop3-seen 1\naccount ");
    write_encoded((pop3_span){name, strlen(name)});
    if (r->memory == NULL)
        return true;
    return seen_rows(r->memory, write_row, NULL, &error) == MAIL_OK ||
           remembered_fail(r, &error);
}
