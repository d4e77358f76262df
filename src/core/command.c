/* SPDX-License-Identifier: MIT */
/*
 * command - COMMANDS → BYTES.
 *
 * All that the library knows about a verb stands in one table: its arguments,
 * the states it is legal in (RFC 1939 §4–§7, RFC 2449 §5, RFC 2595 §4,
 * RFC 5034 §4, RFC 6856 §2, §3), what its answer looks like, how it may be
 * pipelined, and what a trace may show of it.
 *
 * Pipelining (RFC 2449 §6.6): STLS and AUTH change the meaning of the bytes
 * behind them and wait until nothing is in flight. A command that logs in, and
 * QUIT, may follow others, but nothing follows it before its answer is known.
 *
 * Lines are written here and nowhere else. An argument with an octet that
 * could end the line or confuse a server (0–31, 127) is refused, and so is a
 * line over 255 octets (RFC 2449 §4), so that no caller can be made to inject
 * a command (R19).
 */
#include "core/command.h"

#include <string.h>

#include "base/base64.h"
#include "base/text.h"

const command_info COMMAND_INFO[] = {
    [POP3_CMD_CAPA] = {.name = "CAPA", .body = BODY_ROWS, .states = IN_BOTH},
    [POP3_CMD_STLS] = {.name = "STLS",
                       .states = IN_AUTHORIZATION,
                       .waits = true,
                       .holds = true},
    [POP3_CMD_USER] = {.name = "USER",
                       .args = ARGS_TEXT,
                       .states = IN_AUTHORIZATION,
                       .credential = true},
    [POP3_CMD_PASS] = {.name = "PASS",
                       .args = ARGS_PASSWORD,
                       .states = IN_AUTHORIZATION,
                       .holds = true,
                       .credential = true,
                       .logs_in = true,
                       .shown_words = 1},
    [POP3_CMD_APOP] = {.name = "APOP",
                       .args = ARGS_DIGEST,
                       .states = IN_AUTHORIZATION,
                       .holds = true,
                       .credential = true,
                       .logs_in = true,
                       .shown_words = 2},
    [POP3_CMD_AUTH] = {.name = "AUTH",
                       .args = ARGS_AUTH,
                       .states = IN_AUTHORIZATION,
                       .waits = true,
                       .holds = true,
                       .credential = true,
                       .logs_in = true,
                       .shown_words = 2},
    [POP3_CMD_RPOP] = {.name = "RPOP",
                       .args = ARGS_TEXT,
                       .states = IN_AUTHORIZATION,
                       .holds = true,
                       .credential = true,
                       .logs_in = true},
    [POP3_CMD_UTF8] = {.name = "UTF8", .states = IN_AUTHORIZATION},
    [POP3_CMD_LANG] = {.name = "LANG",
                       .args = ARGS_LANG,
                       .body = BODY_ROWS,
                       .states = IN_BOTH},
    [POP3_CMD_STAT] = {.name = "STAT", .states = IN_TRANSACTION},
    [POP3_CMD_LIST] = {.name = "LIST",
                       .args = ARGS_NUMBER_OR_ALL,
                       .body = BODY_ROWS,
                       .states = IN_TRANSACTION},
    [POP3_CMD_UIDL] = {.name = "UIDL",
                       .args = ARGS_NUMBER_OR_ALL,
                       .body = BODY_ROWS,
                       .states = IN_TRANSACTION},
    [POP3_CMD_RETR] = {.name = "RETR",
                       .args = ARGS_NUMBER,
                       .body = BODY_DATA,
                       .states = IN_TRANSACTION},
    [POP3_CMD_TOP] = {.name = "TOP",
                      .args = ARGS_NUMBER_LINES,
                      .body = BODY_DATA,
                      .states = IN_TRANSACTION},
    [POP3_CMD_DELE] = {.name = "DELE",
                       .args = ARGS_NUMBER,
                       .states = IN_TRANSACTION},
    [POP3_CMD_NOOP] = {.name = "NOOP", .states = IN_TRANSACTION},
    [POP3_CMD_RSET] = {.name = "RSET", .states = IN_TRANSACTION},
    [POP3_CMD_QUIT] = {.name = "QUIT", .states = IN_BOTH, .holds = true},
    [POP3_CMD_RAW] = {.name = "RAW",
                      .args = ARGS_RAW,
                      .states = IN_BOTH,
                      .waits = true,
                      .holds = true},
};

enum {
    VERBS = sizeof(COMMAND_INFO) / sizeof(COMMAND_INFO[0])
};

const char *
pop3_verb_name(pop3_verb verb)
{
    return (unsigned)verb < VERBS ? COMMAND_INFO[verb].name : "?";
}

const command_info *
command_info_of_line(pop3_span line)
{
    const char *space = line.len > 0 ? memchr(line.ptr, ' ', line.len) : NULL;
    size_t len = space == NULL ? line.len : (size_t)(space - line.ptr);

    for (size_t i = 0; i < VERBS; i++)
        if (text_equal_caseless(line.ptr, len, COMMAND_INFO[i].name))
            return &COMMAND_INFO[i];
    return NULL;
}

command_body
command_body_of(const pop3_command *command)
{
    const command_info *info = command_info_of(command->verb);

    if (info->args == ARGS_NUMBER_OR_ALL && command->number != 0)
        return BODY_NONE;
    if (info->args == ARGS_LANG && command->arg != NULL)
        return BODY_NONE;
    if (info->args == ARGS_RAW)
        return command->multiline ? BODY_DATA : BODY_NONE;
    return info->body;
}

/* A line under construction. The first failure sticks. */
typedef struct encoder {
    bytes *out;
    pop3_result result;
    const char *why;
} encoder;

