/* The source that reads a directory of images. */
#include "calls.h"
#include "scratch.h"

#include "data/paths.h"
#include "simgraph/image.h"

#include <sys/resource.h>
#include <sys/stat.h>

/* A PNG file whose pixel (x, y) has the value base + 4 x + y in every channel. */
static void write_png(const char *path, int width, int height, int channels, int base) {
    sg_error error = {0};
    sg_image image;
    assert_ok(sg_image_init(&image, width, height, channels, &error));
    for (int i = 0; i < width * height * channels; i++) {
        int at = i / channels;
        image.pixels[i] = (uint8_t)(base + 4 * (at % width) + at / width);
    }
    assert_ok(sg_image_save_png(&image, path, &error));
    sg_image_finish(&image);
}

static sg_status load(const sg_call *source, sg_split **split, sg_error *error) {
    return make_split(split, source, NULL, NULL, NULL, NULL, NULL, error);
}

static sg_status load_images(const sg_call *source, sg_split **split, sg_error *error) {
    return make_split(split, source, "image", NULL, NULL, NULL, NULL, error);
}

/* The image of a split whose first field is the column of images; the next call overwrites it. */
static const uint8_t *image_of(const sg_split *split, int index) {
    static uint8_t pixels[3 * 64 * 64];
    sg_error error = {0};
    const sg_shape *image = &sg_split_field(split, 0)->shape;
    int64_t id = index;
    sg_tensor to = sg_tensor_view(SG_U8, SG_SHAPE(1, image->dim[0], image->dim[1], image->dim[2]), pixels);
    assert_ok(sg_split_fill(split, 0, 0, 0, &id, 1, &to, &error));
    return pixels;
}

START_TEST(sorted_and_hidden_left_out) {
    sg_error error = {0};
    sg_split *split;
    write_png("b.png", 4, 4, 1, 20);
    write_png("a.PNG", 4, 4, 3, 10);
    write_png(".c.png", 4, 4, 1, 0);
    write_png("c.txt", 4, 4, 1, 0);
    ck_assert_int_eq(symlink("nowhere", "d.png"), 0);
    sg_call source =
        SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("size", 4), sg_arg_int("channels", 1));
    assert_ok(load_images(&source, &split, &error));
    ck_assert_int_eq(sg_split_count(split), 2);
    ck_assert_int_eq(sg_split_table(split)->column_count, 1); /* no subdirectories, no labels */
    for (int i = 0; i < 16; i++) {
        ck_assert_int_eq(image_of(split, 0)[i], 10 + 4 * (i % 4) + i / 4);
        ck_assert_int_eq(image_of(split, 1)[i], 20 + 4 * (i % 4) + i / 4);
    }
    sg_split_destroy(split);
    source = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("limit", 1));
    assert_ok(load(&source, &split, &error));
    const sg_shape *shape = &sg_split_table(split)->column[0].shape;
    ck_assert(sg_split_count(split) == 1 && shape->dim[0] == 3 && shape->dim[1] == 64 && shape->dim[2] == 64);
    ck_assert_str_eq(sg_split_table(split)->note,
                     "images are cropped and resized to 64 x 64 (the first such has "
                     "4 x 4), since `size` is not set; what cannot be read is left out: `./d.png`; 1 file "
                     "with another ending is left out");
    sg_split_destroy(split);
    /* A size that was chosen, even this one, needs no word; the link to nothing does. */
    source = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("size", 64));
    assert_ok(load(&source, &split, &error));
    ck_assert_str_eq(sg_split_table(split)->note,
                     "what cannot be read is left out: `./d.png`; 1 file with another ending is left out");
    sg_split_destroy(split);
    source = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("width", 8), sg_arg_int("height", 6));
    assert_ok(load(&source, &split, &error));
    ck_assert_str_eq(sg_split_table(split)->note,
                     "what cannot be read is left out: `./d.png`; 1 file with another ending is left out");
    sg_split_destroy(split);
    source = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("limit", 1));
    assert_described(&source, true);
    unlink(".c.png");
}
END_TEST

