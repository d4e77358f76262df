/* SPDX-License-Identifier: MIT */
/*
 * Tests of tls_none.c: a build without TLS refuses it, and does not go on in
 * clear text.
 */
#include "net/tls.h"

#include "harness/test.h"

int
main(void)
{
    pop3_tls_options options = {0};
    pop3_transport transport = POP3_TRANSPORT_INIT;
    net_error error = {0};
    tls_config *config = NULL;

    CHECK_INT(tls_config_new(&config, &options, "localhost", "995", &error),
              POP3_ERR_UNSUPPORTED);
    CHECK(config == NULL);
    CHECK(strstr(error.text, "without TLS") != NULL);
    CHECK_INT(tls_wrap(&transport, config, &error), POP3_ERR_UNSUPPORTED);
    CHECK(!transport.secure);
    CHECK_STR(tls_describe(&transport), "");
    tls_config_free(NULL);
    return test_summary();
}
