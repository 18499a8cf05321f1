/* Samples that are read when they are wanted: what is skipped, what is kept, parts of a source, and that a
 * run does not depend on who reads them. */
#include "calls.h"
#include "train_unit.h"

#include "data/reader.h"
#include "data/split.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>

enum { COUNT = 100, SIDE = 4, PIXELS = SIDE * SIDE };

/* Image i of class i / 50 has pixels of i. */
static void name_of(int i, char name[32]) {
    snprintf(name, 32, "images/%c/%03d.pgm", i < COUNT / 2 ? 'a' : 'b', i);
}

static void write_image(int i) {
    char name[32], text[32 + PIXELS];
    name_of(i, name);
    int header = snprintf(text, sizeof text, "P5 %d %d 255\n", SIDE, SIDE);
    memset(text + header, i, PIXELS);
    scratch_write(name, text, (size_t)header + PIXELS);
}

static void damage(int i) {
    char name[32];
    name_of(i, name);
    scratch_write(name, "P5 4 4 255 x", 12);
}

static void enter(void) {
    scratch_enter();
    ck_assert(mkdir("images", 0777) == 0 && mkdir("images/a", 0777) == 0 && mkdir("images/b", 0777) == 0);
    for (int i = 0; i < COUNT; i++) write_image(i);
}

typedef struct part {
    double begin, end;
    uint64_t seed;
    const sg_split *same;
} part;

static sg_status open_images(sg_split **split, double max_bad, int cache, const part *p, sg_error *error) {
    sg_call source =
        SOURCE("folder", sg_arg_text("path", "images"), sg_arg_int("size", SIDE), sg_arg_int("channels", 1),
               sg_arg_float("max_bad", max_bad), sg_arg_int("cache", cache));
    sg_field_spec fields[] = {{.name = "label"}, {.name = "image"}};
    sg_split_options options = {
        .size = sizeof options, .name = "train", .source = &source, .fields = fields, .field_count = 2};
    if (p)
        options.begin = p->begin, options.end = p->end, options.part_seed = p->seed, options.same = p->same;
    return sg_split_create(split, &options, error);
}

/* All images and labels of a split, by their first pixel. */
static sg_status fill(const sg_split *split, int *image, int *label, sg_error *error) {
    int64_t count = sg_split_count(split), ids[COUNT];
    static float pixels[COUNT * PIXELS];
    static int32_t labels[COUNT];
    for (int64_t i = 0; i < count; i++) ids[i] = i;
    sg_tensor to = sg_tensor_view(SG_F32, SG_SHAPE(count, 1, SIDE, SIDE), pixels),
              numbers = sg_tensor_view(SG_I32, SG_SHAPE(count), labels);
    sg_status status = sg_split_fill(split, 0, 0, 0, ids, count, &numbers, error);
    if (status == SG_OK) status = sg_split_fill(split, 1, 0, 0, ids, count, &to, error);
    for (int64_t i = 0; status == SG_OK && i < count; i++) {
        image[i] = (int)(pixels[i * PIXELS] * 255 + 0.5f);
        label[i] = labels[i];
        for (int p = 1; p < PIXELS; p++) ck_assert(pixels[i * PIXELS + p] == pixels[i * PIXELS]);
    }
    return status;
}

/* Which sample stands for which. */
static int stands_for(int i) {
    return i == 17 || i == 18 ? 19 : i == 49 ? 50 : i == 99 ? 0 : i;
}

static void damage_some(void) {
    static const int bad[] = {17, 18, 49, 99};
    for (int i = 0; i < 4; i++) damage(bad[i]);
}

START_TEST(skips) {
    damage_some();
    for (int cache = 0; cache <= 1; cache++) {
        sg_error error = {0};
        sg_split *split;
        int image[COUNT], label[COUNT], told = 0;
        assert_ok(open_images(&split, 0.04, cache, NULL, &error));
        ck_assert(sg_split_reads(split) && sg_split_bad(split) == 0 && sg_split_max_bad(split) == 0.04);
        ck_assert_uint_eq(sg_split_bytes(split), (cache ? COUNT * PIXELS : 0) + COUNT * sizeof(int32_t));
        for (int round = 0; round < 2; round++) {
            assert_ok(fill(split, image, label, &error));
            for (int i = 0; i < COUNT; i++) {
                ck_assert_int_eq(image[i], stands_for(i));
                ck_assert_int_eq(label[i], stands_for(i) >= COUNT / 2); /* of the image that is there */
            }
        }
        ck_assert_int_eq(sg_split_bad(split), 4);
        for (char *problem; (problem = sg_split_next_problem(split)); free(problem)) {
            if (!told++)
                ck_assert_str_eq(problem,
                                 "`images/a/017.pgm` is damaged: it ends too early, or holds no number "
                                 "where one is due");
        }
        ck_assert_int_eq(told, 4);
        sg_split_destroy(split);
    }
}
END_TEST

