/* SPDX-License-Identifier: MIT */
/*
 * maildir_test - what is visible when, what is left behind, and faults: a
 * missing directory, a file where one should be, symbolic links, a disk that
 * is full (by a limit on file sizes), no links between directories.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mail/sink.h>

#include "harness/test.h"
#include "scratch.h"

static mail_error error;

/* The calls of the sink that are watched, or fail here. */
static ino_t synced[8];
static size_t synced_count;
static bool readdir_fails;

int
fsync(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && synced_count < 8)
        synced[synced_count++] = st.st_ino;
    return (int)syscall(SYS_fsync, fd);
}

struct dirent *
readdir(DIR *dirp)
{
    static struct dirent *(*real)(DIR *);

    if (readdir_fails) {
        errno = EIO;
        return NULL;
    }
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "readdir");
    return real(dirp);
}

static bool
was_synced(const char *name)
{
    struct stat st;
    size_t i;

    CHECK_INT(stat(scratch_path(name), &st), 0);
    for (i = 0; i < synced_count && synced[i] != st.st_ino;)
        i++;
    return i < synced_count;
}

static mail_key
key_for(unsigned number)
{
    static const unsigned char octets[MAIL_KEY_RANDOM] = "twelve octet";
    mail_key made;

    mail_key_make(&made, octets, number);
    return made;
}

static mail_sink *
open_box(const char *name, bool create)
{
    char text[600];
    mail_sink *sink = NULL;
    const sink_setup setup = {.create = create};

    (void)snprintf(text, sizeof(text), "maildir:%s", scratch_path(name));
    if (sink_open(&sink, text, &setup, &error) != MAIL_OK)
        return NULL;
    return sink;
}

/* What publish() told: one letter a message. */
static char told[64];

static void
tell(void *ctx, mail_outcome outcome, const mail_error *why)
{
    static const char letters[] = "?DLN";
    size_t *count = ctx;

    CHECK(why == NULL);
    if (*count < sizeof(told) - 1)
        told[(*count)++] = letters[outcome];
    told[*count] = '\0';
}

static mail_result
publish(mail_sink *sink)
{
    size_t count = 0;

    told[0] = '\0';
    return sink->ops->publish(sink, tell, &count, &error);
}

static mail_result
put(mail_sink *sink, unsigned number, const char *data, size_t len)
{
    mail_key key = key_for(number);
    mail_result result = sink->ops->begin(sink, &key, &error);

    if (result == MAIL_OK)
        result = sink->ops->write(sink, (pop3_span){data, len}, &error);
    if (result != MAIL_OK) {
        sink->ops->drop(sink);
        return result;
    }
    return sink->ops->finish(sink, &error);
}

static void
test_delivery(void)
{
    mail_sink *sink = open_box("box", true);
    char content[64];

    CHECK(sink != NULL);
    if (sink == NULL)
        return;
    CHECK_INT(put(sink, 1, "a\r\nb\r\n", 6), MAIL_OK);
    CHECK_INT(scratch_count("box/tmp"), 1);
    CHECK_INT(scratch_count("box/new"), 0);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_STR(told, "D");
    CHECK_INT(scratch_count("box/tmp"), 0);
    CHECK_INT(scratch_count("box/new"), 1);
    CHECK_MEM(content, scratch_read_first("box/new", content, sizeof(content)),
              "a\nb\n", 4);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_STR(told, "");
    sink_close(sink);
}

static void
test_mode(void)
{
    struct stat st;

    CHECK_INT(stat(scratch_path("box/new"), &st), 0);
    CHECK_INT(st.st_mode & 07777, 0700);
}

/* An empty message is a message; a dropped one is none, nor is one that was
 * finished and never published. */
static void
test_empty_and_dropped(void)
{
    mail_sink *sink = open_box("box2", true);
    mail_key key = key_for(3);

    if (sink == NULL) {
        CHECK(sink != NULL);
        return;
    }
    CHECK_INT(put(sink, 1, "", 0), MAIL_OK);
    CHECK_INT(sink->ops->begin(sink, &key, &error), MAIL_OK);
    CHECK_INT(sink->ops->write(sink, (pop3_span){"half", 4}, &error), MAIL_OK);
    sink->ops->drop(sink);
    sink->ops->drop(sink);
    CHECK_INT(scratch_count("box2/tmp"), 1);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_STR(told, "D");
    CHECK_INT(put(sink, 4, "never seen", 10), MAIL_OK);
    sink_close(sink);
    CHECK_INT(scratch_count("box2/tmp"), 0);
    CHECK_INT(scratch_count("box2/new"), 1);
}

