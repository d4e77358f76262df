/* SPDX-License-Identifier: MIT */
/*
 * error_test - names and words of results, which of them are fatal, and which
 * errors may pass by themselves (RFC 2449 §8.1, RFC 3206, Q7).
 */
#include <pop3.h>

#include "test.h"

static const struct {
    pop3_result result;
    const char *name;
    bool fatal;
    bool temporary;
} results[] = {
    {POP3_OK, "POP3_OK", false, false},
    {POP3_ERR_USAGE, "POP3_ERR_USAGE", false, false},
    {POP3_ERR_ARGUMENT, "POP3_ERR_ARGUMENT", false, false},
    {POP3_ERR_NOMEM, "POP3_ERR_NOMEM", false, false},
    {POP3_ERR_VETO, "POP3_ERR_VETO", false, false},
    {POP3_ERR_CANCELED, "POP3_ERR_CANCELED", true, false},
    {POP3_ERR_INSECURE, "POP3_ERR_INSECURE", false, false},
    {POP3_ERR_NOT_SENT, "POP3_ERR_NOT_SENT", false, false},
    {POP3_ERR_REFUSED, "POP3_ERR_REFUSED", false, false},
    {POP3_ERR_AUTH, "POP3_ERR_AUTH", false, false},
    {POP3_ERR_UNSUPPORTED, "POP3_ERR_UNSUPPORTED", false, false},
    {POP3_ERR_MALFORMED, "POP3_ERR_MALFORMED", false, false},
    {POP3_ERR_PROTOCOL, "POP3_ERR_PROTOCOL", true, false},
    {POP3_ERR_LIMIT, "POP3_ERR_LIMIT", true, false},
    {POP3_ERR_CLOSED, "POP3_ERR_CLOSED", true, true},
    {POP3_ERR_IO, "POP3_ERR_IO", true, true},
    {POP3_ERR_TIMEOUT, "POP3_ERR_TIMEOUT", true, true},
    {POP3_ERR_TLS, "POP3_ERR_TLS", true, false},
    {POP3_ERR_CERT, "POP3_ERR_CERT", true, false},
    {POP3_ERR_AGAIN, "POP3_ERR_AGAIN", false, false},
    {POP3_ERR_INTERNAL, "POP3_ERR_INTERNAL", true, false},
};

static const struct {
    pop3_resp_code resp;
    const char *text;
    bool temporary;
} refusals[] = {
    {POP3_RESP_NONE, "no such user", false},
    {POP3_RESP_NONE, "maildrop Locked", true},
    {POP3_RESP_NONE, "server is busy", true},
    {POP3_RESP_NONE, "please wait", true},
    {POP3_RESP_NONE, "try LATER", true},
    {POP3_RESP_NONE, "service unavailable", true},
    {POP3_RESP_NONE, "temporarily out of order", true},
    {POP3_RESP_OTHER, "try later", true},
    {POP3_RESP_OTHER, "no", false},
    {POP3_RESP_IN_USE, "no", true},
    {POP3_RESP_LOGIN_DELAY, "no", true},
    {POP3_RESP_SYS_TEMP, "no", true},
    {POP3_RESP_SYS_PERM, "try later", false},
    {POP3_RESP_AUTH, "locked", false},
    {POP3_RESP_UTF8, "locked", false},
};

int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof(results) / sizeof(*results); i++) {
        pop3_error error = {.result = results[i].result,
                            .op = "NOOP",
                            .resp_text = "",
                            .text = "some words"};

        TEST_ROW("%s", results[i].name);
        CHECK_STR(pop3_result_name(results[i].result), results[i].name);
        CHECK_INT(pop3_is_fatal(results[i].result), results[i].fatal);
        CHECK_INT(pop3_error_is_temporary(&error), results[i].temporary);
        CHECK(strlen(pop3_strerror(results[i].result)) > 3);
    }
    TEST_ROW("%s", "");
    CHECK(pop3_is_fatal(POP3_ERR_RESOLVE));
    CHECK_STR(pop3_result_name(POP3_ERR_RESOLVE), "POP3_ERR_RESOLVE");
    CHECK(pop3_strerror((pop3_result)-1234) != NULL);
    CHECK(pop3_result_name((pop3_result)-1234) != NULL);
    for (i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        pop3_error error = {.result = POP3_ERR_REFUSED,
                            .resp = refusals[i].resp,
                            .op = "PASS",
                            .resp_text = "",
                            .text = refusals[i].text};

        TEST_ROW("%s", refusals[i].text);
        CHECK_INT(pop3_error_is_temporary(&error), refusals[i].temporary);
        error.result = POP3_ERR_AUTH;
        CHECK_INT(pop3_error_is_temporary(&error), refusals[i].temporary);
    }
    return test_summary();
}