START_TEST(too_many) {
    sg_error error = {0};
    sg_split *split;
    int image[COUNT], label[COUNT];
    damage_some();
    assert_ok(open_images(&split, 0.03, 0, NULL, &error));
    for (int round = 0; round < 2; round++) /* whether they are found or known, and by whom */
        assert_fails(fill(split, image, label, &error), SG_BAD_DATA,
                     "at least 4 of 100 images cannot be read, more than max_bad: 0.03 lets pass (`simgraph "
                     "data check` "
                     "lists them; `--set data.train.max_bad=...` lets more pass): "
                     "`images/a/017.pgm` is damaged: it ends too early, or holds no number where one is due");
    sg_split_destroy(split);
    for (int i = 0; i < COUNT; i++) damage(i);
    assert_ok(open_images(&split, 1, 0, NULL, &error));
    ck_assert_int_eq(fill(split, image, label, &error), SG_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(error.message, "100 of 100 images cannot be read"));
    sg_split_destroy(split);
}
END_TEST

/* What is kept is not read again; what is not, may go. */
START_TEST(vanishes) {
    for (int cache = 0; cache <= 1; cache++) {
        sg_error error = {0};
        sg_split *split;
        int image[COUNT], label[COUNT];
        char name[32];
        assert_ok(open_images(&split, 0.01, cache, NULL, &error));
        assert_ok(fill(split, image, label, &error));
        name_of(5, name);
        unlink(name);
        assert_ok(fill(split, image, label, &error));
        ck_assert_int_eq(image[5], cache ? 5 : 6);
        ck_assert_int_eq(sg_split_bad(split), !cache);
        char *problem = sg_split_next_problem(split);
        ck_assert((problem == NULL) == cache);
        if (problem) ck_assert_str_eq(problem, "cannot read `images/a/005.pgm`: No such file or directory");
        free(problem);
        sg_split_destroy(split);
        write_image(5);
    }
}
END_TEST

/* Kinds of files that cannot be read at all, the first of them found by a probe. */
START_TEST(unreadable) {
    sg_error error = {0};
    sg_split *split;
    static const struct {
        const char *file, *text;
    } cases[] = {{"images/a/000.pgm", "`images/a/000.pgm` is empty"},
                 {"images/a/001.pgm", "cannot read `images/a/001.pgm`: Input/output error"},
                 {"images/a/002.pgm", "`images/a/002.pgm` has 65000 x 65000 pixels, which is too large"},
                 {"images/a/003.pgm", "`images/a/003.pgm` is no JPEG, PNG, WebP or PNM image"}};
    scratch_write(cases[0].file, "", 0);
    unlink(cases[1].file);
    ck_assert_int_eq(symlink("/proc/self/mem", cases[1].file), 0); /* it may be opened, and not be read */
    scratch_write(cases[2].file, "P6 65000 65000 255 abc", 22);
    scratch_write(cases[3].file, "II*\0 a TIFF by the name of another", 30);
    assert_ok(open_images(&split, 0, 0, NULL, &error));
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(sg_split_probe(split, i, &error), i == 1 ? SG_IO_ERROR : SG_BAD_DATA);
        ck_assert_str_eq(error.message, cases[i].text);
    }
    assert_ok(sg_split_probe(split, 4, &error));
    ck_assert_int_eq(sg_split_bad(split), 0); /* a probe is no run */
    sg_split_destroy(split);
}
END_TEST

