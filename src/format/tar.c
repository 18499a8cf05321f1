#include "format/tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 512,
    NAME = 0,
    NAME_BYTES = 100,
    SIZE = 124,
    SIZE_BYTES = 12,
    SUM = 148,
    SUM_BYTES = 8,
    TYPE = 156,
    MAGIC = 257,
    PREFIX = 345,
    PREFIX_BYTES = 155,
    MOST_TEXT = 1 << 20
};

void sg_tar_init(sg_tar *tar, const sg_file_reader *file) {
    *tar = (sg_tar){.file = file};
}

void sg_tar_finish(sg_tar *tar) {
    sg_text_finish(&tar->long_name);
}

static sg_status damaged(const sg_tar *tar, uint64_t at, sg_error *error) {
    return sg_fail(error, SG_BAD_DATA,
                   "`%s` is damaged, or no tar archive: there is no header at byte %" PRIu64, tar->file->path,
                   at);
}

/* Octal digits, or, with the highest bit set, a number in bytes. */
static bool read_number(const unsigned char *field, size_t bytes, uint64_t *number) {
    size_t i = 0;
    *number = 0;
    if (field[0] & 0x80) {
        for (i = 0; i < bytes; i++) {
            if (*number >> 56) return false;
            *number = *number << 8 | (i ? field[i] : field[i] & 0x7f);
        }
        return true;
    }
    while (i < bytes && field[i] == ' ') i++;
    if (i == bytes || field[i] < '0' || field[i] > '7') return false;
    for (; i < bytes && field[i] >= '0' && field[i] <= '7'; i++)
        *number = *number * 8 + (uint64_t)(field[i] - '0');
    return true;
}

/* The sum of the header's bytes, its own field counted as spaces. */
static bool sum_fits(const unsigned char *block) {
    uint64_t written, sum = SUM_BYTES * ' ';
    if (!read_number(block + SUM, SUM_BYTES, &written)) return false;
    for (int i = 0; i < BLOCK; i++)
        if (i < SUM || i >= SUM + SUM_BYTES) sum += block[i];
    return sum == written;
}

static bool is_zero(const unsigned char *block) {
    for (int i = 0; i < BLOCK; i++)
        if (block[i]) return false;
    return true;
}

static sg_status take_name(sg_tar *tar, const unsigned char *block, sg_error *error) {
    const char *text = (const char *)block, *prefix = text + PREFIX;
    int length;
    if (tar->long_name.length > 0)
        length = snprintf(tar->name, sizeof tar->name, "%s", sg_text_get(&tar->long_name));
    else if (memcmp(text + MAGIC, "ustar", 6) == 0 && *prefix) /* GNU's own header has other things there */
        length =
            snprintf(tar->name, sizeof tar->name, "%.*s/%.*s", PREFIX_BYTES, prefix, NAME_BYTES, text + NAME);
    else
        length = snprintf(tar->name, sizeof tar->name, "%.*s", NAME_BYTES, text + NAME);
    sg_text_finish(&tar->long_name);
    tar->long_name = (sg_text){0};
    if ((size_t)length < sizeof tar->name) return SG_OK;
    return sg_fail(error, SG_BAD_DATA, "`%s` has a name that is too long: %.60s...", tar->file->path,
                   tar->name);
}

/* "LENGTH KEY=VALUE\n" again and again: only a path and a size concern us. */
static void read_pax(char *text, size_t bytes, sg_text *name, uint64_t *size) {
    while (bytes > 0) {
        char *end;
        unsigned long length = strtoul(text, &end, 10);
        if (length == 0 || length > bytes || text[length - 1] != '\n' || *end != ' ') return;
        text[length - 1] = 0;
        if (strncmp(end, " path=", 6) == 0) {
            sg_text_finish(name);
            *name = (sg_text){0};
            sg_text_append(name, end + 6);
        } else if (strncmp(end, " size=", 6) == 0)
            *size = strtoull(end + 6, NULL, 10);
        text += length;
        bytes -= length;
    }
}

/* A member that says something of the next one. */
static sg_status read_extra(sg_tar *tar, int type, uint64_t *size, sg_error *error) {
    if (tar->size > MOST_TEXT) return damaged(tar, tar->offset - BLOCK, error);
    char *text = malloc((size_t)tar->size + 1);
    if (!text) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", tar->file->path);
    sg_status status = sg_file_reader_get(tar->file, tar->offset, text, (size_t)tar->size, error);
    text[tar->size] = 0;
    if (status == SG_OK && type == 'x')
        read_pax(text, (size_t)tar->size, &tar->long_name, size);
    else if (status == SG_OK)
        sg_text_append(&tar->long_name, text);
    free(text);
    if (status == SG_OK && tar->long_name.failed)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", tar->file->path);
    return status;
}

static sg_status read_header(sg_tar *tar, unsigned char *block, bool *found, sg_error *error) {
    *found = tar->next < tar->file->size;
    if (!*found) return SG_OK;
    sg_status status = sg_file_reader_get(tar->file, tar->next, block, BLOCK, error);
    if (status != SG_OK) return status;
    if (tar->next == 0 && block[0] == 0x1f && block[1] == 0x8b)
        return sg_fail(error, SG_BAD_DATA,
                       "`%s` is compressed, so that a sample in it cannot be read alone: unpack it "
                       "with gunzip",
                       tar->file->path);
    *found = !is_zero(block);
    return !*found || sum_fits(block) ? SG_OK : damaged(tar, tar->next, error);
}

sg_status sg_tar_next(sg_tar *tar, bool *found, sg_error *error) {
    unsigned char block[BLOCK];
    uint64_t given = UINT64_MAX; /* the size of a pax header */
    for (;;) {
        sg_status status = read_header(tar, block, found, error);
        if (status != SG_OK || !*found) return status;
        if (!read_number(block + SIZE, SIZE_BYTES, &tar->size)) return damaged(tar, tar->next, error);
        int type = block[TYPE];
        bool extra = type == 'x' || type == 'L';
        if (given != UINT64_MAX && !extra) tar->size = given;
        tar->offset = tar->next + BLOCK;
        if (tar->offset > tar->file->size || tar->size > tar->file->size - tar->offset)
            return sg_fail(error, SG_BAD_DATA, "`%s` is cut short", tar->file->path);
        tar->next = tar->offset + (tar->size + BLOCK - 1) / BLOCK * BLOCK;
        if (extra) {
            status = read_extra(tar, type, &given, error);
            if (status != SG_OK) return status;
            continue;
        }
        status = take_name(tar, block, error);
        given = UINT64_MAX;
        if (status != SG_OK || type == '0' || type == 0) return status;
    }
}
