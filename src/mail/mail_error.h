/* SPDX-License-Identifier: MIT */
/*
 * mail_error - why something in src/mail failed, in words and in a kind that
 * decides what the program does next.
 */
#ifndef MAIL_MAIL_ERROR_H
#define MAIL_MAIL_ERROR_H

#if defined(__GNUC__)
#define MAIL_MUST_CHECK __attribute__((warn_unused_result))
#else
#define MAIL_MUST_CHECK
#endif

typedef enum mail_result {
    MAIL_OK = 0,
    MAIL_ERR_NOMEM,  /* out of memory */
    MAIL_ERR_CONFIG, /* a path, a right or a file that a person must mend */
    MAIL_ERR_DISK,   /* the disk is full, read-only or broken */
    MAIL_ERR_BUSY,   /* another process holds it, or the like: try later */
    MAIL_ERR_GUARD   /* going on could flood the mailbox or lose mail */
} mail_result;

typedef struct mail_error {
    mail_result result;
    int sys;        /* errno, or 0 */
    char text[640]; /* one line: what, why, what to do */
} mail_error;

/* Sets all of it and returns `result`. */
__attribute__((format(printf, 4, 5))) mail_result
mail_fail(mail_error *error, mail_result result, int sys, const char *format,
          ...);

/* The same for a system call that failed: the kind comes from `sys`, and
 * ": <reason>" follows the text. */
__attribute__((format(printf, 3, 4))) mail_result
mail_fail_sys(mail_error *error, int sys, const char *format, ...);

/* The kind of a failed system call. */
mail_result mail_kind_of(int sys);

mail_result mail_fail_nomem(mail_error *error);

#endif