/* A mean over what is read: of the images that stand for others too. */
START_TEST(mean_of_part) {
    sg_error error = {0};
    sg_split *split, *whole;
    int image[COUNT], label[COUNT];
    double sum = 0, mean;
    damage_some();
    sg_call source = SOURCE("folder", sg_arg_text("path", "images"), sg_arg_int("size", SIDE),
                            sg_arg_int("channels", 1), sg_arg_float("max_bad", 0.04));
    sg_call average = STEP("dataset_mean", NO_ARG);
    const sg_call *steps[] = {&average};
    sg_field_spec field = {.name = "mean", .column = "image", .steps = steps, .step_count = 1};
    sg_split_options options = {.size = sizeof options,
                                .name = "train",
                                .source = &source,
                                .fields = &field,
                                .field_count = 1,
                                .begin = 0.2,
                                .end = 0.8};
    assert_ok(open_images(&split, 0.04, 0, &(part){.begin = 0.2, .end = 0.8}, &error));
    assert_ok(fill(split, image, label, &error));
    ck_assert_int_gt(sg_split_bad(split), 0);
    for (int i = 0; i < 60; i++) sum += image[i];
    sg_split_destroy(split);
    assert_ok(sg_split_create(&whole, &options, &error));
    sg_tensor to = sg_tensor_view(SG_F64, SG_SHAPE(1), &mean);
    assert_ok(sg_split_fill(whole, 0, 0, 0, NULL, 0, &to, &error));
    ck_assert_double_eq_tol(mean, sum / 60 / 255, 1e-7);
    sg_split_destroy(whole);
    /* Where there is none, and where nobody asks why. */
    for (int i = 0; i < COUNT; i++) damage(i);
    ck_assert_int_eq(sg_split_create(&whole, &options, NULL), SG_BAD_DATA);
}
END_TEST

/* Files that cannot be opened for want of room in the process are not at fault. */
START_TEST(too_many_files) {
    sg_error error = {0};
    sg_split *split;
    struct rlimit before, none;
    int image[COUNT], label[COUNT], lowest = open("/dev/null", O_RDONLY);
    assert_ok(open_images(&split, 0, 1, NULL, &error));
    close(lowest);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)lowest;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    sg_status status = fill(split, image, label, &error);
    sg_status silent = fill(split, image, label, NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert(status == SG_OUT_OF_MEMORY && silent == status); /* whether one asks why or not */
    ck_assert_str_eq(error.message, "cannot read `images/a/000.pgm`: Too many open files");
    ck_assert_int_eq(sg_split_bad(split), 0);
    assert_ok(fill(split, image, label, &error));
    ck_assert_int_eq(image[0], 0);
    sg_split_destroy(split);
}
END_TEST

/* Room for as many samples as were asked for, and no more. */
START_TEST(places) {
    sg_error error = {0};
    sg_split *split;
    size_t room[2];
    assert_ok(open_images(&split, 0, 0, NULL, &error));
    for (int i = 0; i < 2; i++) {
        sg_workspace space;
        assert_ok(sg_workspace_init_split(&space, split, i ? 8 : 2, &error));
        room[i] = malloc_usable_size(space.held);
        sg_workspace_finish(&space);
    }
    ck_assert_uint_ge(room[1] - room[0], 5 * PIXELS);
    sg_split_destroy(split);
}
END_TEST

static sg_reader racing;
static int reads;

/* Another thread fails on the sample while this one keeps it. */
static sg_status read_racing(const sg_reader *reader, int64_t sample, void *to, sg_error *error) {
    char room[1];
    sg_error other = {0};
    (void)reader;
    if (reads++ > 0) return sg_fail(error, SG_BAD_DATA, "it has gone");
    memset(to, 1, 1);
    ck_assert_ptr_null(sg_reader_get(&racing, sample, room, &other));
    return SG_OK;
}

static void leave(sg_reader *reader) {
    (void)reader;
}

START_TEST(bad_stays_bad) {
    sg_error error = {0};
    char room[1];
    racing = (sg_reader){.read = read_racing, .destroy = leave, .count = 2, .bytes = 1, .max_bad = 1};
    assert_ok(sg_reader_init(&racing, 2, &error));
    ck_assert_ptr_nonnull(sg_reader_get(&racing, 0, room, &error));
    ck_assert_ptr_null(sg_reader_get(&racing, 0, room, &error));
    ck_assert_str_eq(error.message, "it has gone");
    ck_assert(sg_reader_bad(&racing) == 1 && reads == 2);
    sg_reader_destroy(&racing);
}
END_TEST

