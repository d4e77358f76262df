/* SPDX-License-Identifier: MIT */
/*
 * oauth_access - what is kept, and a refresh token, become an access token.
 *
 * A token is given while it has some time left; else it is refreshed (RFC 6749
 * §6), by one process at a time: who waited for the lock finds what the other
 * got. What comes back is on the disk before it is used, so that a refresh
 * token that was replaced is never the only copy of nothing.
 *
 * Tokens go only where they came from: if the configuration names another
 * place or another client, those that are kept do not count.
 *
 * A first refresh token that comes from outside (oauth-refresh-token) counts
 * until the server gives another one for it; its hash says whether what is
 * kept descends from it.
 */
#include "cli/oauth_access.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/oauth.h"
#include "cli/report.h"

#include "base/banned.h"

enum {
    MARGIN_S = 120, /* that a token must last, at least */
    HEX_SIZE = 65
};

static uint64_t
now_s(void)
{
    time_t now = time(NULL);

    return now < 0 ? 0 : (uint64_t)now;
}

/* ---- what is kept ---- */

static bool
is_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Whether the tokens are of this provider and this client. */
static bool
is_ours(const oauth_client *c, const oauth_tokens *t)
{
    return is_same(t->token_url, c->at.token_url) &&
           is_same(t->client_id, c->opt->oauth_client_id);
}

/* A clock that went back tells nothing about the end. */
static bool
is_fresh(const oauth_tokens *t)
{
    uint64_t now = now_s();
    uint64_t life = t->expires_at - t->issued_at;
    uint64_t margin = life / 4 < MARGIN_S ? life / 4 : MARGIN_S;

    return t->expires_at > t->issued_at && now + MARGIN_S >= t->issued_at &&
           now + margin < t->expires_at;
}

/* `seed` as for oauth_keep(): NULL if nothing comes from outside. */
static bool
is_usable(const oauth_client *c, const oauth_tokens *t, const char *seed,
          const char *refused)
{
    return t->access_token != NULL && is_ours(c, t) &&
           (seed == NULL || is_same(t->seed, seed)) && is_fresh(t) &&
           !is_same(t->access_token, refused);
}

static mail_result
hand_out(secret *token, const char *text, mail_error *error)
{
    size_t len = strlen(text);

    return secret_set(token, text, len) ? MAIL_OK : mail_fail_nomem(error);
}

/* ---- refreshing ---- */

static bool
hash(const char *text, char out[HEX_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    unsigned i;

    if (EVP_Digest(text, strlen(text), digest, &len, EVP_sha256(), NULL) != 1)
        return false;
    for (i = 0; i < len && i < (HEX_SIZE - 1) / 2; i++)
        (void)snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
    return true;
}

/* The refresh token from outside, and its hash; both stay unset without one.
 */
static mail_result
fetch_first(oauth_client *c, const char **first, char seed[HEX_SIZE],
            mail_error *error)
{
    pop3_span value;

    *first = NULL;
    if (c->first.source->text == NULL)
        return MAIL_OK;
    if (password_fetch(&c->first, &value) != POP3_OK)
        return mail_fail(error, MAIL_ERR_CONFIG, 0, "no refresh token");
    *first = value.ptr;
    return hash(*first, seed) ? MAIL_OK
                              : mail_fail(error, MAIL_ERR_CONFIG, 0,
                                          "cannot compute SHA-256");
}

/* Bearer tokens alone can be used (RFC 6750). */
static mail_result
check_token(oauth_client *c, const oauth_reply *reply, mail_error *error)
{
    const char *type = reply->token_type;

    if (reply->error != NULL)
        return oauth_fail(c, reply, error);
    if (reply->access_token == NULL)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the answer of the provider has no access_token");
    if (type != NULL && !text_equal_caseless(type, strlen(type), "bearer"))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the provider gave a token of the type %.60s, and "
                         "not a Bearer token",
                         printable(type));
    return MAIL_OK;
}

mail_result
oauth_keep(oauth_client *c, oauth_store *s, const oauth_reply *reply,
           const char *refresh, const char *seed, mail_error *error)
{
    mail_result result = check_token(c, reply, error);
    oauth_tokens t = {.token_url = c->at.token_url,
                      .access_token = reply->access_token,
                      .issued_at = now_s()};
    char *id = NULL;

    if (result != MAIL_OK)
        return result;
    /* What is only read below is const elsewhere. */
    id = strdup(c->opt->oauth_client_id);
    t.client_id = id;
    t.refresh_token = reply->refresh_token != NULL
                          ? strdup(reply->refresh_token)
                      : refresh != NULL ? strdup(refresh)
                                        : NULL;
    t.seed = seed == NULL ? NULL : strdup(seed);
    t.expires_at =
        t.issued_at + (reply->expires_in == 0 ? 3600 : reply->expires_in);
    result =
        id == NULL ? mail_fail_nomem(error) : oauth_store_write(s, &t, error);
    oauth_wipe(&t.client_id);
    oauth_wipe(&t.refresh_token);
    oauth_wipe(&t.seed);
    return result;
}

static mail_result
ask(oauth_client *c, const char *refresh, oauth_reply *reply,
    mail_error *error)
{
    bytes form = {0};
    mail_result result;

    if (oauth_add(&form, "grant_type", "refresh_token") &&
        oauth_add(&form, "refresh_token", refresh))
        result = oauth_ask(c, c->at.token_url, &form, reply, error);
    else
        result = mail_fail_nomem(error);
    bytes_clear(&form);
    return result;
}

