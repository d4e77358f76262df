/* SPDX-License-Identifier: MIT */
/*
 * http_url - which URLs are asked at all; with libcurl and without.
 */
#include "cli/http.h"

#include <string.h>

#include "base/text.h"

#include "base/banned.h"

enum {
    URL_MAX = 4096
};

bool
http_is_url(const char *url)
{
    static const char scheme[] = "https://";
    size_t prefix = strlen(scheme);
    size_t len = strlen(url);
    size_t host;
    size_t i;

    if (len > URL_MAX || len < prefix ||
        !text_equal_caseless(url, prefix, scheme))
        return false;
    for (i = 0; i < len; i++) {
        if (url[i] <= ' ' || url[i] > '~')
            return false;
    }
    host = strcspn(url + prefix, "/?#");
    return host > 0 && url[prefix] != ':' &&
           memchr(url + prefix, '@', host) == NULL;
}
