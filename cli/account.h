/* SPDX-License-Identifier: MIT */
/*
 * account - what the user named becomes URLs and the options that hold there.
 *
 * A flag counts for more than the account's own setting, that for more than
 * the defaults of the file, and those for more than what is built in.
 */
#ifndef CLI_ACCOUNT_H
#define CLI_ACCOUNT_H

#include "cli/config.h"
#include "cli/exit_status.h"
#include "cli/options.h"

typedef struct account {
    const char *name; /* in the file; NULL: a URL was named */
    char *url;        /* without what the options tell; NULL: the server is to
                       * be found from opt.address */
    options opt;      /* args: those of the command line */
} account;

typedef struct account_list {
    config config; /* the strings of the options are here */
    account *items;
    size_t count;
} account_list;

/* Reads the configuration and resolves `count` names or URLs, or all accounts
 * of the file if line->all. What is wrong is reported, all of it, before
 * anything else is done. To be closed in any case. */
exit_status accounts_open(account_list *list, const options *line,
                          const char *const *names, size_t count);
void accounts_close(account_list *list);

/* What will hold for an account that is still to be written: the defaults of
 * the file, and above them the command line. The config stays. */
void account_new(options *opt, const config *c, const options *line);

/* Whether the key says which server it is, or who. No default of the file
 * counts for account_new(), so such an account needs all of them that the
 * defaults have. */
bool account_has_its_own(const flag *f);

/* The state file that the command line or the defaults name; NULL: none. */
const char *accounts_state(const account_list *list, const options *line);

/* Resolves one account of the file; a->url is to be freed. Errors are counted
 * in the config. */
void account_resolve(account *a, config *c, const config_section *section,
                     const options *line);

/* Whether its mail goes to the standard output, which is one for all. */
bool account_shares_output(const account *a);

#endif
