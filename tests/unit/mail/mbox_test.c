/* SPDX-License-Identifier: MIT */
/*
 * mbox_test - what is appended when, locks, what a crash leaves at every
 * octet of an append, and what others wrote meanwhile: that is never cut off.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <utime.h>

#include "sink_help.h"

static char content[400000];
static bool fsync_fails;
static unsigned syncs;

int
fsync(int fd)
{
    if (fsync_fails) {
        errno = EIO;
        return -1;
    }
    (void)fd;
    syncs++;
    return 0; /* no crash here is one of the machine */
}

static mail_sink *
open_box_as(const char *name, const char *scratch, bool create)
{
    const sink_setup setup = {
        .create = create, .scratch = scratch_path(scratch), .timeout_ms = 200};
    mail_sink *sink;

    return open_at(&sink, "mbox:", name, &setup) == MAIL_OK ? sink : NULL;
}

static mail_sink *
open_box(const char *name, bool create)
{
    mail_sink *sink = open_box_as(name, "scratch", create);

    CHECK(sink != NULL);
    if (sink == NULL) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    return sink;
}

static const char *
box(const char *name)
{
    content[read_file(name, content, sizeof(content) - 1)] = '\0';
    return content;
}

/* The text with all dates replaced by "...". */
static const char *
undated(const char *name)
{
    static char out[sizeof(content)];
    static const char from[] = "From MAILER-DAEMON ";
    const char *p = box(name);
    size_t n = 0;

    while (*p != '\0') {
        if (strncmp(p, from, sizeof(from) - 1) == 0) {
            memcpy(out + n, "From D\n", 7);
            n += 7;
            p += sizeof(from) - 1 + 25;
        } else {
            out[n++] = *p++;
        }
    }
    out[n] = '\0';
    return out;
}

static bool
exists(const char *name)
{
    return access(scratch_path(name), F_OK) == 0;
}

