/* Random ops: masks, noise, dropout. Numbers belong to a sample, whatever batch it comes in. */
#include <math.h>

#include "rig.h"

typedef struct kind {
    const char *op;
    sg_arg args[4];
    int64_t shape[3]; /* behind the samples; 0 ends */
    bool has_input;
} kind;

static const kind kinds[] = {
    {"random_mask", {SG_ARG_FLOAT("ratio", 0.6)}, {6, 6}, false},
    {"box_mask", {SG_ARG_FLOAT("ratio", 0.4)}, {16, 16}, false},
    {"drop_mask", {SG_ARG_FLOAT("ratio", 0.75)}, {49}, false},
    {"block_mask", {SG_ARG_FLOAT("ratio", 0.4)}, {14, 14}, false},
    {"inverse_block_mask", {SG_ARG_FLOAT("ratio", 0.8)}, {10, 14}, false},
    {"random_uniform", {SG_ARG_FLOAT("low", -1)}, {7, 3}, false},
    {"random_normal", {SG_ARG_FLOAT("std", 2)}, {7, 3}, false},
    {"dropout", {SG_ARG_FLOAT("rate", 0.5)}, {7, 9}, true},
    {"drop_path", {SG_ARG_FLOAT("rate", 0.5)}, {3}, true},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static sg_shape shape_of(const kind *k, int64_t batch) {
    sg_shape shape = {1, {batch}};
    for (int d = 0; d < 3 && k->shape[d]; d++) shape.dim[shape.rank++] = k->shape[d];
    return shape;
}

/* The first output of that op for samples `ids`, `parts` entries of axis 0 a sample; to be freed. */
static double *draw_parts(const kind *k, const char *path, sg_type type, uint64_t seed, uint32_t epoch,
                          int64_t batch, int64_t parts, const int64_t *ids, int64_t *elements) {
    rig r;
    rig_begin(&r, type, true, batch);
    sg_shape shape = shape_of(k, batch * parts);
    sg_arg args[6] = {{0}};
    sg_value x = SG_NO_VALUE, y;
    memcpy(args, k->args, sizeof k->args);
    if (k->has_input) {
        x = sg_emit(r.graph, "constant", NULL, 0, sg_arg_float("value", 1), sg_arg_shape("shape", &shape));
        y = sg_graph_add(r.graph, k->op, path, SG_IN(x), args);
    } else {
        args[3] = (sg_arg){0};
        for (int i = 0; i < 4; i++)
            if (!args[i].name) {
                args[i] = sg_arg_shape("shape", &shape);
                break;
            }
        y = sg_graph_add(r.graph, k->op, path, NULL, 0, args);
    }
    rig_plan(&r, 1, &y);
    rig_run(&r, (sg_draw){.seed = seed, .epoch = epoch, .batch = batch, .ids = ids});
    sg_tensor from = sg_program_fetch(r.program, y);
    *elements = sg_tensor_elements(&from);
    double *numbers = malloc(sizeof *numbers * (size_t)(*elements + 1));
    for (int64_t i = 0; i < *elements; i++) numbers[i] = sg_tensor_get(&from, i);
    rig_end(&r);
    return numbers;
}

static double *draw(const kind *k, uint64_t seed, uint32_t epoch, int64_t batch, const int64_t *ids) {
    int64_t elements;
    return draw_parts(k, "node", SG_F32, seed, epoch, batch, 1, ids, &elements);
}

static bool same(const double *a, const double *b, int64_t n) {
    return memcmp(a, b, sizeof *a * (size_t)n) == 0;
}

START_TEST(numbers_belong_to_the_sample) {
    const kind *k = &kinds[_i];
    const int64_t many[] = {5, 900, 2, 77, 13, 41, 6, 1000000}, few[] = {77, 5}, one[] = {1000000};
    sg_shape single = shape_of(k, 1);
    int64_t n = sg_shape_elements(&single);
    double *a = draw(k, 3, 8, 8, many), *b = draw(k, 3, 8, 2, few), *c = draw(k, 3, 8, 1, one);
    ck_assert_msg(same(b, a + 3 * n, n) && same(b + n, a, n) && same(c, a + 7 * n, n),
                  "%s depends on the batch", k->op);
    free(a);
    free(b);
    free(c);
}
END_TEST

/* Are some of the samples different? drop_path draws one bit a sample, so all are looked at together. */
START_TEST(samples_epochs_and_seeds_differ) {
    const kind *k = &kinds[_i];
    enum { BATCH = 64 };
    sg_shape all = shape_of(k, BATCH), single = shape_of(k, 1);
    int64_t n = sg_shape_elements(&all), each = sg_shape_elements(&single), unlike = 0, elements;
    double *a = draw(k, 3, 8, BATCH, NULL), *epoch = draw(k, 3, 9, BATCH, NULL),
           *seed = draw(k, 4, 8, BATCH, NULL), *again = draw(k, 3, 8, BATCH, NULL);
    double *path = draw_parts(k, "other", SG_F32, 3, 8, BATCH, 1, NULL, &elements);
    ck_assert(same(a, again, n));
    ck_assert_msg(!same(a, epoch, n), "%s is the same in every epoch", k->op);
    ck_assert_msg(!same(a, seed, n), "%s is the same for every seed", k->op);
    ck_assert_msg(!same(a, path, n), "%s is the same for every node", k->op);
    for (int i = 1; i < BATCH; i++) unlike += !same(a, a + i * each, each);
    ck_assert_msg(unlike > BATCH / 4, "%s: only %d of %d samples differ from the first", k->op, (int)unlike,
                  BATCH - 1);
    free(a);
    free(epoch);
    free(seed);
    free(again);
    free(path);
}
END_TEST

/* Several entries a sample: each draws its own numbers (but drop_path, which decides for the sample), and
 * those of the first do not depend on how many there are. */
START_TEST(parts_of_a_sample_differ) {
    const kind *k = &kinds[_i];
    enum { BATCH = 32 };
    sg_shape single = shape_of(k, 1);
    int64_t n = sg_shape_elements(&single), elements, unlike = 0;
    double *two = draw_parts(k, "node", SG_F32, 3, 8, BATCH, 2, NULL, &elements),
           *one = draw(k, 3, 8, BATCH, NULL);
    for (int i = 0; i < BATCH; i++) {
        ck_assert_msg(same(two + 2 * i * n, one + i * n, n), "%s: the first part depends on the number",
                      k->op);
        unlike += !same(two + 2 * i * n, two + (2 * i + 1) * n, n);
    }
    if (strcmp(k->op, "drop_path") == 0)
        ck_assert_int_eq(unlike, 0);
    else
        ck_assert_int_ge(unlike, BATCH - 2);
    free(two);
    free(one);
}
END_TEST

START_TEST(types_draw_the_same) {
    const kind *k = &kinds[_i];
    int64_t n;
    double *f32 = draw_parts(k, "node", SG_F32, 3, 8, 9, 1, NULL, &n),
           *f64 = draw_parts(k, "node", SG_F64, 3, 8, 9, 1, NULL, &n);
    for (int64_t i = 0; i < n; i++) ck_assert_double_eq_tol(f32[i], f64[i], 2e-6);
    free(f32);
    free(f64);
}
END_TEST

/* ---- counts ---- */

static int64_t hidden_of(const char *op, double ratio, int rank, const int64_t *shape) {
    kind k = {op, {SG_ARG_FLOAT("ratio", ratio)}, {0}, false};
    int64_t elements, hidden = -1;
    memcpy(k.shape, shape, sizeof *shape * (size_t)rank);
    double *mask = draw_parts(&k, "mask", SG_F32, 1, 0, 20, 1, NULL, &elements);
    for (int64_t i = 0; i < 20; i++) {
        int64_t count = 0;
        for (int64_t j = 0; j < elements / 20; j++) {
            double x = mask[i * elements / 20 + j];
            if (x != 0 && x != 1) ck_abort_msg("%s holds %g", op, x);
            count += mask[i * elements / 20 + j] == 1;
        }
        ck_assert(hidden < 0 || hidden == count);
        hidden = count;
    }
    free(mask);
    return hidden;
}

START_TEST(masks_hide_the_published_counts) {
    ck_assert_int_eq(hidden_of("random_mask", 0.6, 2, (int64_t[]){192 / 32, 192 / 32}), 22);
    ck_assert_int_eq(hidden_of("random_mask", 0.6, 2, (int64_t[]){224 / 32, 224 / 32}), 30);
    ck_assert_int_eq(hidden_of("random_mask", 0.6, 2, (int64_t[]){32 / 4, 32 / 4}), 39);
    ck_assert_int_eq(hidden_of("random_mask", 0.55, 1, (int64_t[]){100}), 56); /* in double arithmetic */
    ck_assert_int_eq(hidden_of("random_mask", 0, 1, (int64_t[]){100}), 0);
    ck_assert_int_eq(hidden_of("random_mask", 1, 1, (int64_t[]){100}), 100);
    ck_assert_int_eq(hidden_of("drop_mask", 0.75, 1, (int64_t[]){196}), 196 - 49);
    ck_assert_int_eq(hidden_of("drop_mask", 0.8, 1, (int64_t[]){100}), 100 - 19);
    ck_assert_int_eq(hidden_of("box_mask", 0.6, 2, (int64_t[]){28, 28}), 16 * 16);
    ck_assert_int_eq(hidden_of("box_mask", 0.25, 2, (int64_t[]){16, 10}), 4 * 2);
    ck_assert_int_eq(hidden_of("block_mask", 0.4, 2, (int64_t[]){14, 14}), 79);
    ck_assert_int_eq(hidden_of("block_mask", 0.55, 2, (int64_t[]){4, 25}), 56);
    ck_assert_int_eq(hidden_of("inverse_block_mask", 0.8, 2, (int64_t[]){14, 14}), 157);
    ck_assert_int_eq(hidden_of("inverse_block_mask", 0.55, 2, (int64_t[]){4, 25}), 56);
}
END_TEST

/* Pearson's statistic of counts that should be equal. */
static double chi_squared(int n, const int *count, double expected) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (count[i] - expected) * (count[i] - expected) / expected;
    return sum;
}

