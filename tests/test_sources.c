/* Data sources: what they load, what they refuse. */
#include "calls.h"
#include "scratch.h"

#include "simgraph/arrays.h"

#include <sys/stat.h>

static sg_status load(const sg_call *source, sg_split **split, sg_error *error) {
    sg_status status = make_split(split, source, NULL, NULL, NULL, NULL, NULL, error);
    ck_assert((status == SG_OK) == (*split != NULL));
    return status;
}

static const sg_column *column(const sg_split *split, int index, const char *name, sg_type type) {
    const sg_table *table = sg_split_table(split);
    ck_assert_int_lt(index, table->column_count);
    ck_assert_str_eq(table->column[index].name, name);
    ck_assert_int_eq(table->column[index].type, type);
    return &table->column[index];
}

/* ---- idx ---- */

static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,
                                       0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 4, 9};

START_TEST(idx_loads) {
    sg_error error = {0};
    sg_split *split;
    scratch_write("i", images, sizeof images);
    scratch_write("l", labels, sizeof labels);
    sg_call source = SOURCE("idx", sg_arg_text("images", "i"), sg_arg_text("labels", "l"));
    assert_ok(load(&source, &split, &error));
    ck_assert_int_eq(sg_split_count(split), 2);
    const sg_column *image = column(split, 0, "image", SG_U8), *label = column(split, 1, "label", SG_I32);
    ck_assert(image->shape.rank == 3 && image->shape.dim[0] == 1 && image->shape.dim[2] == 2);
    ck_assert_mem_eq(image->data, images + 16, 8);
    ck_assert_int_eq(label->shape.rank, 0);
    ck_assert_int_eq(((int32_t *)label->data)[1], 9);
    sg_split_destroy(split);
    source = SOURCE("idx", sg_arg_text("images", "i"), sg_arg_int("limit", 1));
    assert_ok(load(&source, &split, &error));
    ck_assert_int_eq(sg_split_count(split), 1);
    ck_assert_int_eq(sg_split_table(split)->column_count, 1);
    sg_split_destroy(split);
    source = SOURCE("idx", sg_arg_text("images", "i"), sg_arg_text("labels", "l"), sg_arg_int("skip", 1));
    assert_ok(load(&source, &split, &error));
    ck_assert_int_eq(sg_split_count(split), 1);
    ck_assert_mem_eq(column(split, 0, "image", SG_U8)->data, images + 20, 4);
    ck_assert_int_eq(((int32_t *)column(split, 1, "label", SG_I32)->data)[0], 9);
    sg_split_destroy(split);
}
END_TEST

START_TEST(idx_refuses) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = SOURCE("idx", NO_ARG);
    assert_fails(load(&source, &split, &error), SG_BAD_GRAPH,
                 "idx needs the attribute `images` (file of [n, height, width] or [n, channels, height, "
                 "width] bytes)");
    scratch_write("i", labels, sizeof labels);
    source = SOURCE("idx", sg_arg_text("images", "i"));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "`i` has shape [2]: images have [n, height, width] or [n, channels, height, width]");
    scratch_write("i", images, sizeof images);
    scratch_write("l", "\0\0\10\1\0\0\0\1\1", 9);
    source = SOURCE("idx", sg_arg_text("images", "i"), sg_arg_text("labels", "l"));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "`l`: column `label` has 1 sample, column `image` has 2");
    scratch_write("l", images, sizeof images);
    assert_fails(load(&source, &split, &error), SG_BAD_DATA, "`l`: labels must have one axis, not 3");
    scratch_write("i", "\0\0\10\3\0\0\0\0\0\0\0\2\0\0\0\2", 16);
    assert_fails(load(&source, &split, &error), SG_BAD_DATA, "column `image` is empty");
    source = SOURCE("idx", sg_arg_text("images", "i"), sg_arg_int("limit", 0));
    ck_assert_int_eq(load(&source, &split, &error), SG_BAD_GRAPH);
    scratch_write("i", images, sizeof images);
    source = SOURCE("idx", sg_arg_text("images", "i"), sg_arg_int("skip", 2), sg_arg_int("limit", 1));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA, "`skip` leaves out 2 samples of only 2");
}
END_TEST

/* ---- fashion_mnist ---- */

/* A file of `count` bytes behind an IDX header. */
static void write_idx(const char *path, int rank, int count, int side, int value) {
    unsigned char header[16] = {0, 0, 8, (unsigned char)rank, 0, 0, 0, (unsigned char)count};
    header[11] = header[15] = (unsigned char)side;
    size_t bytes = (size_t)(rank == 3 ? count * side * side : count), start = 4 + 4 * (size_t)rank;
    unsigned char *all = calloc(start + bytes, 1);
    memcpy(all, header, start);
    memset(all + start, value, bytes);
    scratch_write(path, all, start + bytes);
    free(all);
}

