/* SPDX-License-Identifier: MIT */
/*
 * seen_import - pop3 seen import ACCOUNT FILE
 *
 * Reads what `pop3 seen export` wrote, and what other programs remember
 * (seen_peers.c). Which it is shows in the first line, or in NUL octets,
 * which only getmail writes.
 *
 * All of it is one transaction. What is known already stays as it is, so that
 * a file may be read twice. An id counts as delivered when the file says so,
 * or now: --keep=30d deletes it 30 days after that.
 *
 * A file may be of another account. Ids are unique in a mailbox only, and one
 * that is taken for known is never fetched: so only ids of the user and the
 * host of the account are taken, or those that --from names.
 */
#include "cli/seen_import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/report.h"

#include "base/banned.h"

static const char HEAD[] = "pop3-seen 1";

enum {
    FILE_MAX = 256 << 20, /* octets */
    UID_MAX = 4096        /* of one id */
};

bool
import_line(seen_importing *im, pop3_span *line)
{
    const char *end;

    if (im->text.len == 0 || im->result != MAIL_OK)
        return false;
    end = memchr(im->text.ptr, '\n', im->text.len);
    line->ptr = im->text.ptr;
    line->len = end == NULL ? im->text.len : (size_t)(end - line->ptr);
    im->text.len -= line->len + (end == NULL ? 0 : 1);
    im->text.ptr += line->len + (end == NULL ? 0 : 1);
    if (line->len > 0 && line->ptr[line->len - 1] == '\r')
        line->len--;
    im->line++;
    return true;
}

void
import_bad(seen_importing *im, const char *why)
{
    im->bad++;
    if (im->bad <= IMPORT_NOTES_MAX)
        report_note("%s:%zu: not understood: %s", printable(im->path),
                    im->line, why);
    else if (im->bad == IMPORT_NOTES_MAX + 1)
        report_note("%s: there are more lines that were not understood",
                    printable(im->path));
}

static bool
equals(pop3_span a, const char *text)
{
    return a.len == strlen(text) && memcmp(a.ptr, text, a.len) == 0;
}

/* The host of --from is what follows its last "@". */
bool
import_wants(const seen_importing *im, pop3_span user, pop3_span host)
{
    const session *s = im->r->s;
    const char *from = s->opt->from;
    const char *at = from == NULL ? NULL : strrchr(from, '@');

    if (from == NULL)
        return equals(user, s->where.user) &&
               text_equal_caseless(host.ptr, host.len, s->where.host);
    return at != NULL && user.len == (size_t)(at - from) &&
           memcmp(user.ptr, from, user.len) == 0 &&
           text_equal_caseless(host.ptr, host.len, at + 1);
}

void
import_skip(seen_importing *im, pop3_span user, pop3_span host, uint64_t ids)
{
    import_other *other;
    char name[sizeof(other->name)];
    size_t i;

    (void)snprintf(name, sizeof(name), "%s%s%s", printable_span(user),
                   user.len == 0 ? "" : "@", printable_span(host));
    im->other_ids += ids;
    for (i = 0; i < im->other_count; i++) {
        if (strcmp(im->others[i].name, name) == 0) {
            im->others[i].ids += ids;
            return;
        }
    }
    if (im->other_count == IMPORT_OTHERS)
        return;
    other = &im->others[im->other_count++];
    memcpy(other->name, name, sizeof(name));
    other->ids = ids;
}

void
import_row(seen_importing *im, const seen_row *row)
{
    bool added = false;

    if (im->result != MAIL_OK)
        return;
    if (row->uid.len == 0 || row->uid.len > UID_MAX) {
        import_bad(im, row->uid.len == 0 ? "the id is missing"
                                         : "the id is too long");
        return;
    }
    im->result = seen_add(im->r->memory, row, &added, &im->error);
    im->added += added ? 1 : 0;
    im->known += added ? 0 : 1;
}

