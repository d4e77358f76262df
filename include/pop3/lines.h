/* SPDX-License-Identifier: MIT */
/*
 * pop3/lines.h - for callers who read bodies and rows line by line themselves.
 */
#ifndef POP3_LINES_H
#define POP3_LINES_H

#include <pop3.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Cuts spans of a message into lines: pop3_lines_push() a span, then call
 * pop3_lines_next() until it returns false; at the end of the message
 * pop3_lines_finish() yields a last line that has no line end. */
typedef struct pop3_lines pop3_lines;

/* A line without its LF and without one CR before that. A line longer than
 * the limit comes in parts, of which only the last has end = true. */
typedef struct pop3_line {
    pop3_span text;
    bool end;
} pop3_line;

/* max_line: octets that are put together across spans at most; 0 means 1 MiB.
 * Memory: as much as the longest line that stood in two spans. Errors:
 * NOMEM. */
POP3_API pop3_result pop3_lines_new(pop3_lines **lines,
                                    size_t max_line) POP3_MUST_CHECK;
POP3_API void pop3_lines_free(pop3_lines *lines);

/* Gives it the next span, which must stay valid until pop3_lines_next() said
 * false. Errors: USAGE (the span before is not used up). */
POP3_API pop3_result pop3_lines_push(pop3_lines *lines,
                                     pop3_span part) POP3_MUST_CHECK;

/* The next line; false: push more. When memory is short, lines come in
 * parts. line->text is valid until the next call on `lines`. */
POP3_API bool pop3_lines_next(pop3_lines *lines, pop3_line *line);

/* The rest, if the message did not end with a line end; else false. Makes
 * `lines` ready for the next message. */
POP3_API bool pop3_lines_finish(pop3_lines *lines, pop3_line *line);

/* Behind an ITEM of LIST or UIDL: takes the rows that follow and are here
 * already, up to `room`, as lines (event.line), whatever they say; otherwise
 * as pop3_core_more_items(). */
POP3_API size_t pop3_core_more_rows(pop3_core *core, pop3_span *rows,
                                    size_t room);

#ifdef __cplusplus
}
#endif
#endif
