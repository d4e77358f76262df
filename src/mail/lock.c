/* SPDX-License-Identifier: MIT */
/*
 * lock - an account becomes one octet of a lock file.
 *
 * The lock belongs to the open file description in the kernel (F_OFD_SETLK):
 * a crash frees it, and no file is left that someone must remove by hand. All
 * accounts share one file, "<state>.lock", which stays and is empty; the
 * octet that is locked is chosen by a hash of the account (FNV-1a). Two
 * accounts on the same octet would only wait for each other.
 */
#include "mail/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

static off_t
offset_of(const char *account)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *account != '\0'; account++)
        hash = (hash ^ (unsigned char)*account) * UINT64_C(0x100000001b3);
    return (off_t)((hash ^ hash >> 56) & ((UINT64_C(1) << 56) - 1));
}

static mail_result
lock_octet(int fd, const char *path, const char *account, mail_error *error)
{
    struct flock lock = {.l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_start = offset_of(account),
                         .l_len = 1};

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return MAIL_OK;
    if (errno == EAGAIN || errno == EACCES)
        return mail_fail(error, MAIL_ERR_BUSY, errno,
                         "another pop3 is fetching this account: wait for "
                         "it to end, then try again");
    return mail_fail_sys(error, errno, "cannot lock %.200s", path);
}

mail_result
lock_account(int *fd, const char *state, const char *account,
             mail_error *error)
{
    mail_result result;
    char *path;
    int file;

    if (asprintf(&path, "%s.lock", state) == -1)
        return mail_fail_nomem(error);
    file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file == -1)
        result = mail_fail_sys(error, errno,
                               "cannot open the lock file "
                               "%.200s",
                               path);
    else
        result = lock_octet(file, path, account, error);
    free(path);
    if (result == MAIL_OK)
        *fd = file;
    else if (file != -1)
        close(file);
    return result;
}
