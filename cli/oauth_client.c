/* SPDX-License-Identifier: MIT */
/*
 * oauth_client - forms go to a provider, and its JSON comes back.
 *
 * RFC 6749 §3.2: a POST over TLS, never repeated elsewhere by a redirect. The
 * secret of the client, if there is one, goes into the form (§2.3.1), which
 * all known providers take. The trace names the place and the status, and
 * nothing of what was sent or came.
 */
#include "cli/oauth_client.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "cli/http.h"
#include "cli/oauth.h"
#include "cli/report.h"

#include "base/banned.h"

exit_status
oauth_client_open(oauth_client *c, const options *opt, const char *account,
                  const char *user, const char *proxy)
{
    *c = (oauth_client){.opt = opt, .account = account, .user = user};
    if (opt->proxy == NULL)
        c->all_proxy = proxy;
    else
        c->proxy = proxy == NULL ? "none" : proxy;
    password_init(&c->secret, &opt->oauth_client_secret, opt->deadline_ms);
    c->secret.what = "client secret";
    password_init(&c->first, &opt->oauth_refresh_token, opt->deadline_ms);
    c->first.what = "refresh token";
    if (opt->oauth_client_id == NULL) {
        report("%s: oauth-client-id is not set: register an application of "
               "your own with the provider, and set the id that it gets",
               printable(account));
        return EXIT_CONFIG;
    }
    return oauth_provider_read(&c->at, opt);
}

void
oauth_client_close(oauth_client *c)
{
    oauth_provider_clear(&c->at);
    password_clear(&c->secret);
    password_clear(&c->first);
}

exit_status
oauth_status(const oauth_client *c, const mail_error *error)
{
    return c->refused ? EXIT_LOGIN : status_of_mail(error->result);
}

/* ---- forms ---- */

/* application/x-www-form-urlencoded, with %20 for a space, so that it can
 * stand in a URL too. */
static bool
append_encoded(bytes *form, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    bool good = true;

    for (; *text != '\0' && good; text++) {
        unsigned char c = (unsigned char)*text;
        char triple[3] = {'%', digits[c >> 4], digits[c & 15]};
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                     (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
                     c == '_' || c == '~';

        good = plain ? bytes_append(form, text, 1)
                     : bytes_append(form, triple, sizeof(triple));
    }
    return good;
}

bool
oauth_add(bytes *form, const char *name, const char *value)
{
    if (value == NULL)
        return true;
    return (bytes_len(form) == 0 || bytes_append(form, "&", 1)) &&
           append_encoded(form, name) && bytes_append(form, "=", 1) &&
           append_encoded(form, value);
}

/* ---- questions ---- */

/* Kept from the first time on. */
static mail_result
fetch_secret(oauth_client *c, pop3_span *value, mail_error *error)
{
    if (c->secret.source->text != NULL &&
        password_fetch(&c->secret, value) != POP3_OK)
        return mail_fail(error, MAIL_ERR_CONFIG, 0, "no client secret");
    return MAIL_OK;
}

mail_result
oauth_client_ready(oauth_client *c, mail_error *error)
{
    pop3_span value;

    return fetch_secret(c, &value, error);
}

static mail_result
add_client(oauth_client *c, bytes *form, mail_error *error)
{
    pop3_span value = {NULL, 0};
    mail_result result = fetch_secret(c, &value, error);

    if (result != MAIL_OK)
        return result;
    /* A NUL stands behind a secret, and behind the form now. */
    if (!oauth_add(form, "client_id", c->opt->oauth_client_id) ||
        !oauth_add(form, "client_secret", value.ptr) ||
        !bytes_append(form, "", 1))
        return mail_fail_nomem(error);
    return MAIL_OK;
}

/* Without its query. */
static const char *
place(const char *url)
{
    return printable_span((pop3_span){url, strcspn(url, "?#")});
}

static mail_result
read_answer(const char *url, const http_answer *answer, oauth_reply *reply,
            mail_error *error)
{
    const char *why;
    bool is_error = answer->status >= 400 && answer->status < 500;

    if (answer->status >= 500 || answer->status == 429)
        return mail_fail(error, MAIL_ERR_BUSY, 0,
                         "%.300s: status %ld: the provider has a trouble of "
                         "its own: try again later",
                         place(url), answer->status);
    if (answer->status != 200 && !is_error)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.300s: status %ld: that is not where tokens are "
                         "got",
                         place(url), answer->status);
    if (!oauth_reply_parse(reply, answer->body, answer->len, &why))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.300s: the answer (status %ld) is not one of OAuth "
                         "2: %s",
                         place(url), answer->status, why);
    if (is_error && reply->error == NULL)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.300s: refused with status %ld, and no reason",
                         place(url), answer->status);
    return MAIL_OK;
}

