/* Tar archives in the layout of WebDataset. Their bytes are made here by the description of ustar, pax and
 * GNU tar. */
#include "calls.h"
#include "scratch.h"

typedef struct archive {
    unsigned char bytes[1 << 16];
    size_t used;
} archive;

/* Writes the sum of a header's bytes into it. */
static void seal(unsigned char *header) {
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (int i = 0; i < 512; i++) sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
}

static void put_header(archive *a, const char *name, size_t size, char type) {
    unsigned char *h = a->bytes + a->used;
    memset(h, 0, 512);
    snprintf((char *)h, 100, "%s", name);
    memcpy(h + 100, "0000644", 8);
    snprintf((char *)h + 124, 12, "%011zo", size);
    memcpy(h + 257,
           "ustar\0"
           "00",
           8);
    h[156] = (unsigned char)type;
    seal(h);
    a->used += 512;
}

static void put(archive *a, const char *name, const void *data, size_t bytes, char type) {
    put_header(a, name, bytes, type);
    memset(a->bytes + a->used, 0, (bytes + 511) / 512 * 512);
    memcpy(a->bytes + a->used, data, bytes);
    a->used += (bytes + 511) / 512 * 512;
}

static void put_image(archive *a, const char *name, int level) {
    char text[40];
    int header = snprintf(text, sizeof text, "P5 2 2 255\n");
    memset(text + header, level, 4);
    put(a, name, text, (size_t)header + 4, '0');
}

static void put_text(archive *a, const char *name, const char *text) {
    put(a, name, text, strlen(text), '0');
}

static void write_archive(archive *a, const char *path) {
    memset(a->bytes + a->used, 0, 1024);
    scratch_write(path, a->bytes, a->used + 1024);
    a->used = 0;
}

static sg_call source_of(const char *path) {
    return SOURCE("webdataset", sg_arg_text("path", path), sg_arg_int("size", 2), sg_arg_int("channels", 1));
}

static sg_status load(const char *path, sg_split **split, sg_error *error) {
    sg_call source = source_of(path);
    return make_split(split, &source, "image", NULL, NULL, NULL, NULL, error);
}

static int level_of(const sg_split *split, int64_t id) {
    uint8_t pixels[4];
    sg_error error = {0};
    sg_tensor to = sg_tensor_view(SG_U8, SG_SHAPE(1, 1, 2, 2), pixels);
    assert_ok(sg_split_fill(split, 0, 0, 0, &id, 1, &to, &error));
    return pixels[0];
}

static void assert_levels(const char *path, int count, const int *levels) {
    sg_error error = {0};
    sg_split *split;
    assert_ok(load(path, &split, &error));
    ck_assert_int_eq(sg_split_count(split), count);
    for (int i = 0; i < count; i++) ck_assert_int_eq(level_of(split, i), levels[i]);
    sg_split_destroy(split);
}

static archive a;

START_TEST(samples) {
    sg_error error = {0};
    sg_split *split;
    a.used = 0;
    put(&a, "x/", "", 0, '5');
    put_image(&a, "x/001.pgm", 10);
    put_text(&a, "x/001.cls", "3\n");
    put_text(&a, "x/001.json", "{}");
    put_text(&a, "README", "no sample");
    put_text(&a, "x/002.cls", "4"); /* the label may come first, and an image under another ending */
    put_image(&a, "x/002.png", 20);
    put_image(&a, "x/002.jpg", 99); /* the first image is taken */
    put_text(&a, "x/none.txt", "text alone");
    put_image(&a, "x.y/003.pgm", 30); /* a dot of a directory is none of the name */
    put_text(&a, "x.y/003.cls", " 12 ");
    write_archive(&a, "one.tar");
    sg_call source = source_of("one.tar");
    assert_ok(load("one.tar", &split, &error));
    const sg_table *table = sg_split_table(split);
    ck_assert(sg_split_count(split) == 3 && table->column_count == 2);
    static const int labels[] = {3, 4, 12}, levels[] = {10, 20, 30};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(((const int32_t *)table->column[1].data)[i], labels[i]);
        ck_assert_int_eq(level_of(split, i), levels[i]);
    }
    sg_split_destroy(split);
    assert_described(&source, true);
}
END_TEST

