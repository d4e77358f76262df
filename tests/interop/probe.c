/* SPDX-License-Identifier: MIT */
/*
 * probe - sessions and expected messages, for the parts of client_probe.
 */
#include "probe.h"

static const pop3_client *spoken; /* whose error is shown when a call fails */

bool
probe_check_ok(pop3_result result, int line, const char *file,
               const char *call)
{
    test_check_int(result, POP3_OK, file, line, call);
    if (result != POP3_OK && spoken != NULL)
        fprintf(stderr, "  why  %s: %s\n", pop3_result_name(result),
                pop3_client_error(spoken)->text);
    return result == POP3_OK;
}

void
probe_check_alive(pop3_client *client)
{
    OK(pop3_client_noop(client));
}

/* ---- messages that are expected ---- */

void
probe_expected_open(expected *e, const probe *p, uint64_t number)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%" PRIu64, p->dir, number);
    *e = (expected){.p = p, .number = number, .same = true};
    e->file = fopen(path, "rb");
    CHECK(e->file != NULL);
}

void
probe_expected_take(expected *e, const void *ptr, size_t len)
{
    const char *octets = ptr;
    char want[4096];
    size_t got;

    e->got += len;
    while (len > 0 && e->same && e->file != NULL) {
        got = fread(want, 1, len < sizeof(want) ? len : sizeof(want), e->file);
        if (got == 0 || memcmp(octets, want, got) != 0)
            e->same = false;
        octets += got;
        len -= got;
    }
}

bool
probe_expected_close(expected *e, bool whole)
{
    bool good = e->file != NULL && e->same;

    if (e->file != NULL) {
        good = good && (!whole || fgetc(e->file) == EOF);
        (void)fclose(e->file);
        e->file = NULL;
    }
    return good;
}

pop3_result
probe_sink_expected(void *ctx, pop3_span part)
{
    probe_expected_take(ctx, part.ptr, part.len);
    return POP3_OK;
}

pop3_result
probe_line_expected(void *ctx, pop3_span line)
{
    probe_expected_take(ctx, line.ptr, line.len);
    probe_expected_take(ctx, "\r\n", 2);
    return POP3_OK;
}

uint64_t
probe_top_octets(const probe *p, uint64_t number, uint64_t lines)
{
    uint64_t length = 0, octets = 0;
    bool body = false;
    expected e;
    int c;

    probe_expected_open(&e, p, number);
    while (e.file != NULL && (!body || lines > 0) &&
           (c = fgetc(e.file)) != EOF) {
        octets++;
        length += c != '\r' && c != '\n';
        if (c != '\n')
            continue;
        lines -= body;
        body = body || length == 0;
        length = 0;
    }
    (void)probe_expected_close(&e, false);
    return octets;
}

uint64_t
probe_file_octets(const probe *p, uint64_t number)
{
    uint64_t octets = 0;
    expected e;

    probe_expected_open(&e, p, number);
    if (e.file != NULL && fseek(e.file, 0, SEEK_END) == 0)
        octets = (uint64_t)ftell(e.file);
    (void)probe_expected_close(&e, false);
    return octets;
}

/* ---- sessions ---- */

pop3_options
probe_options_of(const probe *p)
{
    pop3_options options = POP3_OPTIONS_INIT;

    options.host = p->host;
    options.port = p->port;
    options.security = p->security;
    options.tls.ca_file = p->ca_file;
    options.connect_timeout_ms = 20000;
    options.idle_timeout_ms = 20000;
    return options;
}

pop3_credentials
probe_credentials_of(const probe *p)
{
    pop3_credentials credentials = POP3_CREDENTIALS_INIT;

    credentials.user = p->user;
    credentials.password = p->password;
    credentials.mechanism = p->how;
    return credentials;
}

pop3_client *
probe_connected(const probe *p)
{
    pop3_options options = probe_options_of(p);
    pop3_client *client = NULL;
    pop3_result result = pop3_client_open(&client, &options);

    spoken = client;
    OK(result);
    return client;
}

void
probe_disconnect(pop3_client *client)
{
    spoken = NULL;
    pop3_client_close(client);
}

pop3_client *
probe_logged_in(const probe *p)
{
    pop3_credentials credentials = probe_credentials_of(p);
    pop3_client *client = probe_connected(p);

    OK(pop3_client_login(client, &credentials));
    return client;
}

uint64_t
probe_count_now(pop3_client *client)
{
    pop3_stat stat = {0};

    OK(pop3_client_stat(client, &stat));
    return stat.count;
}
