/* SPDX-License-Identifier: MIT */
/*
 * Any number of accounts at once, in one thread, with GLib's main loop:
 *
 *     glib HOST PORT CA-FILE < accounts
 *
 * where each line of the accounts is "USER PASSWORD". A session is a GSource:
 * its descriptor and its deadline are set anew after each step.
 */
#include <glib-unix.h>

#include "count.h"

typedef struct session {
    GSource source; /* first: GLib allocates it */
    count *account;
    gpointer tag; /* of the descriptor; NULL: none */
} session;

static GMainLoop *loop;
static int sessions;
static bool all_good = true;

static void
unwatch(session *s)
{
    if (s->tag != NULL)
        g_source_remove_unix_fd(&s->source, s->tag);
    s->tag = NULL;
}

static void
watch(session *s)
{
    int events = pop3_conn_events(s->account->conn);
    int timeout = pop3_conn_timeout_ms(s->account->conn);
    int fd = pop3_conn_fd(s->account->conn);
    GIOCondition wanted = 0;

    if ((events & POP3_POLL_IN) != 0)
        wanted |= G_IO_IN | G_IO_HUP | G_IO_ERR;
    if ((events & POP3_POLL_OUT) != 0)
        wanted |= G_IO_OUT | G_IO_HUP | G_IO_ERR;
    if (fd >= 0)
        s->tag = g_source_add_unix_fd(&s->source, fd, wanted);
    g_source_set_ready_time(&s->source, timeout < 0
                                            ? -1
                                            : g_source_get_time(&s->source) +
                                                  (gint64)timeout * 1000);
}

static gboolean
end(session *s)
{
    all_good = count_finish(s->account) && all_good;
    free(s->account);
    if (--sessions == 0)
        g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static gboolean
dispatch(GSource *source, GSourceFunc unused, gpointer ctx)
{
    session *s = (session *)source;

    (void)unused;
    (void)ctx;
    unwatch(s); /* before the step, which may close the descriptor */
    if (!count_step(s->account))
        return end(s);
    watch(s);
    return G_SOURCE_CONTINUE;
}

static void
start(count *account, const pop3_options *options)
{
    static GSourceFuncs funcs = {.dispatch = dispatch};
    session *s = (session *)g_source_new(&funcs, sizeof(session));

    s->account = account;
    s->tag = NULL;
    sessions++;
    account->result = pop3_conn_open(&account->conn, options);
    if (account->result == POP3_OK) {
        g_source_set_ready_time(&s->source, 0);
        (void)g_source_attach(&s->source, NULL);
    } else {
        (void)end(s);
    }
    g_source_unref(&s->source);
}

int
main(int argc, char **argv)
{
    pop3_options options = POP3_OPTIONS_INIT;
    count *account;

    if (argc != 4)
        return 64;
    loop = g_main_loop_new(NULL, FALSE);
    if (count_options(&options, argv) == POP3_OK)
        while ((account = count_read()) != NULL)
            start(account, &options);
    else
        all_good = false;
    if (sessions > 0)
        g_main_loop_run(loop);
    g_main_loop_unref(loop);
    pop3_tls_free(options.tls.shared);
    return all_good ? 0 : 1;
}