static void
ask(mail_sink *sink, const unsigned *numbers, const bool *want, size_t count)
{
    mail_asked asked[8];
    size_t i;

    for (i = 0; i < count; i++)
        asked[i] = (mail_asked){.key = key_for(numbers[i]), .index = i};
    CHECK_INT(sink->ops->recover(sink, asked, count, &error), MAIL_OK);
    for (i = 0; i < count; i++) {
        TEST_ROW("message %u", numbers[asked[i].index]);
        CHECK_INT(asked[i].found, want[asked[i].index]);
    }
    TEST_ROW("%s", "");
}

/* Found in new/ and, after a mail reader moved it, in cur/; what a crash left
 * in tmp/ is removed, and files of others stay. */
static void
test_recover(void)
{
    static const unsigned numbers[] = {5, 1, 9, 2};
    static const bool want[] = {false, true, false, true};
    char name[200];
    mail_sink *sink = open_box("box3", true);
    FILE *file;

    if (sink == NULL) {
        CHECK(sink != NULL);
        return;
    }
    CHECK_INT(put(sink, 1, "one\r\n", 5), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    (void)snprintf(name, sizeof(name), "box3/cur/1.K%sQ1P1.host:2,S",
                   key_for(2).text);
    scratch_write(name, "two", 3);
    (void)snprintf(name, sizeof(name), "box3/tmp/1.K%sQ1P1.host",
                   key_for(9).text);
    scratch_write(name, "new", 3);
    scratch_write("box3/tmp/1.M1P1.other", "x", 1);
    ask(sink, numbers, want, 4);
    CHECK_INT(scratch_count("box3/tmp"), 1);
    file = fopen(scratch_path("box3/tmp/1.M1P1.other"), "rb");
    CHECK(file != NULL);
    if (file != NULL)
        fclose(file);
    sink_close(sink);
}

/* What was found is durable, wherever it is now. */
static void
test_recover_syncs(void)
{
    static const unsigned numbers[] = {1};
    static const bool want[] = {false};
    mail_sink *sink = open_box("box5", true);

    if (sink == NULL) {
        CHECK(sink != NULL);
        return;
    }
    synced_count = 0;
    ask(sink, numbers, want, 1);
    CHECK(was_synced("box5/new"));
    CHECK(was_synced("box5/cur"));
    sink_close(sink);
}

/* A directory that cannot be read to its end is no empty one. */
static void
test_recover_cannot_read(void)
{
    mail_asked asked = {.key = key_for(1)};
    mail_sink *sink = open_box("box6", true);

    if (sink == NULL) {
        CHECK(sink != NULL);
        return;
    }
    readdir_fails = true;
    CHECK_INT(sink->ops->recover(sink, &asked, 1, &error), MAIL_ERR_DISK);
    readdir_fails = false;
    CHECK_INT(error.sys, EIO);
    CHECK_INT(sink->ops->recover(sink, &asked, 1, &error), MAIL_OK);
    sink_close(sink);
}

static void
test_missing(void)
{
    const sink_setup setup = {.create = true};
    mail_sink *sink = NULL;

    CHECK(open_box("absent", false) == NULL);
    CHECK_INT(error.result, MAIL_ERR_CONFIG);
    CHECK(open_box("absent/deeper/box", true) == NULL);
    CHECK_INT(error.result, MAIL_ERR_CONFIG);
    scratch_write("plain-file", "x", 1);
    CHECK(open_box("plain-file", true) == NULL);
    CHECK_INT(error.result, MAIL_ERR_CONFIG);
    CHECK_INT(sink_open(&sink, "mail:/tmp/x", &setup, &error),
              MAIL_ERR_CONFIG);
    CHECK_INT(sink_open(&sink, "maildir:", &setup, &error), MAIL_ERR_CONFIG);
}

static void
test_links(void)
{
    CHECK_INT(mkdir(scratch_path("elsewhere"), 0700), 0);
    CHECK_INT(mkdir(scratch_path("trap"), 0700), 0);
    CHECK_INT(symlink(scratch_path("elsewhere"), scratch_path("trap/new")), 0);
    CHECK(open_box("trap", true) == NULL);
    CHECK_INT(scratch_count("elsewhere"), 0);
}

/* Root and a folder of somebody else (R29). */
static void
test_owner(void)
{
    if (geteuid() != 0) {
        TEST_SKIP("delivery as root: this is not root");
        return;
    }
    CHECK_INT(mkdir(scratch_path("alice"), 0700), 0);
    CHECK_INT(chown(scratch_path("alice"), 1000, 1000), 0);
    CHECK(open_box("alice", true) == NULL);
    CHECK_INT(error.result, MAIL_ERR_CONFIG);
    CHECK(open_box("alice/box", true) == NULL);
    CHECK_INT(error.result, MAIL_ERR_CONFIG);
    CHECK_INT(scratch_count("alice"), 0);
}

/* Whoever runs this: root may write everywhere, and becomes somebody else. */
static void
test_not_writable(void)
{
    static const char *const parts[] = {"closed", "closed/tmp", "closed/new",
                                        "closed/cur"};
    const uid_t nobody = 65534;
    const uid_t me = geteuid();
    size_t i;
    size_t shut;

    TEST_ROW("not writable");
    for (i = 0; i < 4; i++)
        CHECK(mkdir(scratch_path(parts[i]), 0700) == 0);
    if (me == 0) {
        CHECK(chown(scratch_dir, nobody, (gid_t)-1) == 0);
        for (i = 0; i < 4; i++)
            CHECK(chown(scratch_path(parts[i]), nobody, (gid_t)-1) == 0);
        CHECK(seteuid(nobody) == 0);
    }
    for (shut = 1; shut <= 2; shut++) {
        CHECK(chmod(scratch_path(parts[shut]), 0500) == 0);
        CHECK(open_box("closed", true) == NULL);
        CHECK_INT(error.result, MAIL_ERR_CONFIG);
        CHECK(strstr(error.text, "cannot write into") != NULL);
        CHECK(strstr(error.text, parts[shut]) != NULL);
        CHECK(chmod(scratch_path(parts[shut]), 0700) == 0);
    }
    CHECK(seteuid(me) == 0);
    if (me == 0)
        CHECK(chown(scratch_dir, me, (gid_t)-1) == 0);
}

static void
test_full_disk(void)
{
    static char data[200000];
    const struct rlimit small = {100000, RLIM_INFINITY};
    const struct rlimit big = {RLIM_INFINITY, RLIM_INFINITY};
    mail_sink *sink = open_box("full", true);

    if (sink == NULL) {
        CHECK(sink != NULL);
        return;
    }
    memset(data, 'x', sizeof(data));
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(put(sink, 1, "fits\r\n", 6), MAIL_OK);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
    CHECK_INT(put(sink, 2, data, sizeof(data)), MAIL_ERR_DISK);
    CHECK_INT(error.sys, EFBIG);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &big), 0);
    CHECK_INT(scratch_count("full/tmp"), 1);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_STR(told, "D");
    CHECK_INT(scratch_count("full/new"), 1);
    sink_close(sink);
}