static mail_result
post(oauth_client *c, const char *url, bytes *form, http_answer *answer,
     mail_error *error)
{
    mail_result result = add_client(c, form, error);
    const http_request request = {
        .url = url,
        .body = bytes_ptr(form),
        .content_type = "application/x-www-form-urlencoded",
        .accept = "application/json",
        .ca_file = c->opt->oauth_ca_file,
        .proxy = c->proxy,
        .all_proxy = c->all_proxy,
        .timeout_ms = (unsigned)c->opt->connect_timeout_ms};

    if (result != MAIL_OK)
        return result;
    if (c->opt->trace)
        report_note("C: POST %s ****", place(url));
    result = http_send(&request, answer, error);
    if (result == MAIL_OK && c->opt->trace)
        report_note("S: %ld ****", answer->status);
    return result;
}

mail_result
oauth_ask(oauth_client *c, const char *url, bytes *form, oauth_reply *reply,
          mail_error *error)
{
    http_answer answer = {0};
    mail_result result;

    *reply = (oauth_reply){0};
    result = post(c, url, form, &answer, error);
    if (result == MAIL_OK)
        result = read_answer(url, &answer, reply, error);
    http_answer_clear(&answer);
    return result;
}

mail_result
oauth_tell(oauth_client *c, const char *url, bytes *form, mail_error *error)
{
    http_answer answer = {0};
    mail_result result = post(c, url, form, &answer, error);
    long status = answer.status;

    http_answer_clear(&answer);
    if (result != MAIL_OK || status == 200)
        return result;
    return mail_fail(error, MAIL_ERR_CONFIG, 0, "%.300s: status %ld",
                     place(url), status);
}

/* ---- errors in words ---- */

typedef struct meaning {
    const char *code;
    const char *words;
    bool is_over; /* another login helps, or another first refresh token */
} meaning;

static const meaning known[] = {
    {"invalid_grant", "the login does not hold any more", true},
    {"invalid_client",
     "the provider does not know oauth-client-id, or wants another "
     "oauth-client-secret, or none",
     false},
    {"unauthorized_client",
     "the application is not allowed to log in this way: look at how it is "
     "registered with the provider",
     false},
    {"access_denied", "you, or an administrator, said no", false},
    {"expired_token", "the code was not typed in time: run `pop3 login` again",
     false},
    {"invalid_scope",
     "the provider does not give this scope to this application: look at how "
     "it is registered",
     false},
    {"unsupported_grant_type", "the provider has no such way to log in",
     false},
    {"invalid_request", "the provider does not understand the request", false},
    {"consent_required", "somebody has to agree once more", true},
    {"interaction_required", "the provider wants to ask you something", true},
    {"server_error", "the provider has a trouble of its own: try later",
     false},
    {"temporarily_unavailable",
     "the provider has a trouble of its own: try later", false}};

static const meaning *
find_meaning(const char *code)
{
    static const meaning other = {"", "the provider said no", false};
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].code, code) == 0)
            return &known[i];
    }
    return &other;
}

static const char *
way_out(const oauth_client *c, const meaning *m)
{
    if (!m->is_over)
        return "";
    return oauth_has_seed(c->opt)
               ? ": oauth-refresh-token has to give another one"
               : ": run `pop3 login`";
}

mail_result
oauth_fail(oauth_client *c, const oauth_reply *reply, mail_error *error)
{
    bool later = strcmp(reply->error, "server_error") == 0 ||
                 strcmp(reply->error, "temporarily_unavailable") == 0;
    const char *more = reply->error_description;
    const meaning *m = find_meaning(reply->error);

    c->refused = !later;
    return mail_fail(error, later ? MAIL_ERR_BUSY : MAIL_ERR_CONFIG, 0,
                     "%s%s; it said %.100s%s%.300s", m->words, way_out(c, m),
                     printable(reply->error), more == NULL ? "" : ": ",
                     more == NULL ? "" : printable(more));
}
