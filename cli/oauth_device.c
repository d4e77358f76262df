/* SPDX-License-Identifier: MIT */
/*
 * oauth_device - RFC 8628 §3.5: polling, at the pace of the server.
 *
 * authorization_pending means: ask again after the interval; slow_down: the
 * same, and five seconds more from then on; a network that fails: twice as
 * long. Everything else is final. The code has an end, after which nobody asks
 * any more, whatever the server says; a server that names no end, or one in
 * ten years, gets half an hour.
 */
#include "cli/oauth_device.h"

#include <string.h>

#include "base/banned.h"

enum {
    INTERVAL_S = 5, /* unless the server says otherwise */
    SLOWER_S = 5,
    INTERVAL_MAX_S = 60,
    LIFE_MAX_S = 1800
};

bool
oauth_device_is_good(const oauth_reply *code)
{
    return code->device_code != NULL && code->user_code != NULL &&
           code->verification_uri != NULL;
}

static uint64_t
first_interval(const oauth_reply *code)
{
    if (code->interval == 0)
        return INTERVAL_S;
    return code->interval > INTERVAL_MAX_S ? INTERVAL_MAX_S : code->interval;
}

static uint64_t
life(const oauth_reply *code)
{
    return code->expires_in == 0 || code->expires_in > LIFE_MAX_S
               ? LIFE_MAX_S
               : code->expires_in;
}

/* Whether to ask again; *interval_s may grow. */
static bool
is_pending(const oauth_reply *reply, uint64_t *interval_s)
{
    if (reply->error == NULL)
        return false;
    if (strcmp(reply->error, "slow_down") == 0)
        *interval_s += SLOWER_S;
    else if (strcmp(reply->error, "authorization_pending") != 0)
        return false;
    return true;
}

mail_result
oauth_device_wait(const oauth_device_world *world, const oauth_reply *code,
                  oauth_reply *reply, mail_error *error)
{
    uint64_t interval_s = first_interval(code);
    uint64_t end_ms = world->now_ms(world->ctx) + life(code) * 1000;
    mail_result result;

    *reply = (oauth_reply){0};
    for (;;) {
        uint64_t now_ms = world->now_ms(world->ctx);

        if (now_ms + interval_s * 1000 >= end_ms)
            return mail_fail(error, MAIL_ERR_BUSY, 0,
                             "the code was not typed in time: run `pop3 "
                             "login` again");
        world->pause(world->ctx, interval_s * 1000);
        oauth_reply_clear(reply);
        result = world->ask(world->ctx, reply, error);
        if (result == MAIL_ERR_BUSY)
            interval_s = interval_s * 2 > INTERVAL_MAX_S ? INTERVAL_MAX_S
                                                         : interval_s * 2;
        else if (result != MAIL_OK || !is_pending(reply, &interval_s))
            return result;
    }
}
