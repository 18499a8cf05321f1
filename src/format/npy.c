/* Reading and writing .npy: magic, version, a Python dictionary as text, data. */
#include "base/checked.h"
#include "base/numeric.h"
#include "format/formats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_LIMIT = 1 << 20, DESCR_MAX = 16 };

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

/* The dictionary while it is read, and what it says. */
typedef struct npy_header {
    const char *at; /* ends at a zero byte */
    const char *name;
    char descr[DESCR_MAX];
    bool fortran, has_descr, has_fortran, has_shape;
    sg_shape shape;
    sg_error *error;
} npy_header;

static sg_status bad_header(const npy_header *h, const char *what) {
    return sg_fail(h->error, SG_BAD_DATA, "%s: bad header: %s", h->name, what);
}

static void skip_space(npy_header *h) {
    while (*h->at == ' ' || *h->at == '\n' || *h->at == '\t') h->at++;
}

static bool take(npy_header *h, const char *token) {
    skip_space(h);
    size_t length = strlen(token);
    if (strncmp(h->at, token, length) != 0) return false;
    h->at += length;
    return true;
}

/* A quoted text of at most room - 1 plain characters. */
static bool take_text(npy_header *h, char *text, size_t room) {
    skip_space(h);
    char quote = *h->at;
    if (quote != '\'' && quote != '"') return false;
    const char *start = ++h->at;
    while (*h->at && *h->at != quote && *h->at != '\\') h->at++;
    size_t length = (size_t)(h->at - start);
    if (*h->at != quote || length >= room) return false;
    h->at++;
    memcpy(text, start, length);
    text[length] = 0;
    return true;
}

/* "(2, 3)", "(2,)", "()"; sizes written by Python 2 end in L. */
static sg_status take_shape(npy_header *h) {
    if (!take(h, "(")) return bad_header(h, "`shape` is no tuple");
    while (!take(h, ")")) {
        skip_space(h);
        int64_t size = 0;
        if (!sg_is_digit(*h->at)) return bad_header(h, "`shape` is no tuple of whole numbers from 0");
        for (; sg_is_digit(*h->at); h->at++)
            if (!sg_int_mul(size, 10, &size) || !sg_int_add(size, *h->at - '0', &size))
                return bad_header(h, "a size in `shape` is too large");
        if (*h->at == 'L') h->at++;
        if (h->shape.rank == SG_MAX_RANK)
            return sg_fail(h->error, SG_BAD_DATA, "%s has more than %d axes", h->name, SG_MAX_RANK);
        h->shape.dim[h->shape.rank++] = size;
        if (!take(h, ",")) {
            if (!take(h, ")")) return bad_header(h, "`shape` is no tuple");
            break;
        }
    }
    return SG_OK;
}

static sg_status take_descr(npy_header *h) {
    skip_space(h);
    if (*h->at == '[')
        return sg_fail(h->error, SG_BAD_DATA, "%s holds records; save one field at a time", h->name);
    return take_text(h, h->descr, sizeof h->descr) ? SG_OK : bad_header(h, "`descr` is no text");
}

static sg_status take_member(npy_header *h) {
    char key[DESCR_MAX];
    if (!take_text(h, key, sizeof key) || !take(h, ":")) return bad_header(h, "expected `'key': value`");
    bool *seen = strcmp(key, "descr") == 0           ? &h->has_descr
                 : strcmp(key, "fortran_order") == 0 ? &h->has_fortran
                 : strcmp(key, "shape") == 0         ? &h->has_shape
                                                     : NULL;
    if (!seen) return bad_header(h, "a key other than descr, fortran_order and shape");
    if (*seen) return bad_header(h, "a key stands twice");
    *seen = true;
    if (seen == &h->has_descr) return take_descr(h);
    if (seen == &h->has_shape) return take_shape(h);
    h->fortran = take(h, "True");
    return h->fortran || take(h, "False") ? SG_OK
                                          : bad_header(h, "`fortran_order` is neither True nor False");
}