/* When a message cannot be linked, those before it are delivered, it and
 * those behind it are not, and nothing is left. */
static void
test_link_fails(void)
{
    mail_sink *sink = open_box("gone", true);
    char first[64];

    if (sink == NULL) {
        CHECK(sink != NULL);
        return;
    }
    CHECK_INT(put(sink, 1, "one", 3), MAIL_OK);
    CHECK_INT(rmdir(scratch_path("gone/new")), 0);
    CHECK(publish(sink) != MAIL_OK);
    CHECK_STR(told, "?");
    CHECK_INT(scratch_count("gone/tmp"), 0);
    CHECK_INT(scratch_read_first("gone/tmp", first, sizeof(first)), 0);
    sink_close(sink);
}

/* Octets that fill the buffer exactly, and a CR on its border. */
static void
test_borders(void)
{
    static char data[140000];
    static char got[140000];
    mail_sink *sink = open_box("borders", true);

    if (sink == NULL) {
        CHECK(sink != NULL);
        return;
    }
    memset(data, 'x', sizeof(data));
    data[65535] = '\r';
    data[131070] = '\r';
    data[131071] = '\n';
    CHECK_INT(put(sink, 1, data, sizeof(data)), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_INT(scratch_read_first("borders/new", got, sizeof(got)),
              sizeof(data) - 1);
    CHECK(memcmp(got, data, 131070) == 0);
    CHECK(got[131070] == '\n');
    sink_close(sink);
}

int
main(void)
{
    scratch_make();
    test_delivery();
    test_mode();
    test_empty_and_dropped();
    test_recover();
    test_recover_syncs();
    test_recover_cannot_read();
    test_missing();
    test_links();
    test_owner();
    test_not_writable();
    test_full_disk();
    test_link_fails();
    test_borders();
    scratch_clean();
    return test_summary();
}
