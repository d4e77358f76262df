/* SPDX-License-Identifier: MIT */
/*
 * proxy_impl - what a proxy is made of. For the files of proxy alone.
 */
#ifndef NET_PROXY_IMPL_H
#define NET_PROXY_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "net/proxy.h"
#include "net/proxy_url.h"

enum {
    PROXY_OUT_MAX = 2048,   /* CONNECT, two names, Basic: below 1,400 */
    PROXY_LINE_MAX = 4096,  /* of HTTP, with its line end */
    PROXY_HEAD_MAX = 32768, /* all lines */
    PROXY_WORDS_MAX = 100   /* octets of the proxy's words that are kept */
};

typedef enum proxy_stage {
    SOCKS_METHOD,
    SOCKS_LOGIN,
    SOCKS_REPLY,  /* its first four octets */
    SOCKS_LENGTH, /* of the name that follows */
    SOCKS_BOUND,  /* address and port, which tell us nothing */
    HTTP_STATUS,
    HTTP_FIELD,
    PROXY_OPEN
} proxy_stage;

struct proxy {
    proxy_url url;
    char host[256]; /* of the mail server */
    uint16_t port;
    int fd; /* -1: it is not ours */
    int want;
    proxy_stage stage;
    char out[PROXY_OUT_MAX];
    size_t out_len;
    size_t out_sent;
    char in[PROXY_LINE_MAX];
    size_t in_len;
    size_t need;     /* octets that the stage waits for; HTTP: 0, a line */
    size_t head;     /* octets of HTTP so far */
    unsigned status; /* of HTTP, 100 to 599 */
    char words[PROXY_WORDS_MAX + 1]; /* that came with it */
};

/* proxy.c: what is sent next, and waited for. */
void proxy_put(proxy *p, const void *data, size_t len);
void proxy_put_octet(proxy *p, unsigned octet);
void proxy_put_text(proxy *p, const char *text);
void proxy_expect(proxy *p, proxy_stage next, size_t need);

/* An octet of what came. */
static inline unsigned
proxy_octet(const proxy *p, size_t index)
{
    return (unsigned char)p->in[index];
}

/* proxy.c: all say which proxy it is, and return a failure. */
__attribute__((format(printf, 5, 6))) pop3_result
proxy_fail(const proxy *p, net_error *error, pop3_result result, int sys,
           const char *format, ...);
/* It is no such proxy. */
pop3_result proxy_fail_grammar(const proxy *p, net_error *error,
                               const char *what);
/* A user or a password is missing or wrong. */
pop3_result proxy_fail_login(const proxy *p, net_error *error,
                             const char *what);

/* proxy_socks.c, proxy_http.c: the first question, and what is made of an
 * answer that the stage waited for. */
void socks_begin(proxy *p);
pop3_result socks_take(proxy *p, net_error *error) POP3_MUST_CHECK;
void http_begin(proxy *p);
pop3_result http_take(proxy *p, net_error *error) POP3_MUST_CHECK;

#endif
