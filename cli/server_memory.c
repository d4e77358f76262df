/* SPDX-License-Identifier: MIT */
/*
 * server_memory - a line for each address, in a file beside the state.
 *
 *     address TAB host TAB port TAB implicit|stls TAB user TAB name-or-dash
 *
 * What was found once holds for good, until somebody removes the line: then no
 * poll asks DNS, an account keeps its mailbox and with it the memory of what
 * was fetched, and whoever forges DNS later comes too late.
 *
 * The file says which server gets a password, so it is read by the rules of
 * the configuration file; a line that makes no sense is passed over.
 */
#include "cli/server_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/config_file.h"
#include "cli/mail_address.h"
#include "cli/state_path.h"
#include "cli/whole_file.h"

#include "base/banned.h"

static char *
make_path(const char *state, bool create, mail_error *error)
{
    char *base;
    char *path;

    if (state_path(&base, state, create, error) != MAIL_OK)
        return NULL;
    if (asprintf(&path, "%s.servers", base) == -1) {
        (void)mail_fail_nomem(error);
        path = NULL;
    }
    free(base);
    return path;
}

char *
server_memory_path(const char *state)
{
    mail_error error;

    return make_path(state, false, &error);
}

/* Copies field `index` of a line of `len` octets. False: it does not fit. */
static bool
take_field(const char *line, size_t len, size_t index, char *out, size_t size)
{
    const char *end = line + len;
    const char *next;

    for (; index > 0; index--) {
        line = memchr(line, '\t', (size_t)(end - line));
        if (line == NULL)
            return false;
        line++;
    }
    next = memchr(line, '\t', (size_t)(end - line));
    if (next == NULL)
        next = end;
    if ((size_t)(next - line) >= size)
        return false;
    memcpy(out, line, (size_t)(next - line));
    out[next - line] = '\0';
    return true;
}

static bool
read_line(const char *line, size_t len, found_server *out)
{
    char port[6];
    char tls[12];
    char name[sizeof(out->checked)];

    *out = (found_server){.port = 0};
    if (!take_field(line, len, 1, out->host, sizeof(out->host)) ||
        !take_field(line, len, 2, port, sizeof(port)) ||
        !take_field(line, len, 3, tls, sizeof(tls)) ||
        !take_field(line, len, 4, out->user, sizeof(out->user)) ||
        !take_field(line, len, 5, name, sizeof(name)))
        return false;
    if (strcmp(tls, "implicit") == 0)
        out->tls = TLS_IMPLICIT;
    else if (strcmp(tls, "stls") == 0)
        out->tls = TLS_STLS;
    else
        return false;
    out->port = (unsigned)strtoul(port, NULL, 10);
    if (strcmp(name, "-") != 0)
        memcpy(out->checked, name, sizeof(name));
    return out->port > 0 && out->port < 65536 && domain_is_name(out->host) &&
           out->user[0] != '\0';
}

/* The line of an address, with its end; NULL: there is none. */
static const char *
find_line(const char *text, size_t len, const char *address, size_t *line_len)
{
    const char *end = text + len;
    size_t name = strlen(address);

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));

        *line_len = (size_t)((newline == NULL ? end : newline) - text);
        if (*line_len > name && memcmp(text, address, name) == 0 &&
            text[name] == '\t')
            return text;
        text += *line_len + 1;
    }
    return NULL;
}

bool
server_memory_get(const char *state, const char *address, found_server *out)
{
    char *path = server_memory_path(state);
    char *text = NULL;
    const char *line;
    size_t len = 0;
    bool good;

    if (path == NULL)
        return false;
    good = config_file_read(path, false, &text, &len) == EXIT_FINE &&
           text != NULL;
    free(path);
    if (good) {
        line = find_line(text, len, address, &len);
        good = line != NULL && read_line(line, len, out);
    }
    free(text);
    return good;
}

/* All lines but that of the address, and then a new one; to be freed. */
static char *
make_text(const char *text, size_t len, const char *address,
          const found_server *server)
{
    size_t line_len = 0;
    const char *line =
        text == NULL ? NULL : find_line(text, len, address, &line_len);
    size_t before = line == NULL ? len : (size_t)(line - text);
    const char *rest = line == NULL ? "" : line + line_len;
    char *made;

    if (asprintf(&made, "%.*s%s%s\t%s\t%u\t%s\t%s\t%s\n", (int)before,
                 text == NULL ? "" : text, rest + (rest[0] == '\n' ? 1 : 0),
                 address, server->host, server->port,
                 server->tls == TLS_STLS ? "stls" : "implicit", server->user,
                 server->checked[0] == '\0' ? "-" : server->checked) == -1)
        return NULL;
    return made;
}

static mail_result
put(const char *path, const char *address, const found_server *server,
    mail_error *error)
{
    struct stat st;
    bool exists = stat(path, &st) == 0;
    char *text = NULL;
    char *made;
    size_t len = 0;
    mail_result result;

    if (config_file_read(path, false, &text, &len) != EXIT_FINE)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.300s cannot be read: look at it", path);
    if (text != NULL)
        text[len] = '\0';
    made = make_text(text, text == NULL ? 0 : strlen(text), address, server);
    if (made == NULL)
        result = mail_fail_nomem(error);
    else
        result = whole_file_write(path, made, strlen(made),
                                  exists ? &st : NULL, error);
    free(made);
    free(text);
    return result;
}

mail_result
server_memory_put(const char *state, const char *address,
                  const found_server *server, mail_error *error)
{
    char *path = make_path(state, true, error);
    mail_result result;

    if (path == NULL)
        return error->result;
    result = put(path, address, server, error);
    free(path);
    return result;
}
