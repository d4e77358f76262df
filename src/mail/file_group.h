/* SPDX-License-Identifier: MIT */
/*
 * file_group - what sinks that make a file of each message have in common:
 * all of sink.h but where files go and how they are named.
 */
#ifndef MAIL_FILE_GROUP_H
#define MAIL_FILE_GROUP_H

#include "mail/sink.h"
#include "mail/writer.h"

enum {
    FILE_GROUP_MAX = 2048,
    FILE_GROUP_NAME_SIZE = 200
};

typedef struct file_group {
    mail_sink sink;
    int from;              /* directories: files are written into this one */
    int to;                /* and delivered into this one; not owned */
    const char *path;      /* of both, for errors; not owned */
    const char *from_name; /* follows `path`: "/tmp" */
    const char *to_name;
    size_t mark;  /* octets that names have in `from` only, at their front */
    bool as_sent; /* line ends stay what they are */
    durable disk;
    int files[FILE_GROUP_MAX]; /* descriptors, -1 once closed */
    char (*names)[FILE_GROUP_NAME_SIZE];
    size_t finished; /* of the group; the one in work stands behind */
    uint64_t octets; /* written for the group */
    bool writing;    /* file number `finished` was begun */
    writer out;
} file_group;

/* The fields up to as_sent are set. Errors: NOMEM. */
mail_result file_group_init(file_group *g, mail_sync sync,
                            mail_error *error) MAIL_MUST_CHECK;
/* Drops what was not published, and frees what init made. */
void file_group_clear(file_group *g);

/* Where the name of the next file is to be written, before begin; NULL: there
 * are too many. */
char *file_group_name(file_group *g);
mail_result file_group_begin(file_group *g, mail_error *error) MAIL_MUST_CHECK;

/* As in sink.h. */
mail_result file_group_write(mail_sink *sink, pop3_span part,
                             mail_error *error) MAIL_MUST_CHECK;
mail_result file_group_finish(mail_sink *sink,
                              mail_error *error) MAIL_MUST_CHECK;
void file_group_drop(mail_sink *sink);
mail_result file_group_publish(mail_sink *sink, mail_settled *settled,
                               void *ctx, mail_error *error) MAIL_MUST_CHECK;

#endif
