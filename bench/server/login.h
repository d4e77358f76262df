/* SPDX-License-Identifier: MIT */
/* login - SASL PLAIN. */
#ifndef BENCH_SERVER_LOGIN_H
#define BENCH_SERVER_LOGIN_H

#include <stdbool.h>

/* Whether `base64` is "authzid NUL user NUL password" with this password. */
bool login_plain(const char *base64, const char *password);

#endif
