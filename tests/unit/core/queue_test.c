/* SPDX-License-Identifier: MIT */
/*
 * queue_test - first in, first out, also while the ring grows and wraps.
 */
#include "core/queue.h"

#include "alloc.h"
#include "plan.h"
#include "test.h"

static void
push(queue *q, pop3_id id)
{
    queue_entry entry = {.id = id, .number = id};

    CHECK(queue_reserve(q));
    queue_push(q, &entry);
}

int
main(void)
{
    struct plan plan = {.kind = PLAN_RANDOM, .random = plan_seed()};
    queue q = {0};
    pop3_id in = 1;
    pop3_id out = 1;
    size_t i;
    int round;

    CHECK(queue_at(&q, 0) == NULL);
    alloc_arm(1);
    CHECK(!queue_reserve(&q));
    CHECK_INT(q.length, 0);
    for (round = 0; round < 3000; round++) {
        size_t more = plan_random(&plan, 12);
        size_t less = plan_random(&plan, round % 500 < 250 ? 6 : 20);

        while (more-- > 0)
            push(&q, in++);
        while (less-- > 0 && out < in) {
            CHECK_INT(queue_at(&q, 0)->id, out++);
            queue_pop(&q);
        }
        CHECK_INT(q.length, in - out);
        for (i = 0; i < q.length; i++)
            CHECK_INT(queue_at(&q, i)->id, out + i);
        CHECK(queue_at(&q, q.length) == NULL);
    }
    while (q.length < q.capacity)
        push(&q, in++);
    alloc_arm(1);
    CHECK(!queue_reserve(&q));
    CHECK_INT(queue_at(&q, q.length - 1)->id, in - 1);
    CHECK_INT(queue_at(&q, 0)->id, out);
    CHECK(queue_reserve(&q));
    queue_clear(&q);
    CHECK(queue_at(&q, 0) == NULL);
    return test_summary();
}
