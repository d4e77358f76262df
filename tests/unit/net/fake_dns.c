/* SPDX-License-Identifier: MIT */
/*
 * fake_dns - the wrappers that the linker puts in place of getaddrinfo(3).
 *
 * They are called in the resolver's thread, so all that they share with the
 * test is behind one mutex.
 */
#include "fake_dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness/alloc.h"

int __real_getaddrinfo(const char *node, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list);
void __real_freeaddrinfo(struct addrinfo *list);
int __wrap_getaddrinfo(const char *node, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list);
void __wrap_freeaddrinfo(struct addrinfo *list);

enum {
    FAKE = 0x40000000, /* in ai_flags: the list is ours */
    MAX = 64
};

typedef struct entry {
    struct addrinfo info;
    struct sockaddr_storage address;
} entry;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct {
    bool on;
    bool held;
    int status;
    int sys;
    const char *addresses[MAX];
    size_t count;
    int lookups;
    int flags[2];
    bool blocked;
    int live;
} fake;

static void
reset(int status, int sys)
{
    fake.on = true;
    fake.status = status;
    fake.sys = sys;
    fake.count = 0;
    fake.lookups = 0;
    fake.flags[0] = fake.flags[1] = 0;
}

void
fake_dns_answer(const char *const *addresses, size_t count)
{
    pthread_mutex_lock(&mutex);
    reset(0, 0);
    for (; fake.count < count && fake.count < MAX; fake.count++)
        fake.addresses[fake.count] = addresses[fake.count];
    pthread_mutex_unlock(&mutex);
}

void
fake_dns_fail(int status, int sys)
{
    pthread_mutex_lock(&mutex);
    reset(status, sys);
    pthread_mutex_unlock(&mutex);
}

static void
set_held(bool held)
{
    pthread_mutex_lock(&mutex);
    fake.held = held;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

void
fake_dns_hold(void)
{
    set_held(true);
}

void
fake_dns_release(void)
{
    set_held(false);
}

static int
locked_int(const int *value)
{
    int copy;

    pthread_mutex_lock(&mutex);
    copy = *value;
    pthread_mutex_unlock(&mutex);
    return copy;
}

int
fake_dns_count(void)
{
    return locked_int(&fake.lookups);
}

int
fake_dns_flags(int index)
{
    return locked_int(&fake.flags[index]);
}

int
fake_dns_live(void)
{
    return locked_int(&fake.live);
}

bool
fake_dns_signals_blocked(void)
{
    bool copy;

    pthread_mutex_lock(&mutex);
    copy = fake.blocked;
    pthread_mutex_unlock(&mutex);
    return copy;
}

static bool
are_signals_blocked(void)
{
    static const int some[] = {SIGINT, SIGTERM, SIGPIPE, SIGALRM, SIGCHLD};
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
        if (sigismember(&mask, some[i]) != 1)
            return false;
    return true;
}

static struct addrinfo *
new_entry(const char *text, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *real = NULL;
    entry *e = test_alloc(sizeof(*e));

    if (__real_getaddrinfo(text, port, &hints, &real) != 0)
        abort();
    e->info = *real;
    memcpy(&e->address, real->ai_addr, real->ai_addrlen);
    e->info.ai_addr = (struct sockaddr *)&e->address;
    e->info.ai_next = NULL;
    e->info.ai_flags = FAKE;
    __real_freeaddrinfo(real);
    return &e->info;
}

/* The mutex is held. */
static int
answer(const char *port, struct addrinfo **list)
{
    struct addrinfo **end = list;

    if (fake.status != 0) {
        errno = fake.sys;
        return fake.status;
    }
    *list = NULL;
    for (size_t i = 0; i < fake.count; i++) {
        *end = new_entry(fake.addresses[i], port);
        end = &(*end)->ai_next;
    }
    fake.live++;
    return 0;
}

int
__wrap_getaddrinfo(const char *node, const char *service,
                   const struct addrinfo *hints, struct addrinfo **list)
{
    int status;
    bool on;

    if (node == NULL || (hints->ai_flags & AI_NUMERICHOST) != 0)
        return __real_getaddrinfo(node, service, hints, list);
    pthread_mutex_lock(&mutex);
    if (fake.lookups < 2)
        fake.flags[fake.lookups] = hints->ai_flags;
    fake.lookups++;
    fake.blocked = are_signals_blocked();
    while (fake.held)
        pthread_cond_wait(&changed, &mutex);
    on = fake.on;
    status = on ? answer(service, list) : 0;
    pthread_mutex_unlock(&mutex);
    return on ? status : __real_getaddrinfo(node, service, hints, list);
}

void
__wrap_freeaddrinfo(struct addrinfo *list)
{
    if (list == NULL || (list->ai_flags & FAKE) == 0) {
        __real_freeaddrinfo(list);
        return;
    }
    pthread_mutex_lock(&mutex);
    fake.live--;
    pthread_mutex_unlock(&mutex);
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;

        test_free(list);
        list = next;
    }
}
