/* format/zip.h - the part of zip that .npz files use: entries that are stored or deflated. */
#ifndef SG_FORMAT_ZIP_H
#define SG_FORMAT_ZIP_H

#include "format/file.h"

typedef struct sg_zip_entry {
    char *name;
    int method; /* 0 stored, 8 deflated */
    uint32_t crc;
    uint64_t packed, size, offset; /* bytes in the file, bytes unpacked, where the local header starts */
} sg_zip_entry;

typedef struct sg_zip {
    const sg_file_reader *file;
    sg_zip_entry *entry;
    size_t count, room;
} sg_zip;

/* Reads the directory of the archive. Every entry's size is possible for what the file holds. */
sg_status sg_zip_init(sg_zip *zip, const sg_file_reader *file, sg_error *error);
void sg_zip_finish(sg_zip *zip);
/* Unpacks one entry into *data (to be freed) and checks its CRC. */
sg_status sg_zip_read(const sg_zip *zip, size_t index, unsigned char **data, sg_error *error);

#endif
