/* SPDX-License-Identifier: MIT */
/*
 * oauth_login - two ways to the same tokens.
 *
 *   loopback  the browser of this machine asks the user, and comes back to a
 *             port of ours with a code (RFC 8252), which only we can turn into
 *             tokens (RFC 7636)
 *   device    the user types a short code in the browser of any device, while
 *             we ask again and again (RFC 8628)
 *
 * What the user has to see is a URL, and a code that is made to be seen; the
 * other codes and the tokens are never shown.
 */
#include "cli/oauth_login.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/browser.h"
#include "cli/http.h"
#include "cli/oauth.h"
#include "cli/oauth_access.h"
#include "cli/oauth_device.h"
#include "cli/oauth_loopback.h"
#include "cli/oauth_pkce.h"
#include "cli/report.h"
#include "net/clock.h"

#include "base/banned.h"

/* ---- keeping ---- */

static mail_result
keep(oauth_client *c, const oauth_reply *reply, mail_error *error)
{
    oauth_store s;
    mail_result result = oauth_store_open(&s, c->account, true, error);

    if (result == MAIL_OK)
        result = oauth_store_lock(&s, c->opt->deadline_ms, error);
    if (result == MAIL_OK)
        result = oauth_store_reserve(&s, error);
    if (result == MAIL_OK)
        result = oauth_keep(c, &s, reply, NULL, NULL, error);
    if (result == MAIL_OK && !c->opt->quiet)
        report_note("%s: logged in; the tokens are kept in %s",
                    printable(c->account), printable(s.path));
    if (result == MAIL_OK && reply->refresh_token == NULL)
        report("%s: the provider gave no refresh token: the login holds as "
               "long as this access token; does the scope ask for one?",
               printable(c->account));
    oauth_store_close(&s);
    return result;
}

/* ---- on another device ---- */

typedef struct device {
    oauth_client *client;
    const oauth_reply *code;
} device;

static mail_result
ask_device(void *ctx, oauth_reply *reply, mail_error *error)
{
    const device *d = ctx;
    bytes form = {0};
    mail_result result;

    if (oauth_add(&form, "grant_type",
                  "urn:ietf:params:oauth:grant-type:device_code") &&
        oauth_add(&form, "device_code", d->code->device_code))
        result =
            oauth_ask(d->client, d->client->at.token_url, &form, reply, error);
    else
        result = mail_fail_nomem(error);
    bytes_clear(&form);
    return result;
}

static void
pause_device(void *ctx, uint64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000),
                            .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)ctx;
    (void)nanosleep(&left, NULL);
}

static uint64_t
now_ms(void *ctx)
{
    (void)ctx;
    return (uint64_t)clock_ms();
}

static void
show_code(const oauth_reply *code)
{
    report_note("Open %s in the browser of any device, and type the code %s",
                printable(code->verification_uri), printable(code->user_code));
    if (code->verification_uri_complete != NULL)
        report_note("or open %s", printable(code->verification_uri_complete));
}

static mail_result
check_code(oauth_client *c, const oauth_reply *code, mail_error *error)
{
    if (code->error != NULL)
        return oauth_fail(c, code, error);
    if (oauth_device_is_good(code) && http_is_url(code->verification_uri) &&
        (code->verification_uri_complete == NULL ||
         http_is_url(code->verification_uri_complete)))
        return MAIL_OK;
    return mail_fail(error, MAIL_ERR_CONFIG, 0,
                     "the provider's answer to a login by device lacks a "
                     "code, or a page to type it at");
}

static mail_result
wait_for_device(oauth_client *c, const oauth_reply *code, mail_error *error)
{
    device d = {c, code};
    const oauth_device_world world = {ask_device, pause_device, now_ms, &d};
    oauth_reply reply = {0};
    mail_result result = check_code(c, code, error);

    if (result != MAIL_OK)
        return result;
    show_code(code);
    result = oauth_device_wait(&world, code, &reply, error);
    if (result == MAIL_OK)
        result = keep(c, &reply, error);
    oauth_reply_clear(&reply);
    return result;
}

