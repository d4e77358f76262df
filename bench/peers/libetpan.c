/* SPDX-License-Identifier: MIT */
/*
 * libetpan PORT CA-FILE|- retr|list|session COUNT - as ../clients/ours.c, with
 * libetpan. Its LIST asks for UIDL too. It does not verify certificates by
 * itself, and a program has to do so after the handshake: not done here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libetpan/libetpan.h>

static int
retrieve(mailpop3 *pop, unsigned int count, int remove)
{
    int r = MAILPOP3_NO_ERROR;

    for (unsigned int n = 1; n <= count && r == MAILPOP3_NO_ERROR; n++) {
        char *text = NULL;
        size_t len = 0;

        r = mailpop3_retr(pop, n, &text, &len);
        if (r == MAILPOP3_NO_ERROR)
            mailpop3_retr_free(text);
        if (r == MAILPOP3_NO_ERROR && remove)
            r = mailpop3_dele(pop, n);
    }
    return r;
}

int
main(int argc, char **argv)
{
    mailpop3 *pop = mailpop3_new(0, NULL);
    unsigned int count;
    uint16_t port;
    carray *rows;
    int r;

    if (argc != 5 || pop == NULL)
        return 64;
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    count = (unsigned int)strtoul(argv[4], NULL, 10);
    r = strcmp(argv[2], "-") == 0
            ? mailpop3_socket_connect(pop, "127.0.0.1", port)
            : mailpop3_ssl_connect(pop, "127.0.0.1", port);
    if (r == MAILPOP3_NO_ERROR)
        r = mailpop3_login(pop, "a", "secret");
    if (r == MAILPOP3_NO_ERROR && strcmp(argv[3], "retr") != 0)
        r = mailpop3_list(pop, &rows);
    if (r == MAILPOP3_NO_ERROR)
        r = retrieve(pop, count, strcmp(argv[3], "session") == 0);
    if (r == MAILPOP3_NO_ERROR)
        r = mailpop3_quit(pop);
    mailpop3_free(pop);
    return r == MAILPOP3_NO_ERROR ? 0 : 1;
}
