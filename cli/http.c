/* SPDX-License-Identifier: MIT */
/*
 * http - a request becomes settings of libcurl, and its answer octets.
 *
 * HTTPS alone, TLS 1.2 or newer, the certificate verified; no cookies, no
 * .netrc, no password of any kind. A redirect is followed only where the
 * caller allows it, and never from https to anything else. An answer that is
 * larger than it may be is an error, not a part of an answer.
 *
 * libcurl is loaded when the first request is made: it brings thirty
 * libraries, and a program that only fetches mail should not pay for them
 * (ADR 12). Whichever flavour of TLS it was built with will do.
 */
#include "cli/http.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pop3.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/proxy_choice.h"
#include "cli/report.h"

#include "base/banned.h"

enum {
    DEFAULT_OCTETS = 64 << 10,
    DEFAULT_MS = 30000,
    WORD_MAX = 200,   /* of a content type */
    PROXY_FAILED = 97 /* CURLE_PROXY, which headers before 7.73 lack */
};

/* ---- libcurl ---- */

typedef struct curl_api {
    bool good;
    CURLcode (*global_init)(long flags);
    CURL *(*init)(void);
    CURLcode (*set)(CURL *curl, CURLoption option, ...);
    CURLcode (*perform)(CURL *curl);
    CURLcode (*get)(CURL *curl, CURLINFO info, ...);
    void (*cleanup)(CURL *curl);
    const char *(*strerror)(CURLcode code);
    struct curl_slist *(*append)(struct curl_slist *list, const char *text);
    void (*free_list)(struct curl_slist *list);
} curl_api;

static curl_api api;

/* A pointer to an object becomes one to a function, as POSIX allows. */
static bool
find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);

    memcpy(function, &symbol, sizeof(symbol));
    return symbol != NULL;
}