START_TEST(fashion_mnist_reads_its_files) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = SOURCE("fashion_mnist", sg_arg_text("path", "."), sg_arg_text("part", "test"));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "there is no `./t10k-images-idx3-ubyte.gz`: install the Debian package "
                 "dataset-fashion-mnist, set `path` "
                 "to the directory of the files, or start from graphs/shapes.yaml, which needs no file");
    write_idx("t10k-images-idx3-ubyte", 3, 2, 28, 7);
    write_idx("t10k-labels-idx1-ubyte", 1, 2, 0, 9);
    assert_ok(load(&source, &split, &error));
    ck_assert_int_eq(sg_split_count(split), 2);
    ck_assert_int_eq(((uint8_t *)column(split, 0, "image", SG_U8)->data)[2 * 28 * 28 - 1], 7);
    ck_assert_int_eq(((int32_t *)column(split, 1, "label", SG_I32)->data)[1], 9);
    sg_split_destroy(split);
    assert_described(&source, true);
    write_idx("t10k-labels-idx1-ubyte", 1, 2, 0, 10);
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "label 0 of fashion_mnist is 10, expected 0 to 9");
    write_idx("t10k-images-idx3-ubyte", 3, 2, 27, 7);
    assert_fails(
        load(&source, &split, &error), SG_BAD_DATA,
        "the images of fashion_mnist have shape [2, 27, 27], expected [n, 28, 28]: use the source idx");
    source = SOURCE("fashion_mnist", sg_arg_text("part", "tests"));
    ck_assert_int_eq(load(&source, &split, &error), SG_BAD_GRAPH);
}
END_TEST

START_TEST(fashion_mnist_of_debian) {
    if (access("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz", R_OK) != 0) {
        printf("skipped: the package dataset-fashion-mnist is not installed\n");
        return;
    }
    sg_error error = {0};
    sg_split *split;
    sg_call source = SOURCE("fashion_mnist", sg_arg_text("part", "test"));
    assert_ok(load(&source, &split, &error));
    ck_assert_int_eq(sg_split_count(split), 10000);
    /* The test part has 1000 of each kind; the first five labels are 9 2 1 1 6. */
    const int32_t *label = column(split, 1, "label", SG_I32)->data;
    int kinds[10] = {0};
    for (int i = 0; i < 10000; i++) kinds[label[i]]++;
    for (int i = 0; i < 10; i++) ck_assert_int_eq(kinds[i], 1000);
    ck_assert(label[0] == 9 && label[1] == 2 && label[2] == 1 && label[3] == 1 && label[4] == 6);
    sg_split_destroy(split);
}
END_TEST

/* ---- arrays ---- */

START_TEST(arrays_load) {
    sg_error error = {0};
    sg_split *split;
    uint8_t pixels[24];
    int32_t label[2] = {3, 4};
    uint16_t weight[2] = {0x3f80, 0x4000};
    for (int i = 0; i < 24; i++) pixels[i] = (uint8_t)i;
    sg_tensor grey = sg_tensor_view(SG_U8, SG_SHAPE(2, 3, 4), pixels);
    sg_tensor colour = sg_tensor_view(SG_U8, SG_SHAPE(2, 2, 2, 3), pixels);
    sg_tensor labels_view = sg_tensor_view(SG_I32, SG_SHAPE(2), label),
              half = sg_tensor_view(SG_BF16, SG_SHAPE(2), weight);
    sg_arrays arrays = {0};
    assert_ok(sg_arrays_add_view(&arrays, "grey", &grey, &error));
    assert_ok(sg_arrays_save(&arrays, "x.npy", &error));
    assert_ok(sg_arrays_add_view(&arrays, "colour", &colour, &error));
    assert_ok(sg_arrays_add_view(&arrays, "label", &labels_view, &error));
    assert_ok(sg_arrays_add_view(&arrays, "half", &half, &error));
    assert_ok(sg_arrays_save(&arrays, "x.safetensors", &error));
    sg_arrays_finish(&arrays);
    sg_call source = SOURCE("arrays", sg_arg_text("path", "x.safetensors"), sg_arg_text("layout", "nhwc"));
    assert_ok(load(&source, &split, &error));
    ck_assert_int_eq(sg_split_count(split), 2);
    ck_assert_int_eq(((int32_t *)column(split, 0, "label", SG_I32)->data)[0], 3);
    ck_assert(((float *)column(split, 1, "half", SG_F32)->data)[1] == 2);
    const sg_column *c = column(split, 2, "colour", SG_U8), *g = column(split, 3, "grey", SG_U8);
    ck_assert(g->shape.rank == 3 && g->shape.dim[0] == 1 && g->shape.dim[1] == 3 && g->shape.dim[2] == 4);
    ck_assert(c->shape.rank == 3 && c->shape.dim[0] == 3 && c->shape.dim[1] == 2 && c->shape.dim[2] == 2);
    ck_assert_mem_eq(c->data, "\0\3\6\11\1\4\7\12\2\5\10\13\14\17\22\25", 16);
    sg_split_destroy(split);
    for (int skip = 0; skip < 2; skip++) {
        source =
            SOURCE("arrays", sg_arg_text("path", "x.npy"), sg_arg_int("limit", 1), sg_arg_int("skip", skip));
        assert_ok(load(&source, &split, &error));
        ck_assert_int_eq(sg_split_count(split), 1);
        column(split, 0, "image", SG_U8);
        sg_split_destroy(split);
    }
}
END_TEST