START_TEST(many_archives) {
    char name[64];
    a.used = 0;
    for (int k = 8; k <= 11; k++) {
        put_image(&a, "a.pgm", k);
        snprintf(name, sizeof name, "part-%02d.tar", k);
        write_archive(&a, name);
    }
    assert_levels("part-{08..11}.tar", 4, (const int[]){8, 9, 10, 11});
    assert_levels("part-{10,08}.tar", 2, (const int[]){10, 8});
}
END_TEST

START_TEST(patterns) {
    sg_error error = {0};
    sg_split *split;
    a.used = 0;
    put_image(&a, "a.pgm", 1);
    write_archive(&a, "p18.tar");
    put_image(&a, "a.pgm", 2);
    write_archive(&a, "p08.tar");
    assert_levels("p{0,1}{8..8}.tar", 2, (const int[]){2, 1});
    assert_levels("./", 2, (const int[]){2, 1}); /* a directory: in order of names */
    assert_fails(load("p{8..7}.tar", &split, &error), SG_BAD_DATA, "`{8..7}` counts downwards");
    assert_fails(load("q{1..9}.tar", &split, &error), SG_BAD_DATA,
                 "cannot read `q1.tar`: No such file or directory");
    assert_fails(load("p{1..9999999}.tar", &split, &error), SG_BAD_DATA,
                 "`path` stands for more than 1000000 archives");
    unlink("p18.tar");
    unlink("p08.tar");
    assert_fails(load(".", &split, &error), SG_BAD_DATA, "there is no .tar file in `.`");
}
END_TEST

/* Names that a header has no room for. */
START_TEST(long_names) {
    char pax[400], path[300];
    a.used = 0;
    memset(path, 'n', sizeof path);
    strcpy(path + 200, "/1.pgm");
    put(&a, "././@LongLink", path, strlen(path) + 1, 'L');
    put_image(&a, "nnn", 7);
    strcpy(path + 200, "/2.pgm");
    int length = snprintf(pax, sizeof pax, "%zu path=%s\n", strlen(path) + 10, path);
    ck_assert_int_eq(length, (int)strlen(path) + 10);
    put(&a, "./PaxHeaders/x", pax, (size_t)length, 'x');
    put_image(&a, "mmm.txt", 8);
    put_image(&a, "short.pgm", 9);
    memcpy(a.bytes + a.used - 1024 + 345, "folder", 6); /* the prefix of ustar */
    seal(a.bytes + a.used - 1024);
    write_archive(&a, "long.tar");
    assert_levels("long.tar", 3, (const int[]){7, 8, 9});
}
END_TEST

/* Sizes that are no octal digits: in a pax header, and in bytes. */
START_TEST(other_sizes) {
    a.used = 0;
    put(&a, "./PaxHeaders/1", "11 size=15\n", 11, 'x');
    put_image(&a, "1.pgm", 5);
    memset(a.bytes + a.used - 1024 + 124, '0', 11);
    seal(a.bytes + a.used - 1024);
    put_image(&a, "2.pgm", 6);
    memset(a.bytes + a.used - 1024 + 124, 0, 12);
    a.bytes[a.used - 1024 + 124] = 0x80;
    a.bytes[a.used - 1024 + 135] = 15;
    seal(a.bytes + a.used - 1024);
    put_image(&a, "3.pgm", 7);
    write_archive(&a, "a.tar");
    assert_levels("a.tar", 3, (const int[]){5, 6, 7});
}
END_TEST

START_TEST(name_too_long) {
    sg_error error = {0};
    sg_split *split;
    char name[5000], text[200];
    a.used = 0;
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    put(&a, "././@LongLink", name, sizeof name, 'L');
    put_image(&a, "n", 7);
    write_archive(&a, "a.tar");
    snprintf(text, sizeof text, "`a.tar` has a name that is too long: %.60s...", name);
    assert_fails(load("a.tar", &split, &error), SG_BAD_DATA, text);
}
END_TEST

