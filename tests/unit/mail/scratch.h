/* SPDX-License-Identifier: MIT */
/*
 * scratch.h - a temporary directory, and files in it.
 */
#ifndef UNIT_MAIL_SCRATCH_H
#define UNIT_MAIL_SCRATCH_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_dir[256];

static inline void
scratch_make(void)
{
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(scratch_dir, sizeof(scratch_dir), "%s/pop3-test-XXXXXX",
                   tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(scratch_dir) == NULL) {
        perror(scratch_dir);
        exit(1);
    }
}

static inline int
scratch_remove_one(const char *path, const struct stat *st, int type,
                   struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static inline void
scratch_clean(void)
{
    (void)nftw(scratch_dir, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in the directory; four calls share the memory. */
static inline const char *
scratch_path(const char *name)
{
    static char ring[4][512];
    static unsigned at;
    char *path = ring[at++ % 4];

    (void)snprintf(path, sizeof(ring[0]), "%s/%s", scratch_dir, name);
    return path;
}

static inline size_t
scratch_count(const char *name)
{
    DIR *dir = opendir(scratch_path(name));
    const struct dirent *entry;
    size_t count = 0;

    if (dir == NULL)
        return 0;
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.' ? 1 : 0;
    closedir(dir);
    return count;
}

/* The first file of a directory, read whole; its length is returned. */
static inline size_t
scratch_read_first(const char *name, char *buffer, size_t size)
{
    DIR *dir = opendir(scratch_path(name));
    const struct dirent *entry;
    size_t len = 0;

    if (dir == NULL)
        return 0;
    while ((entry = readdir(dir)) != NULL) {
        char path[800];
        FILE *file;

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", scratch_path(name),
                       entry->d_name);
        file = fopen(path, "rb");
        if (file != NULL) {
            len = fread(buffer, 1, size, file);
            fclose(file);
        }
        break;
    }
    closedir(dir);
    return len;
}

static inline void
scratch_write(const char *name, const char *data, size_t len)
{
    FILE *file = fopen(scratch_path(name), "wb");

    if (file == NULL || fwrite(data, 1, len, file) != len ||
        fclose(file) != 0) {
        perror(name);
        exit(1);
    }
}

#endif
