/* SPDX-License-Identifier: MIT */
/*
 * ours - a client on the public interface of libpop3, to be measured:
 *
 *     ours PORT CA-FILE|- retr COUNT     RETR 1 to COUNT, thrown away
 *     ours PORT CA-FILE|- list 0         LIST and UIDL, streamed
 *     ours PORT CA-FILE|- keep SEEN      LIST and UIDL, kept and compared
 *     ours PORT CA-FILE|- session COUNT  CAPA, UIDL, LIST, RETR, DELE, QUIT
 *
 * Prints messages, octets, rows and failures.
 */
#include "ours.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pop3_result
on_part(void *ctx, pop3_span part)
{
    ((tally *)ctx)->octets += part.len;
    return POP3_OK;
}

static pop3_result
on_data(void *ctx, uint64_t number, pop3_span part)
{
    (void)number;
    return on_part(ctx, part);
}

static void
on_done(void *ctx, uint64_t number, pop3_result result,
        const pop3_error *error)
{
    tally *t = ctx;

    (void)number;
    (void)error;
    t->messages++;
    t->failed += result != POP3_OK;
}

uint64_t *
ours_numbers(size_t count)
{
    uint64_t *numbers = malloc(count * sizeof(*numbers));

    for (size_t i = 0; numbers != NULL && i < count; i++)
        numbers[i] = i + 1;
    return numbers;
}

static pop3_result
retr(pop3_client *m, tally *t, const pop3_many *many, size_t count)
{
    uint64_t *numbers;
    pop3_result r = POP3_ERR_NOMEM;

    if (count == 1) {
        t->messages++;
        return pop3_client_retr(m, 1, on_part, t);
    }
    numbers = ours_numbers(count);
    if (numbers != NULL)
        r = pop3_client_retr_many(m, numbers, count, many);
    free(numbers);
    return r;
}

static pop3_result
work(pop3_client *m, tally *t, const char *what, const char *arg)
{
    pop3_many many = {.data = on_data, .done = on_done, .ctx = t};

    if (strcmp(what, "list") == 0)
        return ours_list(m, t);
    if (strcmp(what, "keep") == 0)
        return ours_keep(m, t, arg);
    if (strcmp(what, "session") == 0)
        return ours_session(m, t, strtoul(arg, NULL, 10), &many);
    return retr(m, t, &many, strtoul(arg, NULL, 10));
}

static pop3_result
quit(pop3_client *m)
{
    const pop3_core *core = pop3_conn_core(pop3_client_conn(m));

    return pop3_core_state(core) == POP3_STATE_CLOSED ? POP3_OK
                                                      : pop3_client_quit(m);
}

int
main(int argc, char **argv)
{
    pop3_options options = POP3_OPTIONS_INIT;
    pop3_credentials login = POP3_CREDENTIALS_INIT;
    pop3_client *m = NULL;
    tally t = {0};
    pop3_result r;

    if (argc != 5)
        return 64;
    options.host = "localhost";
    options.port = argv[1];
    options.security = POP3_TLS_NONE;
    login.user = "a";
    login.password = "secret";
    login.mechanism = "USER";
    login.no_capa_after = strcmp(argv[3], "session") == 0; /* it asks */
    if (strcmp(argv[2], "-") != 0) {
        options.security = POP3_TLS_IMPLICIT;
        options.tls.ca_file = argv[2];
    }
    if ((r = pop3_client_open(&m, &options)) == POP3_OK &&
        (r = pop3_client_login(m, &login)) == POP3_OK &&
        (r = work(m, &t, argv[3], argv[4])) == POP3_OK)
        r = quit(m);
    if (r != POP3_OK)
        fprintf(stderr, "%s\n", pop3_client_error(m)->text);
    pop3_client_close(m);
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", t.messages,
           t.octets, t.rows, t.failed);
    return r == POP3_OK && t.failed == 0 ? 0 : 1;
}
