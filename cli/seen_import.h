/* SPDX-License-Identifier: MIT */
/*
 * seen_import - what the readers of remembered ids share.
 */
#ifndef CLI_SEEN_IMPORT_H
#define CLI_SEEN_IMPORT_H

#include "cli/remembered.h"

enum {
    IMPORT_OTHERS = 5,    /* accounts of the file that are named */
    IMPORT_NOTES_MAX = 20 /* lines that are told about */
};

/* Another account that the file tells of. */
typedef struct import_other {
    char name[200];
    uint64_t ids;
} import_other;

typedef struct seen_importing {
    remembered *r;
    const char *path;
    pop3_span text; /* what is left to be read */
    size_t line;    /* of what was read last, from 1 */
    int64_t now_s;

    uint64_t added;
    uint64_t known; /* before, or by an earlier line */
    uint64_t bad;   /* lines */
    uint64_t other_ids;
    import_other others[IMPORT_OTHERS];
    size_t other_count;

    mail_result result; /* of the memory */
    mail_error error;
} seen_importing;

/* The next line without its end; false: there is none, or it failed. */
bool import_line(seen_importing *im, pop3_span *line);

/* Says that this line was not understood, and why. */
void import_bad(seen_importing *im, const char *why);

/* Whether ids of this user and host are wanted. */
bool import_wants(const seen_importing *im, pop3_span user, pop3_span host);
/* Counts ids of an account that is not wanted; without a user, `host` is what
 * names it. */
void import_skip(seen_importing *im, pop3_span user, pop3_span host,
                 uint64_t ids);

/* Remembers an id as delivered; done_s: when, or 0 if that is not told. */
void import_id(seen_importing *im, pop3_span uid, int64_t done_s);
void import_row(seen_importing *im, const seen_row *row);

/* Takes digits off the text, at least one. False: there is none, or the number
 * is too large; and a character, if it stands there. */
bool import_number(pop3_span *text, uint64_t *number);
bool import_char(pop3_span *text, char c);

/* The readers, in seen_peers.c. */
void import_fetchids(seen_importing *im);
void import_oldmail(seen_importing *im);
void import_uidls(seen_importing *im);

#endif