START_TEST(arrays_refuse) {
    sg_error error = {0};
    sg_split *split;
    float number[3] = {0};
    sg_tensor scalar = sg_tensor_view(SG_F32, sg_shape_of(0, NULL), number),
              three = sg_tensor_view(SG_F32, SG_SHAPE(3), number);
    sg_tensor two = sg_tensor_view(SG_F32, SG_SHAPE(2), number);
    sg_arrays arrays = {0};
    sg_call source = SOURCE("arrays", sg_arg_text("path", "x.npz"));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "cannot read `x.npz`: No such file or directory");
    assert_ok(sg_arrays_save(&arrays, "x.npz", &error));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA, "`x.npz`: it holds no array");
    assert_ok(sg_arrays_add_view(&arrays, "a", &three, &error));
    assert_ok(sg_arrays_add_view(&arrays, "b", &two, &error));
    assert_ok(sg_arrays_save(&arrays, "x.npz", &error));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "`x.npz`: column `b` has 2 samples, column `a` has 3");
    sg_arrays_finish(&arrays);
    assert_ok(sg_arrays_add_view(&arrays, "s", &scalar, &error));
    assert_ok(sg_arrays_save(&arrays, "x.npz", &error));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "`x.npz`: column `s` is a single number: its first axis must count samples");
    sg_arrays_finish(&arrays);
    for (int i = 0; i < 17; i++) {
        char name[8];
        snprintf(name, sizeof name, "c%d", i);
        assert_ok(sg_arrays_add_view(&arrays, name, &three, &error));
    }
    assert_ok(sg_arrays_save(&arrays, "x.npz", &error));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA, "`x.npz`: more than 16 columns, at `c16`");
    sg_arrays_finish(&arrays);
}
END_TEST

/* ---- shapes ---- */

static sg_split *shapes(const sg_call *source) {
    sg_error error = {0};
    sg_split *split;
    assert_ok(load(source, &split, &error));
    return split;
}

START_TEST(shapes_depend_on_seed_part_and_index) {
    sg_call many = SOURCE("shapes", sg_arg_int("count", 40)), few = SOURCE("shapes", sg_arg_int("count", 7));
    sg_call seeded = SOURCE("shapes", sg_arg_int("count", 7), sg_arg_int("seed", 1));
    sg_call test = SOURCE("shapes", sg_arg_int("count", 7), sg_arg_text("part", "test"));
    sg_split *a = shapes(&many), *b = shapes(&few), *c = shapes(&seeded), *d = shapes(&test);
    const sg_column *image = column(a, 0, "image", SG_U8);
    ck_assert(image->shape.rank == 3 && image->shape.dim[0] == 1 && image->shape.dim[1] == 28 &&
              image->shape.dim[2] == 28);
    ck_assert_mem_eq(image->data, column(b, 0, "image", SG_U8)->data, 7 * 784);
    ck_assert_mem_eq(column(a, 1, "label", SG_I32)->data, column(b, 1, "label", SG_I32)->data, 7 * 4);
    for (int i = 0; i < 7; i++) {
        ck_assert_mem_ne((char *)image->data + i * 784, (char *)column(c, 0, "image", SG_U8)->data + i * 784,
                         784);
        ck_assert_mem_ne((char *)image->data + i * 784, (char *)column(d, 0, "image", SG_U8)->data + i * 784,
                         784);
        ck_assert_mem_ne((char *)image->data + i * 784, (char *)image->data + (i + 7) * 784, 784);
    }
    sg_split_destroy(a);
    sg_split_destroy(b);
    sg_split_destroy(c);
    sg_split_destroy(d);
}
END_TEST

