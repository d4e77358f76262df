/* SPDX-License-Identifier: MIT */
/*
 * fuzz_proxy - answers of a proxy, all at once and then the end.
 *
 * The first octet chooses SOCKS 5 or HTTP, with a login or without.
 * Properties: it ends; what is behind a good answer is still in the socket, to
 * the last octet; a failure has a reason without controls and without the
 * password.
 */
#include "fuzz.h"
#include "net/proxy.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ANSWER_MAX = 60000 /* fits into a socket */
};

static const char *
url_of(uint8_t choice)
{
    static const char *const urls[] = {"socks5h://p", "socks5h://al:sesame@p",
                                       "http://p:1", "http://al:sesame@p:1"};

    return urls[(choice & 0x20 ? 0 : 1) + ((choice | 0x20) == 'h' ? 2 : 0)];
}

static void
check_reason(const net_error *error, bool login)
{
    PROPERTY(error->text[0] != '\0');
    for (const char *c = error->text; *c != '\0'; c++)
        PROPERTY((unsigned char)*c >= ' ' && *c != 127);
    PROPERTY(!login || strstr(error->text, "sesame") == NULL);
    PROPERTY(!login || strstr(error->text, "YWw6c2VzYW1l") == NULL);
}

/* The rest is the end of what was said. */
static void
check_rest(int fd, const uint8_t *data, size_t size)
{
    static uint8_t rest[ANSWER_MAX];
    size_t len = 0;
    ssize_t n;

    while ((n = recv(fd, rest + len, sizeof(rest) - len, 0)) > 0)
        len += (size_t)n;
    PROPERTY(n == 0 && len <= size);
    PROPERTY(memcmp(rest, data + size - len, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    net_error error = {0};
    pop3_result result;
    proxy *p = NULL;
    int ends[2];
    int fd = -1;

    if (size == 0 || size > ANSWER_MAX ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 0;
    PROPERTY(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    PROPERTY(proxy_new(&p, url_of(data[0]), "h", "995", &error) == POP3_OK);
    proxy_use(p, ends[0]);
    PROPERTY(send(ends[1], data + 1, size - 1, MSG_NOSIGNAL) ==
             (ssize_t)size - 1);
    PROPERTY(shutdown(ends[1], SHUT_WR) == 0);
    result = proxy_step(p, &fd, &error);
    PROPERTY(result != POP3_ERR_AGAIN);
    if (result == POP3_OK) {
        check_rest(fd, data + 1, size - 1);
        close(fd);
    } else {
        PROPERTY(fd == -1);
        check_reason(&error, strchr(url_of(data[0]), '@') != NULL);
    }
    proxy_free(p);
    close(ends[1]);
    return 0;
}
