/* SPDX-License-Identifier: MIT */
/*
 * reader_test - all octets come, in pieces and after interruptions, and an
 * error ends it.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mail/reader.h>

#include "harness/test.h"
#include "scratch.h"

static unsigned calls;
static unsigned failing; /* of them; 0: none */
static int sys;          /* how */

/* Two octets at most; every second call is interrupted. */
static bool
happens(size_t *len)
{
    if (++calls == failing)
        errno = sys;
    else if (calls % 2 == 1)
        errno = EINTR;
    else
        errno = 0;
    if (*len > 2)
        *len = 2;
    return errno != 0;
}

ssize_t
read(int fd, void *data, size_t len)
{
    return happens(&len) ? -1 : syscall(SYS_read, fd, data, len);
}

ssize_t
pread(int fd, void *data, size_t len, off_t offset)
{
    return happens(&len) ? -1 : syscall(SYS_pread64, fd, data, len, offset);
}

static int
open_pipe(const char *octets)
{
    int ends[2];

    if (pipe(ends) == -1 ||
        write(ends[1], octets, strlen(octets)) != (ssize_t)strlen(octets)) {
        perror("pipe");
        exit(1);
    }
    close(ends[1]);
    return ends[0];
}

static void
test_pipe(void)
{
    char buffer[20];
    int fd = open_pipe("0123456789");

    CHECK_INT(read_all(fd, buffer, 0), 0);
    CHECK_INT(read_all(fd, buffer, 7), 7);
    CHECK_MEM(buffer, 7, "0123456", 7);
    CHECK_INT(read_all(fd, buffer, sizeof(buffer)), 3);
    CHECK_MEM(buffer, 3, "789", 3);
    CHECK_INT(read_all(fd, buffer, sizeof(buffer)), 0);
    CHECK_INT(read_at(fd, buffer, 1, 0), -1);
    CHECK_INT(errno, ESPIPE);
    close(fd);
}

static void
test_file(void)
{
    char buffer[20];
    FILE *file;

    scratch_write("file", "0123456789", 10);
    file = fopen(scratch_path("file"), "rb");
    CHECK(file != NULL);
    if (file == NULL)
        return;
    CHECK_INT(read_at(fileno(file), buffer, 5, 3), 5);
    CHECK_MEM(buffer, 5, "34567", 5);
    CHECK_INT(read_at(fileno(file), buffer, sizeof(buffer), 8), 2);
    CHECK_MEM(buffer, 2, "89", 2);
    CHECK_INT(read_at(fileno(file), buffer, 5, 10), 0);
    /* It stands where it stood. */
    CHECK_INT(read_all(fileno(file), buffer, sizeof(buffer)), 10);
    CHECK_MEM(buffer, 10, "0123456789", 10);
    fclose(file);
}

static void
test_failure(void)
{
    char buffer[20];
    int fd = open_pipe("0123456789");

    sys = EIO;
    failing = calls + 3; /* after two octets */
    CHECK_INT(read_all(fd, buffer, 10), -1);
    CHECK_INT(errno, EIO);
    failing = calls + 1;
    CHECK_INT(read_at(fd, buffer, 10, 0), -1);
    CHECK_INT(errno, EIO);
    failing = 0;
    close(fd);
}

int
main(void)
{
    scratch_make();
    test_pipe();
    test_file();
    test_failure();
    scratch_clean();
    return test_summary();
}