START_TEST(shapes_have_contrast_and_all_kinds) {
    sg_call source = SOURCE("shapes", sg_arg_int("count", 600), sg_arg_int("channels", 3),
                            sg_arg_int("height", 20), sg_arg_int("width", 36));
    sg_split *split = shapes(&source);
    const sg_column *image = column(split, 0, "image", SG_U8);
    ck_assert(image->shape.dim[0] == 3 && image->shape.dim[1] == 20 && image->shape.dim[2] == 36);
    int kinds[6] = {0};
    for (int i = 0; i < 600; i++) {
        const uint8_t *pixel = (const uint8_t *)image->data + i * 2160;
        int low = 255, high = 0;
        for (int k = 0; k < 2160; k++) {
            if (pixel[k] < low) low = pixel[k];
            if (pixel[k] > high) high = pixel[k];
        }
        ck_assert_int_gt(high - low, 25);
        kinds[((int32_t *)column(split, 1, "label", SG_I32)->data)[i]]++;
    }
    for (int i = 0; i < 6; i++) ck_assert_int_gt(kinds[i], 60);
    sg_split_destroy(split);
}
END_TEST

START_TEST(shapes_refuse) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = SOURCE("shapes", sg_arg_int("channels", 2));
    assert_fails(load(&source, &split, &error), SG_BAD_GRAPH, "shapes: channels must be 1 or 3");
    source = SOURCE("shapes", sg_arg_int("size", 1));
    ck_assert_int_eq(load(&source, &split, &error), SG_BAD_GRAPH);
    sg_split_options options = {0};
    assert_fails(sg_split_create(&split, &options, &error), SG_BAD_USAGE,
                 "sg_split_options has another size");
}
END_TEST

/* ---- descriptions ---- */

START_TEST(descriptions_agree_with_loading) {
    sg_error error = {0};
    scratch_write("i", images, sizeof images);
    scratch_write("l", labels, sizeof labels);
    sg_call source = SOURCE("idx", sg_arg_text("images", "i"), sg_arg_text("labels", "l"));
    assert_described(&source, true);
    source = SOURCE("idx", sg_arg_text("images", "i"), sg_arg_int("limit", 1));
    assert_described(&source, true);
    source = SOURCE("shapes", sg_arg_int("count", 2), sg_arg_int("width", 9), sg_arg_int("channels", 3));
    assert_described(&source, true);

    sg_arrays arrays = {0};
    sg_tensor tensor;
    const sg_shape shapes[] = {SG_SHAPE(4, 5, 6), SG_SHAPE(4, 5, 6, 3), SG_SHAPE(4), SG_SHAPE(4, 2)};
    const sg_type types[] = {SG_U8, SG_F32, SG_I32, SG_BF16};
    const char *const names[] = {"grey", "colour", "class", "half"};
    for (int i = 0; i < 4; i++) {
        assert_ok(sg_tensor_init(&tensor, types[i], shapes[i], &error));
        assert_ok(sg_arrays_add(&arrays, names[i], &tensor, &error));
    }
    assert_ok(sg_arrays_save(&arrays, "a.safetensors", &error));
    assert_ok(sg_arrays_save(&arrays, "a.npz", &error));
    sg_arrays_finish(&arrays);
    source = SOURCE("arrays", sg_arg_text("path", "a.safetensors"), sg_arg_text("layout", "nhwc"));
    assert_described(&source, true);
    source =
        SOURCE("arrays", sg_arg_text("path", "a.safetensors"), sg_arg_int("limit", 2), sg_arg_int("skip", 1));
    assert_described(&source, true);
    source = SOURCE("arrays", sg_arg_text("path", "a.npz"));
    assert_described(&source, false);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sources");
    TCase *tests = tcase_create("sources");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_test(tests, idx_loads);
    tcase_add_test(tests, idx_refuses);
    tcase_add_test(tests, fashion_mnist_reads_its_files);
    tcase_add_test(tests, fashion_mnist_of_debian);
    tcase_add_test(tests, arrays_load);
    tcase_add_test(tests, arrays_refuse);
    tcase_add_test(tests, shapes_depend_on_seed_part_and_index);
    tcase_add_test(tests, shapes_have_contrast_and_all_kinds);
    tcase_add_test(tests, shapes_refuse);
    tcase_add_test(tests, descriptions_agree_with_loading);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