static sg_status parse(npy_header *h) {
    if (!take(h, "{")) return bad_header(h, "it is no dictionary");
    while (!take(h, "}")) {
        sg_status status = take_member(h);
        if (status != SG_OK) return status;
        if (take(h, ",")) continue;
        if (!take(h, "}")) return bad_header(h, "expected , or }");
        break;
    }
    skip_space(h);
    if (*h->at) return bad_header(h, "text after its dictionary");
    if (!h->has_descr || !h->has_fortran || !h->has_shape)
        return bad_header(h, "one of descr, fortran_order and shape is missing");
    return SG_OK;
}

/* Gives the header's text, ended by a zero and to be freed, and where the data starts. */
static sg_status read_text(const sg_bytes *bytes, char **text, uint64_t *data_start, sg_error *error) {
    unsigned char start[12] = {0};
    sg_status status = SG_OK;
    if (bytes->size >= sizeof magic + 2) status = sg_bytes_get(bytes, 0, start, sizeof magic + 2, error);
    if (status != SG_OK) return status;
    if (memcmp(start, magic, sizeof magic) != 0)
        return sg_fail(error, SG_BAD_DATA, "%s does not start like a .npy file", bytes->name);
    int version = start[6], prefix = version == 1 ? 10 : 12;
    if (version < 1 || version > 3 || start[7] != 0)
        return sg_fail(error, SG_BAD_DATA, "%s has .npy version %d.%d; 1.0 to 3.0 are known", bytes->name,
                       version, start[7]);
    status = sg_bytes_get(bytes, 8, start + 8, (size_t)prefix - 8, error);
    if (status != SG_OK) return status;
    uint32_t length = (uint32_t)start[8] | (uint32_t)start[9] << 8;
    if (version > 1) length |= (uint32_t)start[10] << 16 | (uint32_t)start[11] << 24;
    if (length > HEADER_LIMIT || length > bytes->size - (uint64_t)prefix)
        return sg_fail(error, SG_BAD_DATA, "%s has a header of %" PRIu32 " bytes, which it cannot hold",
                       bytes->name, length);
    *text = malloc((size_t)length + 1);
    if (!*text) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading %s", bytes->name);
    (*text)[length] = 0;
    *data_start = (uint64_t)prefix + length;
    return sg_bytes_get(bytes, (uint64_t)prefix, *text, length, error);
}

/* Texts of a fixed width, "|S12", are bytes with one more axis. */
static bool take_width(npy_header *h) {
    if (strncmp(h->descr, "|S", 2) != 0 || h->fortran || h->shape.rank == SG_MAX_RANK) return false;
    int64_t width = 0;
    for (const char *at = h->descr + 2; *at; at++)
        if (!sg_is_digit(*at) || !sg_int_mul(width, 10, &width) || !sg_int_add(width, *at - '0', &width))
            return false;
    h->shape.dim[h->shape.rank++] = width;
    return true;
}

static sg_status find_type(npy_header *h, const sg_foreign **foreign) {
    if (take_width(h)) {
        *foreign = sg_foreign_of(SG_U8);
        return SG_OK;
    }
    if (h->descr[0] == '>')
        return sg_fail(h->error, SG_BAD_DATA, "%s is big-endian (`%s`); save it as `<%s`", h->name, h->descr,
                       h->descr + 1);
    *foreign = sg_foreign_from_numpy(h->descr);
    return *foreign ? SG_OK
                    : sg_fail(h->error, SG_BAD_DATA, "%s has the unknown type `%s`", h->name, h->descr);
}

/* Column-major data is row-major data with the axes reversed: reads that and turns it around. */
static sg_status reorder(sg_tensor *tensor, sg_shape shape, sg_error *error) {
    sg_tensor view = *tensor, turned;
    view.owned = NULL;
    view.shape = shape;
    for (int i = 0; i < shape.rank; i++) view.stride[i] = tensor->stride[shape.rank - 1 - i];
    sg_status status = sg_dense_copy(&turned, &view, view.type, error);
    if (status != SG_OK || !turned.owned) { /* failed, or the order makes no difference */
        tensor->shape = shape;
        sg_contiguous_strides(&shape, tensor->stride);
        return status;
    }
    sg_tensor_finish(tensor);
    *tensor = turned;
    return SG_OK;
}

