/* Reading IDX: magic 0 0 type rank, a big-endian u32 per axis, then the bytes. zlib opens plain files too. */
#include "format/idx.h"

#include "base/checked.h"
#include "format/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

enum { IDX_BYTE = 8, IDX_MAX_RANK = 4, READ_BYTES = 1 << 20 };
/* Deflate packs at most 1032 bytes into one; a header that claims more than the file can hold is refused at
 * once. */
enum { DEFLATE_MAX_RATIO = 1032 };

typedef struct idx_file {
    gzFile gz;
    const char *path;
    uint64_t largest; /* no more bytes than this can come out of the file */
} idx_file;

/* Up to `bytes` bytes; *got is less only at the end of the file. */
static sg_status read_some(idx_file *f, void *data, size_t bytes, size_t *got, sg_error *error) {
    unsigned char *to = data;
    *got = 0;
    while (*got < bytes) {
        size_t part = bytes - *got < READ_BYTES ? bytes - *got : READ_BYTES;
        int done = gzread(f->gz, to + *got, (unsigned)part);
        int code = Z_OK;
        const char *message = gzerror(f->gz, &code);
        if (code == Z_ERRNO)
            return sg_fail(error, SG_IO_ERROR, "cannot read `%s`: %s", f->path, strerror(errno));
        if (code == Z_MEM_ERROR)
            return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", f->path);
        if (code == Z_BUF_ERROR) return sg_fail(error, SG_BAD_DATA, "`%s` is cut short", f->path);
        if (done < 0 || code != Z_OK) {
            const char *colon = strrchr(message, ':'); /* zlib puts the path in front */
            return sg_fail(error, SG_BAD_DATA, "`%s` is damaged:%s", f->path,
                           colon ? colon + 1 : " bad gzip data");
        }
        if (done == 0) break;
        *got += (size_t)done;
    }
    return SG_OK;
}

static sg_status read_all(idx_file *f, void *data, size_t bytes, sg_error *error) {
    size_t got;
    sg_status status = read_some(f, data, bytes, &got, error);
    if (status != SG_OK || got == bytes) return status;
    return sg_fail(error, SG_BAD_DATA, "`%s` is cut short", f->path);
}

static sg_status read_header(idx_file *f, sg_shape *shape, sg_error *error) {
    unsigned char bytes[4];
    sg_status status = read_all(f, bytes, 4, error);
    if (status != SG_OK) return status;
    if (bytes[0] != 0 || bytes[1] != 0 || bytes[3] < 1 || bytes[3] > IDX_MAX_RANK)
        return sg_fail(error, SG_BAD_DATA, "`%s` does not start like an IDX file of 1 to %d axes", f->path,
                       IDX_MAX_RANK);
    if (bytes[2] != IDX_BYTE)
        return sg_fail(error, SG_BAD_DATA, "`%s` holds elements of type 0x%02x; only bytes (0x08) are read",
                       f->path, bytes[2]);
    *shape = (sg_shape){.rank = bytes[3]};
    uint64_t total = 1;
    for (int i = 0; i < shape->rank; i++) {
        status = read_all(f, bytes, 4, error);
        if (status != SG_OK) return status;
        uint64_t size =
            (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
        shape->dim[i] = (int64_t)size;
        if (__builtin_mul_overflow(total, size, &total)) total = UINT64_MAX;
    }
    if (total <= f->largest) return SG_OK;
    char text[SG_SHAPE_TEXT];
    return sg_fail(error, SG_BAD_DATA, "`%s` is too small for the shape %s in its header", f->path,
                   sg_shape_text(shape, 0, text));
}

static bool take_part(sg_shape *shape, int64_t limit) {
    bool part = limit > 0 && limit < shape->dim[0];
    if (part) shape->dim[0] = limit;
    return part;
}

static sg_status read_tensor(idx_file *f, sg_tensor *tensor, int64_t limit, sg_error *error) {
    sg_shape shape;
    sg_status status = read_header(f, &shape, error);
    if (status != SG_OK) return status;
    bool part = take_part(&shape, limit);
    status = sg_tensor_init(tensor, SG_U8, shape, error);
    if (status == SG_OK) status = read_all(f, tensor->data, sg_tensor_bytes(tensor), error);
    if (status != SG_OK || part) return status;
    /* zlib checks the CRC only when it comes to the end, so the end must be asked for. */
    unsigned char extra;
    size_t got;
    status = read_some(f, &extra, 1, &got, error);
    if (status == SG_OK && got > 0)
        status = sg_fail(error, SG_BAD_DATA, "`%s` holds more than the shape in its header", f->path);
    return status;
}

static sg_status open_file(idx_file *f, const char *path, sg_error *error) {
    sg_file_reader file;
    sg_status status = sg_file_reader_init(&file, path, error);
    if (status != SG_OK) return status;
    *f = (idx_file){.path = path};
    if (__builtin_mul_overflow(file.size, (uint64_t)DEFLATE_MAX_RATIO, &f->largest)) f->largest = UINT64_MAX;
    f->gz = gzdopen(file.fd, "rb");
    if (!f->gz) {
        sg_file_reader_finish(&file);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", path);
    }
    return SG_OK;
}

sg_status sg_idx_peek(sg_shape *shape, const char *path, int64_t limit, sg_error *error) {
    idx_file f;
    sg_status status = open_file(&f, path, error);
    if (status != SG_OK) return status;
    status = read_header(&f, shape, error);
    if (status == SG_OK) take_part(shape, limit);
    gzclose(f.gz);
    return status;
}

sg_status sg_idx_load(sg_tensor *tensor, const char *path, int64_t limit, sg_error *error) {
    *tensor = (sg_tensor){0};
    idx_file f;
    sg_status status = open_file(&f, path, error);
    if (status != SG_OK) return status;
    gzbuffer(f.gz, READ_BYTES / 4);
    status = read_tensor(&f, tensor, limit, error);
    gzclose(f.gz);
    if (status != SG_OK) sg_tensor_finish(tensor);
    return status;
}
