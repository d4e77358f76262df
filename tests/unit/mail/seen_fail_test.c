/* SPDX-License-Identifier: MIT */
/*
 * seen_fail_test - a state that cannot be read, opened or written just now is
 * never called damaged; one that is damaged is.
 *
 * SQLite lets its system calls be replaced: the N-th of a kind fails, for
 * every N that there is.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <mail/seen_rows.h>

#include "harness/test.h"
#include "scratch.h"

enum {
    ROWS = 300 /* some pages */
};

static mail_error error;

/* What fails, and with which errno. */
static struct {
    unsigned at;    /* 0: nothing */
    bool on;        /* all calls from that one on */
    unsigned calls; /* so far */
    int sys;
} fault;

static bool
happens(void)
{
    unsigned call = ++fault.calls;

    if (fault.at == 0 || call < fault.at || (call > fault.at && !fault.on))
        return false;
    errno = fault.sys;
    return true;
}

static ssize_t
faulty_pread(int fd, void *data, size_t len, off_t offset)
{
    return happens() ? -1 : pread(fd, data, len, offset);
}

static ssize_t
faulty_pwrite(int fd, const void *data, size_t len, off_t offset)
{
    return happens() ? -1 : pwrite(fd, data, len, offset);
}

static int
faulty_open(const char *path, int flags, int mode)
{
    return happens() ? -1 : open(path, flags, (mode_t)mode);
}

static const struct {
    const char *class;
    const char *call; /* as SQLite names it */
    sqlite3_syscall_ptr function;
} replaced[] = {
    {"read", "pread", (sqlite3_syscall_ptr)faulty_pread},
    {"read", "pread64", (sqlite3_syscall_ptr)faulty_pread},
    {"written", "pwrite", (sqlite3_syscall_ptr)faulty_pwrite},
    {"written", "pwrite64", (sqlite3_syscall_ptr)faulty_pwrite},
    {"opened", "open", (sqlite3_syscall_ptr)faulty_open},
};

/* Calls of the class, and no others, count and fail from here on; "": none. */
static void
replace(const char *class)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    size_t i;

    for (i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
        bool now = strcmp(replaced[i].class, class) == 0;

        (void)vfs->xSetSystemCall(vfs, replaced[i].call,
                                  now ? replaced[i].function : NULL);
    }
}

static mail_result
add_row(seen *s, unsigned number)
{
    char uid[60];
    int len =
        snprintf(uid, sizeof(uid), "a unique-id of some length, %u", number);
    const seen_row row = {.uid = {uid, (size_t)len},
                          .copies = 1,
                          .octets = 9,
                          .state = SEEN_DONE,
                          .present = true};
    bool added;

    return seen_add(s, &row, &added, &error);
}

static seen *
open_memory(const char *name)
{
    seen *s = NULL;

    CHECK_INT(seen_open(&s, scratch_path(name), true, &error), MAIL_OK);
    if (s == NULL)
        exit(1);
    CHECK_INT(seen_select(s, "me@here", true, &error), MAIL_OK);
    return s;
}

/* A memory with rows. They are in the log as long as it is open. */
static seen *
make_memory(const char *name)
{
    seen *s = open_memory(name);
    unsigned i;

    CHECK_INT(seen_begin(s, &error), MAIL_OK);
    for (i = 0; i < ROWS; i++)
        CHECK_INT(add_row(s, i), MAIL_OK);
    CHECK_INT(seen_commit(s, &error), MAIL_OK);
    return s;
}

static mail_result
count_row(void *ctx, const seen_row *row)
{
    (void)row;
    ++*(unsigned *)ctx;
    return MAIL_OK;
}

static mail_result
read_rows(seen *s, unsigned *count)
{
    *count = 0;
    return seen_rows(s, count_row, count, &error);
}

/* Opens a memory, looks at all of it, and adds to it. */
static mail_result
work_with(const char *name, bool create)
{
    seen *s = NULL;
    unsigned count = 0;
    mail_result result = seen_open(&s, scratch_path(name), create, &error);

    if (result == MAIL_OK)
        result = seen_select(s, "me@here", create, &error);
    if (result == MAIL_OK)
        result = read_rows(s, &count);
    if (result == MAIL_OK) {
        CHECK(count >= ROWS);
        if (create)
            result = add_row(s, ROWS);
    }
    seen_close(s);
    return result;
}

