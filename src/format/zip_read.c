/* Reading zip archives, with and without the 64-bit extension. The central directory is what counts. */
#include "format/zip.h"

#include "base/checked.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { END_BYTES = 22, END64_LOCATOR_BYTES = 20, END64_BYTES = 56, ENTRY_BYTES = 46, LOCAL_BYTES = 30 };
/* Deflate packs at most 1032 bytes into one. */
enum { DEFLATE_MAX_RATIO = 1032 };

typedef struct directory {
    uint64_t count, offset, size;
} directory;

static uint64_t number(const unsigned char *at, int bytes) {
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--) value = value << 8 | at[i];
    return value;
}

static sg_status damaged(const sg_zip *zip, const char *what, sg_error *error) {
    return sg_fail(error, SG_BAD_DATA, "`%s` is no intact .npz file: %s", zip->file->path, what);
}

/* The 64-bit end record, which stands before the ordinary one where a number there is at its maximum. */
static sg_status read_end64(const sg_zip *zip, uint64_t end, directory *d, sg_error *error) {
    unsigned char locator[END64_LOCATOR_BYTES], record[END64_BYTES];
    if (end < END64_LOCATOR_BYTES) return damaged(zip, "its 64-bit directory is missing", error);
    sg_status status =
        sg_file_reader_get(zip->file, end - END64_LOCATOR_BYTES, locator, sizeof locator, error);
    if (status == SG_OK && memcmp(locator, "PK\6\7", 4) != 0)
        status = damaged(zip, "its 64-bit directory is missing", error);
    if (status == SG_OK)
        status = sg_file_reader_get(zip->file, number(locator + 8, 8), record, sizeof record, error);
    if (status == SG_OK && memcmp(record, "PK\6\6", 4) != 0)
        status = damaged(zip, "its 64-bit directory is missing", error);
    if (status == SG_OK)
        *d = (directory){number(record + 32, 8), number(record + 48, 8), number(record + 40, 8)};
    return status;
}

/* The end record is the last thing in the file but for a comment, whose length it tells. */
static sg_status find_directory(const sg_zip *zip, directory *d, sg_error *error) {
    uint64_t size = zip->file->size, tail = size < END_BYTES + 65535 ? size : END_BYTES + 65535;
    unsigned char *bytes = malloc(tail ? (size_t)tail : 1);
    if (!bytes) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", zip->file->path);
    sg_status status = sg_file_reader_get(zip->file, size - tail, bytes, (size_t)tail, error);
    const unsigned char *end = NULL;
    for (uint64_t back = END_BYTES; status == SG_OK && !end && back <= tail; back++) {
        const unsigned char *at = bytes + (tail - back);
        if (memcmp(at, "PK\5\6", 4) == 0 && number(at + 20, 2) == back - END_BYTES) end = at;
    }
    if (status == SG_OK && !end) status = damaged(zip, "it has no end record", error);
    if (status == SG_OK) {
        *d = (directory){number(end + 10, 2), number(end + 16, 4), number(end + 12, 4)};
        if (number(end + 4, 2) != 0 && number(end + 4, 2) != 0xffff)
            status = damaged(zip, "it is a part of several", error);
        else if (d->count == 0xffff || d->offset == 0xffffffff || d->size == 0xffffffff)
            status = read_end64(zip, size - tail + (uint64_t)(end - bytes), d, error);
    }
    free(bytes);
    if (status == SG_OK &&
        (d->offset > size || d->size > size - d->offset || d->count > d->size / ENTRY_BYTES))
        status = damaged(zip, "its directory lies outside", error);
    return status;
}

/* Replaces numbers at their 32-bit maximum by those of extra field 1, in the order that the format fixes. */
static bool read_extra64(sg_zip_entry *e, const unsigned char *extra, size_t length) {
    uint64_t *wide[3] = {&e->size, &e->packed, &e->offset};
    while (length >= 4) {
        size_t id = (size_t)number(extra, 2), bytes = (size_t)number(extra + 2, 2);
        if (bytes > length - 4) return false;
        if (id == 1) {
            const unsigned char *at = extra + 4;
            for (int i = 0; i < 3; i++) {
                if (*wide[i] != 0xffffffff) continue;
                if (bytes < 8) return false;
                *wide[i] = number(at, 8);
                at += 8;
                bytes -= 8;
            }
            return true;
        }
        extra += 4 + bytes;
        length -= 4 + bytes;
    }
    return e->size != 0xffffffff && e->packed != 0xffffffff && e->offset != 0xffffffff;
}

/* Reads one record of the directory; gives its length, 0 when it is damaged. */
static size_t parse_entry(sg_zip_entry *e, const unsigned char *at, size_t left) {
    if (left < ENTRY_BYTES || memcmp(at, "PK\1\2", 4) != 0) return 0;
    size_t name = (size_t)number(at + 28, 2), extra = (size_t)number(at + 30, 2),
           comment = (size_t)number(at + 32, 2);
    size_t total = ENTRY_BYTES + name + extra + comment;
    if (total > left || memchr(at + ENTRY_BYTES, 0, name)) return 0;
    *e = (sg_zip_entry){.method = (int)number(at + 10, 2),
                        .crc = (uint32_t)number(at + 16, 4),
                        .packed = number(at + 20, 4),
                        .size = number(at + 24, 4),
                        .offset = number(at + 42, 4)};
    if (!read_extra64(e, at + ENTRY_BYTES + name, extra)) return 0;
    /* Bit 0 of the flags is encryption: no method of ours. */
    if (at[8] & 1) e->method = -1;
    return total;
}

