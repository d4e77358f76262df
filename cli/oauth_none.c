/* SPDX-License-Identifier: MIT */
/*
 * oauth_none - the program was built without libcurl or jansson: tokens come
 * from a command or a file alone.
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/oauth.h"
#include "cli/report.h"

#include "base/banned.h"

static const char without[] = "this pop3 was built without libcurl, and gets "
                              "no tokens by itself: use oauth = command: …";

exit_status
oauth_fetch(const oauth_question *q, secret *token, char *why, size_t why_size)
{
    (void)q;
    (void)token;
    (void)snprintf(why, why_size, "%s", without);
    return EXIT_CONFIG;
}

/* The login says what is missing. */
bool
oauth_is_kept(const options *opt, const char *account)
{
    (void)opt;
    (void)account;
    return true;
}

exit_status
oauth_check(const options *opt)
{
    (void)opt;
    report("%s", without);
    return EXIT_CONFIG;
}

bool
oauth_refusal_words(const char *json, size_t len, char *out, size_t size)
{
    (void)json;
    (void)len;
    (void)out;
    (void)size;
    return false;
}

exit_status
cmd_login(const options *opt)
{
    (void)opt;
    report("%s", without);
    return EXIT_CONFIG;
}

exit_status
cmd_logout(const options *opt)
{
    return cmd_login(opt);
}
