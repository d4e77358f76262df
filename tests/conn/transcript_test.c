/* SPDX-License-Identifier: MIT */
/*
 * transcript_test - every transcript through a connection.
 */
#include "play.h"

int
main(int argc, char **argv)
{
    const struct play_layer layer = {.name = "conn", .ops = &play_conn};

    return play_main(argc, argv, &layer);
}