static sg_status check_entry(const sg_zip *zip, const sg_zip_entry *e, uint64_t *packed_total,
                             sg_error *error) {
    uint64_t largest;
    if (e->method != 0 && e->method != 8)
        return sg_fail(error, SG_BAD_DATA, "`%s`: entry `%s` is neither stored nor deflated", zip->file->path,
                       e->name);
    bool possible =
        e->method == 0
            ? e->size == e->packed
            : !__builtin_mul_overflow(e->packed, (uint64_t)DEFLATE_MAX_RATIO, &largest) && e->size <= largest;
    /* Entries that share bytes would unpack to far more than the file can honestly hold. */
    if (!possible || e->offset > zip->file->size ||
        __builtin_add_overflow(*packed_total, e->packed, packed_total) || *packed_total > zip->file->size)
        return sg_fail(error, SG_BAD_DATA, "`%s`: entry `%s` has an impossible size", zip->file->path,
                       e->name);
    return SG_OK;
}

static sg_status read_directory(sg_zip *zip, const unsigned char *bytes, const directory *d,
                                sg_error *error) {
    const unsigned char *at = bytes;
    size_t left = (size_t)d->size;
    uint64_t packed_total = 0;
    for (uint64_t i = 0; i < d->count; i++) {
        sg_zip_entry entry;
        size_t length = parse_entry(&entry, at, left);
        if (length == 0) return damaged(zip, "its directory is damaged", error);
        entry.name = strndup((const char *)at + ENTRY_BYTES, (size_t)number(at + 28, 2));
        if (!entry.name || !sg_array_grow(&zip->entry, &zip->room, zip->count + 1, sizeof entry)) {
            free(entry.name);
            return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", zip->file->path);
        }
        zip->entry[zip->count++] = entry;
        sg_status status = check_entry(zip, &zip->entry[zip->count - 1], &packed_total, error);
        if (status != SG_OK) return status;
        at += length;
        left -= length;
    }
    return SG_OK;
}

sg_status sg_zip_init(sg_zip *zip, const sg_file_reader *file, sg_error *error) {
    *zip = (sg_zip){.file = file};
    directory d = {0};
    sg_status status = find_directory(zip, &d, error);
    if (status != SG_OK) return status;
    unsigned char *bytes = malloc(d.size ? (size_t)d.size : 1);
    if (!bytes) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", file->path);
    status = sg_file_reader_get(file, d.offset, bytes, (size_t)d.size, error);
    if (status == SG_OK) status = read_directory(zip, bytes, &d, error);
    free(bytes);
    if (status != SG_OK) sg_zip_finish(zip);
    return status;
}

void sg_zip_finish(sg_zip *zip) {
    for (size_t i = 0; i < zip->count; i++) free(zip->entry[i].name);
    free(zip->entry);
    *zip = (sg_zip){0};
}

/* Inflates packed -> size bytes, no more and no less; false for a damaged stream. zlib counts in 32 bits. */
static sg_status inflate_all(const sg_zip_entry *e, const unsigned char *packed, unsigned char *data,
                             bool *good) {
    z_stream stream = {0};
    *good = false;
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return SG_OUT_OF_MEMORY;
    uint64_t in_left = e->packed, out_left = e->size;
    stream.next_in = (Bytef *)(uintptr_t)packed;
    stream.next_out = data;
    int result = Z_OK;
    while (result == Z_OK) {
        uInt in_part = in_left > 1 << 30 ? 1 << 30 : (uInt)in_left;
        uInt out_part = out_left > 1 << 30 ? 1 << 30 : (uInt)out_left;
        stream.avail_in = in_part;
        stream.avail_out = out_part;
        result = inflate(&stream, Z_NO_FLUSH);
        in_left -= in_part - stream.avail_in;
        out_left -= out_part - stream.avail_out;
    }
    inflateEnd(&stream);
    *good = result == Z_STREAM_END && in_left == 0 && out_left == 0;
    return result == Z_MEM_ERROR ? SG_OUT_OF_MEMORY : SG_OK;
}

static sg_status unpack(const sg_zip *zip, const sg_zip_entry *e, unsigned char *packed, unsigned char **data,
                        sg_error *error) {
    bool good = true;
    unsigned char *unpacked = packed;
    if (e->method == 8) {
        unpacked = malloc(e->size ? (size_t)e->size : 1);
        if (!unpacked || inflate_all(e, packed, unpacked, &good) != SG_OK) {
            free(unpacked);
            return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", zip->file->path);
        }
    }
    if (!good || crc32_z(crc32(0, NULL, 0), unpacked, (size_t)e->size) != e->crc) {
        if (unpacked != packed) free(unpacked);
        return sg_fail(error, SG_BAD_DATA, "`%s`: entry `%s` is damaged: %s", zip->file->path, e->name,
                       good ? "wrong CRC-32" : "bad deflate stream");
    }
    *data = unpacked;
    return SG_OK;
}

sg_status sg_zip_read(const sg_zip *zip, size_t index, unsigned char **data, sg_error *error) {
    const sg_zip_entry *e = &zip->entry[index];
    unsigned char local[LOCAL_BYTES];
    sg_status status = sg_file_reader_get(zip->file, e->offset, local, sizeof local, error);
    if (status != SG_OK) return status;
    if (memcmp(local, "PK\3\4", 4) != 0)
        return sg_fail(error, SG_BAD_DATA, "`%s`: entry `%s` is not where the directory says",
                       zip->file->path, e->name);
    uint64_t start = e->offset + LOCAL_BYTES + number(local + 26, 2) + number(local + 28, 2);
    unsigned char *packed = malloc(e->packed ? (size_t)e->packed : 1);
    if (!packed) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", zip->file->path);
    status = sg_file_reader_get(zip->file, start, packed, (size_t)e->packed, error);
    if (status == SG_OK) status = unpack(zip, e, packed, data, error);
    if (status != SG_OK || *data != packed) free(packed);
    return status;
}
