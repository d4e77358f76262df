/* SPDX-License-Identifier: MIT */
/*
 * faults_preload - what its two files share.
 */
#ifndef FAULTS_PRELOAD_H
#define FAULTS_PRELOAD_H

/* open() and open64() are two functions here. */
#undef _FILE_OFFSET_BITS

#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* Into `result` and `error`. */
#define CALL(...)                      \
    do {                               \
        result = syscall(__VA_ARGS__); \
        error = errno;                 \
    } while (0)

enum {
    PATH_SIZE = 4200
};

/* Of an open file; what is not a file does not begin with "/". */
void path_of_fd(int fd, char *path);

/* A number of the environment. */
long number_of(const char *name, long otherwise);

/* Between these two: what happens to a call (0, an error, or -1: a short
 * write), the call, and its record. */
void enter(void);
int happens(const char *class, const char *path);
void record(const char *name, int fd, long first, long second,
            const char *path, const void *data, size_t len);
long leave(long result, int error);

/* Of faults_network.c. */
bool connection_is(int fd);
ssize_t connection_read(int fd, void *data, size_t len);
bool connection_swallows(int fd);
void connection_closed(int fd);
long connection_received(void);

#endif
