/* SPDX-License-Identifier: MIT */
/*
 * doctor_findings - what is odd about a server, and what to do about it.
 *
 * Each kind of oddness is a function; they look at what was seen and say
 * nothing where all is well. None judges a server by its name.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/doctor.h"
#include "cli/report.h"

#include "base/banned.h"

enum {
    DAYS_SOON = 14,
    SLOW_US = 3000000
};

/* Adds one; `advice` is a format, `what` is not. */
__attribute__((format(printf, 3, 4))) static void
find(doctor *d, const char *what, const char *advice, ...)
{
    doctor_finding *f = &d->findings[d->finding_count];
    va_list args;

    if (d->finding_count + 1 < DOCTOR_FINDINGS)
        d->finding_count++;
    (void)snprintf(f->what, sizeof(f->what), "%.399s", what);
    va_start(args, advice);
    (void)vsnprintf(f->advice, sizeof(f->advice), advice, args);
    va_end(args);
}

/* The arguments of a capability among lines; NULL: it is not there. */
static const char *
find_capa(const char *lines, const char *tag)
{
    size_t len = strlen(tag);

    while (lines != NULL && *lines != '\0') {
        if (text_equal_caseless(lines, strcspn(lines, " \n"), tag))
            return lines + len + (lines[len] == ' ' ? 1 : 0);
        lines = strchr(lines, '\n');
        lines = lines == NULL ? NULL : lines + 1;
    }
    return NULL;
}

/* Known after login, or else before it. */
static const char *
capa(const doctor *d, const char *tag)
{
    return find_capa(d->after != NULL ? d->after : d->before, tag);
}

static bool
knows_capa(const doctor *d)
{
    return d->before != NULL || d->after != NULL;
}

static uint64_t
number_at(const char *text)
{
    uint64_t n = 0;

    for (; *text >= '0' && *text <= '9' && n < 1000000; text++)
        n = n * 10 + (uint64_t)(*text - '0');
    return n;
}

/* ---- the way to it ---- */

static void
dead_addresses(doctor *d)
{
    if (d->dead > 0 && d->dead < d->addresses)
        find(d, "not all addresses of the host answer",
             "pop3 takes one that does; tell the administrator, as other "
             "programs may wait for the dead one");
}

static void
slow_steps(doctor *d)
{
    char what[200];
    size_t i;

    for (i = 0; i < d->step_count; i++) {
        if (d->steps[i].us < SLOW_US || !d->steps[i].good)
            continue;
        (void)snprintf(what, sizeof(what), "%s took %" PRIu64 " seconds",
                       d->steps[i].name, d->steps[i].us / 1000000);
        find(d, what,
             "nothing is wrong with that, but --timeout and "
             "--connect-timeout have to be longer");
    }
}

static void
certificate(doctor *d)
{
    const doctor_cert *c = &d->cert;
    char what[200];

    if (!c->seen)
        return;
    if (strncmp(c->tls, "TLSv1.2", 7) != 0 &&
        strncmp(c->tls, "TLSv1.3", 7) != 0)
        find(d, "the server has no TLS newer than 1.1",
             "pop3 refuses that: the administrator has to renew the server");
    if (c->self_signed)
        find(d, "the certificate is signed by itself",
             "compare its fingerprint with the administrator, and then write "
             "\"tls-fingerprint = %s\"",
             c->pin);
    if (c->days_left < 0)
        find(d, "the certificate has ended",
             "the administrator has to renew it; do not work around it");
    if (c->days_left < 0 || c->days_left >= DAYS_SOON)
        return;
    (void)snprintf(what, sizeof(what), "the certificate ends in %ld days",
                   c->days_left);
    find(d, what, "the administrator has to renew it until then");
}

static void
insecure(doctor *d)
{
    if (d->opt->insecure)
        find(d, "no certificate was verified (--insecure)",
             "anybody on the way can be the server: leave --insecure out, and "
             "pin a certificate that is right by --tls-fingerprint");
}

/* ---- capabilities ---- */

static void
no_capa(doctor *d)
{
    if (d->dies_of_capa)
        find(d, "the server ends the connection at CAPA",
             "write \"no-capa = yes\" into the account, which saves a "
             "connection each time");
    else if (!knows_capa(d) && !d->opt->no_capa && d->greeting[0] != '\0')
        find(d, "the server does not know CAPA (RFC 2449)",
             "what it can do is tried out instead; \"no-capa = yes\" saves a "
             "question each time");
}

static void
late_capabilities(doctor *d)
{
    const char *line = d->after;
    char names[200] = "";
    char what[300];
    size_t len = 0;

    while (d->before != NULL && line != NULL && *line != '\0') {
        size_t tag = strcspn(line, " \n");
        char name[60];

        (void)snprintf(name, sizeof(name), "%.*s", (int)(tag < 59 ? tag : 59),
                       line);
        if (find_capa(d->before, name) == NULL && len + 64 < sizeof(names))
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
                                    len == 0 ? "" : ", ", name);
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    if (len == 0)
        return;
    (void)snprintf(what, sizeof(what), "announced after login only: %s",
                   names);
    find(d, what, "nothing needs to be done: pop3 asks again after login");
}