START_TEST(masks_are_even) {
    enum { SAMPLES = 4000 };
    const kind cells = {"random_mask", {SG_ARG_FLOAT("ratio", 0.5)}, {4, 4}, false},
               box = {"box_mask", {SG_ARG_FLOAT("ratio", 0.5)}, {6, 4}, false};
    int64_t n;
    int hidden[16] = {0}, places[12] = {0};
    double *mask = draw_parts(&cells, "mask", SG_F32, 1, 0, SAMPLES, 1, NULL, &n);
    for (int64_t i = 0; i < n; i++) hidden[i % 16] += mask[i] == 1;
    free(mask);
    /* Half of the cells are drawn without putting back, which spreads less than independent counts do. */
    ck_assert_double_lt(chi_squared(16, hidden, SAMPLES / 2.0), 30.6); /* 99 % of 15 degrees */
    mask = draw_parts(&box, "mask", SG_F32, 1, 0, SAMPLES, 1, NULL, &n);
    for (int i = 0; i < SAMPLES; i++) {
        int first = 0;
        while (mask[i * 24 + first] != 1) first++;
        int row = first / 4, column = first % 4;
        for (int j = 0; j < 24; j++) {
            bool inside = j / 4 >= row && j / 4 < row + 3 && j % 4 >= column && j % 4 < column + 2;
            if ((mask[i * 24 + j] == 1) != inside) ck_abort_msg("mask %d is no rectangle", i);
        }
        places[row * 3 + column]++;
    }
    ck_assert_double_lt(chi_squared(12, places, SAMPLES / 12.0), 24.7); /* 99 % of 11 degrees */
    free(mask);
}
END_TEST