static mail_result
login_by_device(oauth_client *c, mail_error *error)
{
    oauth_reply code = {0};
    bytes form = {0};
    mail_result result;

    if (c->at.device_url == NULL)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "this provider has no login by device for mail: run "
                         "`pop3 login` without --device");
    if (oauth_add(&form, "scope", c->at.scope))
        result = oauth_ask(c, c->at.device_url, &form, &code, error);
    else
        result = mail_fail_nomem(error);
    bytes_clear(&form);
    if (result == MAIL_OK)
        result = wait_for_device(c, &code, error);
    oauth_reply_clear(&code);
    return result;
}

/* ---- in the browser of this machine ---- */

typedef struct visit {
    oauth_loopback loopback;
    char host[40]; /* "127.0.0.1:8080" */
    char uri[60];  /* "http://127.0.0.1:8080" */
    char state[OAUTH_RANDOM_SIZE];
    char verifier[OAUTH_RANDOM_SIZE];
    char challenge[OAUTH_RANDOM_SIZE];
} visit;

static mail_result
prepare_visit(oauth_client *c, visit *v, mail_error *error)
{
    const char *name =
        c->at.redirect_host == NULL ? "127.0.0.1" : c->at.redirect_host;

    if (strcmp(name, "127.0.0.1") != 0 && strcmp(name, "localhost") != 0)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "redirect-host must be 127.0.0.1 or localhost");
    (void)snprintf(v->host, sizeof(v->host), "%s:%u", name, v->loopback.port);
    (void)snprintf(v->uri, sizeof(v->uri), "http://%s", v->host);
    if (oauth_random(v->state) && oauth_random(v->verifier) &&
        oauth_challenge(v->verifier, v->challenge))
        return MAIL_OK;
    return mail_fail(error, MAIL_ERR_BUSY, 0,
                     "the system has no random "
                     "numbers");
}

static bool
add_parameters(const oauth_client *c, const visit *v, bytes *query)
{
    const struct {
        const char *name;
        const char *value;
    } pairs[] = {{"response_type", "code"},
                 {"client_id", c->opt->oauth_client_id},
                 {"redirect_uri", v->uri},
                 {"scope", c->at.scope},
                 {"state", v->state},
                 {"code_challenge", v->challenge},
                 {"code_challenge_method", "S256"},
                 {"login_hint", c->user}};
    bool good = true;
    size_t i;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]) && good; i++)
        good = oauth_add(query, pairs[i].name, pairs[i].value);
    return good;
}

static bool
append(bytes *url, const char *text)
{
    return bytes_append(url, text, strlen(text));
}

/* With a NUL behind it. */
static bool
make_url(const oauth_client *c, const visit *v, bytes *url)
{
    const char *page = c->at.authorization_url;
    const char *more = c->at.parameters;
    bytes query = {0};
    bool good = add_parameters(c, v, &query) && append(url, page) &&
                append(url, strchr(page, '?') == NULL ? "?" : "&") &&
                bytes_append(url, bytes_ptr(&query), bytes_len(&query)) &&
                append(url, more == NULL ? "" : "&") &&
                append(url, more == NULL ? "" : more) &&
                bytes_append(url, "", 1);

    bytes_clear(&query);
    return good;
}

/* The URL is data if it was asked for. */
static void
show_page(const oauth_client *c, const char *url)
{
    if (c->opt->no_browser) {
        puts(url);
        (void)fflush(stdout);
    } else if (browser_open(url)) {
        report_note("Your browser asks whether pop3 may read the mail of %s. "
                    "If it shows nothing, open %s",
                    printable(c->account), url);
    } else {
        report_note("Open this page in a browser on this machine:\n%s%s", url,
                    c->at.device_url == NULL
                        ? ""
                        : "\nIf there is none, use `pop3 login --device`.");
    }
}

