/* SPDX-License-Identifier: MIT */
/*
 * doctor_session - a session as the program has it, one command at a time.
 *
 * It verifies, chooses the mechanism and logs in by the same code as any other
 * command. Between login and QUIT stand STAT, UIDL and LIST alone: nothing is
 * fetched, as RETR may delete on some servers (server-quirks 25), and nothing
 * is marked.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "cli/doctor.h"
#include "cli/report.h"
#include "cli/session_login.h"

#include "base/banned.h"

enum {
    UIDS_MAX = 1 << 20, /* that are compared with each other */
    UID_RFC_MAX = 70
};

static const pop3_error *
error_of(const doctor *d)
{
    return pop3_client_error(d->s.client);
}

static void
end_step(doctor *d, doctor_step *step, pop3_result result, const char *good)
{
    if (result == POP3_OK)
        doctor_end(step, true, "%s", good);
    else
        doctor_end(step, false, "%s",
                   error_of(d)->text[0] != '\0' ? error_of(d)->text
                                                : pop3_strerror(result));
}

/* ---- capabilities ---- */

/* A line each; to be freed. NULL: none, or no memory. */
static char *
copy_capa(const pop3_capa *capa)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    pop3_span tag;
    pop3_span args;
    size_t i;

    if (out == NULL)
        return NULL;
    for (i = 0; pop3_capa_at(capa, i, &tag, &args); i++)
        (void)fprintf(out, "%s%s%s\n", printable_span(tag),
                      args.len == 0 ? "" : " ", printable_span(args));
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/* False: the session is over. */
static bool
ask_capa(doctor *d, const char *when, char **copy)
{
    const pop3_capa *capa = NULL;
    doctor_step *step = doctor_begin(d, "CAPA %s", when);
    pop3_result result = pop3_client_capa(d->s.client, &capa);
    char text[60];

    (void)snprintf(text, sizeof(text), "%zu capabilities",
                   pop3_capa_count(capa));
    end_step(d, step, result, text);
    if (result == POP3_OK)
        *copy = copy_capa(capa);
    return !pop3_is_fatal(result);
}

/* ---- the mechanism ---- */

static void
why_none(doctor *d, bool tls, const char *kind)
{
    if (tls)
        (void)snprintf(d->why, sizeof(d->why),
                       "the server offers nothing that takes a %s and is "
                       "safe: name a mechanism by --auth",
                       kind);
    else
        (void)snprintf(d->why, sizeof(d->why),
                       "without TLS none is safe: name one by --auth if it "
                       "has to be");
}

static void
choose_mechanism(doctor *d)
{
    bool tls = pop3_conn_tls(pop3_client_conn(d->s.client))[0] != '\0';
    auth_scene scene = {.capa = session_capabilities(&d->s),
                        .host = d->s.where.host,
                        .tls = tls,
                        .binding_name = tls ? "tls-exporter" : NULL};
    pop3_credentials c = POP3_CREDENTIALS_INIT;
    const auth_mechanism *chosen;
    const char *kind;

    if (d->s.where.auth[0] != '\0') {
        (void)snprintf(d->mechanism, sizeof(d->mechanism), "%s",
                       d->s.where.auth);
        (void)snprintf(d->why, sizeof(d->why),
                       "you named it, so it is not replaced by another");
        return;
    }
    session_credentials(&d->s, &c);
    kind = c.token != NULL ? "token" : "password";
    chosen = auth_choose(&scene, &c, NULL);
    if (chosen == NULL) {
        why_none(d, tls, kind);
        return;
    }
    (void)snprintf(d->mechanism, sizeof(d->mechanism), "%s", chosen->name);
    if (strncmp(chosen->name, "SCRAM", 5) == 0)
        (void)snprintf(d->why, sizeof(d->why),
                       "the safest that both sides have: the password is "
                       "not shown to the server, which has to prove itself");
    else
        (void)snprintf(d->why, sizeof(d->why),
                       "the safest that both sides have; the %s is shown to "
                       "the server, inside TLS alone",
                       kind);
}

/* ---- listings ---- */

typedef struct hashes {
    uint64_t *list;
    size_t count;
    size_t room;
    doctor_mail *mail;
} hashes;

static pop3_result
take_uid(void *ctx, const pop3_item *item)
{
    hashes *h = ctx;
    uint64_t hash = 14695981039346656037U; /* FNV-1a */
    size_t i;

    h->mail->uids++;
    h->mail->long_uids += item->uid.len > UID_RFC_MAX ? 1 : 0;
    for (i = 0; i < item->uid.len; i++)
        hash = (hash ^ (unsigned char)item->uid.ptr[i]) * 1099511628211U;
    if (h->count == h->room && h->room < UIDS_MAX) {
        size_t room = h->room == 0 ? 1024 : h->room * 2;
        uint64_t *larger = realloc(h->list, room * sizeof(*larger));

        if (larger == NULL)
            return POP3_ERR_NOMEM;
        h->list = larger;
        h->room = room;
    }
    if (h->count < h->room)
        h->list[h->count++] = hash;
    return POP3_OK;
}

