/* SPDX-License-Identifier: MIT */
/*
 * open_files - how many files this process may have open.
 */
#ifndef CLI_OPEN_FILES_H
#define CLI_OPEN_FILES_H

#include <stdint.h>

/* Raises the limit, as far as it may and as far as is of use. */
void open_files_raise(void);

/* How many files can be open at once, with some left for the connection, the
 * state and libraries: 1 to `most`. */
uint64_t open_files_room(uint64_t most);

#endif