START_TEST(kept_tokens_can_be_put_back) {
    enum { SAMPLES = 50, TOKENS = 30, KEPT = 7 };
    rig r;
    rig_begin(&r, SG_F32, true, SAMPLES);
    sg_value mask =
        sg_emit(r.graph, "drop_mask", NULL, 0, sg_arg_ints("shape", 2, (const int64_t[]){SAMPLES, TOKENS}),
                sg_arg_float("ratio", 0.75));
    rig_plan(&r, 3, (const sg_value[]){mask, mask + 1, mask + 2});
    rig_run(&r, (sg_draw){.seed = 1, .batch = SAMPLES});
    for (int i = 0; i < SAMPLES; i++) {
        bool seen[TOKENS] = {false};
        for (int j = 0; j < TOKENS; j++) {
            int place = (int)rig_get(&r, mask + 2, i * TOKENS + j);
            ck_assert(place >= 0 && place < TOKENS && !seen[place]);
            seen[place] = true;
            ck_assert_int_eq(rig_get(&r, mask, i * TOKENS + j) == 0, place < KEPT);
            if (place < KEPT) ck_assert_int_eq((int)rig_get(&r, mask + 1, i * KEPT + place), j);
        }
    }
    rig_end(&r);
}
END_TEST

/* ---- moments ---- */