START_TEST(parts) {
    sg_error error = {0};
    int image[COUNT], label[COUNT], seen[COUNT] = {0}, moved = 0;
    sg_split *train, *held, *other;
    assert_ok(open_images(&train, 0.05, 1, &(part){.begin = 0.07, .end = 1, .seed = 1}, &error));
    assert_ok(open_images(&held, 0.05, 1, &(part){.end = 0.07, .seed = 1, .same = train}, &error));
    assert_ok(open_images(&other, 0.05, 1, &(part){.end = 0.07, .seed = 2, .same = train}, &error));
    ck_assert(sg_split_count(train) == 93 && sg_split_count(held) == 7);
    ck_assert_uint_eq(sg_split_bytes(held), 0); /* the other one counts them */
    const sg_split *both[] = {train, held};
    for (int k = 0; k < 2; k++) {
        assert_ok(fill(both[k], image, label, &error));
        for (int i = 0; i < sg_split_count(both[k]); i++) {
            ck_assert(i == 0 || image[i] > image[i - 1]); /* in the source's order */
            ck_assert_int_eq(label[i], image[i] >= COUNT / 2);
            seen[image[i]]++;
        }
    }
    for (int i = 0; i < COUNT; i++) ck_assert_int_eq(seen[i], 1);
    int first[COUNT];
    memcpy(first, image, sizeof first);
    assert_ok(fill(other, image, label, &error));
    for (int i = 0; i < 7; i++) moved += image[i] != first[i];
    ck_assert_int_gt(moved, 0);
    /* One that goes leaves the samples to the others. */
    sg_split_destroy(train);
    assert_ok(fill(held, image, label, &error));
    ck_assert_mem_eq(image, first, 7 * sizeof *image);
    sg_split_destroy(held);
    sg_split_destroy(other);
    assert_fails(open_images(&train, 0, 0, &(part){.end = 0.004}, &error), SG_BAD_GRAPH,
                 "`split` leaves no sample: a share of 0.004 of 100 samples is rounded to 0; one of 0.005 "
                 "leaves a sample");
    /* The share that is named is enough, and the next smaller one is not. */
    assert_ok(open_images(&train, 0, 0, &(part){.end = 0.005}, &error));
    sg_split_destroy(train);
    assert_fails(open_images(&train, 0, 0, &(part){.begin = 0.5, .end = 0.5049}, &error), SG_BAD_GRAPH,
                 "`split` leaves no sample: a share of 0.0049 of 100 samples is rounded to 0; one of 0.005 "
                 "leaves a sample");
    assert_fails(
        open_images(&train, 0, 0, &(part){.begin = 0.997, .end = 1}, &error), SG_BAD_GRAPH,
        "`split` leaves no sample: its parts take 0.997 of 100 samples, which is rounded to all of them");
}
END_TEST

/* What stands for a broken image is of the same part: nothing that is held out is trained on. */
START_TEST(parts_keep_apart) {
    sg_error error = {0};
    sg_split *split, *held;
    int image[COUNT], label[COUNT], mine[COUNT] = {0};
    assert_ok(open_images(&split, 0.5, 0, &(part){.begin = 0.3, .end = 1}, &error));
    assert_ok(open_images(&held, 0.5, 0, &(part){.end = 0.3}, &error));
    assert_ok(fill(held, image, label, &error));
    for (int i = 0; i < 30; i++) mine[image[i]] = 1;
    int count = 0;
    for (int i = 0; i < 30; i += 3, count++) damage(image[i]);
    sg_split_destroy(held);
    assert_ok(open_images(&held, 0.5, 0, &(part){.end = 0.3}, &error));
    assert_ok(fill(held, image, label, &error));
    for (int i = 0; i < 30; i++) ck_assert(mine[image[i]]);
    ck_assert_int_eq(sg_split_bad(held), count);
    sg_split_destroy(held);
    sg_split_destroy(split);
    /* A part of nothing but broken ones. */
    for (int i = 0; i < COUNT; i++)
        if (mine[i]) damage(i);
    assert_ok(open_images(&held, 0.5, 0, &(part){.end = 0.3}, &error));
    ck_assert_int_eq(fill(held, image, label, &error), SG_BAD_DATA);
    static const char text[] = "no image of the split `train` can be read; one of them: `images/";
    ck_assert_msg(strncmp(error.message, text, strlen(text)) == 0, "%s", error.message);
    sg_split_destroy(held);
}
END_TEST

/* ---- runs ---- */

static sg_status train(run *r, int threads, const char *source) {
    const char *const settings[] = {source, "data.test-", "evaluate-", "train.steps=12", NULL};
    return run_all(r, tiny_graph, settings, (sg_trainer_options){.no_save = true}, threads);
}

