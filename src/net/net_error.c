/* SPDX-License-Identifier: MIT */
/*
 * net_error - fills in why something failed.
 *
 * The text is for people and is cut where the room ends; the number is for
 * programs. Words of the server that go in here were made printable before
 * (R24): this is only the formatter.
 */
#include "net/net_error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

void
net_error_set(net_error *error, int sys, const char *format, ...)
{
    va_list args;

    error->sys = sys;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
}
