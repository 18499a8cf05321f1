/* CIFAR's binary files: a byte for each label, then 32 x 32 pixels of red, of green, of blue, row by row
 * (https://www.cs.toronto.edu/~kriz/cifar.html). */
#include "calls.h"
#include "scratch.h"

enum { PIXELS = 3072 };

static sg_status load(const sg_call *source, sg_split **split, sg_error *error) {
    return make_split(split, source, NULL, NULL, NULL, NULL, NULL, error);
}

/* `count` records whose pixels count upwards from their number. */
static void write_records(const char *path, int count, int first, int labels, const unsigned char *label) {
    unsigned char *data = malloc((size_t)count * (PIXELS + 2)), *at = data;
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < labels; k++) *at++ = label ? label[k] : (unsigned char)(first + i);
        for (int p = 0; p < PIXELS; p++) *at++ = (unsigned char)(first + i + p);
    }
    scratch_write(path, data, (size_t)(at - data));
    free(data);
}

static void write_ten(void) {
    char name[32];
    for (int k = 0; k < 5; k++) {
        snprintf(name, sizeof name, "data_batch_%d.bin", k + 1);
        write_records(name, 2, 2 * k, 1, NULL);
    }
    write_records("test_batch.bin", 3, 3, 1, NULL);
}

START_TEST(ten) {
    sg_error error = {0};
    sg_split *split;
    write_ten();
    sg_call source = SOURCE("cifar10", sg_arg_text("path", "."));
    assert_ok(load(&source, &split, &error));
    const sg_table *table = sg_split_table(split);
    ck_assert_int_eq(sg_split_count(split), 10);
    sg_shape image = SG_SHAPE(3, 32, 32);
    ck_assert(table->column_count == 2 && sg_shape_equal(&table->column[0].shape, &image));
    ck_assert_str_eq(table->column[1].name, "label");
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(((const int32_t *)table->column[1].data)[i], i);
        /* Green of row 3, column 5. */
        ck_assert_int_eq(((const uint8_t *)table->column[0].data)[i * PIXELS + 1024 + 3 * 32 + 5],
                         (i + 1024 + 3 * 32 + 5) % 256);
    }
    sg_split_destroy(split);
    assert_described(&source, true);
    source = SOURCE("cifar10", sg_arg_text("path", "."), sg_arg_text("part", "test"));
    assert_ok(load(&source, &split, &error));
    ck_assert(sg_split_count(split) == 3 && ((const int32_t *)sg_split_table(split)->column[1].data)[0] == 3);
    sg_split_destroy(split);
    source = SOURCE("cifar10", sg_arg_text("path", "."), sg_arg_int("skip", 3), sg_arg_int("limit", 2));
    assert_ok(load(&source, &split, &error));
    ck_assert(sg_split_count(split) == 2 && ((const int32_t *)sg_split_table(split)->column[1].data)[1] == 4);
    sg_split_destroy(split);
    assert_described(&source, true);
}
END_TEST

START_TEST(hundred) {
    sg_error error = {0};
    sg_split *split;
    write_records("train.bin", 4, 0, 2, (const unsigned char[]){19, 99});
    sg_call source = SOURCE("cifar100", sg_arg_text("path", "."));
    assert_ok(load(&source, &split, &error));
    const sg_table *table = sg_split_table(split);
    ck_assert_int_eq(sg_split_count(split), 4);
    ck_assert_str_eq(table->column[1].name, "coarse_label");
    ck_assert_str_eq(table->column[2].name, "label");
    ck_assert_int_eq(((const int32_t *)table->column[1].data)[3], 19);
    ck_assert_int_eq(((const int32_t *)table->column[2].data)[3], 99);
    ck_assert_int_eq(((const uint8_t *)table->column[0].data)[3 * PIXELS], 3);
    sg_split_destroy(split);
    assert_described(&source, true);
}
END_TEST

START_TEST(refuses) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = SOURCE("cifar10", sg_arg_text("path", "."));
    assert_fails(
        load(&source, &split, &error), SG_BAD_DATA,
        "there is no `./data_batch_1.bin`: `path` is the directory of the files of the binary version of "
        "cifar10, unpacked");
    write_ten();
    scratch_write("data_batch_2.bin", "abc", 3);
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "`./data_batch_2.bin` has 3 bytes, which are no whole records of cifar10: 3073 each");
    write_records("data_batch_2.bin", 1, 0, 1, (const unsigned char[]){10});
    assert_fails(load(&source, &split, &error), SG_BAD_DATA, "label 2 of cifar10 is 10, expected 0 to 9");
    source = SOURCE("cifar100", sg_arg_text("path", "."));
    write_records("train.bin", 1, 0, 2, (const unsigned char[]){20, 99});
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "coarse_label 0 of cifar100 is 20, expected 0 to 19");
    source = SOURCE("cifar10", sg_arg_text("path", "."), sg_arg_text("part", "test"), sg_arg_int("skip", 3));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA, "`skip` leaves out 3 samples of only 3");
    char path[5000], text[200];
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = 0;
    snprintf(text, sizeof text, "path `%.60s...` is too long", path);
    source = SOURCE("cifar10", sg_arg_text("path", path));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA, text);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cifar");
    TCase *tests = tcase_create("cifar");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_test(tests, ten);
    tcase_add_test(tests, hundred);
    tcase_add_test(tests, refuses);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