START_TEST(refuses) {
    sg_error error = {0};
    sg_split *split;
    a.used = 0;
    assert_fails(load("no.tar", &split, &error), SG_BAD_DATA,
                 "cannot read `no.tar`: No such file or directory");
    scratch_write("a.tar", (const unsigned char[700]){0x1f, 0x8b}, 700);
    assert_fails(load("a.tar", &split, &error), SG_BAD_DATA,
                 "`a.tar` is compressed, so that a sample in it cannot be read alone: unpack it with gunzip");
    put_text(&a, "readme.txt", "text");
    write_archive(&a, "a.tar");
    assert_fails(load("a.tar", &split, &error), SG_BAD_DATA, "there is no sample with an image in `a.tar`");
    put_image(&a, "1.pgm", 1);
    put_text(&a, "1.cls", "three");
    write_archive(&a, "a.tar");
    assert_fails(load("a.tar", &split, &error), SG_BAD_DATA,
                 "`a.tar`: `1.cls` holds no label, which is a number from 0 on");
    put_image(&a, "1.pgm", 1);
    put_text(&a, "1.cls", "3");
    put_image(&a, "2.pgm", 1);
    write_archive(&a, "a.tar");
    assert_fails(load("a.tar", &split, &error), SG_BAD_DATA,
                 "`a.tar`: `2.pgm` has no label beside it (.cls), as others have");
    put_image(&a, "1.pgm", 1);
    put_image(&a, "2.pgm", 1);
    a.bytes[1024 + 3] ^= 1;
    write_archive(&a, "a.tar");
    assert_fails(load("a.tar", &split, &error), SG_BAD_DATA,
                 "`a.tar` is damaged, or no tar archive: there is no header at byte 1024");
    put_image(&a, "1.pgm", 1);
    put_image(&a, "2.pgm", 1);
    for (size_t end = 1; end < 1536 + 15; end++) { /* behind that the last is whole */
        scratch_write("a.tar", a.bytes, end);
        if (end >= 512 + 15 && end <= 1024) continue; /* between two members */
        assert_fails(load("a.tar", &split, &error), SG_BAD_DATA, "`a.tar` is cut short");
    }
}
END_TEST

/* A broken image within an archive is skipped like one in a folder. */
START_TEST(broken_images) {
    sg_error error = {0};
    sg_split *split;
    a.used = 0;
    put_image(&a, "1.pgm", 1);
    put_text(&a, "2.pgm", "P5 2 2 255\nx");
    put_image(&a, "3.pgm", 3);
    write_archive(&a, "a.tar");
    sg_call source = SOURCE("webdataset", sg_arg_text("path", "a.tar"), sg_arg_int("size", 2),
                            sg_arg_int("channels", 1), sg_arg_float("max_bad", 0.5));
    assert_ok(make_split(&split, &source, "image", NULL, NULL, NULL, NULL, &error));
    ck_assert_int_eq(level_of(split, 1), 3);
    char *problem = sg_split_next_problem(split);
    ck_assert_str_eq(problem,
                     "`a.tar: 2.pgm` is damaged: it ends too early, or holds no number where one is due");
    free(problem);
    sg_split_destroy(split);
}
END_TEST

/* Nothing is read of a member that is too large for an image: here there is a hole. */
START_TEST(huge_member) {
    sg_error error = {0};
    sg_split *split;
    a.used = 0;
    put_image(&a, "1.pgm", 1);
    put_header(&a, "2.pgm", ((size_t)1 << 30) + 1, '0');
    scratch_write("a.tar", a.bytes, a.used);
    ck_assert_int_eq(truncate("a.tar", (off_t)a.used + ((off_t)1 << 30) + 512), 0);
    sg_call source = SOURCE("webdataset", sg_arg_text("path", "a.tar"), sg_arg_int("size", 2),
                            sg_arg_int("channels", 1), sg_arg_float("max_bad", 0.5));
    assert_ok(make_split(&split, &source, "image", NULL, NULL, NULL, NULL, &error));
    ck_assert_int_eq(level_of(split, 1), 1);
    char *problem = sg_split_next_problem(split);
    ck_assert_str_eq(problem, "`a.tar: 2.pgm` is larger than 1073741824 bytes");
    free(problem);
    sg_split_destroy(split);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("webdataset");
    TCase *tests = tcase_create("webdataset");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, samples);
    tcase_add_test(tests, many_archives);
    tcase_add_test(tests, patterns);
    tcase_add_test(tests, long_names);
    tcase_add_test(tests, other_sizes);
    tcase_add_test(tests, name_too_long);
    tcase_add_test(tests, refuses);
    tcase_add_test(tests, broken_images);
    tcase_add_test(tests, huge_member);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
