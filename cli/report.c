/* SPDX-License-Identifier: MIT */
/*
 * report - errors become lines and exit statuses.
 *
 * A line says what, why and what to do: "pop3: mail.example.org: RETR 3:
 * server said: -ERR gone; it stays on the server". What the server said comes
 * from pop3_error, which is printable already; what the user typed passes
 * through the same printer here, as it may hold escapes too (R24).
 */
#include "cli/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/progress.h"

#include "base/banned.h"

enum {
    RING = 4,
    PRINTABLE_SIZE = 1700,
    PREFIX_SIZE = 100
};

static int color = COLOR_AUTO;
static report_taker *taker;

/* A color says nothing that the text does not (NO_COLOR: no-color.org). */
static bool
wants_color(void)
{
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (color != COLOR_AUTO)
        return color == COLOR_ALWAYS;
    return (none == NULL || none[0] == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO) == 1;
}

void
report_color(int choice)
{
    color = choice;
}

void
report_to(report_taker *take)
{
    taker = take;
}

/* By one write(2), so that lines of several processes stay whole. */
void
report_line(const char *name, bool error, const char *text)
{
    char line[REPORT_LINE + PREFIX_SIZE];
    const char *program = wants_color() ? "\033[1;31mpop3:\033[0m " : "pop3: ";
    int len =
        snprintf(line, sizeof(line) - 1, "%s%s%s%s", error ? program : "",
                 name == NULL ? "" : name, name == NULL ? "" : ": ", text);
    size_t end = len < 0 ? 0 : (size_t)len;

    if (end > sizeof(line) - 2)
        end = sizeof(line) - 2;
    line[end++] = '\n';
    progress_hide();
    (void)fwrite(line, 1, end, stderr);
}

__attribute__((format(printf, 2, 0))) static void
print(bool error, const char *format, va_list args)
{
    char text[REPORT_LINE];

    (void)vsnprintf(text, sizeof(text), format, args);
    if (taker == NULL || !taker(error, text))
        report_line(NULL, error, text);
}

void
report(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(true, format, args);
    va_end(args);
}

void
report_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(false, format, args);
    va_end(args);
}

static char *
next_buffer(void)
{
    static char ring[RING][PRINTABLE_SIZE];
    static unsigned at;

    return ring[at++ % RING];
}

const char *
printable_span(pop3_span text)
{
    char *buffer = next_buffer();

    (void)pop3_printable(text, buffer, PRINTABLE_SIZE);
    return buffer;
}

const char *
printable(const char *text)
{
    return printable_span((pop3_span){text, strlen(text)});
}

const char *
human_octets(uint64_t octets)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    char *buffer = next_buffer();
    uint64_t tenths;
    size_t i = 0;

    if (octets < 1000) {
        (void)snprintf(buffer, PRINTABLE_SIZE, "%" PRIu64 " bytes", octets);
        return buffer;
    }
    while (octets >= 999950 && i < 4) {
        octets /= 1000;
        i++;
    }
    tenths = (octets + 50) / 100;
    (void)snprintf(buffer, PRINTABLE_SIZE, "%" PRIu64 ".%" PRIu64 " %s",
                   tenths / 10, tenths % 10, units[i]);
    return buffer;
}

static const char *
advice_for_login(const pop3_error *error)
{
    switch (error->resp) {
    case POP3_RESP_IN_USE:
        return "another program is reading this mailbox: try again later";
    case POP3_RESP_LOGIN_DELAY:
        return "the server wants a pause between two logins: try again later";
    case POP3_RESP_SYS_TEMP:
        return "the server has a trouble of its own: try again later";
    case POP3_RESP_SYS_PERM:
        return "ask the administrator of the server";
    case POP3_RESP_AUTH:
    case POP3_RESP_NONE:
    case POP3_RESP_OTHER:
    case POP3_RESP_UTF8:
        break;
    }
    return pop3_error_is_temporary(error) ? "try again later"
                                          : "check user and password";
}

const char *
advice_for(const pop3_error *error)
{
    switch (error->result) {
    case POP3_ERR_AUTH:
        return advice_for_login(error);
    case POP3_ERR_CLOSED:
    case POP3_ERR_IO:
        return "try again later";
    case POP3_ERR_TIMEOUT:
        return "try again later, or give it more time (--timeout, "
               "--deadline, --connect-timeout)";
    case POP3_ERR_RESOLVE:
        return "check the name of the server";
    case POP3_ERR_PROTOCOL:
    case POP3_ERR_LIMIT:
        return "run it again with --trace to see the dialogue";
    case POP3_ERR_INTERNAL:
        return "this is a bug: please report it";
    case POP3_ERR_REFUSED:
        return pop3_error_is_temporary(error) ? "try again later" : "";
    case POP3_OK:
    case POP3_ERR_USAGE:
    case POP3_ERR_ARGUMENT:
    case POP3_ERR_NOMEM:
    case POP3_ERR_VETO:
    case POP3_ERR_CANCELED:
    case POP3_ERR_INSECURE:
    case POP3_ERR_NOT_SENT:
    case POP3_ERR_UNSUPPORTED:
    case POP3_ERR_MALFORMED:
    case POP3_ERR_TLS:
    case POP3_ERR_CERT:
    case POP3_ERR_AGAIN:
        break;
    }
    return "";
}

exit_status
status_of(const pop3_error *error)
{
    switch (error->result) {
    case POP3_OK:
        return EXIT_FINE;
    case POP3_ERR_RESOLVE:
        return EXIT_NO_SERVER;
    case POP3_ERR_CLOSED:
    case POP3_ERR_IO:
    case POP3_ERR_TIMEOUT:
    case POP3_ERR_NOMEM:
    case POP3_ERR_CANCELED:
        return EXIT_LATER;
    case POP3_ERR_AUTH:
        return pop3_error_is_temporary(error) ? EXIT_LATER : EXIT_LOGIN;
    case POP3_ERR_REFUSED:
    case POP3_ERR_NOT_SENT:
        return pop3_error_is_temporary(error) ? EXIT_LATER : EXIT_PROTOCOL;
    case POP3_ERR_ARGUMENT:
    case POP3_ERR_INSECURE:
    case POP3_ERR_VETO:
        return EXIT_CONFIG;
    case POP3_ERR_UNSUPPORTED:
    case POP3_ERR_MALFORMED:
    case POP3_ERR_PROTOCOL:
    case POP3_ERR_LIMIT:
    case POP3_ERR_TLS:
    case POP3_ERR_CERT:
        return EXIT_PROTOCOL;
    case POP3_ERR_USAGE:
    case POP3_ERR_AGAIN:
    case POP3_ERR_INTERNAL:
        break;
    }
    return EXIT_BUG;
}

exit_status
status_of_mail(mail_result result)
{
    switch (result) {
    case MAIL_OK:
        return EXIT_FINE;
    case MAIL_ERR_NOMEM:
    case MAIL_ERR_BUSY:
        return EXIT_LATER;
    case MAIL_ERR_CONFIG:
        return EXIT_CONFIG;
    case MAIL_ERR_DISK:
        return EXIT_DISK;
    case MAIL_ERR_GUARD:
        return EXIT_GUARD;
    }
    return EXIT_BUG;
}
