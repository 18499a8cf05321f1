/* Readers against damage: thousands of changed, cut and lengthened copies of good files, the same on every
 * run. Each is refused or read; none may crash, leak or ask for memory that the file cannot account for.
 * Worth most under AddressSanitizer. */
#include "scratch.h"

#include "format/idx.h"
#include "simgraph/arrays.h"
#include "simgraph/image.h"

#include <stdint.h>
#include <zlib.h>

enum { COPIES = 800, MAX_BYTES = 4096 };

static uint32_t next_word(uint64_t *state) { /* Knuth's MMIX generator */
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static void put(unsigned char *at, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) at[i] = (unsigned char)(value >> 8 * i);
}

/* An archive with one deflated entry, as numpy.savez_compressed makes it, around the bytes of a .npy file. */
static void write_deflated_npz(const char *path, const unsigned char *npy, size_t size) {
    unsigned char file[MAX_BYTES] = {0};
    z_stream stream = {0};
    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)npy;
    stream.avail_in = (uInt)size;
    stream.next_out = file + 35;
    stream.avail_out = MAX_BYTES - 200;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t packed = stream.total_out, directory = 35 + packed;
    deflateEnd(&stream);
    unsigned char common[26] = {20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0};
    put(common + 10, crc32(0, npy, (uInt)size), 4);
    put(common + 14, packed, 4);
    put(common + 18, size, 4);
    put(common + 22, 5, 2);
    memcpy(file, "PK\3\4", 4);
    memcpy(file + 4, common, 26);
    memcpy(file + 30, "a.npy", 5);
    memcpy(file + directory, "PK\1\2\24\0", 6);
    memcpy(file + directory + 6, common, 26);
    memcpy(file + directory + 46, "a.npy", 5);
    unsigned char *end = file + directory + 51;
    memcpy(end, "PK\5\6", 4);
    put(end + 8, 1, 2);
    put(end + 10, 1, 2);
    put(end + 12, 51, 4);
    put(end + 16, directory, 4);
    scratch_write(path, file, directory + 73);
}

static sg_status read_arrays(const char *path) {
    sg_error error = {0};
    sg_arrays arrays;
    sg_status status = sg_arrays_load(&arrays, path, &error);
    if (status == SG_OK)
        sg_arrays_finish(&arrays);
    else
        ck_assert_uint_gt(strlen(error.message), 10);
    return status;
}

static sg_status read_idx(const char *path) {
    sg_error error = {0};
    sg_tensor tensor;
    sg_status status = sg_idx_load(&tensor, path, 0, &error);
    sg_tensor_finish(&tensor);
    return status;
}

static sg_status read_png(const char *path) {
    sg_error error = {0};
    sg_image image;
    sg_status status = sg_image_load_png(&image, path, 0, &error);
    sg_image_finish(&image);
    return status;
}

static const struct {
    const char *good, *copy;
    sg_status (*read)(const char *path);
} formats[] = {{"good.safetensors", "bad.safetensors", read_arrays},
               {"good.npy", "bad.npy", read_arrays},
               {"good.npz", "bad.npz", read_arrays},
               {"deflated.npz", "bad.npz", read_arrays},
               {"good.idx", "bad.idx", read_idx},
               {"good.idx.gz", "bad.idx.gz", read_idx},
               {"good.png", "bad.png", read_png}};

static void write_good_files(void) {
    sg_error error = {0};
    int64_t i;
    float values[60];
    uint8_t bytes[30];
    for (i = 0; i < 60; i++) values[i] = (float)i;
    for (i = 0; i < 30; i++) bytes[i] = (uint8_t)i;
    sg_tensor a = sg_tensor_view(SG_F32, SG_SHAPE(3, 4, 5), values),
              b = sg_tensor_view(SG_U8, SG_SHAPE(30), bytes);
    sg_arrays arrays = {0};
    assert_ok(sg_arrays_add_view(&arrays, "a", &a, &error));
    assert_ok(sg_arrays_save(&arrays, "good.npy", &error));
    assert_ok(sg_arrays_add_view(&arrays, "layer.0.b", &b, &error));
    assert_ok(sg_arrays_save(&arrays, "good.npz", &error));
    assert_ok(sg_arrays_set_text(&arrays, "step", "7", &error));
    assert_ok(sg_arrays_save(&arrays, "good.safetensors", &error));
    sg_arrays_finish(&arrays);
    size_t size;
    unsigned char *npy = scratch_read("good.npy", &size);
    write_deflated_npz("deflated.npz", npy, size);
    free(npy);
    unsigned char idx[46] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 5};
    scratch_write("good.idx", idx, sizeof idx);
    gzFile file = gzopen("good.idx.gz", "wb");
    ck_assert_int_eq(gzwrite(file, idx, sizeof idx), sizeof idx);
    ck_assert_int_eq(gzclose(file), Z_OK);
    sg_image image = {.width = 5, .height = 4, .channels = 3, .pixels = (uint8_t *)values};
    assert_ok(sg_image_save_png(&image, "good.png", &error));
}

/* Changes up to four bytes (half of them near the start, where headers are); every third copy is cut or
 * lengthened. */
static size_t mutate(unsigned char *data, size_t size, int copy, uint64_t *state) {
    static const unsigned char favourites[] = {0, 1, 0x7f, 0x80, 0xff, '{', '}', '"', '9', '-', ','};
    int changes = 1 + (int)(next_word(state) % 4);
    for (int i = 0; i < changes; i++) {
        size_t at = next_word(state) % (next_word(state) % 2 && size > 64 ? 64 : size);
        uint32_t word = next_word(state);
        data[at] = word & 1 ? favourites[(word >> 8) % sizeof favourites] : (unsigned char)(word >> 16);
    }
    if (copy % 6 == 0) return next_word(state) % size;
    if (copy % 6 == 3) {
        size_t extra = 1 + next_word(state) % 32;
        for (size_t i = 0; i < extra; i++) data[size + i] = (unsigned char)next_word(state);
        return size + extra;
    }
    return size;
}

START_TEST(survives) {
    write_good_files();
    ck_assert_int_eq(formats[_i].read(formats[_i].good), SG_OK);
    size_t size;
    unsigned char *good = scratch_read(formats[_i].good, &size), data[MAX_BYTES];
    ck_assert_uint_lt(size, MAX_BYTES - 32);
    uint64_t state = (uint64_t)_i;
    int refused = 0;
    for (int copy = 0; copy < COPIES; copy++) {
        memcpy(data, good, size);
        size_t bytes = mutate(data, size, copy, &state);
        scratch_write(formats[_i].copy, data, bytes);
        sg_status status = formats[_i].read(formats[_i].copy);
        ck_assert_msg(status == SG_OK || status == SG_BAD_DATA, "copy %d: status %d", copy, status);
        refused += status != SG_OK;
    }
    ck_assert_int_gt(refused, COPIES / 4);
    free(good);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mutations");
    TCase *tests = tcase_create("mutations");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_loop_test(tests, survives, 0, sizeof formats / sizeof formats[0]);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
