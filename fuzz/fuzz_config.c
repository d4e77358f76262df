/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config - configuration files: read, or refused with a place in them.
 *
 * What was read is written as entries and read again: it is the same.
 */
#include "cli/config.h"
#include "cli/config_file.h"
#include "cli/report.h"
#include "fuzz.h"

#include <stdarg.h>
#include <string.h>

static unsigned long reports;

/* The program's would fill the terminal. */
void
report(const char *format, ...)
{
    char text[2000];
    va_list args;

    va_start(args, format);
    PROPERTY(vsnprintf(text, sizeof(text), format, args) > 0);
    va_end(args);
    reports++;
}

const char *
printable(const char *text)
{
    return text;
}

exit_status
config_file_path(char **path, const char *given)
{
    (void)given;
    *path = NULL;
    return EXIT_CONFIG;
}

exit_status
config_file_read(const char *path, bool must_exist, char **text, size_t *len)
{
    (void)path;
    (void)must_exist;
    *text = NULL;
    *len = 0;
    return EXIT_CONFIG;
}

static void
write_section(FILE *out, const config_section *section)
{
    size_t i;

    if (section->name != NULL)
        fprintf(out, "[account %s]\n", section->name);
    else
        fputs("[defaults]\n", out);
    for (i = 0; i < section->count; i++)
        ini_write(out, section->settings[i].flag->name,
                  section->settings[i].value);
}

static void
same_section(const config_section *a, const config_section *b)
{
    size_t i;

    PROPERTY((a->name == NULL) == (b->name == NULL));
    PROPERTY(a->name == NULL || strcmp(a->name, b->name) == 0);
    PROPERTY(a->count == b->count);
    for (i = 0; i < a->count; i++) {
        PROPERTY(a->settings[i].flag == b->settings[i].flag);
        PROPERTY(strcmp(a->settings[i].value, b->settings[i].value) == 0);
    }
}

static void
check_round(const config *c)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    config again;
    size_t i;

    if (out == NULL)
        return;
    write_section(out, &c->defaults);
    for (i = 0; i < c->account_count; i++)
        write_section(out, &c->accounts[i]);
    fclose(out);
    PROPERTY(config_parse(&again, "again", text, len) == EXIT_FINE);
    same_section(&c->defaults, &again.defaults);
    PROPERTY(c->account_count == again.account_count);
    for (i = 0; i < c->account_count; i++)
        same_section(&c->accounts[i], &again.accounts[i]);
    config_free(&again);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    config c;
    exit_status status;

    reports = 0;
    status = config_parse(&c, "file", (const char *)data, size);
    PROPERTY((status == EXIT_FINE) == (c.errors == 0));
    PROPERTY((status == EXIT_FINE) == (reports == 0));
    if (status == EXIT_FINE)
        check_round(&c);
    config_free(&c);
    return 0;
}
