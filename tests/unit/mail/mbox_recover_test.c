/* SPDX-License-Identifier: MIT */
/*
 * mbox_recover_test - what has to be durable, and what is not to be guessed,
 * where an earlier process may have died in between.
 */
#include "sink_help.h"

static unsigned syncs;

int
fsync(int fd)
{
    (void)fd;
    syncs++;
    return 0; /* no crash here is one of the machine */
}

static mail_sink *
open_box(bool create)
{
    const sink_setup setup = {.create = create,
                              .scratch = scratch_path("scratch")};
    mail_sink *sink;

    if (open_at(&sink, "mbox:", "box", &setup) != MAIL_OK) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    return sink;
}

static unsigned
syncs_of_one(mail_sink *sink)
{
    syncs = 0;
    CHECK_INT(put_text(sink, 1, "x\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    return syncs;
}

/* Who made the mbox may have died before its name was durable: its directory
 * is synced once by each who opens it, also in recovery. */
static void
test_name_is_durable(void)
{
    mail_sink *sink;

    scratch_write("box", "From x\n\n", 8);
    sink = open_box(true);
    CHECK_INT(syncs_of_one(sink), 4); /* and the journal's name */
    CHECK_INT(syncs_of_one(sink), 2);
    sink_close(sink);
    sink = open_box(false);
    syncs = 0;
    CHECK_STR(ask(sink, 1), "y");
    CHECK_INT(syncs, 2);
    sink->ops->forget(sink);
    sink_close(sink);
}

int
main(void)
{
    scratch_make();
    test_name_is_durable();
    scratch_clean();
    return test_summary();
}