START_TEST(crops_the_middle_and_resizes) {
    sg_error error = {0};
    sg_split *split;
    write_png("a.png", 12, 4, 3, 30); /* columns 2 to 9 make 8 x 4; halved in both directions: 4 x 2 */
    sg_call source =
        SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("height", 2), sg_arg_int("width", 4));
    assert_ok(load_images(&source, &split, &error));
    ck_assert_int_eq(sg_shape_elements(&sg_split_table(split)->column[0].shape), 3 * 2 * 4);
    const uint8_t *v = image_of(split, 0);
    for (int c = 0; c < 3; c++) {
        /* Inner pixels stand at the middle of two by two: columns 4.5 and 6.5. */
        int at = c * 8 + 1;
        ck_assert_int_eq(v[at], (int)(30 + 4 * 4.5 + 0.625 + 0.5)); /* the upper row leans down to 0.625 */
        ck_assert_int_eq(v[at + 1] - v[at], 8);
    }
    sg_split_destroy(split);
}
END_TEST

/* Far from the wanted ratio of sides: the middle pixel is all that is left. */
START_TEST(thin_images) {
    sg_error error = {0};
    sg_split *split;
    write_png("a.png", 1, 500, 1, 0); /* row y has the value y */
    write_png("b.png", 60, 1, 1, 0);  /* column x has the value 4 x */
    sg_call source =
        SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("size", 4), sg_arg_int("channels", 1));
    assert_ok(load_images(&source, &split, &error));
    for (int i = 0; i < 16; i++) {
        ck_assert_int_eq(image_of(split, 0)[i], 249);
        ck_assert_int_eq(image_of(split, 1)[i], 4 * 29);
    }
    sg_split_destroy(split);
}
END_TEST

/* 2 x 1 pixels, 30 and 34, become 8 x 4: those on the line between their middles. */
START_TEST(enlarges) {
    sg_error error = {0};
    sg_split *split;
    write_png("a.png", 2, 1, 1, 30);
    sg_call source = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("height", 4),
                            sg_arg_int("width", 8), sg_arg_int("channels", 1));
    assert_ok(load_images(&source, &split, &error));
    static const int expected[8] = {30, 30, 31, 32, 33, 34, 34, 34}; /* 30.5 to 33.5, rounded up at a half */
    for (int i = 0; i < 32; i++) ck_assert_int_eq(image_of(split, 0)[i], expected[i % 8]);
    sg_split_destroy(split);
}
END_TEST

START_TEST(subdirectories_are_classes) {
    sg_error error = {0};
    sg_split *split;
    ck_assert(mkdir("x", 0777) == 0 && mkdir("x-y", 0777) == 0 && mkdir("x/deep", 0777) == 0);
    write_png("x/1.png", 4, 4, 1, 1);
    write_png("x/deep/2.png", 4, 4, 1, 2);
    write_png("x-y/3.png", 4, 4, 1, 3);
    sg_call source = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("size", 4));
    assert_ok(load_images(&source, &split, &error));
    const sg_column *label = &sg_split_table(split)->column[1];
    ck_assert_str_eq(label->name, "label");
    static const int expected[3] = {0, 0, 1}, first[3] = {1, 2, 3}; /* "x" comes before "x-y" */
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(((int32_t *)label->data)[i], expected[i]);
        ck_assert_int_eq(image_of(split, i)[0], first[i]);
    }
    sg_split_destroy(split);
    assert_described(&source, true);
    write_png("0.png", 4, 4, 1, 0); /* a file without a class */
    assert_ok(load(&source, &split, &error));
    ck_assert_int_eq(sg_split_table(split)->column_count, 1);
    sg_split_destroy(split);
    ck_assert(unlink("x/1.png") == 0 && unlink("x/deep/2.png") == 0 && unlink("x-y/3.png") == 0);
    ck_assert(rmdir("x/deep") == 0 && rmdir("x") == 0 && rmdir("x-y") == 0);
}
END_TEST

