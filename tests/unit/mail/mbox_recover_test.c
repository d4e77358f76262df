/* SPDX-License-Identifier: MIT */
/*
 * mbox_recover_test - what has to be durable, and what is not to be guessed,
 * where an earlier process may have died in between.
 */
#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sink_help.h"

static unsigned syncs;
static unsigned reads;
static unsigned failing; /* of them; 0: none */
static bool in_halves;   /* instead of failing */

int
fsync(int fd)
{
    (void)fd;
    syncs++;
    return 0; /* no crash here is one of the machine */
}

ssize_t
pread(int fd, void *data, size_t len, off_t offset)
{
    if (++reads != failing)
        return syscall(SYS_pread64, fd, data, len, offset);
    if (in_halves && len > 1)
        return syscall(SYS_pread64, fd, data, len / 2, offset);
    errno = in_halves ? EINTR : EIO;
    return -1;
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

/* The group was delivered, and its journal cannot be opened at the moment:
 * that is not "there is none", which would deliver it twice. */
static void
test_journal_that_cannot_be_opened(void)
{
    struct rlimit before;
    struct rlimit none;
    mail_sink *sink = open_box(true);

    CHECK_INT(put_text(sink, 1, "x\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    sink_close(sink);
    sink = open_box(false);
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    CHECK(strstr(ask(sink, 1), "Too many open files") != NULL);
    CHECK_INT(error.result, MAIL_ERR_BUSY);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_STR(ask(sink, 1), "y");
    sink_close(sink);

    CHECK_INT(rename(scratch_path("scratch.mbox"), scratch_path("j")), 0);
    CHECK_INT(symlink(scratch_path("j"), scratch_path("scratch.mbox")), 0);
    sink = open_box(false);
    CHECK(strstr(ask(sink, 1), "cannot read") != NULL);
    sink_close(sink);
    CHECK_INT(unlink(scratch_path("scratch.mbox")), 0);
    sink = open_box(false);
    CHECK_STR(ask(sink, 1), "n"); /* there is none */
    sink_close(sink);
}

static const char *
ask_with_fault(mail_sink *sink, unsigned at)
{
    const char *said;

    reads = 0;
    failing = at;
    said = ask(sink, 2);
    failing = 0;
    return said;
}

/* What cannot be read now is neither delivered nor missing: whoever took it
 * for one of them would lose it or deliver it twice. */
static void
test_reads_that_fail(void)
{
    static char box[4096];
    size_t len;
    mail_sink *sink = open_box(true);

    CHECK_INT(put_text(sink, 1, "x\r\n"), MAIL_OK);
    CHECK_INT(put_text(sink, 2, "y\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    sink_close(sink);
    len = read_file("box", box, sizeof(box));
    sink = open_box(false);
    CHECK_STR(ask_with_fault(sink, 0), "yy");
    for (unsigned at = reads; at > 0; at--) {
        TEST_ROW("read %u", at);
        in_halves = false;
        CHECK(strstr(ask_with_fault(sink, at), "cannot read") != NULL);
        CHECK_INT(error.result, MAIL_ERR_DISK);
        in_halves = true;
        CHECK_STR(ask_with_fault(sink, at), "yy");
    }
    TEST_ROW("%s", "");
    CHECK_INT(read_file("box", box, sizeof(box)), len);
    sink->ops->forget(sink);
    sink_close(sink);
}

int
main(void)
{
    scratch_make();
    test_reads_that_fail();
    test_name_is_durable();
    test_journal_that_cannot_be_opened();
    scratch_clean();
    return test_summary();
}