static int
compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one;
    uint64_t b = *(const uint64_t *)other;

    return a < b ? -1 : a > b;
}

static void
count_repeated(hashes *h)
{
    size_t i;

    if (h->count > 1)
        qsort(h->list, h->count, sizeof(*h->list), compare);
    for (i = 1; i < h->count; i++)
        h->mail->repeated += h->list[i] == h->list[i - 1] ? 1 : 0;
    free(h->list);
}

static pop3_result
take_size(void *ctx, const pop3_item *item)
{
    doctor_mail *mail = ctx;

    (void)item;
    mail->sizes++;
    return POP3_OK;
}

static bool
ask_stat(doctor *d)
{
    doctor_mail *mail = &d->mail;
    doctor_step *step = doctor_begin(d, "STAT");
    char text[100];

    mail->stat_result = pop3_client_stat(d->s.client, &mail->stat);
    (void)snprintf(text, sizeof(text), "%" PRIu64 " messages, %s",
                   mail->stat.count, human_octets(mail->stat.octets));
    end_step(d, step, mail->stat_result, text);
    return !pop3_is_fatal(mail->stat_result);
}

static bool
ask_uidl(doctor *d)
{
    doctor_mail *mail = &d->mail;
    hashes h = {.mail = mail};
    doctor_step *step = doctor_begin(d, "UIDL");
    char text[100];

    mail->uidl_result = pop3_client_uidl(d->s.client, 0, take_uid, &h);
    count_repeated(&h);
    mail->skipped += pop3_client_skipped_rows(d->s.client);
    (void)snprintf(text, sizeof(text), "%" PRIu64 " unique-ids", mail->uids);
    end_step(d, step, mail->uidl_result, text);
    return !pop3_is_fatal(mail->uidl_result);
}

static bool
ask_list(doctor *d)
{
    doctor_mail *mail = &d->mail;
    doctor_step *step = doctor_begin(d, "LIST");
    char text[100];

    mail->list_result = pop3_client_list(d->s.client, 0, take_size, mail);
    mail->skipped += pop3_client_skipped_rows(d->s.client);
    (void)snprintf(text, sizeof(text), "%" PRIu64 " sizes", mail->sizes);
    end_step(d, step, mail->list_result, text);
    return !pop3_is_fatal(mail->list_result);
}

/* ---- the session ---- */

static const char *
open_step(const options *opt)
{
    if (opt->tls == TLS_NONE)
        return "connect, greeting";
    return opt->insecure ? "connect, TLS, NOT verified (--insecure), greeting"
                         : "connect, verified TLS, greeting";
}

static bool
open_client(doctor *d, bool no_capa)
{
    doctor_step *step = doctor_begin(d, "%s", open_step(d->opt));
    pop3_result result = session_connect(&d->s, no_capa);

    if (result == POP3_OK)
        (void)snprintf(d->greeting, sizeof(d->greeting), "%.299s",
                       printable_span(pop3_client_getwelcome(d->s.client)));
    end_step(d, step, result, d->greeting);
    return result == POP3_OK || session_fail_login(&d->s, false);
}

/* A server that dies of CAPA is asked once more, without it. */
static bool
open_and_ask(doctor *d)
{
    if (!open_client(d, d->opt->no_capa))
        return false;
    if (d->opt->no_capa) {
        doctor_skip(d, "CAPA before login", "--no-capa");
        return true;
    }
    if (ask_capa(d, "before login", &d->before))
        return true;
    d->dies_of_capa = true;
    pop3_client_close(d->s.client);
    d->s.client = NULL;
    return open_client(d, true);
}

static bool
log_in(doctor *d)
{
    doctor_step *step = doctor_begin(
        d, "login%s%s", d->mechanism[0] == '\0' ? "" : " by ", d->mechanism);
    pop3_result result = session_login(&d->s);

    session_secrets_used(&d->s);
    end_step(d, step, result, "accepted");
    if (result != POP3_OK)
        return session_fail_login(&d->s, true);
    d->logged_in = true;
    return true;
}

static bool
look_inside(doctor *d)
{
    bool good = true;

    if (!d->opt->no_capa && !d->dies_of_capa)
        good = ask_capa(d, "after login", &d->after);
    d->mail.asked = good;
    good = good && ask_stat(d) && ask_uidl(d) && ask_list(d);
    return good || session_fail_client(&d->s);
}

void
doctor_session(doctor *d)
{
    bool good = open_and_ask(d);
    doctor_step *step;

    if (!good)
        return;
    choose_mechanism(d);
    if (d->opt->no_login)
        doctor_skip(d, "login", "--no-login");
    else
        good = log_in(d) && look_inside(d);
    if (!good)
        return;
    step = doctor_begin(d, "QUIT");
    end_step(d, step, pop3_client_quit(d->s.client), "goodbye");
}
