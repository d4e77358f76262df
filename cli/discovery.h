/* SPDX-License-Identifier: MIT */
/*
 * discovery - from a mail address to its POP3 server.
 */
#ifndef CLI_DISCOVERY_H
#define CLI_DISCOVERY_H

#include "cli/exit_status.h"
#include "cli/found.h"
#include "cli/mail_address.h"
#include "cli/provider.h"

enum {
    DISCOVERY_STEPS = 40,
    DISCOVERY_SERVERS = 24
};

/* What was asked, and what came of it; both printable. */
typedef struct discovery_step {
    char what[400];
    char result[400];
    unsigned ms;
    bool good;
} discovery_step;

typedef struct discovery {
    const options *opt;
    mail_address address;
    provider_table providers;
    const provider *provider; /* of the domain or of the server; or NULL */
    found_server found;       /* if it ended well */
    char why[1200];           /* if not */

    discovery_step steps[DISCOVERY_STEPS];
    size_t step_count;
    found_server servers[DISCOVERY_SERVERS]; /* that were named */
    size_t server_count;
    found_server silent; /* the first that somebody named, if it failed */
    char silent_why[400];
    bool unasked; /* somebody who may know more could not be asked */
    bool over;    /* the domain says that there is none: ask nobody else */
} discovery;

/* Looks for the server of an address, and makes sure that it answers with TLS
 * that can be trusted. opt->server, port and tls count for more than whatever
 * is found. Sends no credential. FINE: d->found is the server; if it is a
 * stranger nobody may use it without asking the user. USAGE: it is no address;
 * NO_SERVER; CONFIG. Nothing was printed. To be closed in any case. */
exit_status discovery_run(discovery *d, const options *opt,
                          const char *address);
void discovery_close(discovery *d);

/* For the sources: a step begins, and ends. The text of the first is a
 * format. */
__attribute__((format(printf, 2, 3))) discovery_step *
discovery_begin(discovery *d, const char *format, ...);
__attribute__((format(printf, 4, 5))) void
discovery_end(discovery *d, discovery_step *step, bool good,
              const char *format, ...);

/* For the sources: somebody names a server. */
void discovery_add(discovery *d, const found_server *server);

/* Whether a host lies in the domain of the address, or is a provider's. */
bool discovery_knows(const discovery *d, const char *host);

/* The sources. Each adds what it was told. */
void discovery_srv(discovery *d);
void discovery_web(discovery *d);
void discovery_database(discovery *d);

/* "the DNS of example.org", for people. */
const char *found_by_text(found_by by);

#endif
