/* SPDX-License-Identifier: MIT */
/*
 * account_place - by the server that is named; or, where it is found from the
 * address, by that address: finding it may need the network, and may lead
 * elsewhere tomorrow.
 */
#include "cli/account_place.h"

#include <stdio.h>
#include <string.h>

#include "base/banned.h"

static void
by_address(account_place *place, const char *address)
{
    const char *at = strrchr(address, '@');

    (void)snprintf(place->mailbox, sizeof(place->mailbox), "%s", address);
    (void)snprintf(place->host, sizeof(place->host), "%s",
                   at == NULL ? address : at + 1);
}

bool
account_place_find(account_place *place, const account *a)
{
    session s;
    bool good;

    if (a->url == NULL && a->opt.address != NULL) {
        by_address(place, a->opt.address);
        return true;
    }
    good = session_prepare(&s, &a->opt, a->url);
    memcpy(place->mailbox, s.mailbox, sizeof(s.mailbox));
    memcpy(place->host, s.where.host, sizeof(s.where.host));
    session_close(&s);
    return good;
}
