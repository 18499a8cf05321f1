/* .safetensors files: what is written, what is read, and every kind of damage that other readers have missed.
 */
#include "scratch.h"

#include "simgraph/arrays.h"

#include <inttypes.h>
#include <time.h>

/* Writes x.safetensors: header text as it stands, `data_bytes` counting bytes behind it. */
static void write_file(const char *header, size_t data_bytes) {
    uint64_t length = strlen(header);
    unsigned char *bytes = malloc(8 + length + data_bytes);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(length >> 8 * i);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data_bytes; i++) bytes[8 + length + i] = (unsigned char)i;
    scratch_write("x.safetensors", bytes, 8 + length + data_bytes);
    free(bytes);
}

static sg_status load(sg_error *error) {
    sg_arrays arrays;
    sg_status status = sg_arrays_load(&arrays, "x.safetensors", error);
    if (status == SG_OK)
        sg_arrays_finish(&arrays);
    else
        ck_assert_uint_eq(arrays.count + arrays.text_count, 0);
    return status;
}

static const struct {
    const char *header;
    size_t data_bytes;
    const char *message;
} bad[] = {
    {"", 0, "`x.safetensors` is no safetensors file: its header does not start with {"},
    {" {}", 0, "`x.safetensors` is no safetensors file: its header does not start with {"},
    {"[]", 0, "`x.safetensors` is no safetensors file: its header does not start with {"},
    {"{\"a\":", 0, "`x.safetensors`: its header: bad JSON at byte 5: the text ends here, expected a value"},
    {"{}x", 0, "`x.safetensors`: its header: bad JSON at byte 2: text behind the value"},
    {"{\"\xff\":{}}", 0, "`x.safetensors`: its header: bad JSON at byte 1: the string is not UTF-8"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
     "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
     2, "`x.safetensors`: its header: bad JSON at byte 104: this object has the key `a` twice"},
    {"{\"a\":1}", 0, "`x.safetensors`: tensor `a` is no object"},
    {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "`x.safetensors`: tensor `a` has no text `dtype`"},
    {"{\"a\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8,
     "`x.safetensors`: tensor `a` has the unknown type `C64`"},
    {"{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1,
     "`x.safetensors`: tensor `a` has no list of sizes `shape`"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", 1,
     "`x.safetensors`: tensor `a`: size 0 of its shape is no whole number from 0"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1.0],\"data_offsets\":[0,1]}}", 1,
     "`x.safetensors`: tensor `a`: size 1 of its shape is no whole number from 0"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1,
     "`x.safetensors`: tensor `a` has 9 axes, at most 8"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1,
     "`x.safetensors`: tensor `a` has no `data_offsets` [begin, end] with 0 <= begin <= end"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}", 1,
     "`x.safetensors`: tensor `a` has no `data_offsets` [begin, end] with 0 <= begin <= end"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[-1,0]}}", 1,
     "`x.safetensors`: tensor `a` has no `data_offsets` [begin, end] with 0 <= begin <= end"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,18446744073709551616]}}", 1,
     "`x.safetensors`: its header: bad JSON at byte 49: the number does not fit in 64 bits"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
     "`x.safetensors`: tensor `a`: its shape is too large"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,0],\"data_offsets\":[0,0]}}", 0,
     "`x.safetensors`: tensor `a`: its shape is too large"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
     "`x.safetensors`: tensor `a` needs 8 bytes and has 4"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4,
     "`x.safetensors`: the header describes 8 bytes of data, the file has 4"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 3,
     "`x.safetensors`: the header describes 2 bytes of data, the file has 3"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3,
     "`x.safetensors`: tensor `a` starts at byte 1 of the data, expected 0"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
     "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
     3, "`x.safetensors`: tensor `b` starts at byte 1 of the data, expected 2"},
    {"{\"__metadata__\":[]}", 0, "`x.safetensors`: `__metadata__` is no object"},
    {"{\"__metadata__\":{\"step\":1}}", 0, "`x.safetensors`: `__metadata__` entry `step` is no text"},
    {"{\"a\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3,
     "`x.safetensors`: a: element 2 is 2, which is no bool"},
};

START_TEST(refuses) {
    sg_error error = {0};
    write_file(bad[_i].header, bad[_i].data_bytes);
    assert_fails(load(&error), SG_BAD_DATA, bad[_i].message);
}
END_TEST

