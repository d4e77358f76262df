/* SPDX-License-Identifier: MIT */
/* Prints every message of a mailbox: print_all HOST USER [PORT] */
#include <pop3.h>
#include <stdio.h>
#include <unistd.h>

static pop3_result
print(void *ctx, pop3_span line)
{
    int written = fprintf(ctx, "%.*s\n", (int)line.len, line.ptr);
    return written < 0 ? POP3_ERR_IO : POP3_OK;
}

int
main(int argc, char **argv)
{
    pop3_options options = POP3_OPTIONS_INIT;
    pop3_credentials login = POP3_CREDENTIALS_INIT;
    pop3_stat mail = {0};
    pop3_client *m;
    pop3_result r;
    if (argc < 3)
        return 64;
    options.host = argv[1];
    options.port = argv[3]; /* not given: NULL, the default */
    login.user = argv[2];
    login.password = getpass("Password: ");
    if ((r = pop3_client_open(&m, &options)) == POP3_OK &&
        (r = pop3_client_login(m, &login)) == POP3_OK)
        r = pop3_client_stat(m, &mail);
    for (uint64_t n = 1; r == POP3_OK && n <= mail.count; n++)
        r = pop3_client_retr_lines(m, n, print, stdout);
    if (r != POP3_OK || (r = pop3_client_quit(m)) != POP3_OK)
        fprintf(stderr, "%s\n", pop3_client_error(m)->text);
    pop3_client_close(m);
    return r == POP3_OK ? 0 : 1;
}