sg_status sg_npy_decode(sg_tensor *tensor, const sg_bytes *bytes, sg_error *error) {
    char *text = NULL;
    uint64_t start = 0;
    npy_header h = {.name = bytes->name, .error = error};
    const sg_foreign *foreign = NULL;
    *tensor = (sg_tensor){0};
    sg_status status = read_text(bytes, &text, &start, error);
    if (status == SG_OK) {
        h.at = text;
        status = parse(&h);
    }
    free(text);
    if (status == SG_OK) status = find_type(&h, &foreign);
    if (status != SG_OK) return status;
    uint64_t size = foreign->size, factor;
    for (int i = 0; i < h.shape.rank; i++) {
        factor = (uint64_t)h.shape.dim[i];
        if (__builtin_mul_overflow(size, factor, &size)) return bad_header(&h, "its shape is too large");
    }
    if (sg_shape_check(&h.shape, NULL) != SG_OK) return bad_header(&h, "its shape is too large");
    if (size != bytes->size - start)
        return sg_fail(error, SG_BAD_DATA, "%s needs %" PRIu64 " bytes of data and has %" PRIu64, bytes->name,
                       size, bytes->size - start);
    sg_shape stored = h.shape;
    if (h.fortran)
        for (int i = 0; i < stored.rank; i++) stored.dim[i] = h.shape.dim[stored.rank - 1 - i];
    status = sg_bytes_tensor(bytes, start, foreign, stored, tensor, error);
    if (status == SG_OK && h.fortran && stored.rank > 1) status = reorder(tensor, h.shape, error);
    if (status != SG_OK) sg_tensor_finish(tensor);
    return status;
}

size_t sg_npy_header(const sg_tensor *tensor, bool text, char header[SG_NPY_HEADER_MAX]) {
    char type[32];
    int rank = tensor->shape.rank - text;
    if (text)
        snprintf(type, sizeof type, "S%" PRId64, tensor->shape.dim[rank]);
    else
        snprintf(type, sizeof type, "%s", sg_foreign_of(tensor->type)->numpy);
    char dictionary[SG_NPY_HEADER_MAX - 12];
    int used = snprintf(dictionary, sizeof dictionary, "{'descr': '%s%s', 'fortran_order': False, 'shape': (",
                        tensor->type == SG_U8 ? "|" : "<", type);
    for (int i = 0; i < rank; i++)
        used += snprintf(dictionary + used, sizeof dictionary - (size_t)used, "%s%" PRId64 "%s", i ? " " : "",
                         tensor->shape.dim[i], i + 1 < rank || i == 0 ? "," : "");
    used += snprintf(dictionary + used, sizeof dictionary - (size_t)used, "), }");
    size_t total = ((size_t)used + 10 + 1 + 63) / 64 * 64, length = total - 10;
    memset(header, ' ', total);
    memcpy(header, magic, sizeof magic);
    header[6] = 1;
    header[7] = 0;
    header[8] = (char)(length & 255);
    header[9] = (char)(length >> 8);
    memcpy(header + 10, dictionary, (size_t)used);
    header[total - 1] = '\n';
    return total;
}

sg_status sg_npy_load(sg_tensor *tensor, const char *path, sg_error *error) {
    sg_file_reader file;
    *tensor = (sg_tensor){0};
    sg_status status = sg_file_reader_init(&file, path, error);
    if (status != SG_OK) return status;
    char name[512];
    snprintf(name, sizeof name, "`%s`", path);
    status = sg_npy_decode(tensor, &(sg_bytes){.file = &file, .size = file.size, .name = name}, error);
    sg_file_reader_finish(&file);
    return status;
}

sg_status sg_npy_save(const sg_array *array, const char *path, sg_error *error) {
    const sg_tensor *tensor = &array->tensor;
    sg_tensor dense;
    sg_file_writer writer;
    sg_status status = sg_dense_copy(&dense, tensor, tensor->type == SG_BF16 ? SG_F32 : tensor->type, error);
    if (status != SG_OK) return status;
    status = sg_file_writer_init(&writer, path, error);
    if (status == SG_OK) {
        char header[SG_NPY_HEADER_MAX];
        sg_file_writer_put(&writer, header, sg_npy_header(&dense, array->text, header));
        sg_file_writer_put(&writer, dense.data, sg_tensor_bytes(&dense));
        status = sg_file_writer_commit(&writer, error);
    }
    sg_tensor_finish(&dense);
    return status;
}
