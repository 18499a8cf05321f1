/* Every allocation of the formats, the data sources and the drawing fails once, in turn: each time the call
 * reports it, frees what it had, and the next call works. */
#include "calls.h"
#include "failing_malloc.h"
#include "scratch.h"

#include "simgraph/arrays.h"
#include "simgraph/plot.h"
#include "simgraph/sheet.h"

#ifndef HAS_OWN_MALLOC

/* ---- what is tried ---- */

static float values[2 * 8 * 8];

static sg_status save(const char *path, sg_error *error) {
    sg_arrays arrays = {0};
    sg_tensor image = sg_tensor_view(SG_F32, SG_SHAPE(2, 8, 8), values), half = image, turned = image;
    half.type = SG_BF16;
    turned.stride[1] = 1, turned.stride[2] = 8;
    sg_status status = sg_arrays_add_view(&arrays, "image", &image, error);
    if (status == SG_OK) status = sg_arrays_add_view(&arrays, "turned", &turned, error);
    if (status == SG_OK) status = sg_arrays_add_view(&arrays, "half", &half, error);
    if (status == SG_OK) status = sg_arrays_set_text(&arrays, "step", "1", error);
    if (status == SG_OK) status = sg_arrays_seal(&arrays, error);
    if (status == SG_OK) status = sg_arrays_save(&arrays, path, error);
    sg_arrays_finish(&arrays);
    return status;
}

static sg_status load(const char *path, sg_error *error) {
    sg_arrays arrays;
    sg_status status = sg_arrays_load(&arrays, path, error);
    if (status == SG_OK) sg_arrays_finish(&arrays);
    return status;
}

static sg_status save_safetensors(sg_error *error) {
    return save("x.safetensors", error);
}

static sg_status save_npz(sg_error *error) {
    return save("x.npz", error);
}

static sg_status load_safetensors(sg_error *error) {
    return load("x.safetensors", error);
}

static sg_status load_npz(sg_error *error) {
    return load("x.npz:image", error);
}

static sg_status load_npy(sg_error *error) { /* column-major and of a foreign type */
    return load("x.npy", error);
}

static sg_status draw_sheet(sg_error *error) {
    sg_tensor image = sg_tensor_view(SG_F32, SG_SHAPE(2, 1, 8, 8), values);
    sg_tensor mask = sg_tensor_view(SG_F32, SG_SHAPE(2, 2, 2), values);
    return sg_sheet_save(
        "x.png",
        &(sg_sheet_options){
            .size = sizeof(sg_sheet_options), .image = &image, .output = &image, .mask = &mask},
        error);
}

static sg_status draw_masks(sg_error *error) {
    sg_tensor mask = sg_tensor_view(SG_F32, SG_SHAPE(2, 2, 2), values);
    sg_mask_sheet_part part = {.caption = "m", .mask = &mask, .down = 1, .across = 1};
    return sg_mask_sheet_save(
        "m.png",
        &(sg_mask_sheet_options){.size = sizeof(sg_mask_sheet_options), .parts = &part, .part_count = 1},
        error);
}

static sg_status load_png(sg_error *error) {
    sg_image image;
    sg_status status = sg_image_load_png(&image, "x.png", 0, error);
    sg_image_finish(&image);
    return status;
}

static sg_status draw_plot(sg_error *error) {
    double x[2] = {1, 2};
    sg_plot_series series = {"loss", x, x, 2, true};
    return sg_plot_save(
        "x.svg",
        &(sg_plot_options){
            .size = sizeof(sg_plot_options), .title = "t", .series = &series, .series_count = 1},
        error);
}

/* Made beforehand: what Check notes down takes memory too. */
static sg_call shapes, idx, arrays_call, folder, webdataset, cifar, normalise, flip, crop, mean;

static void make_calls(void) {
    shapes = SOURCE("shapes", sg_arg_int("size", 8), sg_arg_int("count", 3));
    idx = SOURCE("idx", sg_arg_text("images", "i"), sg_arg_text("labels", "l"));
    arrays_call = SOURCE("arrays", sg_arg_text("path", "u.npy"));
    folder = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("size", 8), sg_arg_int("channels", 1));
    webdataset =
        SOURCE("webdataset", sg_arg_text("path", "x.tar"), sg_arg_int("size", 8), sg_arg_int("channels", 1));
    cifar = SOURCE("cifar100", sg_arg_text("path", "."));
    normalise = STEP("normalise", NO_ARG);
    flip = STEP("flip", NO_ARG);
    crop = STEP("pad_crop", NO_ARG);
    mean = STEP("dataset_mean", NO_ARG);
}

/* A split with all steps, a mean, and a batch from it. */
static sg_status use_split(const sg_call *source, sg_error *error) {
    const sg_call *steps[] = {&normalise, &flip, &crop}, *mean_steps[] = {&normalise, &mean};
    sg_field_spec fields[] = {{"view", "image", steps, 3}, {"mean", "image", mean_steps, 2}};
    sg_split_options options = {
        .size = sizeof options, .name = "train", .source = source, .fields = fields, .field_count = 2};
    sg_split *split;
    sg_tensor batch = {0};
    sg_status status = sg_split_create(&split, &options, error);
    if (status != SG_OK) return status;
    status = sg_tensor_init(&batch, SG_F32, SG_SHAPE(1, 1, 8, 8), error);
    if (status == SG_OK) status = sg_split_fill(split, 0, 0, 0, &(int64_t){0}, 1, &batch, error);
    sg_tensor_finish(&batch);
    sg_split_destroy(split);
    return status;
}

