/* SPDX-License-Identifier: MIT */
/*
 * browser - shows a page to the user, if that can be done.
 */
#ifndef CLI_BROWSER_H
#define CLI_BROWSER_H

#include <stdbool.h>

/* Starts the user's browser, and does not wait for it. False: there is no
 * desktop, or no xdg-open. */
bool browser_open(const char *url);

#endif