static void
refuse(encoder *e, const char *why)
{
    if (e->result != POP3_OK)
        return;
    e->result = POP3_ERR_ARGUMENT;
    e->why = why;
}

/* Room for `len` more octets, to be written at once; NULL: it failed. */
static char *
room(encoder *e, size_t len)
{
    if (e->result == POP3_OK && !bytes_reserve(e->out, len))
        e->result = POP3_ERR_NOMEM;
    if (e->result != POP3_OK)
        return NULL;
    e->out->end += len;
    return e->out->data + e->out->end - len;
}

static inline void
put(encoder *e, const char *data, size_t len)
{
    char *at = room(e, len);

    if (at != NULL)
        memcpy(at, data, len);
}

static void
put_number(encoder *e, uint64_t number)
{
    size_t len = 2; /* the space and one digit */
    char *at;

    for (uint64_t power = 10; number >= power; power *= 10) {
        len++;
        if (power > UINT64_MAX / 10)
            break;
    }
    at = room(e, len);
    if (at == NULL)
        return;
    at[0] = ' ';
    for (; len > 1; number /= 10)
        at[--len] = (char)('0' + number % 10);
}

static void
put_message_number(encoder *e, uint64_t number)
{
    if (number == 0)
        refuse(e, "message numbers start at 1");
    put_number(e, number);
}

/* An argument of the caller's, behind a space. */
static void
put_text(encoder *e, const char *arg)
{
    if (arg == NULL) {
        refuse(e, "an argument is missing");
        return;
    }
    if (text_holds_control(arg, strlen(arg)))
        refuse(e, "the argument holds a control character");
    put(e, " ", 1);
    put(e, arg, strlen(arg));
}

static void
put_text_not_empty(encoder *e, const char *arg)
{
    if (arg != NULL && *arg == '\0')
        refuse(e, "the argument is empty");
    put_text(e, arg);
}

static void
put_word(encoder *e, const char *arg)
{
    if (arg != NULL && strchr(arg, ' ') != NULL)
        refuse(e, "the argument holds a space");
    put_text_not_empty(e, arg);
}

static void
put_digest(encoder *e, const char *digest)
{
    if (digest != NULL &&
        (strlen(digest) != 32 || strspn(digest, "0123456789abcdef") != 32))
        refuse(e, "the digest is not 32 small hexadecimal digits");
    put_text(e, digest);
}

/* RFC 4422 §3.1: 1 to 20 letters, digits, hyphens and underscores. */
static void
put_mechanism(encoder *e, const char *name)
{
    size_t len = 0;

    for (; name != NULL && name[len] != '\0'; len++)
        if (!text_is_letter(name[len]) &&
            strchr("0123456789-_", name[len]) == NULL)
            refuse(e, "the mechanism's name holds an illegal character");
    if (len > 20)
        refuse(e, "the mechanism's name is longer than 20 characters");
    put_text_not_empty(e, name);
}

/* Encodes where it is sent from, so that no other copy is to be wiped. */
static void
put_base64(encoder *e, pop3_span data)
{
    char *at = room(e, base64_encoded_len(data.len));

    if (at != NULL)
        base64_encode(data.ptr, data.len, at);
}

/* RFC 5034 §4: base64, and "=" for an initial response of no octets. */
static void
put_initial(encoder *e, const pop3_span *initial)
{
    if (initial == NULL)
        return;
    if (initial->len > COMMAND_LONG_LINE_MAX)
        refuse(e, "the initial response is too long for one line");
    put(e, " ", 1);
    if (initial->len == 0)
        put(e, "=", 1);
    else
        put_base64(e, *initial);
}

static void
put_raw(encoder *e, const char *line)
{
    size_t before = bytes_len(e->out);

    if (line != NULL && *line == ' ')
        refuse(e, "the line begins with a space");
    put_text_not_empty(e, line);
    if (e->result == POP3_OK)
        bytes_remove(e->out, before, 1);
}

static void
put_args(encoder *e, const pop3_command *command)
{
    switch (command_info_of(command->verb)->args) {
    case ARGS_NONE:
        break;
    case ARGS_TEXT:
        put_text_not_empty(e, command->arg);
        break;
    case ARGS_PASSWORD:
        put_text(e, command->arg);
        break;
    case ARGS_DIGEST:
        put_text_not_empty(e, command->arg);
        put_digest(e, command->arg2);
        break;
    case ARGS_AUTH:
        put_mechanism(e, command->arg);
        put_initial(e, command->initial);
        break;
    case ARGS_LANG:
        if (command->arg != NULL)
            put_word(e, command->arg);
        break;
    case ARGS_NUMBER:
        put_message_number(e, command->number);
        break;
    case ARGS_NUMBER_OR_ALL:
        if (command->number != 0)
            put_number(e, command->number);
        break;
    case ARGS_NUMBER_LINES:
        put_message_number(e, command->number);
        put_number(e, command->lines);
        break;
    case ARGS_RAW:
        put_raw(e, command->arg);
        break;
    }
}

pop3_result
command_encode(const pop3_command *command, size_t max_line, bytes *out,
               const char **why)
{
    encoder e = {out, POP3_OK, "memory is short"};
    const command_info *info = command_info_of(command->verb);
    size_t before = bytes_len(out);

    if (info->args != ARGS_RAW)
        put(&e, info->name, strlen(info->name));
    put_args(&e, command);
    put(&e, "\r\n", 2);
    if (bytes_len(out) - before > max_line)
        refuse(&e, "the command line would be too long");
    if (e.result != POP3_OK)
        bytes_remove(out, before, bytes_len(out) - before);
    *why = e.why;
    return e.result;
}
