/* .npy and .npz files: what is written, what is read, damage of every kind. */
#include "scratch.h"

#include "simgraph/arrays.h"

/* Writes x.npy of version 1.0 with this dictionary, padded to 118 bytes as NumPy does, and `data_bytes` bytes
 * 0, 1, 2... */
static void write_npy(const char *dictionary, size_t data_bytes) {
    unsigned char bytes[512];
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, "\x93NUMPY\1\0\x76\0", 10);
    memcpy(bytes + 10, dictionary, strlen(dictionary));
    bytes[127] = '\n';
    for (size_t i = 0; i < data_bytes; i++) bytes[128 + i] = (unsigned char)i;
    scratch_write("x.npy", bytes, 128 + data_bytes);
}

static const struct {
    const char *dictionary;
    size_t data_bytes;
    const char *message;
} bad[] = {
    {"[]", 0, "`x.npy`: bad header: it is no dictionary"},
    {"{}", 0, "`x.npy`: bad header: one of descr, fortran_order and shape is missing"},
    {"{'descr': '<f4', 'fortran_order': False}", 0,
     "`x.npy`: bad header: one of descr, fortran_order and shape is missing"},
    {"{'descr': '<f4', 'descr': '<f4'}", 0, "`x.npy`: bad header: a key stands twice"},
    {"{'order': 1}", 0, "`x.npy`: bad header: a key other than descr, fortran_order and shape"},
    {"{'descr' '<f4'}", 0, "`x.npy`: bad header: expected `'key': value`"},
    {"{'descr': 4}", 0, "`x.npy`: bad header: `descr` is no text"},
    {"{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", 4,
     "`x.npy`: bad header: `fortran_order` is neither True nor False"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': 3}", 12, "`x.npy`: bad header: `shape` is no tuple"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}", 12,
     "`x.npy`: bad header: `shape` is no tuple"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}", 12,
     "`x.npy`: bad header: `shape` is no tuple of whole numbers from 0"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", 12,
     "`x.npy`: bad header: a size in `shape` is too large"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 0,
     "`x.npy`: bad header: its shape is too large"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,)}", 0,
     "`x.npy`: bad header: its shape is too large"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 4,
     "`x.npy` has more than 8 axes"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } x", 12,
     "`x.npy`: bad header: text after its dictionary"},
    {"{'descr': '<f4', 'fortran_order': False 'shape': (3,)}", 12, "`x.npy`: bad header: expected , or }"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 11,
     "`x.npy` needs 12 bytes of data and has 11"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 13,
     "`x.npy` needs 12 bytes of data and has 13"},
    {"{'descr': '>f4', 'fortran_order': False, 'shape': (3,)}", 12,
     "`x.npy` is big-endian (`>f4`); save it as `<f4`"},
    {"{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", 12, "`x.npy` has the unknown type `|O`"},
    {"{'descr': '<c8', 'fortran_order': False, 'shape': (3,)}", 24, "`x.npy` has the unknown type `<c8`"},
    {"{'descr': '|f4', 'fortran_order': False, 'shape': (3,)}", 12, "`x.npy` has the unknown type `|f4`"},
    {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", 12,
     "`x.npy` holds records; save one field at a time"},
    {"{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}", 16,
     "`x.npy`: element 0 is 506097522914230528, which does not fit i32"},
};

START_TEST(refuses_dictionary) {
    sg_error error = {0};
    sg_tensor tensor;
    write_npy(bad[_i].dictionary, bad[_i].data_bytes);
    assert_fails(sg_array_load(&tensor, "x.npy", &error), SG_BAD_DATA, bad[_i].message);
    ck_assert_ptr_null(tensor.data);
}
END_TEST

START_TEST(refuses_frame) {
    sg_error error = {0};
    sg_tensor tensor;
    assert_fails(sg_array_load(&tensor, "x.npy", &error), SG_IO_ERROR,
                 "cannot read `x.npy`: No such file or directory");
    assert_fails(sg_array_load(&tensor, "/dev/null/.npy", &error), SG_IO_ERROR,
                 "cannot read `/dev/null/.npy`: Not a directory");
    scratch_write("x.npy", "", 0);
    assert_fails(sg_array_load(&tensor, "x.npy", &error), SG_BAD_DATA,
                 "`x.npy` does not start like a .npy file");
    scratch_write("x.npy", "\x93NUMPX\1\0\0\0", 10);
    assert_fails(sg_array_load(&tensor, "x.npy", &error), SG_BAD_DATA,
                 "`x.npy` does not start like a .npy file");
    scratch_write("x.npy", "\x93NUMPY\4\0\0\0", 10);
    assert_fails(sg_array_load(&tensor, "x.npy", &error), SG_BAD_DATA,
                 "`x.npy` has .npy version 4.0; 1.0 to 3.0 are known");
    scratch_write("x.npy", "\x93NUMPY\1\0\7", 9);
    assert_fails(sg_array_load(&tensor, "x.npy", &error), SG_BAD_DATA, "`x.npy` is cut short");
    scratch_write("x.npy", "\x93NUMPY\1\0\7\0{}", 12);
    assert_fails(sg_array_load(&tensor, "x.npy", &error), SG_BAD_DATA,
                 "`x.npy` has a header of 7 bytes, which it cannot hold");
    scratch_write("x.npy", "\x93NUMPY\2\0\xff\xff\xff\xff{}", 14);
    assert_fails(sg_array_load(&tensor, "x.npy", &error), SG_BAD_DATA,
                 "`x.npy` has a header of 4294967295 bytes, which it cannot hold");
}
END_TEST