START_TEST(any_number_of_threads) {
    double loss = 0;
    damage_some();
    for (int threads = 1; threads <= 4; threads++)
        for (int cache = 0; cache <= 1; cache++) {
            run r;
            char source[256];
            snprintf(source, sizeof source,
                     "data.train={op: folder, path: images, size: 16, channels: 1, max_bad: 0.04, cache: %d, "
                     "split: "
                     "{rest: 0.1}, fields: {image: [flip]}}",
                     cache);
            run_ok(train(&r, threads, source), &r);
            ck_assert(r.result.reads && r.result.waiting >= 0 && r.result.waiting <= 1);
            if (threads == 1 && !cache) loss = r.result.loss;
            ck_assert_msg(r.result.loss == loss, "%d threads, cache %d: %.17g, not %.17g", threads, cache,
                          r.result.loss, loss);
            ck_assert(r.result.bad >= 3 && r.log.notes == r.result.bad); /* one may be in the other part */
            ck_assert_int_eq(strncmp(r.log.first, "skipped: `images/", 17), 0);
            run_finish(&r);
        }
}
END_TEST

START_TEST(stops) {
    run r;
    damage_some();
    ck_assert_int_eq(
        train(&r, 2, "data.train={op: folder, path: images, size: 16, channels: 1, fields: {image: []}}"),
        SG_BAD_DATA);
    ck_assert_ptr_nonnull(
        strstr(r.error.message, "images cannot be read, more than max_bad: 0.01 lets pass"));
    ck_assert_int_ge(r.log.notes, 2);
    run_finish(&r);
}
END_TEST

/* ---- looking at all samples ---- */

typedef struct told {
    bool stops; /* at the first problem */
    volatile sig_atomic_t stop;
    int problems, sources;
    sg_probe found;
} told;

static void on_problem(void *data, const char *problem) {
    told *t = data;
    t->problems += strstr(problem, "is damaged") != NULL;
    t->stop = t->stops;
}

static void on_source(void *data, const sg_probe *found) {
    told *t = data;
    t->sources++;
    t->found = *found;
}

static void look(told *t, const char *source) {
    run r;
    sg_error error = {0};
    const char *const settings[] = {source, "data.test-", "evaluate-", NULL};
    sg_probe_options options = {
        .size = sizeof options, .problem = on_problem, .source = on_source, .data = t, .stop = &t->stop};
    run_ok(run_load(&r, tiny_graph, settings), &r);
    run_open_context(&r, 2);
    assert_ok(sg_data_probe(r.config, r.context, &options, &error));
    run_finish(&r);
}

/* Nothing is said of samples that nobody looked at. */
START_TEST(probe_stopped) {
    told t = {.stops = true};
    damage_some();
    look(&t, "data.train={op: folder, path: images, size: 16, channels: 1, fields: {image: []}}");
    ck_assert(t.problems == 4 && t.sources == 0);
}
END_TEST

/* 0.29 * 100 is less than 29, as floats are. */
START_TEST(exactly_max_bad) {
    static const char source[] =
        "data.train={op: folder, path: images, size: 16, channels: 1, max_bad: 0.29, fields: {image: []}}";
    sg_error error = {0};
    int image[COUNT], label[COUNT];
    for (int more = 0; more <= 1; more++) {
        told t = {0};
        sg_split *split;
        for (int i = 0; i < 29 + more; i++) damage(i);
        look(&t, source);
        ck_assert(t.sources == 1 && t.found.bad == 29 + more && t.found.too_many == more);
        assert_ok(open_images(&split, 0.29, 1, NULL, &error));
        ck_assert_int_eq(fill(split, image, label, &error), more ? SG_BAD_DATA : SG_OK);
        sg_split_destroy(split);
    }
}
END_TEST

START_TEST(probe_nothing) {
    run r;
    sg_error error = {0};
    sg_probe_options options = {.size = sizeof options};
    static const char text[] = "simgraph: 1\nnodes: {x: {op: input, shape: [batch, 2]}}\n";
    run_ok(run_load(&r, text, NULL), &r);
    run_open_context(&r, 1);
    assert_fails(sg_data_probe(r.config, r.context, &options, &error), SG_BAD_GRAPH,
                 "there is no section `data`, so there is nothing to read");
    run_finish(&r);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reader");
    TCase *tests = tcase_create("reader");
    tcase_add_checked_fixture(tests, enter, scratch_leave_runs);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, skips);
    tcase_add_test(tests, too_many);
    tcase_add_test(tests, vanishes);
    tcase_add_test(tests, unreadable);
    tcase_add_test(tests, mean_of_part);
    tcase_add_test(tests, too_many_files);
    tcase_add_test(tests, places);
    tcase_add_test(tests, bad_stays_bad);
    tcase_add_test(tests, parts);
    tcase_add_test(tests, parts_keep_apart);
    tcase_add_test(tests, any_number_of_threads);
    tcase_add_test(tests, stops);
    tcase_add_test(tests, probe_stopped);
    tcase_add_test(tests, exactly_max_bad);
    tcase_add_test(tests, probe_nothing);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
