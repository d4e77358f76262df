/* SPDX-License-Identifier: MIT */
/*
 * probe_login - the API up to the login, and what guards it.
 */
#include "probe.h"

/* ---- before the login ---- */

void
walk_greeting(const probe *p)
{
    pop3_client *client = probe_connected(p);
    pop3_span welcome = pop3_client_getwelcome(client);
    const char *tls = pop3_conn_tls(pop3_client_conn(client));

    CHECK(welcome.len > 3 && memcmp(welcome.ptr, "+OK", 3) == 0);
    printf("greeting: %.*s\n", (int)welcome.len, welcome.ptr);
    printf("TLS: %s\n", tls[0] == '\0' ? "none" : tls);
    CHECK((tls[0] == '\0') == (p->security == POP3_TLS_NONE));
    OK(pop3_client_quit(client));
    CHECK_INT(pop3_client_deletes(client), POP3_DELETES_NONE);
    CHECK(pop3_client_noop(client) != POP3_OK);
    probe_disconnect(client);
}

void
walk_capabilities(const probe *p)
{
    pop3_client *client = probe_connected(p);
    const pop3_capa *capa = NULL;
    pop3_span tag, args;
    size_t i;

    OK(pop3_client_capa(client, &capa));
    CHECK(pop3_capa_count(capa) >= 4);
    for (i = 0; pop3_capa_at(capa, i, &tag, &args); i++)
        printf("capability: %.*s [%.*s]\n", (int)tag.len, tag.ptr,
               (int)args.len, args.ptr);
    CHECK_INT(i, pop3_capa_count(capa));
    CHECK(pop3_capa_has(capa, "uidl") && pop3_capa_has(capa, "TOP"));
    CHECK(pop3_capa_has(capa, "PIPELINING"));
    /* Courier offers it inside TLS from the first octet, too. */
    if (p->security != POP3_TLS_IMPLICIT)
        CHECK_INT(pop3_capa_has(capa, "STLS"), p->security == POP3_TLS_NONE);
    if (strcmp(p->how, "PLAIN") == 0)
        CHECK(pop3_capa_has_arg(capa, "SASL", "plain"));
    probe_disconnect(client);
}

/* Only Courier has UTF8, and none has LANG: to be told so is what can be seen
 * here. */
void
walk_languages(const probe *p)
{
    pop3_client *client = probe_connected(p);
    const pop3_capa *capa = NULL;
    pop3_result utf8, lang;

    OK(pop3_client_capa(client, &capa));
    bool has_utf8 = pop3_capa_has(capa, "UTF8");
    bool has_lang = pop3_capa_has(capa, "LANG");

    utf8 = pop3_client_utf8(client);
    lang = pop3_client_lang(client, "*", NULL, NULL);
    printf("UTF8: %s, LANG: %s\n", pop3_result_name(utf8),
           pop3_result_name(lang));
    CHECK_INT(utf8 == POP3_OK, has_utf8);
    CHECK_INT(lang == POP3_OK, has_lang);
    CHECK(!pop3_is_fatal(utf8) && !pop3_is_fatal(lang));
    OK(pop3_client_quit(client));
    probe_disconnect(client);
}

/* STLS by hand, on a connection that began in clear. */
void
walk_stls(const probe *p)
{
    probe clear = *p;
    const pop3_capa *capa = NULL;
    pop3_client *client;

    if (p->security != POP3_TLS_NONE)
        return;
    client = probe_connected(&clear);
    OK(pop3_client_stls(client));
    CHECK(pop3_conn_tls(pop3_client_conn(client))[0] != '\0');
    CHECK(pop3_client_getwelcome(client).len > 3);
    OK(pop3_client_capa(client, &capa));
    CHECK(!pop3_capa_has(capa, "STLS"));
    CHECK(pop3_client_stls(client) != POP3_OK);
    OK(pop3_client_user(client, p->user));
    OK(pop3_client_pass(client, p->password));
    OK(pop3_client_quit(client));
    probe_disconnect(client);
}

static void
check_cert_refused(pop3_options *options)
{
    pop3_client *client = NULL;

    CHECK_INT(pop3_client_open(&client, options), POP3_ERR_CERT);
    printf("certificate: %s\n", pop3_client_error(client)->text);
    pop3_client_close(client);
}

