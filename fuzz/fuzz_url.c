/* SPDX-License-Identifier: MIT */
/*
 * fuzz_url - POP URLs: parsed into clean fields, or refused with a reason.
 */
#include "cli/url.h"
#include "fuzz.h"

#include <string.h>

static void
check_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);
    size_t i;

    PROPERTY(len < size);
    for (i = 0; i < len; i++)
        PROPERTY((unsigned char)text[i] >= 32 && text[i] != 127);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char why[200] = "";
    url parsed;

    if (text == NULL)
        return 0;
    memset(&parsed, 0xff, sizeof(parsed));
    memcpy(text, data, size);
    text[size] = '\0';
    if (url_parse(text, &parsed, why, sizeof(why))) {
        check_text(parsed.user, sizeof(parsed.user));
        check_text(parsed.auth, sizeof(parsed.auth));
        check_text(parsed.host, sizeof(parsed.host));
        check_text(parsed.port, sizeof(parsed.port));
        PROPERTY(parsed.host[0] != '\0');
        PROPERTY(parsed.port[0] == '\0' ||
                 (atol(parsed.port) > 0 && atol(parsed.port) < 65536));
    } else {
        PROPERTY(why[0] != '\0' && strnlen(why, sizeof(why)) < sizeof(why));
        check_text(why, sizeof(why));
    }
    /* The smallest room for a reason. */
    url_parse(text, &parsed, why, 1);
    free(text);
    return 0;
}