START_TEST(refuses) {
    sg_error error = {0};
    sg_split *split;
    sg_call source = SOURCE("folder", sg_arg_text("path", "no"));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA, "cannot read `no`: No such file or directory");
    source = SOURCE("folder", sg_arg_text("path", "."));
    assert_fails(load(&source, &split, &error), SG_BAD_DATA,
                 "there is no image (.jpg, .jpeg, .png, .webp, .ppm, .pgm, .pbm or .pnm) in `.`");
}
END_TEST

/* What may not be looked at is left out below the root, and told; so are links that lead nowhere. */
START_TEST(closed_directories) {
    sg_error error = {0};
    sg_split *split;
    bool root = geteuid() == 0; /* who may look at everything */
    ck_assert(mkdir("open", 0777) == 0 && mkdir("closed", 0777) == 0 && mkdir("closed2", 0777) == 0);
    write_png("open/1.png", 4, 4, 1, 1);
    write_png("closed/2.png", 4, 4, 1, 2);
    ck_assert_int_eq(symlink("loop.png", "open/loop.png"), 0);
    ck_assert_int_eq(symlink("1.png/x", "open/through.png"), 0);
    ck_assert_int_eq(symlink("../closed/2.png", "open/2.png"), 0);
    ck_assert(chmod(".", 0755) == 0 && chmod("closed", 0) == 0 && chmod("closed2", 0) == 0);
    if (root) ck_assert_int_eq(seteuid(65534), 0);
    sg_call source = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("size", 4));
    sg_status status = load(&source, &split, &error);
    if (root) ck_assert_int_eq(seteuid(0), 0);
    ck_assert_msg(status == SG_OK, "%s", error.message);
    ck_assert(chmod("closed", 0700) == 0 && chmod("closed2", 0700) == 0);
    ck_assert_int_eq(sg_split_count(split), 1);
    const char *note = sg_split_table(split)->note;
    static const char text[] = "what cannot be read is left out: `./"; /* two directories, three links */
    ck_assert_msg(strncmp(note, text, strlen(text)) == 0 && strstr(note, "` (and 4 more)"), "%s", note);
    sg_split_destroy(split);
    ck_assert_int_eq(system("rm -rf ./*"), 0);
}
END_TEST

START_TEST(links_upwards) {
    sg_error error = {0};
    sg_paths paths;
    ck_assert(mkdir("x", 0777) == 0 && mkdir("x/y", 0777) == 0 && mkdir("z", 0777) == 0);
    scratch_write("x/1.png", "", 0);
    ck_assert(symlink("..", "x/up") == 0 && symlink(".", "x/self") == 0 &&
              symlink("../../x", "x/y/back") == 0);
    ck_assert_int_eq(symlink("../x", "z/across"), 0); /* leads to no directory above it */
    assert_ok(sg_paths_find(&paths, ".", (const char *const[]){".png", NULL}, &error));
    ck_assert_uint_eq(paths.count, 2);
    static const char *const expected[] = {"./x/1.png", "./z/across/1.png"};
    for (size_t i = 0; i < 2; i++) {
        char *path = sg_paths_get(&paths, i);
        ck_assert_str_eq(path, expected[i]);
        free(path);
    }
    sg_paths_finish(&paths);
    ck_assert_int_eq(system("rm -rf ./*"), 0);
}
END_TEST

/* A large image takes its file and its pixels, whatever its channels become. */
START_TEST(memory_of_one) {
#ifndef SANITIZED
    enum { LARGE = 4096 };
    sg_error error = {0};
    sg_split *split;
    struct rlimit before, less;
    unsigned long pages;
    scratch_write("a.pgm", "P5 4096 4096 255\n", 17);
    ck_assert_int_eq(truncate("a.pgm", 17 + (off_t)LARGE * LARGE), 0); /* black: a hole */
    sg_call source = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("size", 8));
    assert_ok(load(&source, &split, &error));
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_int_eq(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
    less = before;
    less.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)LARGE * LARGE * 5 / 2;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &less), 0);
    sg_status status = sg_split_probe(split, 0, &error);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
    ck_assert_msg(status == SG_OK, "%s", error.message);
    sg_split_destroy(split);
