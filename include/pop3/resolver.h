/* SPDX-License-Identifier: MIT */
/*
 * pop3/resolver.h - for callers who choose how names are looked up.
 */
#ifndef POP3_RESOLVER_H
#define POP3_RESOLVER_H

#include <pop3.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A resolver of your own. Functions do not block. `start` begins to look up a
 * name, which is no address; `step` says AGAIN, or gives the numeric addresses
 * (NULL ends the list; borrowed until `close`), or RESOLVE and a getaddrinfo
 * error in *sys. With fd -1, step the connection when the answer is there. */
struct pop3_resolver {
    size_t size; /* sizeof(pop3_resolver) */
    void *ctx;
    pop3_result (*start)(void *ctx, const char *host, void **query);
    pop3_result (*step)(void *query, const char *const **addresses, int *sys);
    int (*fd)(void *query);         /* readable: time for a step */
    int (*timeout_ms)(void *query); /* a step is due then; -1: never */
    void (*close)(void *query);     /* also before the answer */
};

/* dns: c-ares; hosts file and name servers; NULL if built without it. In a
 * copy of it, ctx may be a string of name servers to ask in the place of the
 * system's, as "192.0.2.1,[2001:db8::1]:53"; it must outlive it. system:
 * getaddrinfo(3), with all that the machine is set up for (mDNS ...), in a
 * thread for each name that is being looked up, which is nothing for hundreds
 * at once; localhost is ::1 and 127.0.0.1 without it (RFC 6761 §6.3). A host
 * that is an address needs neither. */
POP3_API const pop3_resolver *pop3_resolver_dns(void);
POP3_API const pop3_resolver *pop3_resolver_system(void);

#ifdef __cplusplus
}
#endif
#endif
