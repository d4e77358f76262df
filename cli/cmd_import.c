/* SPDX-License-Identifier: MIT */
/*
 * cmd_import - pop3 import FILE
 *
 * Which program a file is of shows in its name, or else in what stands in it:
 * getmail's has a section [retriever], mpop's lines that begin with account
 * or defaults and have "host" below; everything else is fetchmail's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/config_append.h"
#include "cli/config_file.h"
#include "cli/import.h"
#include "cli/ini.h"
#include "cli/report.h"

#include "base/banned.h"

static bool
has_line(const char *text, const char *start)
{
    size_t len = strlen(start);

    for (; text != NULL; text = strchr(text, '\n')) {
        text += text[0] == '\n' ? 1 : 0;
        text += strspn(text, " \t");
        if (strncmp(text, start, len) == 0)
            return true;
    }
    return false;
}

static bool
read_accounts(import *im, const char *text)
{
    if (strstr(im->path, "fetchmail") == NULL) {
        if (has_line(text, "[retriever]"))
            return import_getmail(im, text);
        if (strstr(im->path, "mpop") != NULL || has_line(text, "host "))
            return import_mpop(im, text);
    }
    return import_fetchmail(im, text);
}

/* To `out`; the names that `kept` has are left to it. */
static exit_status
import_text(const char *path, const char *text, FILE *out, const config *kept,
            size_t *count)
{
    import *im = calloc(1, sizeof(*im));
    exit_status status = EXIT_FINE;

    if (im == NULL) {
        report("out of memory");
        return EXIT_LATER;
    }
    im->path = path;
    im->out = out;
    im->kept = kept;
    if (!read_accounts(im, text)) {
        report("out of memory");
        status = EXIT_LATER;
    } else if (im->count == 0) {
        report("%s: there is no account in it that pop3 can use",
               printable(path));
        status = EXIT_CONFIG;
    }
    *count = im->count;
    free(im);
    return status;
}

/* Behind what the configuration has, which must be without errors. */
static exit_status
append_to(const config *c, const char *path, const char *text)
{
    char *made = NULL;
    size_t len = 0;
    size_t count = 0;
    FILE *out = open_memstream(&made, &len);
    exit_status status = EXIT_LATER;
    bool whole = false;

    if (out != NULL) {
        status = import_text(path, text, out, c, &count);
        whole = ferror(out) == 0;
        whole &= fclose(out) == 0;
    }
    if (status == EXIT_FINE && whole)
        status = config_append(c, made, false);
    if (!whole)
        report("out of memory");
    else if (status == EXIT_FINE)
        report_note("%s: %zu %s written", printable(c->path), count,
                    count == 1 ? "account was" : "accounts were");
    free(made);
    return whole ? status : EXIT_LATER;
}

static exit_status
write_accounts(const options *opt, const char *path, const char *text)
{
    config c;
    exit_status status = config_read(&c, opt->config);

    if (status == EXIT_FINE)
        status = append_to(&c, path, text);
    config_free(&c);
    return status;
}

exit_status
cmd_import(const options *opt)
{
    const char *path = opt->args[0];
    const char *why;
    ini_place at;
    char *text;
    size_t len;
    size_t count;
    exit_status status = config_file_read(path, true, &text, &len);

    if (status != EXIT_FINE)
        return status;
    text[len] = '\0';
    if (ini_check_text(text, len, &at, &why)) {
        status = opt->write ? write_accounts(opt, path, text)
                            : import_text(path, text, stdout, NULL, &count);
    } else {
        report("%s:%zu:%zu: %s", printable(path), at.line, at.column, why);
        status = EXIT_CONFIG;
    }
    free(text);
    return status;
}