static void
test_append(void)
{
    mail_sink *sink = open_box("box", true);

    CHECK_INT(put_text(sink, 1, "a\r\n\r\nFrom b\r\n"), MAIL_OK);
    CHECK_INT(put_text(sink, 2, ""), MAIL_OK);
    CHECK(!exists("box"));
    syncs = 0;
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_INT(syncs, 3); /* the journal, the mbox, and its new name */
    CHECK_STR(told, "DD");
    CHECK_STR(undated("box"), "From D\na\n\n>From b\n\nFrom D\n\n");
    CHECK(!exists("box.lock"));
    CHECK(exists("scratch.mbox"));
    sink->ops->forget(sink);
    CHECK(!exists("scratch.mbox"));
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_STR(told, "");
    CHECK_INT(put_text(sink, 3, "c\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_STR(undated("box"),
              "From D\na\n\n>From b\n\nFrom D\n\nFrom D\nc\n\n");
    sink->ops->forget(sink);
    sink_close(sink);
}

/* A mailbox whose last entry does not end as it should. */
static void
test_gap(void)
{
    static const struct {
        const char *before;
        const char *after;
    } rows[] = {{"From x\n\ny\n\n", "From x\n\ny\n\nFrom D\nz\n\n"},
                {"From x\n\ny\n", "From x\n\ny\n\nFrom D\nz\n\n"},
                {"From x\n\ny", "From x\n\ny\n\nFrom D\nz\n\n"},
                {"", "From D\nz\n\n"}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mail_sink *sink;

        TEST_ROW("row %zu", i);
        scratch_write("gap", rows[i].before, strlen(rows[i].before));
        sink = open_box("gap", false);
        CHECK_INT(put_text(sink, 1, "z\r\n"), MAIL_OK);
        CHECK_INT(publish(sink), MAIL_OK);
        CHECK_STR(undated("gap"), rows[i].after);
        sink_close(sink);
    }
    TEST_ROW("%s", "");
}

static void
test_dropped(void)
{
    mail_sink *sink = open_box("drop", true);
    mail_key key = key_for(2);

    CHECK_INT(put_text(sink, 1, "one\r\n"), MAIL_OK);
    CHECK_INT(sink->ops->begin(sink, &key, &error), MAIL_OK);
    CHECK_INT(sink->ops->write(sink, (pop3_span){"half", 4}, &error), MAIL_OK);
    sink->ops->drop(sink);
    sink->ops->drop(sink);
    CHECK_INT(put_text(sink, 3, "three\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_STR(told, "DD");
    CHECK_STR(undated("drop"), "From D\none\n\nFrom D\nthree\n\n");
    sink->ops->forget(sink);
    CHECK_INT(put_text(sink, 4, "never seen\r\n"), MAIL_OK);
    sink_close(sink);
    CHECK_STR(undated("drop"), "From D\none\n\nFrom D\nthree\n\n");
    CHECK(!exists("scratch.mbox"));
}

static void
expect_refused(const char *name, bool create, const char *words)
{
    TEST_ROW("%s", name);
    CHECK(open_box_as(name, "scratch", create) == NULL);
    CHECK_INT(error.result, MAIL_ERR_CONFIG);
    CHECK(strstr(error.text, words) != NULL);
    if (strstr(error.text, words) == NULL)
        fprintf(stderr, "%s\n", error.text);
}

static void
test_bad_targets(void)
{
    scratch_write("keys", "ssh-ed25519 AAAA\n", 17);
    expect_refused("keys", true, "not an mbox");
    CHECK_INT(symlink(scratch_path("box"), scratch_path("link")), 0);
    expect_refused("link", true, "symbolic link");
    CHECK_INT(mkdir(scratch_path("dir"), 0700), 0);
    expect_refused("dir", true, "directory");
    expect_refused("dir/", true, "directory");
    CHECK_INT(mkfifo(scratch_path("fifo"), 0600), 0);
    expect_refused("fifo", true, "regular");
    expect_refused("missing", false, "No such file");
    expect_refused("no/parent", true, "No such file");
    scratch_write("two", "From x\n\n", 8);
    CHECK_INT(link(scratch_path("two"), scratch_path("names")), 0);
    expect_refused("two", true, "second name");
    TEST_ROW("%s", "");
    if (geteuid() != 0) {
        TEST_SKIP("delivery as root: this is not root");
        return;
    }
    scratch_write("alice", "From x\n\n", 8);
    CHECK_INT(chown(scratch_path("alice"), 1000, 1000), 0);
    expect_refused("alice", true, "root does not deliver");
    TEST_ROW("%s", "");
}

/* ---- locks ---- */

static void
test_dotlock(void)
{
    const struct utimbuf old = {time(NULL) - 400, time(NULL) - 400};
    mail_sink *sink = open_box("dot", true);

    scratch_write("dot.lock", "1\n", 2);
    CHECK_INT(put_text(sink, 1, "x\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_ERR_BUSY);
    CHECK_STR(told, "?");
    CHECK(exists("dot.lock"));
    CHECK_STR(box("dot"), "");
    CHECK_INT(utime(scratch_path("dot.lock"), &old), 0);
    CHECK_INT(put_text(sink, 1, "x\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_STR(undated("dot"), "From D\nx\n\n");
    CHECK(!exists("dot.lock"));
    sink_close(sink);
}

/* A lock file of a pop3 that is gone; of one that lives; of another host. */
static void
test_abandoned_lock(void)
{
    mail_sink *sink = open_box("left", true);
    pid_t gone = fork();
    char host[65] = "";
    char text[120];
    int status;

    if (gone == 0)
        _exit(0);
    CHECK_INT(waitpid(gone, &status, 0), gone);
    (void)gethostname(host, sizeof(host) - 1);
    (void)snprintf(text, sizeof(text), "%ld\npop3 %s\n", (long)gone, host);
    scratch_write("left.lock", text, strlen(text));
    CHECK_INT(put_text(sink, 1, "x\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK(!exists("left.lock"));
    (void)snprintf(text, sizeof(text), "%ld\npop3 %s\n", (long)getppid(),
                   host);
    scratch_write("left.lock", text, strlen(text));
    CHECK_INT(put_text(sink, 2, "y\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_ERR_BUSY);
    (void)snprintf(text, sizeof(text), "%ld\npop3 not-%s\n", (long)gone, host);
    scratch_write("left.lock", text, strlen(text));
    CHECK_INT(put_text(sink, 2, "y\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_ERR_BUSY);
    sink_close(sink);
}

/* Another program that has the lock of the kernel, by the usual fcntl(). */
static void
test_fcntl_lock(void)
{
    mail_sink *sink = open_box("held", true);
    int ends[2];
    pid_t other;
    char octet = 0;
    int status;

    scratch_write("held", "From x\n\n", 8);
    CHECK_INT(pipe(ends), 0);
    other = fork();
    if (other == 0) {
        struct flock lock = {.l_type = F_WRLCK};
        int fd = open(scratch_path("held"), O_RDWR);

        if (fcntl(fd, F_SETLK, &lock) == 0 && write(ends[1], "l", 1) == 1)
            pause();
        _exit(0);
    }
    CHECK_INT(read(ends[0], &octet, 1), 1);
    CHECK_INT(put_text(sink, 1, "y\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_ERR_BUSY);
    CHECK_STR(box("held"), "From x\n\n");
    CHECK(!exists("held.lock"));
    kill(other, SIGKILL);
    CHECK_INT(waitpid(other, &status, 0), other);
    CHECK_INT(put_text(sink, 1, "y\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    sink_close(sink);
    close(ends[0]);
    close(ends[1]);
}

/* ---- crashes ---- */

static const char before[] = "From x\n\nold\n\n";
static char whole[4096]; /* the mbox with the group, and its length */
static size_t whole_len;
static size_t first_end; /* of the first message of the group */

/* A group of two is delivered, and the process ends before it says so: the
 * journal stays. */
static void
deliver_and_vanish(void)
{
    mail_sink *sink;

    scratch_write("crash", before, strlen(before));
    sink = open_box("crash", false);
    CHECK_INT(put_text(sink, 1, "one\r\n\r\nFrom here\r\n"), MAIL_OK);
    CHECK_INT(put_text(sink, 2, "two\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    sink_close(sink);
    whole_len = read_file("crash", whole, sizeof(whole));
    first_end = whole_len;
    while (memcmp(whole + first_end - 5, "From ", 5) != 0)
        first_end--;
    first_end -= 5;
    CHECK(exists("scratch.mbox"));
}

/* The mbox as a crash left it, with what another program appended. */
static void
leave(size_t len, const char *more)
{
    static char left[8192];

    memcpy(left, whole, len);
    memcpy(left + len, more, strlen(more));
    scratch_write("crash", left, len + strlen(more));
}

static void
test_crash_at_each_octet(void)
{
    size_t len;

    deliver_and_vanish();
    for (len = strlen(before); len <= whole_len; len++) {
        mail_sink *sink = open_box("crash", false);
        bool all = len == whole_len;

        TEST_ROW("%zu of %zu octets", len, whole_len);
        leave(len, "");
        CHECK_STR(ask(sink, 3), all ? "yyn" : "nnn");
        CHECK_INT(read_file("crash", content, sizeof(content)),
                  all ? whole_len : strlen(before));
        sink_close(sink); /* nothing was remembered: it asks again */
    }
    TEST_ROW("%s", "");
}

static size_t
common(const char *a, size_t a_len, const char *b)
{
    size_t i = 0;

    while (i < a_len && b[i] != '\0' && a[i] == b[i])
        i++;
    return i;
}

/* What others appended behind the piece is never cut off; of the piece, what
 * is whole counts. Octets of theirs that are what ours would have been cannot
 * be told apart: they are counted as ours. */
static void
check_piece(size_t len, const char *others)
{
    size_t same = len + common(whole + len, whole_len - len, others);
    size_t size = len + strlen(others);
    bool cut = same == size && same < whole_len;
    mail_sink *sink = open_box("crash", false);
    char want[] = "nn";

    if (!cut && same >= first_end)
        want[0] = 'y';
    if (!cut && same == whole_len)
        want[1] = 'y';
    leave(len, others);
    CHECK_STR(ask(sink, 2), want);
    CHECK_INT(read_file("crash", content, sizeof(content)),
              cut ? strlen(before) : size);
    sink_close(sink);
}

static void
test_crash_and_others(void)
{
    static const char *const others[] = {
        "From y\n\nnew\n\n", "From MAILER-DAEMON Thu", "F", "\n\nFrom y\n\n"};
    size_t len;
    size_t i;

    for (i = 0; i < 4; i++) {
        for (len = strlen(before); len <= whole_len; len++) {
            TEST_ROW("%zu of %zu octets, then others %zu", len, whole_len, i);
            check_piece(len, others[i]);
        }
    }
    TEST_ROW("%s", "");
}

/* A mailbox that is shorter than before, changed, or gone. */
static void
test_crash_and_readers(void)
{
    mail_sink *sink = open_box("crash", false);

    leave(5, "");
    CHECK_STR(ask(sink, 2), "nn");
    CHECK_INT(read_file("crash", content, sizeof(content)), 5);
    scratch_write("crash", whole + strlen(before), whole_len - strlen(before));
    CHECK_STR(ask(sink, 2), "nn");
    CHECK_INT(read_file("crash", content, sizeof(content)),
              whole_len - strlen(before));
    CHECK_INT(unlink(scratch_path("crash")), 0);
    CHECK_STR(ask(sink, 2), "nn");
    CHECK(!exists("crash"));
    sink->ops->forget(sink);
    sink_close(sink);
    CHECK(!exists("scratch.mbox"));
}

/* A journal that was never sealed, is damaged, or is of another group. */
static void
test_bad_journals(void)
{
    static const char *const texts[] = {
        "", "pop3-mbox 1 0 0 1\nzz", "pop3-mbox 1 0 3 1\n",
        "pop3-mbox 1 99999999999999999999 0 1\n", "pop3-mbox 2 0 0 0\n"};
    static char journal[70000];
    size_t i;
    size_t len;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        mail_sink *sink = open_box("box", false);
        size_t size = read_file("box", content, sizeof(content));

        TEST_ROW("journal %zu", i);
        memset(journal, 0, sizeof(journal));
        memcpy(journal, texts[i], strlen(texts[i]));
        scratch_write("scratch.mbox", journal, i == 0 ? 0 : sizeof(journal));
        CHECK_STR(ask(sink, 2), "nn");
        CHECK_INT(read_file("box", content, sizeof(content)), size);
        sink_close(sink);
    }
    deliver_and_vanish();
    len = read_file("scratch.mbox", journal, sizeof(journal));
    scratch_write("scratch.mbox", journal, len - 1); /* cut */
    {
        mail_sink *sink = open_box("crash", false);

        leave(whole_len - 3, "");
        CHECK_STR(ask(sink, 2), "nn");
        CHECK_INT(read_file("crash", content, sizeof(content)), whole_len - 3);
        sink_close(sink);
    }
    TEST_ROW("%s", "");
}

/* ---- faults ---- */

static void
test_full_disk(void)
{
    static char data[150000];
    const struct rlimit small = {200000, RLIM_INFINITY};
    const struct rlimit big = {RLIM_INFINITY, RLIM_INFINITY};
    mail_sink *sink;
    size_t i;

    memset(data, 'x', sizeof(data));
    memcpy(data, "From x\n\n", 8);
    data[sizeof(data) - 1] = data[sizeof(data) - 2] = '\n';
    scratch_write("full", data, sizeof(data));
    sink = open_box("full", false);
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (i = 1; i <= 2; i++)
        CHECK_INT(put(sink, (unsigned)i, data, 60000), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_ERR_DISK);
    CHECK_STR(told, "??");
    CHECK_INT(read_file("full", content, sizeof(content)), sizeof(data));
    CHECK(memcmp(content, data, sizeof(data)) == 0);
    CHECK(!exists("full.lock"));
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &big), 0);
    CHECK_STR(ask(sink, 2), "nn");
    sink->ops->forget(sink);
    CHECK_INT(put(sink, 1, data, 60000), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    sink->ops->forget(sink);
    sink_close(sink);
}

static void
test_sync_fails(void)
{
    mail_sink *sink = open_box("sync", true);

    scratch_write("sync", before, strlen(before));
    CHECK_INT(put_text(sink, 1, "x\r\n"), MAIL_OK);
    fsync_fails = true;
    CHECK_INT(publish(sink), MAIL_ERR_DISK);
    fsync_fails = false;
    CHECK_STR(told, "?");
    CHECK_STR(box("sync"), before);
    CHECK_STR(ask(sink, 1), "n");
    sink_close(sink);
    CHECK_INT(unlink(scratch_path("scratch.mbox")), 0);
}

/* Many processes at once: every message is there, whole. */
static void
test_many_at_once(void)
{
    enum {
        PROCESSES = 8,
        EACH = 10
    };
    size_t found = 0;
    const char *p;
    int i;

    for (i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            const sink_setup setup = {.create = true, .timeout_ms = 30000};
            mail_sink *sink;
            int n;

            if (open_at(&sink, "mbox:", "many", &setup) != MAIL_OK)
                _exit(1);
            for (n = 0; n < EACH; n++) {
                char text[64];

                (void)snprintf(text, sizeof(text), "S: %d-%d\r\n\r\nb\r\n", i,
                               n);
                if (put_text(sink, 1, text) != MAIL_OK ||
                    publish(sink) != MAIL_OK)
                    _exit(1);
            }
            sink_close(sink);
            _exit(0);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        int status = -1;

        CHECK(wait(&status) > 0);
        CHECK_INT(status, 0);
    }
    p = undated("many");
    while (strncmp(p, "From D\nS: ", 10) == 0) {
        p = strstr(p, "\n\nb\n\n");
        if (p == NULL)
            break;
        p += 5;
        found++;
    }
    CHECK_INT(found, PROCESSES * EACH);
    CHECK(p != NULL && *p == '\0');
}

int
main(void)
{
    scratch_make();
    test_append();
    test_gap();
    test_dropped();
    test_bad_targets();
    test_dotlock();
    test_abandoned_lock();
    test_fcntl_lock();
    if (exists("scratch.mbox"))
        CHECK_INT(unlink(scratch_path("scratch.mbox")), 0);
    test_crash_at_each_octet();
    test_crash_and_others();
    test_crash_and_readers();
    test_bad_journals();
    (void)unlink(scratch_path("scratch.mbox"));
    test_full_disk();
    test_sync_fails();
    test_many_at_once();
    scratch_clean();
    return test_summary();
}
