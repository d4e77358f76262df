/* SPDX-License-Identifier: MIT */
/*
 * durable_test - how the way to the disk is chosen, and which files are told
 * to be durable when some are not. That durable means durable is for strace:
 * tests/cli/crash_test.py.
 */
#include <errno.h>
#include <fcntl.h>

#include <mail/durable.h>

#include "harness/test.h"
#include "scratch.h"

static const uint64_t KIB = 1 << 10;
static const uint64_t MIB = 1 << 20;

/* Few files never, many unless others hold back more than they are worth. */
static void
test_choice(void)
{
    CHECK(!durable_prefers_syncfs(0, 0, 0));
    CHECK(!durable_prefers_syncfs(15, 60 * KIB, 0));
    CHECK(durable_prefers_syncfs(16, 64 * KIB, 0));
    CHECK(durable_prefers_syncfs(1000, 4000 * KIB, 4000 * KIB));
    CHECK(durable_prefers_syncfs(1000, 4000 * KIB, 30 * MIB));
    CHECK(!durable_prefers_syncfs(1000, 4000 * KIB, 100 * MIB));
    /* What is dirty because we wrote it does not count. */
    CHECK(durable_prefers_syncfs(16, 100 * MIB, 100 * MIB));
    CHECK(!durable_prefers_syncfs(16, 100 * MIB, 110 * MIB));
    CHECK(!durable_prefers_syncfs(1000, 4000 * KIB, UINT64_MAX));
}

static void
test_releases(void)
{
    CHECK(!durable_release_reports(""));
    CHECK(!durable_release_reports("linux"));
    CHECK(!durable_release_reports("2.6.39"));
    CHECK(!durable_release_reports("4.19.0-27-amd64"));
    CHECK(!durable_release_reports("5"));
    CHECK(!durable_release_reports("5.7.19"));
    CHECK(durable_release_reports("5.8.0"));
    CHECK(durable_release_reports("5.10.0-33-amd64"));
    CHECK(durable_release_reports("6.1.0-13-amd64"));
    CHECK(durable_release_reports("10.0-rc1+"));
}

enum {
    FILES = 300
};

static int files[FILES];

static int
open_files(void)
{
    char name[32];
    int dir = open(scratch_path("."), O_RDONLY | O_DIRECTORY);
    size_t i;

    for (i = 0; i < FILES; i++) {
        (void)snprintf(name, sizeof(name), "file-%zu", i);
        files[i] = openat(dir, name, O_WRONLY | O_CREAT, 0600);
        CHECK(files[i] != -1);
    }
    return dir;
}

static void
close_files(int dir)
{
    size_t i;

    for (i = 0; i < FILES; i++)
        close(files[i]);
    close(dir);
}

static void
test_all_are_ready(void)
{
    static const mail_sync ways[] = {MAIL_SYNC_AUTO, MAIL_SYNC_SYNCFS,
                                     MAIL_SYNC_FSYNC};
    static const size_t counts[] = {0, 1, 15, 16, FILES};
    int dir = open_files();
    durable d;
    size_t i;

    for (i = 0; i < 15; i++) {
        size_t count = counts[i % 5];
        size_t ready = 1000;

        TEST_ROW("way %d, %zu files", (int)ways[i / 5], count);
        durable_init(&d, dir, ways[i / 5]);
        CHECK_INT(durable_sync(&d, files, count, 0, &ready), 0);
        CHECK_INT(ready, count);
    }
    TEST_ROW("%s", "");
    close_files(dir);
}

/* The first file that cannot be synced ends what is ready, whichever thread
 * meets it, and however many follow. */
static void
test_first_failure(void)
{
    static const size_t broken[] = {0, 7, 8, 150, 299};
    int dir = open_files();
    durable d;
    size_t i;

    durable_init(&d, dir, MAIL_SYNC_FSYNC);
    for (i = 0; i < 5; i++) {
        int saved[FILES];
        size_t ready = 1000;
        size_t k;

        memcpy(saved, files, sizeof(saved));
        for (k = broken[i]; k < FILES; k += 100)
            files[k] = -1;
        TEST_ROW("broken from %zu on", broken[i]);
        CHECK_INT(durable_sync(&d, files, FILES, 0, &ready), EBADF);
        CHECK_INT(ready, broken[i]);
        memcpy(files, saved, sizeof(saved));
    }
    TEST_ROW("%s", "");
    close_files(dir);
}

/* A syncfs() that fails is not the end: each file is asked. */
static void
test_syncfs_fails(void)
{
    int dir = open_files();
    durable d;
    size_t ready = 1000;

    durable_init(&d, dir, MAIL_SYNC_SYNCFS);
    d.reliable = true;
    d.dir = -1;
    CHECK_INT(durable_sync(&d, files, FILES, 0, &ready), 0);
    CHECK_INT(ready, FILES);
    files[20] = -1;
    CHECK_INT(durable_sync(&d, files, FILES, 0, &ready), EBADF);
    CHECK_INT(ready, 20);
    close_files(dir);
}

int
main(void)
{
    scratch_make();
    test_choice();
    test_releases();
    test_all_are_ready();
    test_first_failure();
    test_syncfs_fails();
    scratch_clean();
    return test_summary();
}
