/* SPDX-License-Identifier: MIT */
/*
 * account_place - which mailbox an account is, told without asking anybody.
 */
#ifndef CLI_ACCOUNT_PLACE_H
#define CLI_ACCOUNT_PLACE_H

#include "cli/account.h"
#include "cli/session.h"

typedef struct account_place {
    char mailbox[sizeof(((session *)NULL)->mailbox)]; /* names its status */
    char host[256]; /* or the domain of the address, if no server is named */
} account_place;

/* False: that was reported. */
bool account_place_find(account_place *place, const account *a);

#endif
