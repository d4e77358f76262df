/* SPDX-License-Identifier: MIT */
/*
 * fake_dns - name lookups that the tests control, so that no question leaves
 * the machine.
 *
 * Works in programs linked with -Wl,--wrap=getaddrinfo and
 * --wrap=freeaddrinfo. Numeric hosts and services go to the C library.
 */
#ifndef TESTS_FAKE_DNS_H
#define TESTS_FAKE_DNS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* From now on names have these addresses, in this order. */
void fake_dns_answer(const char *const *addresses, size_t count);

/* From now on lookups fail. `sys` is errno for EAI_SYSTEM. */
void fake_dns_fail(int status, int sys);

/* From now on lookups wait until they are released. */
void fake_dns_hold(void);
void fake_dns_release(void);

/* Lookups since the last answer/fail, and the flags of each of the first
 * two; whether all signals were blocked in the last one. */
int fake_dns_count(void);
int fake_dns_flags(int index);
bool fake_dns_signals_blocked(void);

/* Lists that were handed out and not freed. */
int fake_dns_live(void);

#endif