START_TEST(refuses_before_allocating) {
    sg_error error = {0};
    assert_fails(load(&error), SG_IO_ERROR, "cannot read `x.safetensors`: No such file or directory");
    scratch_write("x.safetensors", "\2\0\0\0{}", 6);
    assert_fails(load(&error), SG_BAD_DATA,
                 "`x.safetensors` is no safetensors file: it has 6 bytes, at least 8 are needed");
    scratch_write("x.safetensors", "\3\0\0\0\0\0\0\0{}", 10);
    assert_fails(load(&error), SG_BAD_DATA,
                 "`x.safetensors` is cut short: header of 3 bytes in a file of 10");
    scratch_write("x.safetensors", "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    assert_fails(
        load(&error), SG_BAD_DATA,
        "`x.safetensors` is no safetensors file: header of 18446744073709551615 bytes, at most 100000000");
}
END_TEST

START_TEST(converts_foreign_types) {
    sg_error error = {0};
    static const unsigned char data[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* i64 -1 */
        0xff, 0xff, 0xff, 0x7f, 0,    0,    0,    0,    /* i64 2147483647 */
        0x00, 0x3c, 0x01, 0x00, 0xff, 0x7b, 0x00, 0xfc, /* f16 1, 2^-24, 65504, -inf */
        0x00, 0x80, 0x80, 1,                            /* i16 -32768, i8 -128, bool */
    };
    static const char header[] = "{\"i\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]},"
                                 "\"h\":{\"dtype\":\"F16\",\"shape\":[2,2],\"data_offsets\":[16,24]},"
                                 "\"s\":{\"dtype\":\"I16\",\"shape\":[],\"data_offsets\":[24,26]},"
                                 "\"c\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[26,27]},"
                                 "\"b\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[27,28]},"
                                 "\"e\":{\"dtype\":\"F64\",\"shape\":[3,0],\"data_offsets\":[28,28]}}   ";
    write_file(header, sizeof data);
    FILE *file = fopen("x.safetensors", "r+b");
    fseek(file, -(long)sizeof data, SEEK_END);
    fwrite(data, 1, sizeof data, file);
    fclose(file);
    sg_arrays arrays;
    assert_ok(sg_arrays_load(&arrays, "x.safetensors", &error));
    ck_assert_uint_eq(arrays.count, 6);
    const sg_tensor *i = sg_arrays_find(&arrays, "i"), *h = sg_arrays_find(&arrays, "h");
    ck_assert_int_eq(i->type, SG_I32);
    ck_assert_int_eq(((int32_t *)i->data)[0], -1);
    ck_assert_int_eq(((int32_t *)i->data)[1], 2147483647);
    ck_assert_int_eq(h->type, SG_F32);
    ck_assert(sg_tensor_get(h, 0) == 1 && sg_tensor_get(h, 1) == 0x1p-24 && sg_tensor_get(h, 2) == 65504);
    ck_assert(sg_tensor_get(h, 3) < -1e300);
    ck_assert_int_eq(sg_arrays_find(&arrays, "s")->shape.rank, 0);
    ck_assert(sg_tensor_get(sg_arrays_find(&arrays, "s"), 0) == -32768);
    ck_assert(sg_tensor_get(sg_arrays_find(&arrays, "c"), 0) == -128);
    ck_assert_int_eq(sg_arrays_find(&arrays, "b")->type, SG_U8);
    ck_assert_int_eq(sg_tensor_elements(sg_arrays_find(&arrays, "e")), 0);
    ck_assert_ptr_null(sg_arrays_find(&arrays, "f"));
    sg_arrays_finish(&arrays);
}
END_TEST