START_TEST(noise_has_its_moments) {
    enum { SAMPLES = 500 };
    const kind uniform = {"random_uniform", {SG_ARG_FLOAT("low", -1), SG_ARG_FLOAT("high", 3)}, {199}, false},
               normal = {"random_normal", {SG_ARG_FLOAT("mean", 5), SG_ARG_FLOAT("std", 2)}, {199}, false};
    const struct {
        const kind *kind;
        double mean, variance, skew, fourth;
    } wanted[] = {{&uniform, 1, 16 / 12.0, 0, 1.8}, {&normal, 5, 4, 0, 3}};
    for (int k = 0; k < 2; k++) {
        int64_t n;
        double *x = draw_parts(wanted[k].kind, "noise", SG_F32, 1, 0, SAMPLES, 1, NULL, &n);
        double mean = 0, variance = 0, skew = 0, fourth = 0, neighbours = 0;
        for (int64_t i = 0; i < n; i++) mean += x[i] / (double)n;
        for (int64_t i = 0; i < n; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)n;
        for (int64_t i = 0; i < n; i++) {
            double z = (x[i] - mean) / sqrt(variance), next = (x[(i + 1) % n] - mean) / sqrt(variance);
            skew += z * z * z / (double)n;
            fourth += z * z * z * z / (double)n;
            neighbours += z * next / (double)n;
        }
        ck_assert_double_eq_tol(mean, wanted[k].mean, 0.02);
        ck_assert_double_eq_tol(variance, wanted[k].variance, 0.05);
        ck_assert_double_eq_tol(skew, wanted[k].skew, 0.03);
        ck_assert_double_eq_tol(fourth, wanted[k].fourth, 0.08);
        ck_assert_double_eq_tol(neighbours, 0, 0.01);
        free(x);
    }
}
END_TEST

/* ---- dropping ---- */

enum { ROWS = 400, WIDE = 25 };

typedef struct dropped {
    double y[ROWS * WIDE], dx[ROWS * WIDE];
} dropped;

/* x is 2 everywhere, the cotangent 3. */
static void drop(const char *op, double rate, bool training, dropped *d) {
    rig r;
    rig_begin(&r, SG_F32, training, ROWS);
    sg_shape shape = SG_SHAPE(ROWS, WIDE);
    sg_error error = {0};
    sg_value x =
        sg_emit(r.graph, "constant", NULL, 0, sg_arg_float("value", 2), sg_arg_shape("shape", &shape));
    sg_value c =
        sg_emit(r.graph, "constant", NULL, 0, sg_arg_float("value", 3), sg_arg_shape("shape", &shape));
    sg_value y =
        sg_graph_add(r.graph, op, "drop", SG_IN(x), (const sg_arg[]){sg_arg_float("rate", rate), {0}});
    sg_value dx;
    assert_ok(sg_graph_differentiate(r.graph, y, c, 1, &x, &dx, &error));
    rig_plan(&r, 2, (const sg_value[]){y, dx});
    rig_run(&r, (sg_draw){.seed = 6, .epoch = 2, .batch = ROWS});
    for (int i = 0; i < ROWS * WIDE; i++) {
        d->y[i] = rig_get(&r, y, i);
        d->dx[i] = rig_get(&r, dx, i);
    }
    rig_end(&r);
}

START_TEST(what_is_dropped_gets_no_gradient) {
    static const char *const ops[] = {"dropout", "drop_path"};
    static dropped d;
    for (int k = 0; k < 2; k++) {
        int gone = 0;
        drop(ops[k], 0.25, true, &d);
        for (int i = 0; i < ROWS * WIDE; i++) {
            bool zero = d.y[i] == 0;
            if (fabs(d.y[i] - (zero ? 0 : 2 / 0.75)) > 1e-6 || fabs(d.dx[i] - (zero ? 0 : 3 / 0.75)) > 1e-6)
                ck_abort_msg("%s: y is %g and dx %g at %d", ops[k], d.y[i], d.dx[i], i);
            if (k == 1 && zero != (d.y[i / WIDE * WIDE] == 0)) ck_abort_msg("sample %d is torn", i / WIDE);
            gone += zero;
        }
        double share = (double)gone / (ROWS * WIDE);
        ck_assert_double_eq_tol(share, 0.25, k ? 0.06 : 0.015);
        drop(ops[k], 0.25, false, &d);
        for (int i = 0; i < ROWS * WIDE; i++)
            if (d.y[i] != 2 || d.dx[i] != 3) ck_abort_msg("%s drops in evaluation", ops[k]);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("random");
    TCase *each = tcase_create("each op"), *more = tcase_create("values");
    tcase_add_loop_test(each, numbers_belong_to_the_sample, 0, KINDS);
    tcase_add_loop_test(each, samples_epochs_and_seeds_differ, 0, KINDS);
    tcase_add_loop_test(each, parts_of_a_sample_differ, 0, KINDS);
    tcase_add_loop_test(each, types_draw_the_same, 0, KINDS);
    tcase_add_test(more, masks_hide_the_published_counts);
    tcase_add_test(more, masks_are_even);
    tcase_add_test(more, kept_tokens_can_be_put_back);
    tcase_add_test(more, noise_has_its_moments);
    tcase_add_test(more, what_is_dropped_gets_no_gradient);
    suite_add_tcase(suite, each);
    suite_add_tcase(suite, more);
    return unit_run(suite);
}
