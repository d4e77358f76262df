/* SPDX-License-Identifier: MIT */
/*
 * play_main - plays each transcript in every way.
 *
 * Whole, octet by octet, split at every position, at random, and with each
 * allocation failing in turn. What the whole play showed is what the others
 * must show, lines and trace included. Long inputs are split at positions
 * that are spread over them and lie close together at both ends; how many
 * cases that concerns is printed.
 */
#include "alloc.h"
#include "play.h"
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RANDOM_PLAYS 24
#define ALL_POSITIONS 3000 /* longer inputs are not split everywhere */
#define LONG_OCTETS 40000  /* longer inputs are not fed octet by octet */
#define TIME_LIMIT 1200    /* seconds, for a session that spins */

static struct {
    unsigned cases;
    unsigned cannot;
    unsigned sampled;
    unsigned long plays;
    unsigned long failures;
} totals;

struct player {
    const struct play_layer *layer;
    const struct transcript *t;
    struct octets first; /* what the whole play showed */
};

static bool
play(struct player *p, struct plan plan, const char *mode,
     struct octets *shown)
{
    totals.plays++;
    if (p->layer->ops != NULL)
        return play_once(p->t, p->layer->ops, plan, mode, shown);
    return p->layer->once(p->t, plan, mode);
}

static bool
play_same(struct player *p, struct plan plan, const char *mode)
{
    struct octets shown = {0};
    bool good = play(p, plan, mode, &shown);

    if (good && !octets_same(&p->first, shown.ptr, shown.len)) {
        TEST_ROW("%s, %s", p->layer->name, mode);
        if (test_failed(false, p->t->path, 0, "other events than when whole"))
            fprintf(stderr, "whole:\n%.3000s%s:\n%.3000s", p->first.ptr, mode,
                    shown.ptr);
        TEST_ROW("%s", "");
        good = false;
    }
    octets_clear(&shown);
    return good;
}

static bool
play_splits(struct player *p)
{
    size_t octets = p->t->server_octets;
    size_t step = octets > ALL_POSITIONS ? octets / 400 : 1;
    size_t ends = octets > ALL_POSITIONS ? 200 : octets;
    size_t at;
    char mode[40];

    if (test_effort() == TEST_LESS && octets > 300) {
        step = octets / 100;
        ends = 100;
    } else if (test_effort() == TEST_LITTLE) {
        step = octets / 6 + 1;
        ends = 0;
    }
    for (at = 1; at < octets; at++) {
        struct plan plan = {.kind = PLAN_SPLIT, .split = at};

        if (at > ends && at + ends < octets && at % step != 0)
            continue;
        snprintf(mode, sizeof(mode), "split %zu", at);
        if (!play_same(p, plan, mode))
            return false;
    }
    return true;
}

static bool
play_random(struct player *p)
{
    char mode[48];
    uint64_t i;

    for (i = 0; i < (test_effort() == TEST_LITTLE ? 2 : RANDOM_PLAYS); i++) {
        struct plan plan = {.kind = PLAN_RANDOM};

        plan.random = plan_seed() * 1000003 + i + 1;
        snprintf(mode, sizeof(mode), "random %llu",
                 (unsigned long long)plan.random);
        if (!play_same(p, plan, mode))
            return false;
    }
    return true;
}

static bool
all_freed(const struct player *p, const char *mode)
{
    if (alloc_live() == 0)
        return true;
    TEST_ROW("%s, %s", p->layer->name, mode);
    if (test_failed(false, p->t->path, 0, "memory was not freed"))
        fprintf(stderr, "  %ld blocks\n", alloc_live());
    TEST_ROW("%s", "");
    return false;
}

static bool
play_all(struct player *p)
{
    struct plan whole = {.kind = PLAN_WHOLE};
    struct plan octets = {.kind = PLAN_OCTETS};
    bool good;

    alloc_arm(0);
    good = play(p, whole, "whole", &p->first);
    if (good && p->t->server_octets <=
                    (test_effort() == TEST_LITTLE ? 2000 : LONG_OCTETS))
        good = play_same(p, octets, "octets");
    good = good && play_splits(p) && play_random(p);
    return all_freed(p, "all plays") && good;
}

/* With allocation 1, 2, 3 ... failing, until there are no more. */
static void
play_without_memory(struct player *p)
{
    struct plan whole = {.kind = PLAN_WHOLE};
    char mode[40];
    unsigned long nth;

    for (nth = 1;; nth++) {
        snprintf(mode, sizeof(mode), "allocation %lu fails", nth);
        alloc_arm(nth);
        if (!play(p, whole, mode, NULL) || !all_freed(p, mode))
            break;
        if (!alloc_failed())
            break;
        totals.failures++;
    }
    alloc_arm(0);
}

static void
play_file(const char *path, const struct play_layer *layer)
{
    struct transcript t;
    struct player p = {.layer = layer, .t = &t};
    bool (*can)(const struct transcript *) =
        layer->ops != NULL ? layer->ops->can : layer->can;

    if (!transcript_load(&t, path)) {
        test_failed(false, path, 0, "not a transcript");
    } else if (!can(&t)) {
        totals.cannot++;
    } else {
        secrets_collect(&t);
        totals.cases++;
        totals.sampled += t.server_octets > ALL_POSITIONS;
        if (play_all(&p))
            play_without_memory(&p);
        octets_clear(&p.first);
    }
    transcript_clear(&t);
}

int
play_main(int argc, char **argv, const struct play_layer *layer)
{
    char **paths = NULL;
    size_t count = argc > 1 ? transcript_find(argv[1], &paths) : 0;
    size_t i;

    if (count == 0) {
        fprintf(stderr, "FAIL: no transcripts; usage: %s DIR [PART-OF-PATH]\n",
                argv[0]);
        return 1;
    }
    alarm(TIME_LIMIT);
    for (i = 0; i < count; i++) {
        if (argc < 3 || strstr(paths[i], argv[2]) != NULL)
            play_file(paths[i], layer);
        test_free(paths[i]);
    }
    test_free(paths);
    printf("%s: %u transcripts, %lu plays, %lu failed allocations\n",
           layer->name, totals.cases, totals.plays, totals.failures);
    printf("%s: %u not for this layer; %u too long for every split\n",
           layer->name, totals.cannot, totals.sampled);
    if (test_effort() != TEST_FULL)
        printf("%s: fewer splits, because sanitizers and valgrind are slow\n",
               layer->name);
    return test_summary();
}
