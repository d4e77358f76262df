/* SPDX-License-Identifier: MIT */
/* ours - what the parts of the client that is measured share. */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include <pop3.h>

typedef struct tally {
    uint64_t messages;
    uint64_t octets;
    uint64_t rows;
    uint64_t failed;
} tally;

/* 1 to `count`, to be freed; NULL: no memory. */
uint64_t *ours_numbers(size_t count);

/* CAPA, UIDL, LIST; RETR of all, given to `retr`; DELE of all, QUIT. */
pop3_result ours_session(pop3_client *m, tally *t, size_t count,
                         const pop3_many *retr);

/* LIST and UIDL, row by row: the rows are parsed and thrown away. */
pop3_result ours_list(pop3_client *m, tally *t);

/* LIST and UIDL, kept in memory, and each unique-id compared with what stood
 * in the file `seen`, which is written if it does not exist. t->failed is the
 * number of those that are new. */
pop3_result ours_keep(pop3_client *m, tally *t, const char *seen);

#endif