static mail_result
ask_and_keep(oauth_client *c, oauth_store *s, const char *refresh,
             const char *seed, oauth_reply *reply, mail_error *error)
{
    mail_result result = oauth_store_reserve(s, error);

    if (result == MAIL_OK && interrupt_noted())
        result = mail_fail(error, MAIL_ERR_BUSY, 0, "interrupted");
    if (result == MAIL_OK)
        result = ask(c, refresh, reply, error);
    if (result == MAIL_OK)
        result = oauth_keep(c, s, reply, refresh, seed, error);
    return result;
}

/* Once the server was asked, the old refresh token may be void: what would end
 * us waits until the new one is on the disk. All of it is bounded in time. */
static mail_result
refresh_with(oauth_client *c, oauth_store *s, const char *refresh,
             const char *seed, secret *token, mail_error *error)
{
    oauth_reply reply = {0};
    sigset_t before;
    mail_result result = oauth_client_ready(c, error);

    if (result != MAIL_OK)
        return result;
    interrupt_block(&before);
    result = ask_and_keep(c, s, refresh, seed, &reply, error);
    interrupt_unblock(&before);
    if (result == MAIL_OK)
        result = hand_out(token, reply.access_token, error);
    oauth_reply_clear(&reply);
    return result;
}

static mail_result
no_login(oauth_client *c, const oauth_tokens *t, mail_error *error)
{
    c->refused = true;
    if (t->token_url != NULL && !is_ours(c, t))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the login was with another provider or client: run "
                         "`pop3 login` for this account");
    if (t->access_token != NULL)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the login has ended, and the provider gave no "
                         "refresh token: run `pop3 login` for this account");
    return mail_fail(error, MAIL_ERR_CONFIG, 0,
                     "nobody has logged in yet: run `pop3 login` for this "
                     "account");
}

/* With the lock: what another process got meanwhile, or a new one. */
static mail_result
renew(oauth_client *c, oauth_store *s, const char *first, const char *seed,
      const char *refused, secret *token, mail_error *error)
{
    oauth_tokens t;
    const char *refresh = first;
    mail_result result = oauth_store_read(s, &t, error);

    if (is_ours(c, &t) && t.refresh_token != NULL &&
        (first == NULL || is_same(t.seed, seed)))
        refresh = t.refresh_token;
    if (result == MAIL_OK && is_usable(c, &t, seed, refused))
        result = hand_out(token, t.access_token, error);
    else if (result == MAIL_OK && refresh == NULL)
        result = no_login(c, &t, error);
    else if (result == MAIL_OK)
        result = refresh_with(c, s, refresh, seed, token, error);
    oauth_tokens_clear(&t);
    return result;
}

static mail_result
with_store(oauth_client *c, oauth_store *s, const char *refused, secret *token,
           mail_error *error)
{
    char hex[HEX_SIZE] = "";
    const char *first;
    const char *seed;
    oauth_tokens t;
    mail_result result = fetch_first(c, &first, hex, error);

    if (result != MAIL_OK)
        return result;
    seed = first == NULL ? NULL : hex;
    result = oauth_store_read(s, &t, error);
    if (result == MAIL_OK && is_usable(c, &t, seed, refused)) {
        result = hand_out(token, t.access_token, error);
    } else if (result == MAIL_OK && first == NULL && t.refresh_token == NULL) {
        result = no_login(c, &t, error);
    } else if (result == MAIL_OK) {
        result = oauth_store_lock(s, c->opt->deadline_ms, error);
        if (result == MAIL_OK)
            result = renew(c, s, first, seed, refused, token, error);
    }
    oauth_tokens_clear(&t);
    return result;
}

mail_result
oauth_access(oauth_client *c, const char *refused, secret *token,
             mail_error *error)
{
    oauth_store s;
    mail_result result =
        oauth_store_open(&s, c->account, c->first.source->text != NULL, error);

    if (result == MAIL_OK)
        result = with_store(c, &s, refused, token, error);
    oauth_store_close(&s);
    password_used(&c->first);
    return result;
}

exit_status
oauth_fetch(const oauth_question *q, secret *token, char *why, size_t why_size)
{
    oauth_client c;
    mail_error error;
    exit_status status =
        oauth_client_open(&c, q->opt, q->account, q->user, q->proxy);

    why[0] = '\0';
    if (status == EXIT_FINE &&
        oauth_access(&c, q->refused, token, &error) != MAIL_OK) {
        (void)snprintf(why, why_size, "%s", error.text);
        status = oauth_status(&c, &error);
    }
    oauth_client_close(&c);
    return status;
}

bool
oauth_is_kept(const options *opt, const char *account)
{
    oauth_store s;
    oauth_tokens t = {.token_url = NULL};
    mail_error error;
    mail_result result = oauth_store_open(&s, account, false, &error);
    bool kept;

    if (result == MAIL_OK)
        result = oauth_store_read(&s, &t, &error);
    /* What fails here fails in the login too, which says why. */
    kept = result != MAIL_OK || t.refresh_token != NULL ||
           t.access_token != NULL || opt->oauth_refresh_token.text != NULL;
    oauth_tokens_clear(&t);
    oauth_store_close(&s);
    return kept;
}

exit_status
oauth_check(const options *opt)
{
    oauth_provider provider;
    exit_status status = oauth_provider_read(&provider, opt);

    oauth_provider_clear(&provider);
    return status;
}
