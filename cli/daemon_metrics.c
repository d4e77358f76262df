/* SPDX-License-Identifier: MIT */
/*
 * daemon_metrics - what is counted, as OpenMetrics 1.0 text.
 *
 * Metrics of one name stand together, as that format wants it: each table row
 * is a name, and each account a line below it.
 */
#include "cli/daemon_impl.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

typedef enum value_kind {
    VALUE_NUMBER, /* uint64_t */
    VALUE_BOOL
} value_kind;

typedef struct family {
    const char *name; /* without pop3_ and _total */
    const char *type;
    const char *unit; /* or NULL */
    const char *help;
    value_kind kind;
    size_t offset; /* in watched */
} family;

#define AT(member) offsetof(watched, member)

static const family families[] = {
    {"fetched_messages", "counter", NULL, "Messages that were delivered.",
     VALUE_NUMBER, AT(counts.fetched)},
    {"fetched_bytes", "counter", "bytes", "Their size on the server.",
     VALUE_NUMBER, AT(counts.octets)},
    {"failed_messages", "counter", NULL,
     "Messages that could not be fetched or delivered, each time.",
     VALUE_NUMBER, AT(counts.failed)},
    {"deleted_messages", "counter", NULL,
     "Messages whose deletion the server confirmed.", VALUE_NUMBER,
     AT(counts.deleted)},
    {"hook_failures", "counter", NULL, "Runs of on-mail that failed.",
     VALUE_NUMBER, AT(counts.hook_failures)},
    {"delete_pending_messages", "gauge", NULL,
     "Messages that are to be deleted, as of the last run.", VALUE_NUMBER,
     AT(status.last.totals.due)},
    {"failures_in_a_row", "gauge", NULL,
     "Runs without success since the last success.", VALUE_NUMBER,
     AT(status.failures)},
    {"last_run_timestamp_seconds", "gauge", "seconds",
     "When the last run ended.", VALUE_NUMBER, AT(status.ended_s)},
    {"last_success_timestamp_seconds", "gauge", "seconds",
     "When the last run without an error ended.", VALUE_NUMBER,
     AT(status.success_s)},
    {"next_run_timestamp_seconds", "gauge", "seconds",
     "When the next run is planned; 0 if none is.", VALUE_NUMBER,
     AT(status.next_s)},
    {"running", "gauge", NULL, "Whether it is being fetched.", VALUE_BOOL,
     AT(worker.busy)},
    {"stopped", "gauge", NULL,
     "Whether it waits for a person, as the login was refused.", VALUE_BOOL,
     AT(status.stopped)},
    {0}};

static void
write_head(FILE *out, const family *f)
{
    fprintf(out, "# TYPE pop3_%s %s\n", f->name, f->type);
    if (f->unit != NULL)
        fprintf(out, "# UNIT pop3_%s %s\n", f->name, f->unit);
    fprintf(out, "# HELP pop3_%s %s\n", f->name, f->help);
}

/* Names of accounts have no character that must be escaped. */
static void
write_value(FILE *out, const family *f, const watched *w)
{
    const void *at = (const char *)w + f->offset;
    uint64_t value = f->kind == VALUE_BOOL ? (*(const bool *)at ? 1 : 0)
                                           : *(const uint64_t *)at;

    fprintf(out, "pop3_%s%s{account=\"%s\"} %" PRIu64 "\n", f->name,
            f->type[0] == 'c' ? "_total" : "", w->worker.name, value);
}

static void
write_runs(FILE *out, const service *d)
{
    size_t i;
    unsigned kind;

    fputs("# TYPE pop3_runs counter\n"
          "# HELP pop3_runs Runs, by how they ended.\n",
          out);
    for (i = 0; i < d->count; i++) {
        for (kind = 0; kind < OUTCOME_KINDS; kind++)
            fprintf(out,
                    "pop3_runs_total{account=\"%s\",outcome=\"%s\"} %" PRIu64
                    "\n",
                    d->items[i]->worker.name, outcome_name((outcome_kind)kind),
                    d->items[i]->counts.runs[kind]);
    }
}

static void
write_all(FILE *out, const service *d)
{
    const family *f;
    size_t i;

    fprintf(out,
            "# TYPE pop3_build info\n"
            "# HELP pop3_build The program.\n"
            "pop3_build_info{version=\"%s\"} 1\n"
            "# TYPE pop3_daemon_wakeups counter\n"
            "# HELP pop3_daemon_wakeups How often the loop had to do.\n"
            "pop3_daemon_wakeups_total %" PRIu64 "\n",
            pop3_version(), d->loop.wakeups);
    write_runs(out, d);
    for (f = families; f->name != NULL; f++) {
        write_head(out, f);
        for (i = 0; i < d->count; i++)
            write_value(out, f, d->items[i]);
    }
    fputs("# EOF\n", out);
}

char *
daemon_metrics(void *ctx, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    bool good;

    if (out == NULL)
        return NULL;
    write_all(out, ctx);
    good = ferror(out) == 0;
    if (fclose(out) == 0 && good)
        return text;
    free(text);
    return NULL;
}
