/* SPDX-License-Identifier: MIT */
/*
 * interrupt - signals become a note, and a cancelled transfer.
 *
 * The handler stores the signal, and calls pop3_client_cancel(), which may be
 * called from a handler, if a transfer is under way. What is complete is then
 * delivered and recorded by the ordinary code. A second signal means it: the
 * handler gives the signal back its default and raises it; what was half
 * written in tmp/ is removed by the recovery of the next run.
 */
#include "cli/interrupt.h"

#include <string.h>

#include "base/banned.h"

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};

enum {
    CAUGHT = sizeof(caught) / sizeof(caught[0])
};

static volatile sig_atomic_t noted;
static volatile sig_atomic_t draining;
static bool drains;
static pop3_client *volatile target;

static void
on_signal(int number)
{
    if (drains && number == SIGTERM && draining == 0) {
        draining = number;
        return;
    }
    if (noted != 0) {
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    noted = number;
    if (target != NULL)
        pop3_client_cancel(target);
}

/* A signal that is ignored stays so: nohup(1) means it. */
void
interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction old;
    size_t i;

    target = NULL;
    noted = 0;
    sigemptyset(&action.sa_mask);
    for (i = 0; i < CAUGHT; i++) {
        if (sigaction(caught[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(caught[i], &action, NULL);
    }
}

void
interrupt_release(void)
{
    struct sigaction old;
    size_t i;

    target = NULL;
    for (i = 0; i < CAUGHT; i++) {
        if (sigaction(caught[i], NULL, &old) == 0 &&
            old.sa_handler == on_signal && !(drains && caught[i] == SIGTERM))
            signal(caught[i], SIG_DFL);
    }
}

void
interrupt_drains(void)
{
    drains = true;
}

bool
interrupt_draining(void)
{
    return draining != 0;
}

bool
interrupt_noted(void)
{
    return noted != 0;
}

void
interrupt_note(int number)
{
    if (number != 0)
        noted = number;
}

void
interrupt_cancels(pop3_client *client)
{
    target = client;
    if (noted != 0)
        pop3_client_cancel(client);
}

void
interrupt_shield(void)
{
    target = NULL;
}

void
interrupt_block(sigset_t *before)
{
    sigset_t set;
    size_t i;

    sigemptyset(&set);
    for (i = 0; i < CAUGHT; i++)
        sigaddset(&set, caught[i]);
    (void)pthread_sigmask(SIG_BLOCK, &set, before);
}

void
interrupt_unblock(const sigset_t *before)
{
    (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

void
interrupt_end(void)
{
    int number = noted;

    if (number == 0)
        return;
    interrupt_release();
    noted = 0;
    (void)raise(number);
}
