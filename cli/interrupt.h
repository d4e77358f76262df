/* SPDX-License-Identifier: MIT */
/*
 * interrupt - ^C, SIGTERM and SIGHUP end a transfer in good order.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <signal.h>

#include <pop3.h>

/* From now on the first such signal is only noted, and the second ends the
 * program at once. */
void interrupt_catch(void);

/* Back to the usual: a signal ends the program. */
void interrupt_release(void);

/* Whether one was noted since interrupt_catch(). */
bool interrupt_noted(void);

/* Until interrupt_shield(), a signal cancels what `client` is doing; one that
 * was noted already does so at once. */
void interrupt_cancels(pop3_client *client);
void interrupt_shield(void);

/* For a program that another one watches: from now on, for good, the first
 * SIGTERM asks only to begin nothing new, and the second is what the first
 * one is else. Before the first interrupt_catch() it ends the program. */
void interrupt_drains(void);

/* Whether nothing new is to be begun. */
bool interrupt_draining(void);

/* Until interrupt_unblock(), they wait; for what must not be left half done,
 * and takes a bounded time. */
void interrupt_block(sigset_t *before);
void interrupt_unblock(const sigset_t *before);

/* As if that signal had come, unless it is 0. */
void interrupt_note(int number);

/* Ends the program by the signal that was noted, if one was: so whoever
 * started it sees that it was interrupted (status 130 or 143 in a shell). */
void interrupt_end(void);

#endif