static void
load(void)
{
    static const char *const names[] = {"libcurl-gnutls.so.4", "libcurl.so.4"};
    void *library = NULL;
    size_t i;

    for (i = 0; i < 2 && library == NULL; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    api.good = library != NULL &&
               find(library, "curl_global_init", &api.global_init) &&
               find(library, "curl_easy_init", &api.init) &&
               find(library, "curl_easy_setopt", &api.set) &&
               find(library, "curl_easy_perform", &api.perform) &&
               find(library, "curl_easy_getinfo", &api.get) &&
               find(library, "curl_easy_cleanup", &api.cleanup) &&
               find(library, "curl_easy_strerror", &api.strerror) &&
               find(library, "curl_slist_append", &api.append) &&
               find(library, "curl_slist_free_all", &api.free_list) &&
               api.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* ---- the exchange ---- */

typedef struct exchange {
    const http_request *request;
    CURL *curl;
    struct curl_slist *headers;
    char *proxy; /* as libcurl wants it, if it wants it another way */
    bytes body;
    size_t max_octets;
    bool too_large;
    bool no_memory;
    char why[CURL_ERROR_SIZE];
} exchange;

/* The name in a URL that was checked. */
static const char *
host_of(const http_request *request)
{
    const char *host = request->url + strlen("https://");

    return printable_span((pop3_span){host, strcspn(host, "/?#")});
}

static size_t
take_body(char *data, size_t size, size_t count, void *ctx)
{
    exchange *x = ctx;
    size_t len = size * count;

    x->too_large = len > x->max_octets - bytes_len(&x->body);
    x->no_memory = !x->too_large && !bytes_append(&x->body, data, len);
    return x->too_large || x->no_memory ? 0 : len;
}

static int
look_for_signal(void *ctx, curl_off_t due, curl_off_t now, curl_off_t up_due,
                curl_off_t up_now)
{
    (void)ctx;
    (void)due;
    (void)now;
    (void)up_due;
    (void)up_now;
    return interrupt_noted() ? 1 : 0;
}

static bool
set_long(exchange *x, CURLoption option, long value)
{
    return api.set(x->curl, option, value) == CURLE_OK;
}

static bool
set_text(exchange *x, CURLoption option, const char *value)
{
    return api.set(x->curl, option, value) == CURLE_OK;
}

static bool
set_protocols(exchange *x)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    return set_text(x, CURLOPT_PROTOCOLS_STR, "https") &&
           set_text(x, CURLOPT_REDIR_PROTOCOLS_STR, "https");
#else
    return set_long(x, CURLOPT_PROTOCOLS, CURLPROTO_HTTPS) &&
           set_long(x, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTPS);
#endif
}

static bool
set_trust(exchange *x)
{
    const char *file = x->request->ca_file;

    return set_long(x, CURLOPT_SSL_VERIFYPEER, 1) &&
           set_long(x, CURLOPT_SSL_VERIFYHOST, 2) &&
           set_long(x, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
           (file == NULL || (set_text(x, CURLOPT_CAINFO, file) &&
                             set_text(x, CURLOPT_CAPATH, NULL)));
}

/* NULL: libcurl finds out itself, or there is none. */
static const char *
find_proxy(const http_request *request)
{
    if (request->proxy != NULL)
        return request->proxy;
    if (proxy_environment("HTTPS_PROXY", "https_proxy") != NULL)
        return NULL;
    return request->all_proxy != NULL
               ? request->all_proxy
               : proxy_environment("ALL_PROXY", "all_proxy");
}

/* To us socks5 is what libcurl calls socks5h: the proxy looks names up. */
static bool
set_proxy(exchange *x)
{
    static const char local[] = "socks5://";
    const char *proxy = find_proxy(x->request);

    if (proxy == NULL)
        return true;
    if (strcmp(proxy, "none") == 0)
        return set_text(x, CURLOPT_PROXY, "");
    if (strncmp(proxy, local, strlen(local)) == 0) {
        if (asprintf(&x->proxy, "socks5h://%s", proxy + strlen(local)) == -1) {
            x->proxy = NULL;
            return false;
        }
        proxy = x->proxy;
    }
    /* One that was named is used whatever NO_PROXY says. */
    return set_text(x, CURLOPT_PROXY, proxy) &&
           (x->request->proxy == NULL || set_text(x, CURLOPT_NOPROXY, ""));
}

static bool
add_header(exchange *x, const char *name, const char *value)
{
    char line[WORD_MAX + 40];
    struct curl_slist *longer;

    if (value == NULL)
        return true;
    (void)snprintf(line, sizeof(line), "%s: %s", name, value);
    longer = api.append(x->headers, line);
    if (longer != NULL)
        x->headers = longer;
    return longer != NULL;
}

static bool
set_message(exchange *x)
{
    const http_request *r = x->request;
    bool good = set_text(x, CURLOPT_URL, r->url) &&
                set_text(x, CURLOPT_USERAGENT, "libpop3") &&
                add_header(x, "Accept", r->accept);

    if (r->body != NULL)
        good = good && set_long(x, CURLOPT_POST, 1) &&
               set_text(x, CURLOPT_POSTFIELDS, r->body) &&
               set_long(x, CURLOPT_POSTFIELDSIZE, (long)strlen(r->body)) &&
               add_header(x, "Content-Type", r->content_type);
    else
        good = good &&
               set_long(x, CURLOPT_FOLLOWLOCATION, r->redirects > 0 ? 1 : 0) &&
               set_long(x, CURLOPT_MAXREDIRS, (long)r->redirects);
    return good &&
           api.set(x->curl, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK;
}

static bool
set_up(exchange *x)
{
    unsigned ms =
        x->request->timeout_ms == 0 ? DEFAULT_MS : x->request->timeout_ms;

    return set_protocols(x) && set_trust(x) && set_proxy(x) &&
           set_message(x) && set_long(x, CURLOPT_TIMEOUT_MS, (long)ms) &&
           set_long(x, CURLOPT_NOSIGNAL, 1) &&
           set_long(x, CURLOPT_NOPROGRESS, 0) &&
           api.set(x->curl, CURLOPT_ERRORBUFFER, x->why) == CURLE_OK &&
           api.set(x->curl, CURLOPT_XFERINFOFUNCTION, look_for_signal) ==
               CURLE_OK &&
           api.set(x->curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           api.set(x->curl, CURLOPT_WRITEDATA, x) == CURLE_OK;
}

/* ---- what came of it ---- */

static bool
is_worth_a_try(CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_HOST ||
           code == CURLE_COULDNT_RESOLVE_PROXY ||
           code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT ||
           code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR ||
           code == CURLE_RECV_ERROR || code == CURLE_PARTIAL_FILE ||
           code == CURLE_ABORTED_BY_CALLBACK || (int)code == PROXY_FAILED ||
           code == CURLE_SSL_CONNECT_ERROR;
}

static mail_result
fail(const exchange *x, CURLcode code, mail_error *error)
{
    const char *host = host_of(x->request);

    if (x->no_memory || code == CURLE_OUT_OF_MEMORY)
        return mail_fail_nomem(error);
    if (x->too_large)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.200s: the answer is larger than %zu octets", host,
                         x->max_octets);
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_TOO_MANY_REDIRECTS)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.200s: the server leads elsewhere, which is not "
                         "followed: not by https, or too often",
                         host);
    return mail_fail(
        error, is_worth_a_try(code) ? MAIL_ERR_BUSY : MAIL_ERR_CONFIG, 0,
        "%.200s: %.300s", host,
        printable(x->why[0] != '\0' ? x->why : api.strerror(code)));
}

static mail_result
take_answer(exchange *x, http_answer *answer, mail_error *error)
{
    const char *type = NULL;
    http_answer got = {0};

    if (api.get(x->curl, CURLINFO_RESPONSE_CODE, &got.status) != CURLE_OK ||
        api.get(x->curl, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK ||
        !bytes_append(&x->body, "", 1))
        return mail_fail_nomem(error);
    if (type != NULL) {
        got.content_type = strndup(type, WORD_MAX);
        if (got.content_type == NULL)
            return mail_fail_nomem(error);
    }
    got.body = x->body.data; /* nothing was consumed: it starts there */
    got.len = bytes_len(&x->body) - 1;
    x->body = (bytes){0};
    *answer = got;
    return MAIL_OK;
}

static mail_result
carry_out(exchange *x, http_answer *answer, mail_error *error)
{
    CURLcode code;

    if (!set_up(x))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "libcurl is too old, or memory is short");
    code = api.perform(x->curl);
    return code == CURLE_OK ? take_answer(x, answer, error)
                            : fail(x, code, error);
}

mail_result
http_send(const http_request *request, http_answer *answer, mail_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    exchange x = {.request = request,
                  .max_octets = request->max_octets == 0
                                    ? DEFAULT_OCTETS
                                    : request->max_octets};
    mail_result result;

    if (!http_is_url(request->url))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "\"%.200s\" is no URL that can be used: it begins "
                         "with https:// and a host",
                         printable(request->url));
    (void)pthread_once(&once, load);
    if (!api.good)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the library libcurl is missing: install "
                         "libcurl3-gnutls or libcurl4");
    x.curl = api.init();
    if (x.curl == NULL)
        return mail_fail_nomem(error);
    result = carry_out(&x, answer, error);
    api.cleanup(x.curl);
    api.free_list(x.headers);
    bytes_clear(&x.body);
    if (x.proxy != NULL)
        secret_wipe(x.proxy, strlen(x.proxy));
    free(x.proxy);
    return result;
}

void
http_answer_clear(http_answer *answer)
{
    if (answer->body != NULL)
        secret_wipe(answer->body, answer->len);
    free(answer->body);
    free(answer->content_type);
    *answer = (http_answer){0};
}
