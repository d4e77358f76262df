/* SPDX-License-Identifier: MIT */
/*
 * probe - whether a POP3 server answers, with TLS that can be trusted.
 */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/found.h"

/* Connects, verifies, asks CAPA and says goodbye: no credential is sent, and
 * none is asked for. False: `why` tells. */
bool probe_server(const options *opt, const found_server *server, char *why,
                  size_t why_size);

#endif