static sg_status use_shapes(sg_error *error) {
    return use_split(&shapes, error);
}

static sg_status use_idx(sg_error *error) {
    return use_split(&idx, error);
}

static sg_status use_arrays(sg_error *error) {
    return use_split(&arrays_call, error);
}

static sg_status use_folder(sg_error *error) {
    return use_split(&folder, error);
}

static sg_status use_webdataset(sg_error *error) {
    return use_split(&webdataset, error);
}

static sg_status load_cifar(sg_error *error) {
    sg_split *split;
    sg_split_options options = {.size = sizeof options, .name = "train", .source = &cifar};
    sg_status status = sg_split_create(&split, &options, error);
    if (status == SG_OK) sg_split_destroy(split);
    return status;
}

static const struct {
    const char *name;
    sg_status (*run)(sg_error *error);
} tried[] = {{"save_safetensors", save_safetensors},
             {"save_npz", save_npz},
             {"load_safetensors", load_safetensors},
             {"load_npz", load_npz},
             {"load_npy", load_npy},
             {"draw_sheet", draw_sheet},
             {"draw_masks", draw_masks},
             {"load_png", load_png},
             {"draw_plot", draw_plot},
             {"use_shapes", use_shapes},
             {"use_idx", use_idx},
             {"use_arrays", use_arrays},
             {"use_folder", use_folder},
             {"use_webdataset", use_webdataset},
             {"load_cifar", load_cifar}};

/* One image with a label, as tar (ustar) has them. */
static void write_tar(void) {
    static const char *const name[] = {"1.pgm", "1.cls"}, *const text[] = {"P2 1 1 255 7", "3"};
    char archive[6 * 512] = "";
    for (int m = 0; m < 2; m++) {
        char *h = archive + m * 1024;
        unsigned sum = 0;
        strcpy(h, name[m]);
        snprintf(h + 124, 12, "%011o", (unsigned)strlen(text[m]));
        memset(h + 148, ' ', 8);
        h[156] = '0';
        memcpy(h + 257, "ustar", 6);
        for (int i = 0; i < 512; i++) sum += (unsigned char)h[i];
        snprintf(h + 148, 8, "%06o", sum);
        strcpy(h + 512, text[m]);
    }
    scratch_write("x.tar", archive, sizeof archive);
}

static void write_inputs(void) {
    sg_error error = {0};
    unsigned char npy[128 + 2 * 64] =
        "\x93NUMPY\1\0v\0{'descr': '<i2', 'fortran_order': True, 'shape': (8, 8)}";
    memset(npy + strlen((char *)npy + 10) + 10, ' ', 128 - 10 - strlen((char *)npy + 10));
    scratch_write("x.npy", npy, sizeof npy);
    memcpy(npy, "\x93NUMPY\1\0v\0{'descr': '|u1', 'fortran_order': False, 'shape': (2, 8, 8)}", 71);
    scratch_write("u.npy", npy, sizeof npy);
    unsigned char images[16 + 128] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 8};
    scratch_write("i", images, sizeof images);
    scratch_write("l", "\0\0\10\1\0\0\0\2\1\2", 10);
    unsigned char record[2 + 3072] = {0};
    scratch_write("train.bin", record, sizeof record);
    write_tar();
    assert_ok(save_safetensors(&error));
    assert_ok(save_npz(&error));
    assert_ok(draw_sheet(&error));
    assert_ok(draw_masks(&error));
}

START_TEST(reports_and_frees) {
    sg_error error = {0};
    write_inputs();
    make_calls();
    assert_ok(tried[_i].run(&error)); /* also lets the libraries set themselves up */
    int files = scratch_count();
    long at = 0;
    for (;; at++) {
        long before = heap.live;
        heap.reached = false;
        heap.left = at;
        sg_status status = tried[_i].run(&error);
        heap.left = -1;
        ck_assert_msg(heap.live == before, "%s: allocation %ld failed: %ld blocks leaked", tried[_i].name, at,
                      heap.live - before);
        ck_assert_int_eq(scratch_count(), files);
        if (!heap.reached) {
            ck_assert_int_eq(status, SG_OK);
            break;
        }
        ck_assert_msg(status == SG_OUT_OF_MEMORY && strstr(error.message, "out of memory"),
                      "%s: allocation %ld failed: status %d: %s", tried[_i].name, at, status, error.message);
    }
    ck_assert_int_gt(at, 3);
    assert_ok(tried[_i].run(&error));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("no_memory");
    TCase *tests = tcase_create("no_memory");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_loop_test(tests, reports_and_frees, 0, sizeof tried / sizeof tried[0]);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}

#endif
