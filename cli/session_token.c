/* SPDX-License-Identifier: MIT */
/*
 * session_token - a command, a file, or a login becomes a token.
 *
 * The server may refuse it once: then another one is asked for, by a command
 * that is told why, or by a refresh. The library tries that one if it differs
 * (R15), and asks no more. What the server said of the last one stands in the
 * error, in words if it was the JSON that it should be.
 *
 * Without oauth and oauth-provider the password is the token, for those who
 * name the mechanism and have a password-command that prints one.
 */
#include "cli/session_token.h"

#include <stdlib.h>
#include <string.h>

#include "cli/oauth.h"
#include "cli/report.h"

#include "base/banned.h"

enum {
    REFUSAL_MAX = 12288, /* as of any challenge (R14) */
    WORDS_SIZE = 700
};

bool
session_token_is_set(const options *opt)
{
    return opt->oauth.text != NULL || oauth_is_wanted(opt);
}

/* As a variable of the environment has it. False when memory is short. */
static bool
keep_refusal(session_token *t, pop3_span said)
{
    size_t len = said.len < REFUSAL_MAX ? said.len : REFUSAL_MAX;

    free(t->refusal);
    t->refusal = calloc(1, len + 1);
    if (t->refusal != NULL && len > 0)
        memcpy(t->refusal, said.ptr, len);
    return t->refusal != NULL;
}

static pop3_result
from_source(session *s, bool again, pop3_span *value)
{
    session_token *t = &s->token;
    pop3_result result;

    if (t->source.source == NULL) {
        password_init(&t->source, &s->opt->oauth, s->opt->deadline_ms);
        t->source.what = "token";
    }
    if (again)
        password_renew(&t->source, t->refusal);
    result = password_fetch(&t->source, value);
    if (!again)
        t->failed = result != POP3_OK;
    return result;
}

static pop3_result
from_provider(session *s, bool again, pop3_span *value)
{
    session_token *t = &s->token;
    const oauth_question question = {.opt = s->opt,
                                     .account = s->account,
                                     .user = s->where.user,
                                     .proxy = proxy_full(&s->proxy),
                                     .refused = again ? t->value.data : NULL};
    secret fresh = {0};

    t->status = oauth_fetch(&question, &fresh, t->why, sizeof(t->why));
    if (t->status != EXIT_FINE) {
        t->failed = !again;
        return POP3_ERR_CANCELED;
    }
    secret_clear(&t->value);
    t->value = fresh;
    *value = (pop3_span){fresh.data, fresh.len};
    return POP3_OK;
}

pop3_result
session_token_fetch(void *ctx, const pop3_span *error, pop3_span *value)
{
    session *s = ctx;
    bool again = error != NULL;
    pop3_result result;

    if (again && !keep_refusal(&s->token, *error))
        return POP3_ERR_NOMEM;
    if (s->opt->oauth.text != NULL)
        result = from_source(s, again, value);
    else if (oauth_is_wanted(s->opt))
        result = from_provider(s, again, value);
    else
        result =
            again ? POP3_ERR_REFUSED : password_fetch(&s->password, value);
    /* Without another one the refusal stands. */
    return again && result != POP3_OK ? POP3_ERR_REFUSED : result;
}

void
session_token_used(session *s)
{
    if (s->token.source.source != NULL)
        password_used(&s->token.source);
    secret_clear(&s->token.value);
}

bool
session_token_failed(session *s)
{
    session_token *t = &s->token;

    if (!t->failed)
        return false;
    if (t->status != EXIT_FINE && t->why[0] != '\0')
        return !session_fail(s, t->status, "%s", t->why);
    return !session_fail(s, t->status == EXIT_FINE ? EXIT_CONFIG : t->status,
                         "no token");
}

/* What the server said of the last token, or else of the first one. */
static bool
find_words(const session_token *t, const pop3_error *error, char *words)
{
    const char *json = strchr(error->text, '{');

    return (json != NULL &&
            oauth_refusal_words(json, strlen(json), words, WORDS_SIZE)) ||
           (t->refusal != NULL &&
            oauth_refusal_words(t->refusal, strlen(t->refusal), words,
                                WORDS_SIZE));
}

static const char *
advice(const session *s)
{
    if (s->opt->oauth.text != NULL)
        return "look at what gives the token, and at the user";
    if (oauth_is_wanted(s->opt) && oauth_has_seed(s->opt))
        return "is it of the right user, with the right scope? It comes from "
               "oauth-refresh-token";
    return oauth_is_wanted(s->opt)
               ? "is it of the right user, with the right scope? `pop3 login` "
                 "gets another one"
               : "check user and token";
}

bool
session_token_refused(session *s)
{
    const pop3_error *error = pop3_client_error(s->client);
    const session_token *t = &s->token;
    char words[WORDS_SIZE];

    if (error->result != POP3_ERR_AUTH || pop3_error_is_temporary(error))
        return false;
    if (!find_words(t, error, words))
        return !session_fail(s, EXIT_LOGIN, "%s: %s; %s", error->op,
                             error->text, advice(s));
    /* Why there is no other token is the better advice. */
    return !session_fail(s, EXIT_LOGIN,
                         "%s: the server refused the token: %s; %s", error->op,
                         words, t->why[0] == '\0' ? advice(s) : t->why);
}