START_TEST(reads_orders_and_types) {
    sg_error error = {0};
    sg_tensor tensor;
    write_npy("{\"shape\" : ( 2,3 ),'fortran_order':True , 'descr':'|u1'}", 6);
    assert_ok(sg_array_load(&tensor, "x.npy", &error));
    ck_assert(tensor.type == SG_U8 && tensor.shape.rank == 2 && tensor.shape.dim[0] == 2 &&
              tensor.shape.dim[1] == 3);
    ck_assert(sg_tensor_contiguous(&tensor) && tensor.stride[0] == 3);
    ck_assert_mem_eq(tensor.data, "\0\2\4\1\3\5", 6);
    sg_tensor_finish(&tensor);
    write_npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2L, 1L), }", 4);
    assert_ok(sg_array_load(&tensor, "x.npy", &error));
    ck_assert(tensor.type == SG_I32 && ((int32_t *)tensor.data)[1] == 0x0302);
    sg_tensor_finish(&tensor);
    write_npy("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 5), }", 0);
    assert_ok(sg_array_load(&tensor, "x.npy", &error));
    ck_assert(tensor.type == SG_F64 && tensor.shape.dim[1] == 5 && sg_tensor_elements(&tensor) == 0);
    sg_tensor_finish(&tensor);
}
END_TEST

/* The bytes that NumPy 1.24 writes for np.float32([[1, 2]]) and np.float64(3). */
START_TEST(writes_known_bytes) {
    sg_error error = {0};
    float values[4] = {1, 0, 2, 0};
    double three = 3;
    sg_tensor view = sg_tensor_view(SG_F32, SG_SHAPE(1, 2), values), scalar;
    view.stride[1] = 2;
    scalar = sg_tensor_view(SG_F64, sg_shape_of(0, NULL), &three);
    sg_arrays arrays = {0};
    assert_ok(sg_arrays_add_view(&arrays, "a", &view, &error));
    assert_ok(sg_arrays_save(&arrays, "x.npy", &error));
    size_t bytes;
    unsigned char *data = scratch_read("x.npy", &bytes);
    ck_assert_uint_eq(bytes, 136);
    ck_assert_mem_eq(data,
                     "\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }      ", 75);
    ck_assert_mem_eq(data + 126, " \n\0\0\x80\x3f\0\0\0\x40", 10);
    free(data);
    sg_arrays_finish(&arrays);
    assert_ok(sg_arrays_add_view(&arrays, "a", &scalar, &error));
    assert_ok(sg_arrays_save(&arrays, "x.npy", &error));
    data = scratch_read("x.npy", &bytes);
    ck_assert_uint_eq(bytes, 136);
    ck_assert_mem_eq(data + 10, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }  ", 57);
    free(data);
    assert_ok(sg_arrays_add_view(&arrays, "b", &scalar, &error));
    assert_fails(sg_arrays_save(&arrays, "x.npy", &error), SG_BAD_USAGE,
                 "`x.npy` can hold one array, not 2: use .npz or .safetensors");
    sg_arrays_finish(&arrays);
}
END_TEST

/* Two arrays, one of bf16, which becomes f32. */
static void write_npz(void) {
    sg_error error = {0};
    int32_t numbers[3] = {1, 2, 3};
    uint16_t halves[2] = {0x3f80, 0xc000};
    sg_tensor a = sg_tensor_view(SG_I32, SG_SHAPE(3), numbers),
              b = sg_tensor_view(SG_BF16, SG_SHAPE(2), halves);
    sg_arrays arrays = {0};
    assert_ok(sg_arrays_add_view(&arrays, "a", &a, &error));
    assert_ok(sg_arrays_add_view(&arrays, "b/c", &b, &error));
    assert_ok(sg_arrays_save(&arrays, "x.npz", &error));
    sg_arrays_finish(&arrays);
}