static void
pipelining(doctor *d)
{
    if (knows_capa(d) && capa(d, "PIPELINING") == NULL)
        find(d, "no PIPELINING (RFC 2449)",
             "each message costs a round trip; nothing can be done about "
             "that here");
}

static void
top(doctor *d)
{
    if (knows_capa(d) && capa(d, "TOP") == NULL)
        find(d, "TOP is not announced", "`pop3 show` may not work");
}

static void
login_delay(doctor *d)
{
    const char *delay = capa(d, "LOGIN-DELAY");
    char what[120];

    if (delay == NULL || number_at(delay) == 0)
        return;
    (void)snprintf(what, sizeof(what),
                   "the server wants %" PRIu64
                   " seconds between two logins (LOGIN-DELAY)",
                   number_at(delay));
    find(d, what,
         "do not look for mail more often: \"every = %" PRIu64 "m\" or more",
         (number_at(delay) + 59) / 60);
}

static void
expire(doctor *d)
{
    const char *days = capa(d, "EXPIRE");
    char what[120];

    if (days == NULL || *days < '0' || *days > '9')
        return;
    if (number_at(days) == 0)
        (void)snprintf(what, sizeof(what),
                       "the server may delete a message once it was fetched "
                       "(EXPIRE 0)");
    else
        (void)snprintf(what, sizeof(what),
                       "the server deletes mail after %" PRIu64
                       " days (EXPIRE)",
                       number_at(days));
    find(d, what, "do not count on mail that is kept there");
}

static void
response_codes(doctor *d)
{
    if (knows_capa(d) && capa(d, "RESP-CODES") == NULL &&
        capa(d, "AUTH-RESP-CODE") == NULL)
        find(d, "no response codes (RFC 2449, 3206)",
             "a refused login may be a wrong password or a server that is "
             "busy: it can be guessed by its words alone");
}

/* ---- mail ---- */

static void
unique_ids(doctor *d)
{
    const doctor_mail *mail = &d->mail;
    char what[120];

    if (!mail->asked)
        return;
    if (mail->uidl_result != POP3_OK)
        find(d, "the server has no unique-ids (UIDL)",
             "mail cannot be kept there and told from new mail: fetch with "
             "--delete");
    if (mail->repeated > 0) {
        (void)snprintf(what, sizeof(what),
                       "%" PRIu64 " unique-ids stand there more than once",
                       mail->repeated);
        find(d, what,
             "RFC 1939 allows that for equal messages only; pop3 fetches each "
             "of them once");
    }
    if (mail->long_uids > 0)
        find(d, "there are unique-ids of more than 70 octets",
             "pop3 takes up to 1,024; other programs may not");
}

static void
listings(doctor *d)
{
    const doctor_mail *mail = &d->mail;
    char what[200];

    if (!mail->asked)
        return;
    if (mail->skipped > 0) {
        (void)snprintf(what, sizeof(what),
                       "%" PRIu64 " rows of UIDL or LIST make no sense",
                       mail->skipped);
        find(d, what, "those messages are left alone");
    }
    if (mail->list_result != POP3_OK && mail->stat.count > 0)
        find(d, "LIST is refused",
             "sizes are not known; --max-size does not "
             "work");
    if (mail->uidl_result == POP3_OK && mail->list_result == POP3_OK &&
        (mail->uids != mail->sizes ||
         (mail->stat_result == POP3_OK && mail->stat.count != mail->sizes))) {
        (void)snprintf(what, sizeof(what),
                       "STAT counts %" PRIu64 " messages, UIDL %" PRIu64
                       ", LIST %" PRIu64,
                       mail->stat.count, mail->uids, mail->sizes);
        find(d, what,
             "pop3 takes those that stand in both listings; look again later, "
             "as mail may just have come");
    }
}

static void
provider_says(doctor *d)
{
    const provider *p = d->provider;
    char what[400];

    if (p == NULL || p->note[0] == '\0')
        return;
    (void)snprintf(what, sizeof(what), "%.60s: %.300s", printable(p->name),
                   printable(p->note));
    find(d, what, "%s%.200s", p->help[0] == '\0' ? "" : "see ",
         printable(p->help));
}

void
doctor_findings(doctor *d)
{
    static void (*const kinds[])(doctor *) = {
        dead_addresses,    slow_steps, certificate, insecure,     no_capa,
        late_capabilities, pipelining, top,         login_delay,  expire,
        response_codes,    unique_ids, listings,    provider_says};
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        kinds[i](d);
}
