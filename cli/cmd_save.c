/* SPDX-License-Identifier: MIT */
/*
 * cmd_save - pop3 save URL MESSAGE...
 *
 * Each message becomes <number>.eml, octet by octet as the server sent it,
 * with CRLF. The name is made of the number that we asked for and of nothing
 * that the server said (R23). Files are new (O_EXCL), and what is not complete
 * is removed, also after ^C. One that fails does not stop the others.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/select.h"
#include "cli/session.h"

#include "base/banned.h"

typedef struct saving {
    session s;
    int dir;
    int file;
    int sys; /* errno of a write that failed, or 0 */
    uint64_t octets;
    json j;
} saving;

static pop3_result
write_part(void *ctx, pop3_span part)
{
    saving *v = ctx;

    v->octets += part.len;
    while (part.len > 0) {
        ssize_t n = write(v->file, part.ptr, part.len);

        if (n == -1 && errno == EINTR && !interrupt_noted())
            continue;
        if (n <= 0) {
            v->sys = n == 0 ? ENOSPC : errno;
            return POP3_ERR_CANCELED;
        }
        part.ptr += n;
        part.len -= (size_t)n;
    }
    return POP3_OK;
}

static pop3_result
retrieve(saving *v, uint64_t number)
{
    pop3_result result;

    v->octets = 0;
    v->sys = 0;
    interrupt_cancels(v->s.client);
    result = pop3_client_retr(v->s.client, number, write_part, v);
    interrupt_shield();
    if (result == POP3_OK && fsync(v->file) == -1 && errno != EINVAL) {
        v->sys = errno;
        result = POP3_ERR_CANCELED;
    }
    return result;
}

static void
tell_saved(saving *v, uint64_t number, const char *name)
{
    if (v->s.opt->json) {
        json_open(&v->j, NULL, '{');
        json_number(&v->j, "number", number);
        json_text(&v->j, "file", name);
        json_number(&v->j, "octets", v->octets);
        json_close(&v->j, '}');
    } else if (!v->s.opt->quiet) {
        printf("%s\n", name);
    }
}

/* False: the session is over. */
static bool
fail_retr(saving *v, pop3_result result, const char *name)
{
    const pop3_error *error = pop3_client_error(v->s.client);

    if (v->sys != 0)
        return session_fail(&v->s, EXIT_DISK, "cannot write %s: %s", name,
                            strerror(v->sys));
    if (interrupt_noted())
        return session_fail(&v->s, EXIT_LATER,
                            "interrupted; %s was not completed", name);
    if (pop3_is_fatal(result))
        return session_fail_client(&v->s);
    session_warn(&v->s, "%s: %s", error->op, error->text);
    return true;
}

static bool
save_one(saving *v, uint64_t number)
{
    char name[40];
    pop3_result result;

    (void)snprintf(name, sizeof(name), "%" PRIu64 ".eml", number);
    v->file =
        openat(v->dir, name,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (v->file == -1 && errno == EEXIST) {
        session_warn(&v->s,
                     "%s exists already: move it away, or choose "
                     "another directory with --output",
                     name);
        return true;
    }
    if (v->file == -1)
        return session_fail(&v->s, EXIT_DISK, "cannot make %s: %s", name,
                            strerror(errno));
    result = retrieve(v, number);
    if (close(v->file) == -1 && result == POP3_OK) {
        v->sys = errno;
        result = POP3_ERR_CANCELED;
    }
    if (result == POP3_OK) {
        tell_saved(v, number, name);
        return true;
    }
    (void)unlinkat(v->dir, name, 0);
    return fail_retr(v, result, name);
}

static void
save_all(saving *v, const uint64_t *numbers, size_t count)
{
    bool alive = true;
    size_t i;

    interrupt_catch();
    for (i = 0; alive && i < count && !interrupt_noted(); i++)
        alive = save_one(v, numbers[i]);
    if (alive)
        session_quit(&v->s);
    interrupt_release();
}

static bool
open_dir(saving *v)
{
    const char *path = v->s.opt->output == NULL ? "." : v->s.opt->output;

    v->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v->dir == -1)
        return session_fail(&v->s, EXIT_CONFIG, "cannot open %s: %s",
                            printable(path), strerror(errno));
    return true;
}

static void
open_json(saving *v)
{
    v->j = json_start(stdout);
    if (!v->s.opt->json)
        return;
    json_open(&v->j, NULL, '{');
    json_text(&v->j, "account", v->s.account);
    json_open(&v->j, "messages", '[');
}

static void
close_json(saving *v)
{
    if (!v->s.opt->json)
        return;
    json_close(&v->j, ']');
    if (v->s.why[0] != '\0')
        json_text(&v->j, "error", v->s.why);
    json_number(&v->j, "status", (uint64_t)v->s.status);
    json_close(&v->j, '}');
}

exit_status
cmd_save(const options *opt)
{
    saving v = {.dir = -1};
    uint64_t *numbers = calloc(opt->arg_count, sizeof(*numbers));
    bool good = session_prepare(&v.s, opt, opt->args[0]);

    open_json(&v);
    if (good && numbers == NULL)
        good = session_fail(&v.s, EXIT_LATER, "out of memory");
    if (good && numbers != NULL && open_dir(&v) && session_open(&v.s) &&
        select_messages(&v.s, numbers))
        save_all(&v, numbers, opt->arg_count - 1);
    close_json(&v);
    if (v.dir != -1)
        close(v.dir);
    free(numbers);
    session_close(&v.s);
    (void)fflush(stdout);
    interrupt_end();
    return v.s.status;
}
