/* SPDX-License-Identifier: MIT */
/*
 * Tests of dial_from(): connections from an address or an interface of this
 * machine, on loopback.
 */
#include "net/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/test.h"
#include "support.h"

typedef struct outcome {
    pop3_result result;
    int fd;
    net_error error;
} outcome;

/* Numeric addresses on loopback are connected to, or fail, at once or in one
 * wait. */
static outcome
dial_to_from(const char *host, uint16_t port, const char *where)
{
    outcome o = {.fd = -1};
    char text[8];
    dial *d = NULL;

    snprintf(text, sizeof(text), "%u", (unsigned)port);
    CHECK_INT(dial_new(&d, host, text, NULL, &o.error), POP3_OK);
    o.result = dial_from(d, where, &o.error);
    if (o.result == POP3_OK) {
        while ((o.result = dial_step(d, &o.fd, &o.error)) == POP3_ERR_AGAIN)
            if (!wait_for(dial_fd(d), dial_events(d), PATIENCE_MS))
                break;
    }
    dial_free(d);
    return o;
}

static void
check_connected(outcome o)
{
    CHECK_INT(o.result, POP3_OK);
    if (o.fd >= 0)
        (void)close(o.fd);
}

/* From an address or an interface of this machine, and no other. */
static void
test_from(void)
{
    static const char *const bad[] = {"", "no-such-interface", "127.0.0.1.5",
                                      "an-interface-of-many-octets",
                                      "fe80::1%"};
    char text[INET6_ADDRSTRLEN] = "";
    struct sockaddr_in own;
    socklen_t len = sizeof(own);
    uint16_t port = 0;
    int server = listen_on("127.0.0.1", &port, 8);
    outcome o = dial_to_from("127.0.0.1", port, "127.0.0.7");

    TEST_ROW("from an address");
    CHECK_INT(o.result, POP3_OK);
    CHECK_INT(getsockname(o.fd, (struct sockaddr *)&own, &len), 0);
    CHECK_STR(inet_ntop(AF_INET, &own.sin_addr, text, sizeof(text)),
              "127.0.0.7");
    check_connected(o);

    TEST_ROW("from an address of the other family");
    o = dial_to_from("127.0.0.1", port, "::1");
    CHECK_INT(o.result, POP3_ERR_IO);
    CHECK_INT(o.error.sys, EAFNOSUPPORT);
    CHECK(strstr(o.error.text, "no address of that family") != NULL);

    TEST_ROW("from an address of another machine");
    o = dial_to_from("127.0.0.1", port, "192.0.2.77");
    CHECK_INT(o.result, POP3_ERR_IO);
    CHECK_INT(o.error.sys, EADDRNOTAVAIL);
    CHECK(strstr(o.error.text, "from the address that was asked") != NULL);

    /* Older kernels want a right for it. */
    TEST_ROW("from an interface");
    o = dial_to_from("127.0.0.1", port, "lo");
    if (o.result == POP3_ERR_IO) {
        CHECK_INT(o.error.sys, EPERM);
        CHECK(strstr(o.error.text, "a right") != NULL);
    } else {
        char name[IF_NAMESIZE] = "";

        len = sizeof(name);
        CHECK_INT(getsockopt(o.fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len),
                  0);
        CHECK_STR(name, "lo");
        check_connected(o);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_ROW("from \"%s\"", bad[i]);
        CHECK_INT(dial_to_from("127.0.0.1", port, bad[i]).result,
                  POP3_ERR_ARGUMENT);
    }
    (void)close(server);
}

int
main(void)
{
    int before = count_fds();

    test_from();
    CHECK_INT(count_fds(), before);
    return test_summary();
}
