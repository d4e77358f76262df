/* SPDX-License-Identifier: MIT */
/*
 * transcript_test - every transcript through the core alone.
 */
#include "play.h"

int
main(int argc, char **argv)
{
    const struct play_layer layer = {.name = "core", .ops = &play_core};

    return play_main(argc, argv, &layer);
}
