/* SPDX-License-Identifier: MIT */
/*
 * net_error - why something in src/net failed, for pop3_core_fail().
 */
#ifndef NET_ERROR_H
#define NET_ERROR_H

typedef struct net_error {
    int sys;        /* errno, EAI_* or X509_V_ERR_*, as pop3_error.sys */
    char text[640]; /* one line: what, why, what to do */
} net_error;

/* Sets both; the text is cut to fit. */
__attribute__((format(printf, 3, 4))) void
net_error_set(net_error *error, int sys, const char *format, ...);

#endif