static mail_result
trade_code(oauth_client *c, const visit *v, const char *code,
           mail_error *error)
{
    oauth_reply reply = {0};
    bytes form = {0};
    mail_result result;

    if (oauth_add(&form, "grant_type", "authorization_code") &&
        oauth_add(&form, "code", code) &&
        oauth_add(&form, "redirect_uri", v->uri) &&
        oauth_add(&form, "code_verifier", v->verifier))
        result = oauth_ask(c, c->at.token_url, &form, &reply, error);
    else
        result = mail_fail_nomem(error);
    bytes_clear(&form);
    if (result == MAIL_OK)
        result = keep(c, &reply, error);
    oauth_reply_clear(&reply);
    return result;
}

static mail_result
come_back(oauth_client *c, const visit *v, mail_error *error)
{
    static oauth_redirect redirect;
    mail_result result =
        oauth_loopback_wait(&v->loopback, v->host, v->state,
                            c->opt->deadline_ms, &redirect, error);

    if (result == MAIL_OK && redirect.error[0] != '\0') {
        oauth_reply said = {.error = redirect.error};

        if (redirect.error_description[0] != '\0')
            said.error_description = redirect.error_description;
        result = oauth_fail(c, &said, error);
    } else if (result == MAIL_OK) {
        result = trade_code(c, v, redirect.code, error);
    }
    secret_wipe(&redirect, sizeof(redirect));
    return result;
}

static mail_result
login_by_browser(oauth_client *c, mail_error *error)
{
    visit v = {.host = ""};
    bytes url = {0};
    mail_result result = oauth_loopback_open(&v.loopback, error);

    if (result != MAIL_OK)
        return result;
    result = prepare_visit(c, &v, error);
    if (result == MAIL_OK && !make_url(c, &v, &url))
        result = mail_fail_nomem(error);
    if (result == MAIL_OK) {
        show_page(c, bytes_ptr(&url));
        result = come_back(c, &v, error);
    }
    oauth_loopback_close(&v.loopback);
    bytes_clear(&url);
    secret_wipe(&v, sizeof(v));
    return result;
}

mail_result
oauth_login(oauth_client *c, mail_error *error)
{
    if (oauth_has_seed(c->opt))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "tokens come from oauth-refresh-token, and not from "
                         "a login: leave it out to log in here");
    return c->opt->device || c->at.authorization_url == NULL
               ? login_by_device(c, error)
               : login_by_browser(c, error);
}

/* ---- the end ---- */

/* RFC 7009 */
static mail_result
revoke(oauth_client *c, const char *refresh, mail_error *error)
{
    bytes form = {0};
    mail_result result;

    if (oauth_add(&form, "token", refresh) &&
        oauth_add(&form, "token_type_hint", "refresh_token"))
        result = oauth_tell(c, c->at.revocation_url, &form, error);
    else
        result = mail_fail_nomem(error);
    bytes_clear(&form);
    return result;
}

/* Tokens go only to where they came from. */
static mail_result
tell(oauth_client *c, const oauth_tokens *t, mail_error *error)
{
    if (t->refresh_token == NULL)
        return MAIL_OK;
    if (t->token_url == NULL || strcmp(t->token_url, c->at.token_url) != 0)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the login was with another one");
    if (c->at.revocation_url == NULL)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "it has no revocation-url");
    return revoke(c, t->refresh_token, error);
}

/* A failure is told, and changes nothing. */
static void
end_login(oauth_client *c, const oauth_store *s)
{
    mail_error error;
    oauth_tokens t;

    if (oauth_store_read(s, &t, &error) != MAIL_OK ||
        tell(c, &t, &error) != MAIL_OK)
        report("%s: the provider was not told: %s; its page for your account "
               "lists the programs that are let in",
               printable(c->account), error.text);
    oauth_tokens_clear(&t);
}

mail_result
oauth_logout(oauth_client *c, mail_error *error)
{
    oauth_store s;
    mail_result result = oauth_store_open(&s, c->account, false, error);

    if (result == MAIL_OK && s.dir != -1)
        result = oauth_store_lock(&s, c->opt->deadline_ms, error);
    if (result == MAIL_OK)
        end_login(c, &s);
    if (result == MAIL_OK)
        result = oauth_store_remove(&s, error);
    oauth_store_close(&s);
    return result;
}
