/* SPDX-License-Identifier: MIT */
/*
 * prompt - one question on the terminal.
 */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/* Asks on /dev/tty, whatever stdin is, and reads one line, without its end,
 * to `buffer` (NUL-terminated; more than fits is lost). echo: what is typed
 * can be seen. False: there is no terminal, or it was closed. A signal that
 * ends the program restores the terminal first. */
bool prompt_read(const char *question, bool echo, char *buffer, size_t size);

#endif
