/* SPDX-License-Identifier: MIT */
/*
 * http_probe - one request, by the fields of http_request as words:
 *
 *     http_probe url=URL [body=TEXT] [ca=FILE] [max=N] [ms=N] …
 *
 * Prints "STATUS TYPE LEN" and the body, and exits with 0; or "error RESULT
 * TEXT", and exits with 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/http.h"

static void
set(http_request *r, const char *name, const char *value)
{
    unsigned long number = strtoul(value, NULL, 10);

    if (strcmp(name, "url") == 0)
        r->url = value;
    else if (strcmp(name, "body") == 0)
        r->body = value;
    else if (strcmp(name, "type") == 0)
        r->content_type = value;
    else if (strcmp(name, "accept") == 0)
        r->accept = value;
    else if (strcmp(name, "ca") == 0)
        r->ca_file = value;
    else if (strcmp(name, "proxy") == 0)
        r->proxy = value;
    else if (strcmp(name, "all_proxy") == 0)
        r->all_proxy = value;
    else if (strcmp(name, "max") == 0)
        r->max_octets = number;
    else if (strcmp(name, "ms") == 0)
        r->timeout_ms = (unsigned)number;
    else
        r->redirects = (unsigned)number;
}

int
main(int argc, char **argv)
{
    http_request request = {.url = ""};
    http_answer answer = {0};
    mail_error error;
    mail_result result;
    int i;

    for (i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');

        if (value == NULL)
            return 2;
        *value = '\0';
        set(&request, argv[i], value + 1);
    }
    result = http_send(&request, &answer, &error);
    if (result == MAIL_OK)
        printf("%ld %s %zu\n%s", answer.status,
               answer.content_type == NULL ? "-" : answer.content_type,
               answer.len, answer.body);
    else
        printf("error %d %s\n", (int)result, error.text);
    http_answer_clear(&answer);
    return result == MAIL_OK ? 0 : 1;
}
