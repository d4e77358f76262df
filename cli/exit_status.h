/* SPDX-License-Identifier: MIT */
/*
 * exit_status - how the program ends; sysexits.h where that has a number.
 */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

#include <stdbool.h>

typedef enum exit_status {
    EXIT_FINE = 0,       /* also: there was no mail */
    EXIT_PARTIAL = 1,    /* some accounts or messages failed */
    EXIT_NONE_NEW = 1,   /* check --exit-new: there is no new mail */
    EXIT_USAGE = 64,     /* the command line */
    EXIT_GUARD = 65,     /* going on could flood the mailbox or lose mail */
    EXIT_NO_SERVER = 69, /* no server could be reached */
    EXIT_BUG = 70,       /* a bug in pop3 */
    EXIT_DISK = 74,      /* the disk is full or broken */
    EXIT_LATER = 75,     /* try again later */
    EXIT_PROTOCOL = 76,  /* TLS failed, or the server broke the protocol */
    EXIT_LOGIN = 77,     /* the login was refused */
    EXIT_CONFIG = 78     /* a file, a path or a setting */
} exit_status;

/* The status of a run over several accounts: theirs if all ended alike, else
 * PARTIAL. Start with `first` true. */
static inline exit_status
exit_join(exit_status all, exit_status one, bool first)
{
    return first || all == one ? one : EXIT_PARTIAL;
}

#endif