static void
check_words(mail_result result, const char *class, mail_result kind)
{
    CHECK(strstr(error.text, "damaged") == NULL);
    CHECK(strstr(error.text, "not a state file") == NULL);
    CHECK(strstr(error.text, "could not be") != NULL);
    /* Once only, an open may be as good as none that failed, but for what it
     * was to be good for: SQLite does not say why. */
    if (strcmp(class, "opened") == 0 && !fault.on) {
        CHECK_INT(result, MAIL_ERR_BUSY);
        return;
    }
    CHECK_INT(result, kind);
    CHECK(strstr(error.text, class) != NULL);
    CHECK(strstr(error.text, strerror(fault.sys)) != NULL);
}

/* Fails every call of the class in turn. Returns how many runs failed. */
static unsigned
fail_each(const char *name, const char *class, mail_result kind, bool create)
{
    unsigned failed = 0;
    mail_result result;

    fault.at = 1;
    do {
        fault.calls = 0;
        replace(class);
        result = work_with(name, create);
        replace("");
        TEST_ROW("%s: %s, call %u of %u, errno %d%s: %s", name, class,
                 fault.at, fault.calls, fault.sys, fault.on ? " on" : "",
                 result == MAIL_OK ? "" : error.text);
        if (result != MAIL_OK) {
            failed++;
            check_words(result, class, kind);
        }
        /* Takes away what that one left beside it. */
        CHECK_INT(work_with(name, true), MAIL_OK);
    } while (fault.calls >= fault.at++);
    TEST_ROW("%s", "");
    return failed;
}

static const struct {
    int sys;
    mail_result kind;
} faults[] = {
    {EIO, MAIL_ERR_DISK},
    {ENXIO, MAIL_ERR_DISK},
    {ENOMEM, MAIL_ERR_NOMEM},
    {EMFILE, MAIL_ERR_BUSY},
};

static void
fail_all(const char *name, const char *class, unsigned least,
         unsigned least_looking)
{
    size_t i;
    int on;

    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        for (on = 0; on <= 1; on++) {
            fault.on = on == 1;
            fault.sys = faults[i].sys;
            CHECK(fail_each(name, class, faults[i].kind, true) >= least);
            CHECK(fail_each(name, class, faults[i].kind, false) >=
                  least_looking);
        }
    }
}

static void
test_file(void)
{
    seen_close(make_memory("file.db"));
    fail_all("file.db", "read", 8, 8);
    fail_all("file.db", "opened", 3, 2);
    fail_all("file.db", "written", 1, 0);
}

/* Another one has it open, and so all that is new is in the log. */
static void
test_log(void)
{
    seen *other = make_memory("log.db");

    fail_all("log.db", "read", 8, 8);
    seen_close(other);
}

static void
test_full_disk(void)
{
    seen_close(make_memory("full.db"));
    fault.on = true;
    fault.sys = ENOSPC;
    CHECK(fail_each("full.db", "written", MAIL_ERR_DISK, true) >= 1);
    fault.sys = EDQUOT;
    CHECK(fail_each("full.db", "written", MAIL_ERR_DISK, true) >= 1);
}

static void
put_junk(const char *name, long at, size_t len)
{
    static const char junk[8192] = "no page of a database";
    FILE *file = fopen(scratch_path(name), "r+b");

    if (file == NULL || fseek(file, at, SEEK_SET) != 0 ||
        fwrite(junk, 1, len, file) != len || fclose(file) != 0) {
        perror(name);
        exit(1);
    }
}

/* In one line, and as something that a person must mend. */
static void
check_damaged(const char *name)
{
    TEST_ROW("%s", name);
    CHECK_INT(work_with(name, true), MAIL_ERR_CONFIG);
    CHECK(strstr(error.text, "damaged") != NULL);
    CHECK(strchr(error.text, '\n') == NULL);
    TEST_ROW("%s", "");
}

static void
test_damage(void)
{
    seen_close(make_memory("header.db"));
    put_junk("header.db", 0, 100);
    check_damaged("header.db");
    seen_close(make_memory("page.db"));
    put_junk("page.db", 2L * 4096, 4096);
    check_damaged("page.db");
    seen_close(make_memory("cut.db"));
    CHECK_INT(truncate(scratch_path("cut.db"), 3L * 4096), 0);
    check_damaged("cut.db");
}

int
main(void)
{
    scratch_make();
    test_file();
    test_log();
    test_full_disk();
    test_damage();
    scratch_clean();
    return test_summary();
}
