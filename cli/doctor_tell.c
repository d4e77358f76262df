/* SPDX-License-Identifier: MIT */
/*
 * doctor_tell - the report, as text or as JSON.
 *
 * All that came from a server was made printable when it was taken.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/doctor.h"
#include "cli/json.h"
#include "cli/report.h"

#include "base/banned.h"

static void
tell_steps(const doctor *d)
{
    size_t i;

    for (i = 0; i < d->step_count; i++) {
        const doctor_step *step = &d->steps[i];

        if (step->skipped)
            printf("  -            %s: %s\n", step->name, step->text);
        else
            printf("  %s %7.1f ms  %s: %s\n", step->good ? "ok  " : "FAIL",
                   (double)step->us / 1000, step->name, step->text);
    }
}

static void
tell_cert(const doctor_cert *c)
{
    printf("\nCertificate, over %s:\n"
           "  subject  %s\n"
           "  names    %s\n"
           "  issuer   %s\n"
           "  valid    %s to %s, %ld days left\n"
           "  pins     %s\n"
           "           %s\n",
           c->tls, c->subject, c->names[0] == '\0' ? "none" : c->names,
           c->issuer, c->from, c->until, c->days_left, c->pin, c->key_pin);
}

static void
tell_capa(const char *when, const char *lines)
{
    printf("\nCapabilities %s login:\n", when);
    while (lines != NULL && *lines != '\0') {
        size_t len = strcspn(lines, "\n");

        printf("  %.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n' ? 1 : 0);
    }
}

static void
tell_findings(const doctor *d)
{
    size_t i;

    if (d->finding_count > 0)
        printf("\nFound:\n");
    for (i = 0; i < d->finding_count; i++) {
        const doctor_finding *f = &d->findings[i];

        printf("  %s%s%s\n", f->what, f->advice[0] == '\0' ? "" : ":\n    ",
               f->advice);
    }
}

static const char *
good_end(const doctor *d)
{
    if (d->opt->insecure)
        return "No step failed, but nothing says whose server it is.";
    return d->logged_in ? "All is well; no mail was fetched or changed."
                        : "All is well, as far as can be seen without "
                          "logging in.";
}

void
doctor_tell(const doctor *d)
{
    printf("%s\n", printable(d->s.account));
    tell_steps(d);
    if (d->cert.seen)
        tell_cert(&d->cert);
    if (d->before != NULL)
        tell_capa("before", d->before);
    if (d->after != NULL &&
        (d->before == NULL || strcmp(d->before, d->after) != 0))
        tell_capa("after", d->after);
    if (d->why[0] != '\0')
        printf("\nLogin: %s%s%s\n", d->mechanism,
               d->mechanism[0] == '\0' ? "" : ", ", d->why);
    tell_findings(d);
    if (d->s.status != EXIT_FINE)
        printf("\nFailed: %s\n", d->s.why);
    else
        printf("\n%s\n", good_end(d));
}

static void
json_steps(json *j, const doctor *d)
{
    size_t i;

    json_open(j, "steps", '[');
    for (i = 0; i < d->step_count; i++) {
        const doctor_step *step = &d->steps[i];

        json_open(j, NULL, '{');
        json_text(j, "name", step->name);
        json_bool(j, "good", step->good);
        json_bool(j, "skipped", step->skipped);
        json_number(j, "microseconds", step->us);
        json_text(j, "text", step->text);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void
json_cert(json *j, const doctor_cert *c)
{
    json_open(j, "certificate", '{');
    json_text(j, "subject", c->subject);
    json_text(j, "names", c->names);
    json_text(j, "issuer", c->issuer);
    json_text(j, "not_before", c->from);
    json_text(j, "not_after", c->until);
    json_bool(j, "ended", c->days_left < 0);
    json_number(j, "days_left", c->days_left < 0 ? 0 : (uint64_t)c->days_left);
    json_bool(j, "self_signed", c->self_signed);
    json_text(j, "sha256", c->pin);
    json_text(j, "spki_sha256", c->key_pin);
    json_close(j, '}');
}

static void
json_lines(json *j, const char *key, const char *lines)
{
    json_open(j, key, '[');
    while (lines != NULL && *lines != '\0') {
        size_t len = strcspn(lines, "\n");

        json_string(j, NULL, (pop3_span){lines, len});
        lines += len + (lines[len] == '\n' ? 1 : 0);
    }
    json_close(j, ']');
}

static void
json_findings(json *j, const doctor *d)
{
    size_t i;

    json_open(j, "findings", '[');
    for (i = 0; i < d->finding_count; i++) {
        json_open(j, NULL, '{');
        json_text(j, "what", d->findings[i].what);
        json_text(j, "advice", d->findings[i].advice);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void
json_mail(json *j, const doctor_mail *mail)
{
    json_open(j, "mail", '{');
    json_number(j, "messages", mail->stat.count);
    json_number(j, "octets", mail->stat.octets);
    json_number(j, "unique_ids", mail->uids);
    json_number(j, "sizes", mail->sizes);
    json_close(j, '}');
}

void
doctor_tell_json(const doctor *d)
{
    json j = json_start(stdout);

    json_open(&j, NULL, '{');
    json_text(&j, "account", d->s.account);
    json_text(&j, "host", d->s.where.host);
    json_steps(&j, d);
    json_text(&j, "tls", d->cert.tls);
    if (d->cert.seen)
        json_cert(&j, &d->cert);
    json_text(&j, "greeting", d->greeting);
    json_lines(&j, "capabilities_before_login", d->before);
    json_lines(&j, "capabilities_after_login", d->after);
    json_text(&j, "mechanism", d->mechanism);
    json_text(&j, "mechanism_why", d->why);
    json_bool(&j, "logged_in", d->logged_in);
    if (d->mail.asked)
        json_mail(&j, &d->mail);
    json_findings(&j, d);
    if (d->s.why[0] != '\0')
        json_text(&j, "error", d->s.why);
    json_number(&j, "status", (uint64_t)d->s.status);
    json_close(&j, '}');
}
