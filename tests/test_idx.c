/* IDX files, plain and gzipped. */
#include "scratch.h"

#include "format/idx.h"

#include <zlib.h>

static const unsigned char small[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,  0,  0,
                                      0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static void write_gzip(const char *path, const void *data, unsigned bytes) {
    gzFile file = gzopen(path, "wb");
    ck_assert_int_eq(gzwrite(file, data, bytes), (int)bytes);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static void assert_small(const char *path, int64_t limit, int64_t count) {
    sg_error error = {0};
    sg_tensor tensor;
    assert_ok(sg_idx_load(&tensor, path, limit, &error));
    ck_assert(tensor.type == SG_U8 && tensor.shape.rank == 3 && tensor.shape.dim[0] == count);
    ck_assert_mem_eq(tensor.data, small + 16, (size_t)count * 6);
    sg_tensor_finish(&tensor);
}

START_TEST(reads) {
    scratch_write("x", small, sizeof small);
    write_gzip("x.gz", small, sizeof small);
    assert_small("x", 0, 2);
    assert_small("x", 1, 1);
    assert_small("x.gz", 0, 2);
    assert_small("x.gz", 2, 2);
    assert_small("x.gz", 3, 2);
    assert_small("x.gz", 1, 1);
}
END_TEST

START_TEST(refuses) {
    sg_error error = {0};
    sg_tensor tensor;
    unsigned char bytes[sizeof small + 1];
    assert_fails(sg_idx_load(&tensor, "x", 0, &error), SG_IO_ERROR,
                 "cannot read `x`: No such file or directory");
    scratch_write("x", "\0\0\10", 3);
    assert_fails(sg_idx_load(&tensor, "x", 0, &error), SG_BAD_DATA, "`x` is cut short");
    for (int bad = 0; bad < 3; bad++) {
        memcpy(bytes, small, sizeof small);
        bytes[bad == 0 ? 1 : 3] = bad == 1 ? 0 : 5;
        scratch_write("x", bytes, sizeof small);
        assert_fails(sg_idx_load(&tensor, "x", 0, &error), SG_BAD_DATA,
                     "`x` does not start like an IDX file of 1 to 4 axes");
    }
    memcpy(bytes, small, sizeof small);
    bytes[2] = 0x0d;
    scratch_write("x", bytes, sizeof small);
    assert_fails(sg_idx_load(&tensor, "x", 0, &error), SG_BAD_DATA,
                 "`x` holds elements of type 0x0d; only bytes (0x08) are read");
    scratch_write("x", small, sizeof small - 1);
    assert_fails(sg_idx_load(&tensor, "x", 0, &error), SG_BAD_DATA, "`x` is cut short");
    memcpy(bytes, small, sizeof small);
    scratch_write("x", bytes, sizeof small + 1);
    assert_fails(sg_idx_load(&tensor, "x", 0, &error), SG_BAD_DATA,
                 "`x` holds more than the shape in its header");
}
END_TEST

START_TEST(refuses_huge_sizes) {
    sg_error error = {0};
    sg_tensor tensor;
    unsigned char bytes[sizeof small];
    memcpy(bytes, small, sizeof small);
    memset(bytes + 4, 0xff, 12);
    scratch_write("x", bytes, sizeof bytes);
    assert_fails(sg_idx_load(&tensor, "x", 0, &error), SG_BAD_DATA,
                 "`x` is too small for the shape [4294967295, 4294967295, 4294967295] in its header");
    memcpy(bytes, small, sizeof small);
    bytes[4] = 0x10;
    write_gzip("x", bytes, sizeof bytes);
    assert_fails(sg_idx_load(&tensor, "x", 1, &error), SG_BAD_DATA,
                 "`x` is too small for the shape [268435458, 2, 3] in its header");
    ck_assert_ptr_null(tensor.data);
}
END_TEST

START_TEST(refuses_damaged_gzip) {
    sg_error error = {0};
    sg_tensor tensor;
    write_gzip("x.gz", small, sizeof small);
    size_t bytes;
    unsigned char *data = scratch_read("x.gz", &bytes);
    data[bytes - 8] ^= 1; /* its CRC */
    scratch_write("x.gz", data, bytes);
    assert_fails(sg_idx_load(&tensor, "x.gz", 0, &error), SG_BAD_DATA,
                 "`x.gz` is damaged: incorrect data check");
    data[bytes - 8] ^= 1;
    data[bytes - 4] ^= 1; /* its length */
    scratch_write("x.gz", data, bytes);
    assert_fails(sg_idx_load(&tensor, "x.gz", 0, &error), SG_BAD_DATA,
                 "`x.gz` is damaged: incorrect length check");
    data[bytes - 4] ^= 1;
    for (size_t cut = 11; cut < bytes; cut++) { /* before byte 10 it is no gzip file yet */
        scratch_write("x.gz", data, cut);
        assert_fails(sg_idx_load(&tensor, "x.gz", 0, &error), SG_BAD_DATA, "`x.gz` is cut short");
    }
    free(data);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("idx");
    TCase *tests = tcase_create("idx");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_test(tests, reads);
    tcase_add_test(tests, refuses);
    tcase_add_test(tests, refuses_huge_sizes);
    tcase_add_test(tests, refuses_damaged_gzip);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