void
walk_certificate(const probe *p)
{
    pop3_options options = probe_options_of(p);

    if (p->security == POP3_TLS_NONE)
        return;
    options.tls.server_name = "other.example.test";
    check_cert_refused(&options);
    options = probe_options_of(p);
    options.tls.ca_file = NULL; /* the system's know nothing of ours */
    check_cert_refused(&options);
}

/* ---- logging in ---- */

static pop3_result
log_in_by_command(const probe *p, pop3_client *client, const char *password)
{
    pop3_credentials credentials = probe_credentials_of(p);
    pop3_result result;

    credentials.password = password;
    if (strcmp(p->how, "APOP") == 0)
        return pop3_client_apop(client, p->user, password);
    if (strcmp(p->how, "PLAIN") == 0)
        return pop3_client_auth(client, "PLAIN", &credentials);
    result = pop3_client_user(client, p->user);
    return result == POP3_OK ? pop3_client_pass(client, password) : result;
}

void
walk_login(const probe *p)
{
    pop3_client *client = probe_connected(p);

    OK(log_in_by_command(p, client, p->password));
    CHECK(pop3_client_response(client).len >= 3);
    CHECK_INT(probe_count_now(client), p->count);
    CHECK_INT(pop3_client_user(client, p->user), POP3_ERR_USAGE);
    OK(pop3_client_quit(client));
    probe_disconnect(client);
}

void
walk_wrong_password(const probe *p)
{
    pop3_client *client = probe_connected(p);
    const pop3_capa *capa = NULL;
    const pop3_error *error;
    bool tells;

    OK(pop3_client_capa(client, &capa));
    tells = pop3_capa_has(capa, "AUTH-RESP-CODE");
    CHECK_INT(log_in_by_command(p, client, "not the password"), POP3_ERR_AUTH);
    error = pop3_client_error(client);
    printf("wrong password: %s\n", error->text);
    CHECK_INT(error->resp, tells ? POP3_RESP_AUTH : POP3_RESP_NONE);
    CHECK_STR(error->resp_text, tells ? "AUTH" : "");
    CHECK(strstr(error->text, "not the password") == NULL);
    CHECK(!pop3_error_is_temporary(error));
    OK(log_in_by_command(p, client, p->password));
    CHECK_INT(probe_count_now(client), p->count);
    probe_disconnect(client);
}

void
walk_safe_login(const probe *p)
{
    pop3_credentials credentials = probe_credentials_of(p);
    pop3_client *client = probe_connected(p);

    credentials.mechanism = NULL;
    if (p->security == POP3_TLS_NONE) {
        CHECK_INT(pop3_client_login(client, &credentials), POP3_ERR_INSECURE);
        credentials.mechanism = p->how;
    }
    OK(pop3_client_login(client, &credentials));
    CHECK_INT(probe_count_now(client), p->count);
    probe_disconnect(client);
}

/* The trace must never show the password. */
typedef struct watched {
    const char *password;
    unsigned lines;
    unsigned masked;
    bool leaked;
} watched;

static void
watch(void *ctx, char direction, const char *line)
{
    watched *w = ctx;

    CHECK(direction == 'C' || direction == 'S');
    w->lines++;
    w->masked += strstr(line, "****") != NULL;
    w->leaked = w->leaked || strstr(line, w->password) != NULL;
}

void
walk_trace(const probe *p)
{
    watched w = {.password = p->password};
    pop3_credentials credentials = probe_credentials_of(p);
    pop3_options options = probe_options_of(p);
    pop3_client *client = NULL;

    options.core.trace = (pop3_trace){2, watch, &w};
    OK(pop3_client_open(&client, &options));
    OK(pop3_client_login(client, &credentials));
    CHECK(w.lines > 4);
    CHECK(w.masked > 0);
    CHECK(!w.leaked);
    w.lines = 0;
    OK(pop3_client_set_debuglevel(client, 0));
    OK(pop3_client_quit(client));
    CHECK_INT(w.lines, 0);
    probe_disconnect(client);
}
