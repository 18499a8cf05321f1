/* scratch.h - for tests that work with files: a directory of their own, bytes in and out. */
#ifndef SG_TESTS_SCRATCH_H
#define SG_TESTS_SCRATCH_H

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The test works in a fresh directory, so that messages name files without a path. */
static char scratch_directory[64];

static inline void scratch_enter(void) {
    strcpy(scratch_directory, "/tmp/simgraph-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch_directory));
    ck_assert_int_eq(chdir(scratch_directory), 0);
}

static inline void scratch_leave(void) {
    DIR *directory = opendir(".");
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.') unlink(entry->d_name);
    closedir(directory);
    ck_assert_int_eq(chdir("/"), 0);
    rmdir(scratch_directory);
}

/* How many files the directory holds: none may be left over by a failed write. */
static inline int scratch_count(void) {
    int count = 0;
    DIR *directory = opendir(".");
    for (struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static inline void scratch_write(const char *path, const void *data, size_t bytes) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, bytes, file), bytes);
    ck_assert_int_eq(fclose(file), 0);
}

static inline unsigned char *scratch_read(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    unsigned char *data = malloc(*bytes + 1);
    ck_assert_uint_eq(fread(data, 1, *bytes, file), *bytes);
    fclose(file);
    data[*bytes] = 0;
    return data;
}

#endif
