/* SPDX-License-Identifier: MIT */
/*
 * event - writes events as text, and compares them as text.
 *
 * Octets are quoted by octets_quote() on both sides, so that a transcript may
 * write \{a*1000} or \x2e and still mean the same as the event. DATA is kept
 * raw until it is compared, because it comes in parts that depend on how the
 * input was cut, which must not matter.
 */
#include "event.h"

#include "alloc.h"
#include "results.h"
#include "transcript.h"

#include <inttypes.h>
#include <string.h>

static struct entry *
new_entry(struct event_log *log)
{
    log->entries =
        test_realloc(log->entries, (log->count + 1) * sizeof(*log->entries));
    memset(&log->entries[log->count], 0, sizeof(*log->entries));
    return &log->entries[log->count++];
}

static void
quote(struct octets *o, pop3_span span)
{
    octets_quote(o, span.ptr, span.len);
}

static void
add_resp(struct octets *form, pop3_resp_code code)
{
    if (code != POP3_RESP_NONE)
        octets_format(form, " resp=%s", transcript_resp(code));
}

static void
add_reply(struct octets *form, const pop3_event *event)
{
    octets_text(form, "REPLY ");
    quote(form, event->text);
    add_resp(form, event->resp);
    if (event->verb == POP3_CMD_STAT)
        octets_format(form, " stat=%" PRIu64 "/%" PRIu64, event->stat.count,
                      event->stat.octets);
    if (event->number == 0)
        return;
    if (event->verb == POP3_CMD_LIST)
        octets_format(form, " item=%" PRIu64 "/%" PRIu64, event->item.number,
                      event->item.octets);
    if (event->verb == POP3_CMD_UIDL) {
        octets_format(form, " item=%" PRIu64 "/", event->item.number);
        quote(form, event->item.uid);
    }
}

static void
add_item(struct octets *form, const pop3_event *event)
{
    octets_text(form, "ITEM ");
    if (event->result != POP3_OK) {
        octets_format(form, "%s ", transcript_result(event->result));
        quote(form, event->line);
    } else if (event->verb == POP3_CMD_LIST) {
        octets_format(form, "%" PRIu64 " %" PRIu64, event->item.number,
                      event->item.octets);
    } else if (event->verb == POP3_CMD_UIDL) {
        octets_format(form, "%" PRIu64 " ", event->item.number);
        quote(form, event->item.uid);
    } else {
        quote(form, event->line);
    }
}

static void
add_done(struct octets *form, const pop3_event *event, const char *name)
{
    octets_format(form, "DONE %s ",
                  name != NULL ? name : transcript_verb(event->verb));
    if (event->number != 0)
        octets_format(form, "%" PRIu64 " ", event->number);
    octets_text(form, transcript_result(event->result));
    add_resp(form, event->resp);
}

static void
add_data(struct event_log *log, pop3_span text)
{
    struct entry *entry = NULL;

    if (log->count > log->matched && log->entries[log->count - 1].data)
        entry = &log->entries[log->count - 1];
    else
        entry = new_entry(log);
    entry->data = true;
    octets_add(&entry->form, text.ptr, text.len);
}

void
event_add(struct event_log *log, const pop3_event *event, const char *name)
{
    struct octets *form;

    if (event->type == POP3_EVENT_DATA) {
        if (event->text.len > 0)
            add_data(log, event->text);
        return;
    }
    form = &new_entry(log)->form;
    switch (event->type) {
    case POP3_EVENT_GREETING:
        octets_format(form, "GREETING %s ", transcript_result(event->result));
        quote(form, event->text);
        add_resp(form, event->resp);
        break;
    case POP3_EVENT_READY:
        octets_text(form, "READY");
        break;
    case POP3_EVENT_REPLY:
        add_reply(form, event);
        break;
    case POP3_EVENT_ITEM:
        add_item(form, event);
        break;
    case POP3_EVENT_CHALLENGE:
        octets_text(form, "CHALLENGE ");
        quote(form, event->text);
        break;
    case POP3_EVENT_START_TLS:
        octets_text(form, "START_TLS");
        break;
    case POP3_EVENT_DONE:
        add_done(form, event, name);
        break;
    case POP3_EVENT_CLOSED:
        octets_format(form, "CLOSED %s", transcript_result(event->result));
        break;
    case POP3_EVENT_NEED_INPUT:
    case POP3_EVENT_DATA:
        octets_text(form, "(not an event that is listed)");
        break;
    }
    quote(&log->entries[log->count - 1].line, event->line);
}

void
event_add_text(struct event_log *log, const char *form)
{
    octets_text(&new_entry(log)->form, form);
}

/* What a transcript wrote, with its quoted parts in normal form. */
static void
normalise(const char *want, struct octets *out)
{
    while (*want != '\0') {
        struct octets part = {0};
        const char *next;

        if (*want != '"') {
            octets_add(out, want++, 1);
            continue;
        }
        next = octets_unescape(&part, want + 1, '"');
        octets_quote(out, part.ptr, part.len);
        octets_clear(&part);
        if (next == NULL) {
            octets_text(out, "(wrong escape)");
            return;
        }
        want = next;
    }
}

static void
show_entry(const struct entry *entry, bool with_line, struct octets *out)
{
    if (entry->data) {
        octets_text(out, "DATA ");
        octets_quote(out, entry->form.ptr, entry->form.len);
    } else {
        octets_add(out, entry->form.ptr, entry->form.len);
        if (with_line) {
            octets_text(out, " line=");
            octets_add(out, entry->line.ptr, entry->line.len);
        }
    }
}

bool
event_match(struct event_log *log, const char *want, struct octets *shown)
{
    struct octets normal = {0};
    struct entry *entry;
    bool same;

    if (log->matched == log->count) {
        octets_text(shown, "no more events");
        return strcmp(want, "DATA *") == 0;
    }
    entry = &log->entries[log->matched];
    if (strcmp(want, "DATA *") == 0) {
        log->matched += entry->data;
        return true;
    }
    normalise(want, &normal);
    show_entry(entry, strstr(want, " line=\"") != NULL, shown);
    same = octets_same(shown, normal.ptr, normal.len);
    octets_clear(&normal);
    log->matched += same;
    return same;
}

void
event_show(const struct event_log *log, size_t from, struct octets *out)
{
    size_t i;

    octets_text(out, "");
    for (i = from; i < log->count; i++) {
        show_entry(&log->entries[i], true, out);
        octets_text(out, "\n");
    }
}

void
event_clear(struct event_log *log)
{
    size_t i;

    for (i = 0; i < log->count; i++) {
        octets_clear(&log->entries[i].form);
        octets_clear(&log->entries[i].line);
    }
    test_free(log->entries);
    memset(log, 0, sizeof(*log));
}