#endif
}
END_TEST

START_TEST(huge_file) {
    sg_error error = {0};
    sg_split *split;
    scratch_write("a.png", "", 0);
    ck_assert_int_eq(truncate("a.png", ((off_t)1 << 30) + 1), 0); /* a hole */
    sg_call source = SOURCE("folder", sg_arg_text("path", "."), sg_arg_int("size", 4));
    assert_ok(load(&source, &split, &error));
    assert_fails(sg_split_probe(split, 0, &error), SG_BAD_DATA, "`./a.png` is larger than 1073741824 bytes");
    sg_split_destroy(split);
}
END_TEST

/* Thousands of names, in the order of torchvision's ImageFolder: class by class, each walked directory by
 * directory, and the names of each in order. */
START_TEST(many_names) {
    enum { CLASSES = 12, EACH = 250 };
    static const char *const classes[CLASSES] = {"b",  "a",   "a-b", "a.b", "a b", "B",
                                                 "10", "1-0", "1",   "_",   "~",   "b\xc3\xa9"};
    static const char *const inner[] = {"", "/x", "/x/deep", "/x-y"};
    static const char *const sorted[CLASSES] = {"1",   "1-0", "10",  "B", "_",         "a",
                                                "a b", "a-b", "a.b", "b", "b\xc3\xa9", "~"};
    static const char *const sorted_inner[] = {"", "/x", "/x-y", "/x/deep"};
    char path[128];
    sg_error error = {0};
    sg_paths paths;
    for (int c = 0; c < CLASSES; c++)
        for (int k = 0; k < 4; k++) {
            snprintf(path, sizeof path, "%s%s", classes[c], inner[k]);
            ck_assert_int_eq(mkdir(path, 0777), 0);
            for (int i = 0; i < EACH; i++) {
                snprintf(path, sizeof path, "%s%s/%03d.%s", classes[c], inner[k], i * 7 % EACH,
                         i % 3 ? "jpg" : "PNG");
                scratch_write(path, "", 0);
            }
            snprintf(path, sizeof path, "%s%s/none.txt", classes[c], inner[k]);
            scratch_write(path, "", 0);
        }
    assert_ok(sg_paths_find(&paths, ".", (const char *const[]){".png", ".jpg", NULL}, &error));
    ck_assert_uint_eq(paths.count, CLASSES * 4 * EACH);
    ck_assert_int_eq(paths.classes, CLASSES);
    for (size_t at = 0; at < paths.count; at++) {
        size_t class = at / (4 * EACH), directory = at / EACH % 4, number = at % EACH;
        char *found = sg_paths_get(&paths, at);
        snprintf(path, sizeof path, "./%s%s/%03zu.", sorted[class], sorted_inner[directory], number);
        ck_assert_msg(strncmp(found, path, strlen(path)) == 0, "%s, not %s", found, path);
        ck_assert_int_eq(sg_paths_class(&paths, at), (int)class);
        free(found);
    }
    /* A million of them would take less than 200 MB. */
    ck_assert_uint_lt(paths.names_room + paths.room * sizeof *paths.file, paths.count * 100);
    sg_paths_finish(&paths);
    ck_assert_int_eq(system("rm -rf ./*"), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("folder");
    TCase *tests = tcase_create("folder");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_set_timeout(tests, 60); /* some make thousands of files */
    tcase_add_test(tests, sorted_and_hidden_left_out);
    tcase_add_test(tests, crops_the_middle_and_resizes);
    tcase_add_test(tests, thin_images);
    tcase_add_test(tests, enlarges);
    tcase_add_test(tests, subdirectories_are_classes);
    tcase_add_test(tests, closed_directories);
    tcase_add_test(tests, links_upwards);
    tcase_add_test(tests, memory_of_one);
    tcase_add_test(tests, huge_file);
    tcase_add_test(tests, many_names);
    tcase_add_test(tests, refuses);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
