/* SPDX-License-Identifier: MIT */
/*
 * eml_test - a file for each message, octet for octet, whole or not there.
 */
#include <sys/stat.h>

#include "sink_help.h"

static mail_sink *
open_dir(const char *name, mail_line_ends ends, bool create)
{
    const sink_setup setup = {.create = create, .line_ends = ends};
    mail_sink *sink;

    return open_at(&sink, "eml:", name, &setup) == MAIL_OK ? sink : NULL;
}

static void
test_octets(void)
{
    static const char odd[] = "From a\r\n\r\n.\0\r\rx\ny\r";
    mail_sink *sink = open_dir("odd", MAIL_LINE_ENDS_AUTO, true);
    char got[64];

    CHECK(sink != NULL);
    if (sink == NULL)
        return;
    CHECK_INT(put(sink, 1, odd, sizeof(odd)), MAIL_OK);
    CHECK_INT(scratch_count("odd"), 0); /* hidden */
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_STR(told, "D");
    CHECK_MEM(got, scratch_read_first("odd", got, sizeof(got)), odd,
              sizeof(odd));
    sink_close(sink);
}

static void
test_lf(void)
{
    mail_sink *sink = open_dir("lf", MAIL_LINE_ENDS_LF, true);
    char got[64];

    CHECK(sink != NULL);
    if (sink == NULL)
        return;
    CHECK_INT(put_text(sink, 1, "a\r\nb\rc\r\n"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    CHECK_MEM(got, scratch_read_first("lf", got, sizeof(got)), "a\nb\rc\n", 6);
    sink_close(sink);
}

/* Found by the name; a draft goes, and so does nothing else. */
static void
test_recover(void)
{
    mail_sink *sink = open_dir("again", MAIL_LINE_ENDS_AUTO, true);
    char name[100];
    struct stat st;

    CHECK(sink != NULL);
    if (sink == NULL)
        return;
    CHECK_INT(put_text(sink, 1, "one"), MAIL_OK);
    CHECK_INT(publish(sink), MAIL_OK);
    (void)snprintf(name, sizeof(name), "again/.%s.eml", key_for(2).text);
    scratch_write(name, "tw", 2);
    scratch_write("again/.other.eml", "x", 1);
    CHECK_STR(ask(sink, 3), "ynn");
    CHECK_INT(stat(scratch_path(name), &st), -1);
    CHECK_INT(stat(scratch_path("again/.other.eml"), &st), 0);
    CHECK_INT(scratch_count("again"), 1);
    sink_close(sink);
}

static void
test_dropped(void)
{
    mail_sink *sink = open_dir("none", MAIL_LINE_ENDS_AUTO, true);
    mail_key key = key_for(1);

    CHECK(sink != NULL);
    if (sink == NULL)
        return;
    CHECK_INT(sink->ops->begin(sink, &key, &error), MAIL_OK);
    CHECK_INT(sink->ops->write(sink, (pop3_span){"x", 1}, &error), MAIL_OK);
    sink->ops->drop(sink);
    CHECK_INT(put_text(sink, 2, "not published"), MAIL_OK);
    sink_close(sink);
    CHECK_INT(rmdir(scratch_path("none")), 0); /* so it is empty */
}

static void
test_bad_targets(void)
{
    const sink_setup as_sent = {.line_ends = MAIL_LINE_ENDS_AS_SENT};
    mail_sink *sink;

    CHECK(open_dir("absent", MAIL_LINE_ENDS_AUTO, false) == NULL);
    CHECK_INT(error.result, MAIL_ERR_CONFIG);
    scratch_write("file", "x", 1);
    CHECK(open_dir("file", MAIL_LINE_ENDS_AUTO, true) == NULL);
    CHECK_INT(error.result, MAIL_ERR_CONFIG);
    CHECK(open_dir("a/b", MAIL_LINE_ENDS_AUTO, true) == NULL);
    CHECK_INT(sink_open(&sink, "eml:", &as_sent, &error), MAIL_ERR_CONFIG);
    CHECK_INT(sink_open(&sink, "mail:/x", &as_sent, &error), MAIL_ERR_CONFIG);
    CHECK_INT(open_at(&sink, "mbox:", "x", &as_sent), MAIL_ERR_CONFIG);
    CHECK_INT(open_at(&sink, "maildir:", "x", &as_sent), MAIL_ERR_CONFIG);
}

int
main(void)
{
    scratch_make();
    test_octets();
    test_lf();
    test_recover();
    test_dropped();
    test_bad_targets();
    scratch_clean();
    return test_summary();
}
