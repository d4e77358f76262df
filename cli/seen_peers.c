/* SPDX-License-Identifier: MIT */
/*
 * seen_peers - what fetchmail, getmail and mpop remember, a line each:
 *
 *   fetchmail  USER@HOST ID         USER may hold "@" and blanks before it;
 *                                   HOST is the name behind "poll", also
 *                                   where "via" names the server
 *   getmail    ID NUL SECONDS       when it came; the name of the file is
 *                                   oldmail-SERVER-PORT-USER. A slash in an
 *                                   id became a dash, so such a one is new
 *   mpop       BLANK COUNT HOST USER, then COUNT lines with an ID each; "#"
 *                                   begins a comment
 */
#include "cli/seen_import.h"

#include <string.h>

#include "cli/report.h"

#include "base/banned.h"

static pop3_span
trim(pop3_span text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 &&
           (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static pop3_span
from(pop3_span text, size_t at)
{
    return (pop3_span){text.ptr + at, text.len - at};
}

/* ---- fetchmail ---- */

/* The host ends at the first blank behind the first "@"; what stands before
 * the last "@" of that is the user. */
static bool
split_fetchid(pop3_span line, pop3_span *user, pop3_span *host, pop3_span *id)
{
    const char *at = memchr(line.ptr, '@', line.len);
    const char *end = line.ptr + line.len;
    const char *blank;

    if (at == NULL)
        return false;
    blank = memchr(at, ' ', (size_t)(end - at));
    if (blank == NULL)
        return false;
    for (end = blank; *--end != '@';)
        ;
    *user = (pop3_span){line.ptr, (size_t)(end - line.ptr)};
    *host = trim((pop3_span){end + 1, (size_t)(blank - end - 1)});
    *id = trim(from(line, (size_t)(blank - line.ptr)));
    return user->len > 0 && host->len > 0;
}

void
import_fetchids(seen_importing *im)
{
    pop3_span line;
    pop3_span user;
    pop3_span host;
    pop3_span id;

    while (import_line(im, &line)) {
        line = trim(line);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (!split_fetchid(line, &user, &host, &id))
            import_bad(im, "it is not \"user@host id\"");
        else if (import_wants(im, user, host))
            import_id(im, id, 0);
        else
            import_skip(im, user, host, 1);
    }
}

/* ---- getmail ---- */

static bool
is_stripped(char c)
{
    return strchr("/\\:;<>|", c) != NULL;
}

/* Whether the octets at `at` are `text`, as getmail writes it into the name of
 * a file. */
static size_t
match_stripped(const char *at, const char *text)
{
    size_t len = 0;

    while (*text != '\0') {
        char c = *text++;

        if (is_stripped(c)) {
            while (*text != '\0' && is_stripped(*text))
                text++;
            c = '-';
        }
        if (at[len] != c)
            return 0;
        len++;
    }
    return len;
}

static bool
is_oldmail_of(const char *name, const char *user, const char *host)
{
    size_t len = match_stripped(name, host);

    if (len == 0 || name[len] != '-')
        return false;
    name += len + 1;
    len = strspn(name, "0123456789");
    if (len == 0 || name[len] != '-')
        return false;
    name += len + 1;
    len = match_stripped(name, user);
    return len > 0 && name[len] == '\0';
}

static const char *
file_name(const seen_importing *im)
{
    const char *slash = strrchr(im->path, '/');

    return slash == NULL ? im->path : slash + 1;
}

/* A file of another name may be of anyone: its user knows. */
static bool
wants_oldmail(const seen_importing *im)
{
    const session *s = im->r->s;
    const char *name = file_name(im);
    const char *at = s->opt->from == NULL ? NULL : strrchr(s->opt->from, '@');
    char user[600];

    if (strncmp(name, "oldmail-", 8) != 0)
        return true;
    if (at == NULL)
        return is_oldmail_of(name + 8, s->where.user, s->where.host);
    (void)snprintf(user, sizeof(user), "%.*s", (int)(at - s->opt->from),
                   s->opt->from);
    return is_oldmail_of(name + 8, user, at + 1);
}

static void
read_oldmail(seen_importing *im, pop3_span line)
{
    const char *nul = memchr(line.ptr, '\0', line.len);
    size_t len = nul == NULL ? 0 : (size_t)(nul - line.ptr);
    pop3_span number;
    uint64_t second;

    if (nul == NULL) {
        import_bad(im, "it is not an id, NUL and a time");
        return;
    }
    number = from(line, len + 1);
    if (!import_number(&number, &second) || number.len > 0)
        second = 0; /* when it came is not known; the id is */
    import_id(im, (pop3_span){line.ptr, len}, (int64_t)second);
}

void
import_oldmail(seen_importing *im)
{
    const pop3_span name = {file_name(im), strlen(file_name(im))};
    bool wanted = wants_oldmail(im);
    pop3_span line;

    while (import_line(im, &line)) {
        if (line.len == 0)
            continue;
        if (wanted)
            read_oldmail(im, line);
        else
            import_skip(im, (pop3_span){"", 0}, name, 1);
    }
}

/* ---- mpop ---- */

/* " COUNT HOST USER". */
static bool
split_section(pop3_span line, uint64_t *count, pop3_span *host,
              pop3_span *user)
{
    pop3_span rest = from(line, 1);
    const char *blank;

    if (!import_number(&rest, count) || !import_char(&rest, ' ') ||
        *count == 0)
        return false;
    blank = memchr(rest.ptr, ' ', rest.len);
    if (blank == NULL)
        return false;
    *host = (pop3_span){rest.ptr, (size_t)(blank - rest.ptr)};
    *user = from(rest, host->len + 1);
    return host->len > 0 && user->len > 0;
}

/* The list that is being read. */
typedef struct section {
    pop3_span host;
    pop3_span user;
    uint64_t left; /* ids that are to come */
    bool wanted;
} section;

static void
begin_section(seen_importing *im, section *s, pop3_span line)
{
    if (s->left > 0)
        import_bad(im, "there are fewer ids before it than were told");
    *s = (section){.left = 0};
    if (split_section(line, &s->left, &s->host, &s->user)) {
        s->wanted = import_wants(im, s->user, s->host);
        return;
    }
    s->left = 0;
    import_bad(im, "it is not \" count host user\"");
}

void
import_uidls(seen_importing *im)
{
    section s = {.left = 0};
    pop3_span line;

    while (import_line(im, &line)) {
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (line.ptr[0] == ' ') {
            begin_section(im, &s, line);
        } else if (s.left == 0) {
            import_bad(im, "this id stands in no list");
        } else {
            s.left--;
            if (s.wanted)
                import_id(im, line, 0);
            else
                import_skip(im, s.user, s.host, 1);
        }
    }
    if (s.left > 0 && im->result == MAIL_OK)
        import_bad(im, "there are fewer ids than were told");
}
