/* SPDX-License-Identifier: MIT */
/*
 * transcript_test - every transcript that blocking calls can follow.
 */
#include "play.h"
#include "play_client.h"

int
main(int argc, char **argv)
{
    const struct play_layer layer = {
        .name = "client", .can = play_client_can, .once = play_client_once};

    return play_main(argc, argv, &layer);
}
