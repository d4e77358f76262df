/* SPDX-License-Identifier: MIT */
/*
 * ask - what a session says about itself when nothing happens.
 *
 * One table: the first word of a `?:` line, and the function that writes the
 * answer in the words of the transcript. The question's own arguments, if it
 * has any, are repeated in the answer, so that one comparison of text does.
 */
#include "octets.h"
#include "play.h"
#include "results.h"

#include "alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
quote(struct octets *out, pop3_span span)
{
    octets_quote(out, span.ptr, span.len);
}

static void
ask_state(const pop3_core *core, const char *args, struct octets *out)
{
    (void)args;
    octets_text(out, transcript_state(pop3_core_state(core)));
}

static void
ask_tls(const pop3_core *core, const char *args, struct octets *out)
{
    (void)args;
    octets_text(out, pop3_core_is_tls(core) ? "yes" : "no");
}

static void
ask_pending(const pop3_core *core, const char *args, struct octets *out)
{
    (void)args;
    octets_format(out, "%zu", pop3_core_pending(core));
}

static void
ask_output(const pop3_core *core, const char *args, struct octets *out)
{
    (void)args;
    quote(out, pop3_core_output(core));
}

static void
ask_greeting(const pop3_core *core, const char *args, struct octets *out)
{
    (void)args;
    quote(out, pop3_core_greeting(core));
}

static void
ask_timestamp(const pop3_core *core, const char *args, struct octets *out)
{
    (void)args;
    quote(out, pop3_core_timestamp(core));
}

static void
ask_capa(const pop3_core *core, const char *args, struct octets *out)
{
    const pop3_capa *capa = pop3_core_capa(core);
    char tag[80];
    pop3_span span;

    snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(args, " "), args);
    if (strcmp(tag, "unknown") == 0 || strcmp(tag, "known") == 0) {
        octets_text(out, capa == NULL ? "unknown" : "known");
    } else if (tag[0] >= '0' && tag[0] <= '9') {
        octets_format(out, "%zu", pop3_capa_count(capa));
    } else if (pop3_capa_args(capa, tag, &span)) {
        octets_format(out, "%s ", tag);
        quote(out, span);
        if (!pop3_capa_has(capa, tag))
            octets_text(out, " (but pop3_capa_has() says no)");
    } else {
        octets_format(out, "%s absent", tag);
    }
}

static void
ask_capa_arg(const pop3_core *core, const char *args, struct octets *out)
{
    char tag[80];
    char arg[80];
    bool has;

    if (sscanf(args, "%79s %79s", tag, arg) != 2)
        return;
    has = pop3_capa_has_arg(pop3_core_capa(core), tag, arg);
    octets_format(out, "%s %s %s", tag, arg, has ? "yes" : "no");
}

static void
show_limit(struct octets *out, bool known, uint32_t value, bool per_user)
{
    if (!known) {
        octets_text(out, "none");
        return;
    }
    if (value == POP3_EXPIRE_NEVER)
        octets_text(out, "NEVER");
    else
        octets_format(out, "%" PRIu32, value);
    octets_text(out, per_user ? " user" : "");
}

static void
ask_expire(const pop3_core *core, const char *args, struct octets *out)
{
    uint32_t days = 0;
    bool user = false;
    bool known = pop3_capa_expire(pop3_core_capa(core), &days, &user);

    (void)args;
    show_limit(out, known, days, user);
}

static void
ask_login_delay(const pop3_core *core, const char *args, struct octets *out)
{
    uint32_t seconds = 0;
    bool user = false;
    bool known = pop3_capa_login_delay(pop3_core_capa(core), &seconds, &user);

    (void)args;
    show_limit(out, known, seconds, user);
}

static void
ask_implementation(const pop3_core *core, const char *args, struct octets *out)
{
    pop3_span name;

    (void)args;
    if (pop3_capa_implementation(pop3_core_capa(core), &name))
        quote(out, name);
    else
        octets_text(out, "none");
}

static void
ask_temporary(const pop3_core *core, const char *args, struct octets *out)
{
    (void)args;
    octets_text(out,
                pop3_error_is_temporary(pop3_core_error(core)) ? "yes" : "no");
}

static void
ask_resp(const pop3_core *core, const char *args, struct octets *out)
{
    (void)args;
    octets_text(out, transcript_resp(pop3_core_error(core)->resp));
}

static void
ask_resp_text(const pop3_core *core, const char *args, struct octets *out)
{
    const char *text = pop3_core_error(core)->resp_text;

    (void)args;
    octets_quote(out, text, strlen(text));
}

static void
ask_op(const pop3_core *core, const char *args, struct octets *out)
{
    const char *text = pop3_core_error(core)->op;

    (void)args;
    octets_quote(out, text, strlen(text));
}

static void
ask_result(const pop3_core *core, const char *args, struct octets *out)
{
    (void)args;
    octets_text(out, transcript_result(pop3_core_error(core)->result));
}

/* Only a part of the error's text is asked for: answers with that part. */
static void
ask_error(const pop3_core *core, const char *args, struct octets *out)
{
    const char *text = pop3_core_error(core)->text;
    struct octets part = {0};

    octets_unescape(&part, args + 1, '"');
    if (strstr(text, part.ptr) != NULL)
        octets_text(out, args);
    else
        octets_quote(out, text, strlen(text));
    octets_clear(&part);
}

void
ask_check(struct play *p, const char *question)
{
    static const struct {
        const char *word;
        void (*ask)(const pop3_core *, const char *, struct octets *);
    } asks[] = {
        {"state", ask_state},
        {"tls", ask_tls},
        {"pending", ask_pending},
        {"output", ask_output},
        {"greeting", ask_greeting},
        {"timestamp", ask_timestamp},
        {"capa", ask_capa},
        {"capa-arg", ask_capa_arg},
        {"expire", ask_expire},
        {"login-delay", ask_login_delay},
        {"implementation", ask_implementation},
        {"temporary", ask_temporary},
        {"resp", ask_resp},
        {"resp-text", ask_resp_text},
        {"op", ask_op},
        {"result", ask_result},
        {"error", ask_error},
    };
    size_t len = strcspn(question, " ");
    const char *args = question + len + (question[len] == ' ');
    struct octets answer = {0};
    size_t i;

    for (i = 0; i < sizeof(asks) / sizeof(*asks); i++) {
        if (strlen(asks[i].word) == len &&
            memcmp(asks[i].word, question, len) == 0)
            break;
    }
    octets_text(&answer, "");
    if (i == sizeof(asks) / sizeof(*asks))
        octets_text(&answer, "(a question that is not known)");
    else
        asks[i].ask(p->ops->core(p), args, &answer);
    /* A text that could not be kept for want of memory is no failure. */
    if (strcmp(answer.ptr, args) != 0 && !alloc_failed())
        play_fail(p, "the answer is %.*s %s", (int)len, question, answer.ptr);
    octets_clear(&answer);
}