START_TEST(npz_returns) {
    sg_error error = {0};
    write_npz();
    sg_arrays arrays;
    assert_ok(sg_arrays_load(&arrays, "x.npz", &error));
    ck_assert_uint_eq(arrays.count, 2);
    ck_assert_str_eq(arrays.items[0].name, "a");
    ck_assert_str_eq(arrays.items[1].name, "b/c");
    ck_assert(arrays.items[0].tensor.type == SG_I32 && ((int32_t *)arrays.items[0].tensor.data)[2] == 3);
    ck_assert(arrays.items[1].tensor.type == SG_F32 && ((float *)arrays.items[1].tensor.data)[1] == -2);
    sg_arrays_finish(&arrays);
    sg_tensor tensor;
    assert_ok(sg_array_load(&tensor, "x.npz:b/c", &error));
    ck_assert_int_eq(tensor.type, SG_F32);
    sg_tensor_finish(&tensor);
    assert_fails(sg_array_load(&tensor, "x.npz:c", &error), SG_BAD_DATA, "`x.npz` has no array `c`");
    assert_ok(sg_arrays_save(&arrays, "x.npz", &error)); /* an empty list */
    assert_ok(sg_arrays_load(&arrays, "x.npz", &error));
    ck_assert_uint_eq(arrays.count, 0);
    sg_arrays_finish(&arrays);
}
END_TEST

/* Changes `count` bytes of x.npz at the first place where `find` stands, plus `offset`. */
static void patch(const char *find, size_t find_bytes, size_t offset, const char *with, size_t count) {
    size_t bytes;
    unsigned char *data = scratch_read("x.npz", &bytes);
    unsigned char *at = memmem(data, bytes, find, find_bytes);
    ck_assert_ptr_nonnull(at);
    memcpy(at + offset, with, count);
    scratch_write("x.npz", data, bytes);
    free(data);
}

static const struct {
    const char *find;
    size_t find_bytes, offset;
    const char *with;
    size_t count;
    const char *message;
} damage[] = {
    {"\1\0\0\0\2\0\0\0\3", 9, 4, "\7", 1, "`x.npz`: entry `a.npy` is damaged: wrong CRC-32"},
    {"PK\3\4", 4, 0, "X", 1, "`x.npz`: entry `a.npy` is not where the directory says"},
    {"PK\1\2", 4, 0, "X", 1, "`x.npz` is no intact .npz file: its directory is damaged"},
    {"PK\1\2", 4, 8, "\1", 1, "`x.npz`: entry `a.npy` is neither stored nor deflated"},
    {"PK\1\2", 4, 10, "\14", 1, "`x.npz`: entry `a.npy` is neither stored nor deflated"},
    {"PK\1\2", 4, 10, "\10", 1, "`x.npz`: entry `a.npy` is damaged: bad deflate stream"},
    {"PK\1\2", 4, 27, "\7", 1, "`x.npz`: entry `a.npy` has an impossible size"},
    {"PK\1\2", 4, 20, "\0\0\0\7\0\0\0\7", 8, "`x.npz`: entry `a.npy` has an impossible size"},
    {"PK\1\2", 4, 24, "\xff\xff\xff\xff", 4, "`x.npz` is no intact .npz file: its directory is damaged"},
    {"PK\1\2", 4, 45, "\7", 1, "`x.npz`: entry `a.npy` has an impossible size"},
    {"PK\1\2", 4, 28, "\xff", 1, "`x.npz` is no intact .npz file: its directory is damaged"},
    {"PK\5\6", 4, 0, "X", 1, "`x.npz` is no intact .npz file: it has no end record"},
    {"PK\5\6", 4, 4, "\1", 1, "`x.npz` is no intact .npz file: it is a part of several"},
    {"PK\5\6", 4, 10, "\xff", 1, "`x.npz` is no intact .npz file: its directory lies outside"},
    {"PK\5\6", 4, 19, "\7", 1, "`x.npz` is no intact .npz file: its directory lies outside"},
    {"PK\5\6", 4, 16, "\xff\xff\xff\xff", 4,
     "`x.npz` is no intact .npz file: its 64-bit directory is missing"},
};

START_TEST(npz_damaged) {
    sg_error error = {0};
    sg_arrays arrays;
    write_npz();
    patch(damage[_i].find, damage[_i].find_bytes, damage[_i].offset, damage[_i].with, damage[_i].count);
    assert_fails(sg_arrays_load(&arrays, "x.npz", &error), SG_BAD_DATA, damage[_i].message);
    ck_assert_uint_eq(arrays.count, 0);
}
END_TEST

START_TEST(npz_foreign_entries) {
    sg_error error = {0};
    sg_arrays arrays;
    write_npz();
    patch("b/c.npyPK", 9, 0, "b/c.txt", 7);
    assert_fails(sg_arrays_load(&arrays, "x.npz", &error), SG_BAD_DATA,
                 "`x.npz`: entry `b/c.txt` is no .npy file");
    scratch_write("x.npz", "PK", 2);
    assert_fails(sg_arrays_load(&arrays, "x.npz", &error), SG_BAD_DATA,
                 "`x.npz` is no intact .npz file: it has no end record");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("npy");
    TCase *tests = tcase_create("npy");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_loop_test(tests, refuses_dictionary, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, refuses_frame);
    tcase_add_test(tests, reads_orders_and_types);
    tcase_add_test(tests, writes_known_bytes);
    tcase_add_test(tests, npz_returns);
    tcase_add_loop_test(tests, npz_damaged, 0, sizeof damage / sizeof damage[0]);
    tcase_add_test(tests, npz_foreign_entries);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