START_TEST(refuses_what_does_not_fit) {
    sg_error error = {0};
    write_file("{\"a\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8);
    assert_fails(load(&error), SG_BAD_DATA,
                 "`x.safetensors`: a: element 0 is 506097522914230528, which does not fit i32");
}
END_TEST

/* The bytes that the reference writer (safetensors for Python) gives for the same arrays; see
 * formats_test.py. */
START_TEST(writes_known_bytes) {
    sg_error error = {0};
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F64\",\"shape\":[1],"
        "\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],"
        "\"data_offsets\":[8,16]},\"c\":{\"dtype\":\"F32\",\"shape\":[],"
        "\"data_offsets\":[16,20]},\"z\":{\"dtype\":\"I32\",\"shape\":[1],"
        "\"data_offsets\":[20,24]},\"k\":{\"dtype\":\"U8\",\"shape\":[3],"
        "\"data_offsets\":[24,27]}}";
    float a[2] = {1, 2}, c = 3;
    double b = 4;
    int32_t z = 5;
    uint8_t k[6] = {6, 0, 7, 0, 8, 0};
    sg_arrays arrays = {0};
    sg_tensor views[] = {sg_tensor_view(SG_U8, SG_SHAPE(3), k), sg_tensor_view(SG_F32, SG_SHAPE(2, 1), a),
                         sg_tensor_view(SG_F64, SG_SHAPE(1), &b),
                         sg_tensor_view(SG_F32, sg_shape_of(0, NULL), &c),
                         sg_tensor_view(SG_I32, SG_SHAPE(1), &z)};
    views[0].stride[0] = 2; /* written by its strides */
    for (int i = 0; i < 5; i++)
        assert_ok(sg_arrays_add_view(&arrays, &"k\0a\0b\0c\0z"[2 * i], &views[i], &error));
    assert_ok(sg_arrays_save(&arrays, "x.safetensors", &error));
    sg_arrays_finish(&arrays);
    size_t bytes, padded = (sizeof header - 1 + 7) / 8 * 8;
    unsigned char *data = scratch_read("x.safetensors", &bytes);
    ck_assert_uint_eq(bytes, 8 + padded + 27);
    ck_assert_uint_eq(data[0] | (unsigned)data[1] << 8, padded);
    ck_assert_mem_eq(data + 8, header, sizeof header - 1);
    for (size_t i = sizeof header - 1; i < padded; i++) ck_assert_int_eq(data[8 + i], ' ');
    static const unsigned char expected[27] = {0, 0,    0, 0, 0,    0,    0x10, 0x40, 0, 0, 0x80, 0x3f, 0, 0,
                                               0, 0x40, 0, 0, 0x40, 0x40, 5,    0,    0, 0, 6,    7,    8};
    ck_assert_mem_eq(data + 8 + padded, expected, 27);
    free(data);
}
END_TEST

START_TEST(texts_and_names_return) {
    sg_error error = {0};
    sg_arrays arrays = {0}, back;
    float value = 1;
    sg_tensor view = sg_tensor_view(SG_F32, SG_SHAPE(1), &value);
    assert_ok(sg_arrays_add_view(&arrays, "na\"me/\xc3\xa4\n", &view, &error));
    assert_ok(sg_arrays_set_text(&arrays, "step", "12", &error));
    assert_ok(sg_arrays_set_text(&arrays, "step", "13\n\"", &error));
    assert_ok(sg_arrays_save(&arrays, "x.safetensors", &error));
    assert_ok(sg_arrays_peek(&back, "x.safetensors", &error));
    ck_assert_uint_eq(back.count, 1);
    ck_assert_str_eq(back.items[0].name, "na\"me/\xc3\xa4\n");
    ck_assert_ptr_null(back.items[0].tensor.data);
    ck_assert_str_eq(sg_arrays_text(&back, "step"), "13\n\"");
    ck_assert_str_eq(sg_arrays_text(&back, "format"), "pt");
    ck_assert_ptr_null(sg_arrays_text(&back, "epoch"));
    sg_arrays_finish(&back);
    assert_fails(sg_arrays_add_view(&arrays, "na\"me/\xc3\xa4\n", &view, &error), SG_BAD_USAGE,
                 "there is an array `na\"me/\xc3\xa4\n` already");
    assert_ok(sg_arrays_add_view(&arrays, "__metadata__", &view, &error));
    assert_fails(sg_arrays_save(&arrays, "x.safetensors", &error), SG_BAD_USAGE,
                 "no array may be called `__metadata__`");
    sg_arrays_finish(&arrays);
    assert_ok(sg_arrays_add_view(&arrays, "\xff", &view, &error));
    assert_fails(sg_arrays_save(&arrays, "x.safetensors", &error), SG_BAD_USAGE,
                 "the name `\xff` is not UTF-8");
    sg_arrays_finish(&arrays);
    assert_ok(sg_arrays_set_text(&arrays, "key", "\xff", &error));
    assert_fails(sg_arrays_save(&arrays, "x.safetensors", &error), SG_BAD_USAGE,
                 "the value of the text `key` is not UTF-8");
    sg_arrays_finish(&arrays);
    assert_ok(load(&error)); /* the file from before the failures */
    ck_assert_int_eq(scratch_count(), 1);
}
END_TEST

START_TEST(selects_by_key) {
    sg_error error = {0};
    write_file("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
               "\"b:c\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}",
               3);
    sg_tensor tensor;
    assert_ok(sg_array_load(&tensor, "x.safetensors:b:c", &error));
    ck_assert_int_eq(((uint8_t *)tensor.data)[0], 2);
    sg_tensor_finish(&tensor);
    assert_fails(sg_array_load(&tensor, "x.safetensors:d", &error), SG_BAD_DATA,
                 "`x.safetensors` has no array `d`");
    assert_fails(sg_array_load(&tensor, "x.safetensors", &error), SG_BAD_DATA,
                 "`x.safetensors` holds 2 arrays: name one, as in `x.safetensors:a`");
    assert_fails(sg_array_load(&tensor, "x.txt", &error), SG_BAD_USAGE,
                 "`x.txt` is no .npy, .npz or .safetensors file by its name");
    write_file("{}", 0);
    assert_fails(sg_array_load(&tensor, "x.safetensors", &error), SG_BAD_DATA,
                 "`x.safetensors` holds no array");
}
END_TEST

START_TEST(seal_finds_changes) {
    sg_error error = {0};
    sg_arrays arrays = {0}, back;
    float values[4] = {1, 2, 3, 4};
    sg_tensor view = sg_tensor_view(SG_F32, SG_SHAPE(4), values);
    assert_ok(sg_arrays_add_view(&arrays, "w", &view, &error));
    assert_fails(sg_arrays_verify(&arrays, &error), SG_BAD_CHECKPOINT, "it has no text `crc32`");
    assert_ok(sg_arrays_seal(&arrays, &error));
    assert_ok(sg_arrays_verify(&arrays, &error));
    assert_ok(sg_arrays_save(&arrays, "x.safetensors", &error));
    sg_arrays_finish(&arrays);
    assert_ok(sg_arrays_load(&back, "x.safetensors", &error));
    assert_ok(sg_arrays_verify(&back, &error));
    char expected[SG_MESSAGE_MAX], recorded[16];
    strcpy(recorded, sg_arrays_text(&back, "crc32"));
    ((float *)back.items[0].tensor.data)[3] = 5;
    assert_ok(sg_arrays_seal(&back, &error));
    snprintf(expected, sizeof expected, "its contents have crc32 %s, not %s as recorded",
             sg_arrays_text(&back, "crc32"), recorded);
    assert_ok(sg_arrays_set_text(&back, "crc32", recorded, &error));
    assert_fails(sg_arrays_verify(&back, &error), SG_BAD_CHECKPOINT, expected);
    sg_arrays_finish(&back);
}
END_TEST

/* A search for each of them would take minutes. */
START_TEST(many_texts_load_at_once) {
    enum { TEXTS = 200000, ENTRY = 20, MOST_SECONDS = 15 };
    sg_error error = {0};
    char *header = malloc((size_t)TEXTS * ENTRY + 32), *end = header;
    end += sprintf(end, "{\"__metadata__\":{");
    for (int i = 0; i < TEXTS; i++) end += sprintf(end, "%s\"key %06d\":\"\"", i ? "," : "", i);
    sprintf(end, "}}");
    write_file(header, 0);
    free(header);
    sg_arrays arrays;
    clock_t begun = clock();
    assert_ok(sg_arrays_load(&arrays, "x.safetensors", &error));
    double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
    ck_assert_uint_eq(arrays.text_count, TEXTS);
    ck_assert_str_eq(arrays.texts[TEXTS - 1].key, "key 199999");
    sg_arrays_finish(&arrays);
    ck_assert_msg(seconds < MOST_SECONDS, "%.1f seconds", seconds);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("safetensors");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_loop_test(tests, refuses, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, refuses_before_allocating);
    tcase_add_test(tests, converts_foreign_types);
    tcase_add_test(tests, refuses_what_does_not_fit);
    tcase_add_test(tests, writes_known_bytes);
    tcase_add_test(tests, texts_and_names_return);
    tcase_add_test(tests, selects_by_key);
    tcase_add_test(tests, seal_finds_changes);
    tcase_add_test(tests, many_texts_load_at_once);
    tcase_set_timeout(tests, 300);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
