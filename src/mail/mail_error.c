/* SPDX-License-Identifier: MIT */
/*
 * mail_error - one line of text and a kind for each failure of src/mail.
 *
 * The kind of a failed system call is decided here once: what a person must
 * mend by another path or other rights is CONFIG; what the disk refuses is
 * DISK, and stops a session at once, because the next write would fail too.
 */
#include "mail/mail_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

mail_result
mail_kind_of(int sys)
{
    switch (sys) {
    case ENOMEM:
        return MAIL_ERR_NOMEM;
    case EAGAIN:
    case EBUSY:
    case EINTR:
    case EMFILE:
    case ENFILE:
        return MAIL_ERR_BUSY;
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
        return MAIL_ERR_CONFIG;
    default:
        return MAIL_ERR_DISK;
    }
}

mail_result
mail_fail(mail_error *error, mail_result result, int sys, const char *format,
          ...)
{
    va_list args;

    error->result = result;
    error->sys = sys;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    return result;
}

mail_result
mail_fail_sys(mail_error *error, int sys, const char *format, ...)
{
    va_list args;
    size_t len;

    error->result = mail_kind_of(sys);
    error->sys = sys;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    len = strlen(error->text);
    (void)snprintf(error->text + len, sizeof(error->text) - len, ": %s",
                   strerror(sys));
    return error->result;
}

mail_result
mail_fail_nomem(mail_error *error)
{
    return mail_fail(error, MAIL_ERR_NOMEM, ENOMEM, "out of memory");
}
