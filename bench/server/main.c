/* SPDX-License-Identifier: MIT */
/*
 * pop3-bench-server - a POP3 server that is faster than any client, so that
 * what is measured is the client. See --help, and ../README.md.
 */
#include <sys/resource.h>

#include "count.h"
#include "loop.h"
#include "options.h"

/* Ten thousand connections need as many descriptors. */
static void
allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int
main(int argc, char **argv)
{
    server_options options;
    server_house house = {.options = &options};
    SSL_CTX *ctx;
    int status = options_parse(&options, argc, argv);

    if (status != -1)
        return status;
    allow_descriptors();
    ctx = tls_context(&options);
    house.offers_tls = ctx != NULL;
    mailbox_init(&house.mail, options.messages, options.size,
                 options.uid_octets);
    status = loop_run(&house, &options, ctx) ? 0 : 1;
    if (status == 0)
        counts_report(&house.seen);
    mailbox_clear(&house.mail);
    SSL_CTX_free(ctx);
    return status;
}
