/* format/file.h - files that are written in one piece or not at all, and files that are read by offset. */
#ifndef SG_FORMAT_FILE_H
#define SG_FORMAT_FILE_H

#include "simgraph/file.h"

#include <stdbool.h>
#include <stdint.h>

/* Writing: init, any number of puts, then commit; finish at any time gives up and removes the temporary file
 * (harmless after a commit). The first error is sticky, so puts need not be checked one by one. */
typedef struct sg_file_writer {
    int fd;
    bool direct;       /* no temporary file: what is there is a device or a pipe */
    char *path, *temp; /* the file to replace, links resolved; the temporary file */
    const char *shown; /* the caller's path, for messages */
    unsigned char *buffer;
    size_t used;
    uint64_t written; /* bytes put so far */
    sg_error error;   /* status SG_OK: none so far */
} sg_file_writer;

/* `path` must stay valid until commit or finish. */
sg_status sg_file_writer_init(sg_file_writer *writer, const char *path, sg_error *error);
void sg_file_writer_put(sg_file_writer *writer, const void *data, size_t bytes);
/* All that was put is on disk, in the temporary file: of a commit only the rename is left. */
sg_status sg_file_writer_sync(sg_file_writer *writer, sg_error *error);
/* Flushes, syncs, renames and syncs the directory, and frees everything whether it succeeds or not. */
sg_status sg_file_writer_commit(sg_file_writer *writer, sg_error *error);
void sg_file_writer_finish(sg_file_writer *writer);

/* A rename lasts only once the directory that `path` lies in is on disk. 0, or the number of an error. */
int sg_directory_sync(const char *path);

/* Reading: a regular file of known length. */
typedef struct sg_file_reader {
    int fd;
    uint64_t size;
    const char *path;
} sg_file_reader;

sg_status sg_file_reader_init(sg_file_reader *reader, const char *path, sg_error *error);
/* Exactly `bytes` bytes at `offset`; SG_BAD_DATA when the file ends before. */
sg_status sg_file_reader_get(const sg_file_reader *reader, uint64_t offset, void *data, size_t bytes,
                             sg_error *error);
void sg_file_reader_finish(sg_file_reader *reader);

/* Whether `path` ends in `extension` (".npy"), in any case. */
bool sg_file_has_extension(const char *path, const char *extension);

#endif