void
import_id(seen_importing *im, pop3_span uid, int64_t done_s)
{
    const seen_row row = {
        .uid = uid,
        .copies = 1,
        .state = SEEN_DONE,
        .done_s = done_s > 0 && done_s <= im->now_s ? done_s : im->now_s,
        .present = true};

    import_row(im, &row);
}

bool
import_number(pop3_span *text, uint64_t *number)
{
    size_t i = 0;

    *number = 0;
    while (i < text->len && text->ptr[i] >= '0' && text->ptr[i] <= '9') {
        uint64_t digit = (uint64_t)(text->ptr[i++] - '0');

        if (*number > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    text->ptr += i;
    text->len -= i;
    return i > 0;
}

bool
import_char(pop3_span *text, char c)
{
    if (text->len == 0 || text->ptr[0] != c)
        return false;
    text->ptr++;
    text->len--;
    return true;
}

/* ---- the format of pop3 seen export ---- */

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Into `out`, UID_MAX octets. Octets that write_encoded() would not write are
 * no id. */
static bool
decode(pop3_span text, char *out, size_t *len)
{
    size_t i;

    *len = 0;
    for (i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c <= ' ' || c >= 127 || *len == UID_MAX)
            return false;
        if (c == '%') {
            int high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[(*len)++] = c;
    }
    return true;
}

/* NULL, or what is wrong. */
static const char *
read_fields(pop3_span line, seen_row *row)
{
    const char *space = memchr(line.ptr, ' ', line.len);
    size_t len = space == NULL ? 0 : (size_t)(space - line.ptr);
    const seen_state *state = remembered_state(line.ptr, len);
    pop3_span rest = {line.ptr + len + 1, line.len - len - 1};
    uint64_t numbers[6];
    size_t i;

    if (space == NULL || state == NULL)
        return "no such state";
    for (i = 0; i < 6; i++) {
        if (!import_number(&rest, &numbers[i]) || !import_char(&rest, ' '))
            return "a number is missing or too large";
    }
    *row = (seen_row){.uid = rest,
                      .state = *state,
                      .occurrence = numbers[0],
                      .copies = numbers[1],
                      .octets = numbers[2],
                      .done_s = (int64_t)numbers[3],
                      .deleted_s = (int64_t)numbers[4],
                      .present = numbers[5] != 0};
    return NULL;
}

static void
read_row(seen_importing *im, pop3_span line)
{
    char uid[UID_MAX];
    size_t len;
    seen_row row;
    const char *why = read_fields(line, &row);

    if (why == NULL && !decode(row.uid, uid, &len))
        why = "the id cannot be one";
    if (why != NULL) {
        import_bad(im, why);
        return;
    }
    /* At which a session broke: that is no longer true elsewhere. */
    if (row.state == SEEN_NEW || row.state == SEEN_INTENT)
        return;
    row.uid = (pop3_span){uid, len};
    import_row(im, &row);
}

/* The name of a mailbox may end with a port. */
static bool
is_mailbox(const seen_importing *im, const char *name)
{
    const session *s = im->r->s;

    return strcmp(name, s->opt->from == NULL ? s->mailbox : s->opt->from) == 0;
}

static void
import_export(seen_importing *im)
{
    static const char account[] = "account ";
    const size_t skip = sizeof(account) - 1;
    char name[UID_MAX + 1] = "";
    bool ours = false;
    pop3_span line;
    size_t len;

    while (import_line(im, &line)) {
        if (line.len == 0 || line.ptr[0] == '#' || equals(line, HEAD))
            continue;
        if (line.len > skip && memcmp(line.ptr, account, skip) == 0) {
            pop3_span rest = {line.ptr + skip, line.len - skip};

            ours = false;
            if (!decode(rest, name, &len)) {
                import_bad(im, "the account cannot be one");
                continue;
            }
            name[len] = '\0';
            ours = is_mailbox(im, name);
        } else if (ours) {
            read_row(im, line);
        } else {
            import_skip(im, (pop3_span){"", 0},
                        (pop3_span){name, strlen(name)}, 1);
        }
    }
}

/* ---- any file ---- */

static void
read_ids(seen_importing *im)
{
    const pop3_span text = im->text;
    pop3_span start = text;
    uint64_t count;

    while (start.len > 0 && start.ptr[0] == '#') {
        const char *end = memchr(start.ptr, '\n', start.len);
        size_t len = end == NULL ? start.len : (size_t)(end - start.ptr) + 1;

        start = (pop3_span){start.ptr + len, start.len - len};
    }
    if (text.len >= sizeof(HEAD) - 1 &&
        memcmp(text.ptr, HEAD, sizeof(HEAD) - 1) == 0)
        import_export(im);
    else if (memchr(text.ptr, '\0', text.len) != NULL)
        import_oldmail(im);
    else if (import_char(&start, ' ') && import_number(&start, &count) &&
             import_char(&start, ' '))
        import_uidls(im);
    else
        import_fetchids(im);
}

static bool
fail_nothing(const seen_importing *im)
{
    session *s = im->r->s;
    char names[IMPORT_OTHERS * 220] = "";
    size_t i;

    if (im->other_ids == 0)
        return session_fail(s, EXIT_CONFIG,
                            "%s has no unique-ids that pop3 understands: it "
                            "reads .fetchids, oldmail-*, uidls files and what "
                            "pop3 seen export wrote",
                            printable(im->path));
    for (i = 0; i < im->other_count; i++) {
        size_t len = strlen(names);

        (void)snprintf(names + len, sizeof(names) - len, "%s%s (%" PRIu64 ")",
                       i == 0 ? "" : ", ", im->others[i].name,
                       im->others[i].ids);
    }
    return session_fail(s, EXIT_CONFIG,
                        "%s has nothing of %s, but of %.600s: if one of them "
                        "is this mailbox, name it with --from",
                        printable(im->path),
                        s->opt->from == NULL ? printable(s->account)
                                             : printable(s->opt->from),
                        names);
}

static void
tell_import(const seen_importing *im)
{
    const session *s = im->r->s;

    if (s->opt->quiet)
        return;
    report_note("%s: %" PRIu64 " ids are remembered now that were not before; "
                "%" PRIu64 " were known",
                printable(s->account), im->added, im->known);
    if (im->other_ids > 0)
        report_note("%s: %" PRIu64 " ids of other accounts were left out",
                    printable(im->path), im->other_ids);
}

static bool
import_text(seen_importing *im)
{
    remembered *r = im->r;

    im->result = seen_begin(r->memory, &im->error);
    if (im->result == MAIL_OK) {
        read_ids(im);
        if (im->result == MAIL_OK && im->added + im->known > 0)
            im->result = seen_commit(r->memory, &im->error);
        else
            seen_rollback(r->memory);
    }
    if (im->result != MAIL_OK)
        return remembered_fail(r, &im->error);
    if (im->added + im->known == 0)
        return fail_nothing(im);
    tell_import(im);
    if (im->bad > 0)
        session_warn(r->s, "%s: %" PRIu64 " lines were not understood",
                     printable(im->path), im->bad);
    return im->bad == 0;
}

static bool
read_file(FILE *file, bytes *text)
{
    char part[16384];
    size_t n;

    while ((n = fread(part, 1, sizeof(part), file)) > 0) {
        if (bytes_len(text) > FILE_MAX)
            errno = EFBIG;
        if (bytes_len(text) > FILE_MAX || !bytes_append(text, part, n))
            return false;
    }
    return ferror(file) == 0;
}

bool
seen_import(remembered *r, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rbe");
    seen_importing im = {.r = r, .path = path, .now_s = (int64_t)time(NULL)};
    bytes text = {0};
    bool good = file != NULL && read_file(file, &text);

    if (good) {
        im.text = (pop3_span){bytes_ptr(&text), bytes_len(&text)};
        good = import_text(&im);
    } else {
        good = session_fail(r->s, EXIT_CONFIG, "cannot read %s: %s",
                            printable(path), strerror(errno));
    }
    if (file != NULL && !standard)
        (void)fclose(file);
    bytes_release(&text);
    return good;
}
