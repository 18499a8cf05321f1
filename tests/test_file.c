/* Files that are replaced in one piece: what a full disk, a limit and odd targets leave behind. */
#include "scratch.h"

#include "simgraph/arrays.h"
#include "simgraph/file.h"
#include "simgraph/image.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void assert_content(const char *path, const char *expected) {
    sg_error error = {0};
    char *data;
    size_t bytes;
    assert_ok(sg_file_load(path, 1000, &data, &bytes, &error));
    ck_assert_str_eq(data, expected);
    ck_assert_uint_eq(bytes, strlen(expected));
    free(data);
}

START_TEST(replaces) {
    sg_error error = {0};
    assert_ok(sg_file_save("a", "old", 3, &error));
    assert_content("a", "old");
    ck_assert_int_eq(chmod("a", 0640), 0);
    ck_assert_int_eq(symlink("a", "link"), 0);
    assert_ok(
        sg_file_save("link", "newer", 5, &error)); /* the link stays, its target changes and keeps its mode */
    struct stat info;
    ck_assert_int_eq(lstat("link", &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(stat("a", &info), 0);
    ck_assert_int_eq(info.st_mode & 07777, 0640);
    assert_content("a", "newer");
    assert_ok(sg_file_save("a", "", 0, &error));
    assert_content("a", "");
    ck_assert_int_eq(scratch_count(), 2);
}
END_TEST

START_TEST(steps_around_leftovers) {
    sg_error error = {0};
    char name[64];
    snprintf(name, sizeof name, "a.%ld-0.tmp", (long)getpid());
    scratch_write(name, "left", 4);
    assert_ok(sg_file_save("a", "new", 3, &error));
    assert_content("a", "new");
    assert_content(name, "left");
    ck_assert_int_eq(scratch_count(), 2);
}
END_TEST

START_TEST(refuses_targets) {
    sg_error error = {0};
    assert_fails(sg_file_save("no/a", "x", 1, &error), SG_IO_ERROR,
                 "cannot write `no/a`: No such file or directory");
    ck_assert_int_eq(mkdir("dir", 0777), 0);
    assert_fails(sg_file_save("dir", "x", 1, &error), SG_IO_ERROR, "cannot write `dir`: Is a directory");
    char *data;
    size_t bytes;
    assert_fails(sg_file_load("dir", 9, &data, &bytes, &error), SG_IO_ERROR,
                 "cannot read `dir`: Is a directory");
    ck_assert_int_eq(rmdir("dir"), 0);
    ck_assert_int_eq(symlink("nowhere", "link"), 0);
    assert_fails(sg_file_save("link", "x", 1, &error), SG_IO_ERROR,
                 "cannot write `link`: it is a symbolic link to nothing");
    ck_assert_int_eq(symlink("ring", "ring"), 0);
    assert_fails(sg_file_save("ring", "x", 1, &error), SG_IO_ERROR,
                 "cannot write `ring`: Too many levels of symbolic links");
    scratch_write("a", "12345", 5);
    assert_fails(sg_file_load("a", 4, &data, &bytes, &error), SG_BAD_DATA, "`a` is larger than 4 bytes");
    assert_fails(sg_file_load("b", 4, &data, &bytes, &error), SG_IO_ERROR,
                 "cannot read `b`: No such file or directory");
}
END_TEST

START_TEST(writes_to_devices) {
    sg_error error = {0};
    assert_ok(sg_file_save("/dev/null", "x", 1, &error));
    struct stat info;
    ck_assert_int_eq(stat("/dev/null", &info), 0);
    ck_assert(S_ISCHR(info.st_mode)); /* not replaced by a file */
    assert_fails(sg_file_save("/dev/full", "x", 1, &error), SG_IO_ERROR,
                 "cannot write `/dev/full`: No space left on device");
    static char large[200000];
    assert_fails(sg_file_save("/dev/full", large, sizeof large, &error), SG_IO_ERROR,
                 "cannot write `/dev/full`: No space left on device");
}
END_TEST

/* Every writer, with a limit on the size of files: the write fails half-way, the old file stays. */
START_TEST(keeps_the_old_file) {
    static const char *const names[] = {"a", "a.safetensors", "a.npy", "a.npz", "a.png"};
    sg_error error = {0};
    static float values[50000];
    for (int i = 0; i < 50000; i++) values[i] = (float)(i * 2654435761u);
    sg_tensor view = sg_tensor_view(SG_F32, SG_SHAPE(50000), values);
    sg_arrays arrays = {0};
    sg_image image = {.width = 250, .height = 200, .channels = 3, .pixels = (uint8_t *)values};
    assert_ok(sg_arrays_add_view(&arrays, "values", &view, &error));
    for (int i = 0; i < 5; i++) scratch_write(names[i], "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {70000, 70000};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_fails(sg_file_save("a", values, sizeof values, &error), SG_IO_ERROR,
                 "cannot write `a`: File too large");
    assert_fails(sg_arrays_save(&arrays, "a.safetensors", &error), SG_IO_ERROR,
                 "cannot write `a.safetensors`: File too large");
    assert_fails(sg_arrays_save(&arrays, "a.npy", &error), SG_IO_ERROR,
                 "cannot write `a.npy`: File too large");
    assert_fails(sg_arrays_save(&arrays, "a.npz", &error), SG_IO_ERROR,
                 "cannot write `a.npz`: File too large");
    assert_fails(sg_image_save_png(&image, "a.png", &error), SG_IO_ERROR,
                 "cannot write `a.png`: File too large");
    for (int i = 0; i < 5; i++) assert_content(names[i], "old");
    ck_assert_int_eq(scratch_count(), 5);
    sg_arrays_finish(&arrays);
}
END_TEST

START_TEST(reads_pipes) {
    sg_error error = {0};
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "through", 7), 7);
    close(ends[1]);
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_content(path, "through");
    sg_arrays arrays;
    assert_fails(sg_arrays_peek(&arrays, "/dev/null", &error), SG_IO_ERROR,
                 "cannot read `/dev/null`: not a regular file");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("file");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_test(tests, replaces);
    tcase_add_test(tests, steps_around_leftovers);
    tcase_add_test(tests, refuses_targets);
    tcase_add_test(tests, writes_to_devices);
    tcase_add_test(tests, keeps_the_old_file);
    tcase_add_test(tests, reads_pipes);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
