/* SPDX-License-Identifier: MIT */
/*
 * resume_probe - two connections, one after the other, by one TLS handle.
 *
 *   resume_probe HOST PORT CA-FILE [no-resumption]
 *
 * Prints what each says of its TLS, a line each.
 */
#include <pop3.h>
#include <pop3/tls.h>

#include <stdio.h>

static int
fail(const char *what, const pop3_error *error)
{
    fprintf(stderr, "resume_probe: %s: %s\n", what, error->text);
    return 1;
}

/* What TLS is has to be asked before QUIT, and a ticket of TLS 1.3 comes with
 * the first octets that are read. */
static int
visit(const pop3_options *options)
{
    pop3_client *client;
    const pop3_capa *capa;
    pop3_result result = pop3_client_open(&client, options);
    int status = 0;

    if (result == POP3_OK)
        result = pop3_client_capa(client, &capa);
    if (result == POP3_OK) {
        puts(pop3_conn_tls(pop3_client_conn(client)));
        result = pop3_client_quit(client);
    }
    if (result != POP3_OK)
        status = fail("session", pop3_client_error(client));
    pop3_client_close(client);
    return status;
}

int
main(int argc, char **argv)
{
    pop3_tls_options tls = {0};
    pop3_options options = POP3_OPTIONS_INIT;
    int status = 0;

    if (argc < 4) {
        fputs("usage: resume_probe HOST PORT CA-FILE [no-resumption]\n",
              stderr);
        return 64;
    }
    tls.ca_file = argv[3];
    tls.no_resumption = argc > 4;
    options.host = argv[1];
    options.port = argv[2];
    if (pop3_tls_new(&options.tls.shared, &tls) != POP3_OK)
        status = fail("settings", pop3_tls_error(options.tls.shared));
    for (int i = 0; i < 2 && status == 0; i++)
        status = visit(&options);
    pop3_tls_free(options.tls.shared);
    return status;
}
