/* Facts about SimMIM and its training (arXiv:2111.09886 and its code) that the engine must reproduce: the
 * loss, the distances of its masks, the optimisers over several steps, clipping, batch normalisation,
 * baselines. */
#include <math.h>
#include <unistd.h>

#include "format/idx.h"
#include "rig.h"
#include "simgraph/arrays.h"
#include "train/extend.h"

#define IMAGES "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"

/* ---- the loss ---- */

/* C = 3, 4 x 4 pixels, token 2, mask [[1, 0], [0, 1]], x[c, h, w] = 16c + 4h + w, y = 0. */
START_TEST(masked_l1_is_the_published_number) {
    sg_type type = _i ? SG_F32 : SG_F64;
    rig r;
    sg_error error = {0};
    double image[48], zeros[48] = {0}, tokens[] = {1, 0, 0, 1};
    sg_shape shape = SG_SHAPE(1, 3, 4, 4), cells = SG_SHAPE(1, 2, 1, 2, 1), wide = SG_SHAPE(1, 2, 2, 2, 2),
             pixels = SG_SHAPE(1, 1, 4, 4);
    rig_begin(&r, type, true, 1);
    sg_value x = rig_input(&r, "x", type, shape), y = rig_input(&r, "y", type, shape);
    sg_value mask = rig_input(&r, "mask", type, cells);
    sg_value spread = sg_emit(r.graph, "broadcast_to", SG_IN(mask), sg_arg_shape("shape", &wide));
    spread = sg_emit(r.graph, "reshape", SG_IN(spread), sg_arg_shape("shape", &pixels));
    sg_value loss = sg_emit(r.graph, "l1", SG_IN(y, x, spread)), dy;
    assert_ok(sg_graph_differentiate(r.graph, loss, SG_NO_VALUE, 1, &y, &dy, &error));
    rig_plan(&r, 2, (const sg_value[]){loss, dy});
    for (int i = 0; i < 48; i++) image[i] = i;
    rig_feed(&r, x, image);
    rig_feed(&r, y, zeros);
    rig_feed(&r, mask, tokens);
    rig_run(&r, (sg_draw){.batch = 1});
    ck_assert_double_eq_tol(rig_get(&r, loss, 0), 23.49997062503672, type == SG_F32 ? 2e-6 : 1e-13);
    for (int i = 0; i < 48; i++) {
        int row = i / 4 % 4, column = i % 4;
        double hidden = (row < 2) == (column < 2), wanted = i ? -hidden / ((8 + 1e-5) * 3) : 0;
        ck_assert_double_eq_tol(rig_get(&r, dy, i), wanted, type == SG_F32 ? 1e-8 : 1e-16);
    }
    rig_end(&r);
}
END_TEST

/* ---- masks ---- */

/* Mean distance of a hidden pixel to the nearest visible one, in a square of `size` pixels: mean over masks,
 * and the deviation of one mask. */
static double average_distance(int size, int cell, int masks, double *deviation) {
    rig r;
    int side = size / cell;
    double total = 0, squares = 0;
    rig_begin(&r, SG_F32, true, masks);
    sg_value mask = sg_graph_add(
        r.graph, "random_mask", "mask", NULL, 0,
        (const sg_arg[]){
            sg_arg_ints("shape", 3, (const int64_t[]){masks, side, side}), sg_arg_float("ratio", 0.6), {0}});
    rig_plan(&r, 1, &mask);
    rig_run(&r, (sg_draw){.seed = 2, .batch = masks});
    double *rise = malloc(sizeof *rise * (size_t)(size * size));
    for (int m = 0; m < masks; m++) {
        double sum = 0;
        int count = 0;
        /* Distance to the nearest visible pixel within the column, then the best column. */
        for (int p = 0; p < size * size; p++) {
            bool hidden = rig_get(&r, mask, (m * side + p / size / cell) * side + p % size / cell) != 0;
            rise[p] = !hidden ? 0 : p < size ? 1e6 : rise[p - size] + 1;
        }
        for (int p = size * (size - 1) - 1; p >= 0; p--) rise[p] = fmin(rise[p], rise[p + size] + 1);
        for (int p = 0; p < size * size; p++) {
            if (rise[p] == 0) continue;
            double best = rise[p] * rise[p];
            int row = p / size * size, column = p % size;
            for (int d = 1; d < size && d * d < best; d++) {
                if (column >= d) best = fmin(best, d * d + rise[row + column - d] * rise[row + column - d]);
                if (column + d < size)
                    best = fmin(best, d * d + rise[row + column + d] * rise[row + column + d]);
            }
            sum += sqrt(best);
            count++;
        }
        total += sum / count;
        squares += sum / count * sum / count;
    }
    free(rise);
    rig_end(&r);
    *deviation = sqrt(fmax(0, squares / masks - total / masks * total / masks));
    return total / masks;
}

/* The known figures come from few masks; they must lie within two deviations of one. */
START_TEST(masks_have_the_simulated_distances) {
    const struct {
        int cell, masks;
        double distance;
    } known[] = {{4, 20, 2.1}, {8, 20, 3.7}, {16, 60, 6.9}, {32, 200, 15.6}, {64, 400, 40.6}};
    for (int k = 0; k < 5; k++) {
        double deviation, distance = average_distance(192, known[k].cell, known[k].masks, &deviation);
        ck_assert_msg(fabs(distance - known[k].distance) <= 2 * deviation + 0.05,
                      "cells of %d: %.2f with deviation %.2f instead of %.1f", known[k].cell, distance,
                      deviation, known[k].distance);
    }
}
END_TEST

/* ---- steps against PyTorch ---- */

static sg_arrays facts;

static const double *fact(const char *name, int64_t elements) {
    sg_error error = {0};
    if (!facts.count) assert_ok(sg_arrays_load(&facts, FACTS, &error));
    const sg_tensor *found = sg_arrays_find(&facts, name);
    ck_assert_msg(found && found->type == SG_F64 && sg_tensor_elements(found) == elements, "%s", name);
    return found->data;
}

enum { STEPS = 6, WEIGHTS = 20 };

typedef struct recipe {
    const char *name, *op;
    double beta1, beta2, eps, momentum, decay;
    bool nesterov;
} recipe;

static const recipe recipes[] = {
    {"adamw", "adamw", 0.9, 0.999, 1e-8, 0, 0.05, false},
    {"adamw_95", "adamw", 0.9, 0.95, 1e-6, 0, 0, false},
    {"sgd", "sgd", 0, 0, 0, 0.9, 0.05, false},
    {"sgd_nesterov", "sgd", 0, 0, 0, 0.9, 0, true},
    {"sgd_plain", "sgd", 0, 0, 0, 0, 0.05, false},
};
enum { RECIPES = sizeof recipes / sizeof recipes[0] };

typedef struct step_values {
    sg_value p, g, rate, corrections, factor, ok;
} step_values;

static void add_step(rig *r, const recipe *how, sg_type type, step_values *v) {
    sg_shape shape = SG_SHAPE(4, 5), none = {0};
    bool adam = strcmp(how->op, "adamw") == 0;
    v->p = rig_state(r, "p", type, shape);
    sg_value m = rig_state(r, "m", type, shape), second = adam ? rig_state(r, "v", type, shape) : SG_NO_VALUE;
    v->g = rig_input(r, "g", type, shape);
    v->rate = rig_input(r, "rate", SG_F64, none);
    v->corrections = rig_input(r, "corrections", SG_F64, SG_SHAPE(2));
    v->factor = rig_input(r, "factor", SG_F64, none);
    v->ok = rig_input(r, "ok", SG_I32, none);
    sg_graph_set_phase(r->graph, SG_PHASE_UPDATE);
    if (adam)
        sg_emit(r->graph, "adamw", SG_IN(v->p, m, second, v->g, v->rate, v->corrections, v->factor, v->ok),
                sg_arg_float("beta1", how->beta1), sg_arg_float("beta2", how->beta2),
                sg_arg_float("eps", how->eps), sg_arg_float("decay", how->decay));
    else
        sg_emit(r->graph, "sgd", SG_IN(v->p, m, v->g, v->rate, v->factor, v->ok),
                sg_arg_float("momentum", how->momentum), sg_arg_float("decay", how->decay),
                sg_arg_bool("nesterov", how->nesterov));
    sg_graph_set_phase(r->graph, SG_PHASE_GRADIENT);
}

static void check_weights(rig *r, const double *wanted, double tolerance, const char *what) {
    const sg_tensor *p = sg_store_find(r->store, "p");
    for (int i = 0; i < WEIGHTS; i++)
        ck_assert_msg(fabs(sg_tensor_get(p, i) - wanted[i]) <= tolerance, "%s: weight %d is %.17g, not %.17g",
                      what, i, sg_tensor_get(p, i), wanted[i]);
}

START_TEST(optimisers_step_as_torch) {
    const recipe *how = &recipes[_i / 2];
    sg_type type = _i % 2 ? SG_F32 : SG_F64;
    double tolerance = type == SG_F32 ? 2e-6 : 1e-14;
    const double *start = fact("p", WEIGHTS), *grads = fact("grads", STEPS * WEIGHTS),
                 *rates = fact("rates", STEPS), *after = fact(how->name, STEPS * WEIGHTS);
    rig r;
    step_values v;
    rig_begin(&r, type, true, 1);
    add_step(&r, how, type, &v);
    rig_plan(&r, 0, NULL);
    for (int i = 0; i < WEIGHTS; i++) sg_tensor_set(sg_store_find(r.store, "p"), i, start[i]);
    for (int t = 0; t < STEPS; t++) {
        double corrections[2] = {1 / (1 - pow(how->beta1, t + 1)), 1 / (1 - pow(how->beta2, t + 1))};
        rig_feed(&r, v.g, grads + t * WEIGHTS);
        rig_feed(&r, v.rate, rates + t);
        if (how->beta1 > 0) rig_feed(&r, v.corrections, corrections);
        rig_feed(&r, v.factor, (const double[]){1});
        rig_feed(&r, v.ok, (const double[]){1});
        rig_run(&r, (sg_draw){.batch = 1});
        check_weights(&r, after + t * WEIGHTS, tolerance, how->name);
        /* A step that is not ok changes nothing, not even with a gradient of NaN. */
        double nan[WEIGHTS];
        for (int i = 0; i < WEIGHTS; i++) nan[i] = NAN;
        rig_feed(&r, v.g, nan);
        rig_feed(&r, v.ok, (const double[]){0});
        rig_run(&r, (sg_draw){.batch = 1});
        check_weights(&r, after + t * WEIGHTS, tolerance, how->name);
    }
    rig_end(&r);
}
END_TEST

START_TEST(gradients_are_clipped_as_in_torch) {
    static const int sizes[] = {40, 21, 1};
    double limit = _i ? 50 : 5;
    const double *grads = fact("clip_grads", 62), *wanted = fact(_i ? "clip_50" : "clip_5", 63);
    rig r;
    sg_value parts[3], sums[3], norm, factor;
    rig_begin(&r, SG_F64, true, 1);
    for (int k = 0; k < 3; k++) {
        char path[8];
        snprintf(path, sizeof path, "g%d", k);
        parts[k] = rig_input(&r, path, SG_F64, SG_SHAPE(sizes[k]));
    }
    sg_emit_squares(r.graph, 3, parts, sums);
    sg_emit_clip(r.graph, 3, sums, SG_NO_VALUE, limit, &norm, &factor);
    rig_plan(&r, 2, (const sg_value[]){norm, factor});
    for (int k = 0, at = 0; k < 3; at += sizes[k++]) rig_feed(&r, parts[k], grads + at);
    rig_run(&r, (sg_draw){.batch = 1});
    ck_assert_double_eq_tol(rig_get(&r, norm, 0), wanted[0], 1e-13);
    for (int i = 0; i < 62; i++)
        ck_assert_double_eq_tol(grads[i] * rig_get(&r, factor, 0), wanted[1 + i], 1e-14);
    rig_end(&r);
}
END_TEST

/* A layer made of batch_moments, batch_norm and blend trains as PyTorch's. */
START_TEST(batch_normalisation_trains_as_in_torch) {
    enum { ELEMENTS = 5 * 3 * 4 * 2 };
    const double *images = fact("norm_x", STEPS * ELEMENTS), *y_wanted = fact("norm_y", ELEMENTS),
                 *dx_wanted = fact("norm_dx", ELEMENTS), *means = fact("norm_means", STEPS * 3),
                 *variances = fact("norm_variances", STEPS * 3), *eval = fact("norm_eval", ELEMENTS);
    rig r;
    sg_error error = {0};
    rig_begin(&r, SG_F64, true, 5);
    sg_graph *g = r.graph;
    sg_shape shape = SG_SHAPE(5, 3, 4, 2), three = SG_SHAPE(3);
    sg_value x = rig_input(&r, "x", SG_F64, shape), cotangent = rig_input(&r, "cotangent", SG_F64, shape);
    sg_value weight = rig_input(&r, "weight", SG_F64, three), bias = rig_input(&r, "bias", SG_F64, three);
    sg_value mean = rig_state(&r, "mean", SG_F64, three), variance = rig_state(&r, "variance", SG_F64, three);
    sg_value moments = sg_emit(g, "batch_moments", SG_IN(x));
    sg_value y = sg_emit(g, "batch_norm", SG_IN(x, moments, moments + 1, weight, bias));
    sg_value after = sg_emit(g, "batch_norm", SG_IN(x, mean, variance, weight, bias));
    sg_value wrt[] = {x, weight, bias}, grad[3];
    assert_ok(sg_graph_differentiate(g, y, cotangent, 3, wrt, grad, &error));
    sg_graph_set_phase(g, SG_PHASE_UPDATE);
    sg_emit(g, "blend", SG_IN(mean, moments), sg_arg_float("momentum", 0.1));
    sg_emit(g, "blend", SG_IN(variance, moments + 2), sg_arg_float("momentum", 0.1));
    sg_graph_set_phase(g, SG_PHASE_GRADIENT);
    rig_plan(&r, 5, (const sg_value[]){y, after, grad[0], grad[1], grad[2]});
    for (int c = 0; c < 3; c++) sg_tensor_set(sg_store_find(r.store, "variance"), c, 1);
    rig_feed(&r, cotangent, fact("norm_cotangent", ELEMENTS));
    rig_feed(&r, weight, fact("norm_weight", 3));
    rig_feed(&r, bias, fact("norm_bias", 3));
    for (int t = 0; t < STEPS; t++) {
        rig_feed(&r, x, images + t * ELEMENTS);
        rig_run(&r, (sg_draw){.batch = 5});
        for (int c = 0; c < 3; c++) {
            ck_assert_double_eq_tol(sg_tensor_get(sg_store_find(r.store, "mean"), c), means[t * 3 + c],
                                    1e-14);
            ck_assert_double_eq_tol(sg_tensor_get(sg_store_find(r.store, "variance"), c),
                                    variances[t * 3 + c], 1e-14);
        }
    }
    for (int i = 0; i < ELEMENTS; i++) {
        ck_assert_double_eq_tol(rig_get(&r, y, i), y_wanted[i], 1e-12);
        ck_assert_double_eq_tol(rig_get(&r, grad[0], i), dx_wanted[i], 1e-12);
    }
    for (int c = 0; c < 3; c++) {
        ck_assert_double_eq_tol(rig_get(&r, grad[1], c), fact("norm_dweight", 3)[c], 1e-12);
        ck_assert_double_eq_tol(rig_get(&r, grad[2], c), fact("norm_dbias", 3)[c], 1e-12);
    }
    rig_feed(&r, x, images);
    rig_run(&r, (sg_draw){.batch = 5});
    for (int i = 0; i < ELEMENTS; i++) ck_assert_double_eq_tol(rig_get(&r, after, i), eval[i], 1e-12);
    rig_end(&r);
}
END_TEST

/* ---- baselines ---- */

/* L1 on the hidden pixels of Fashion-MNIST (28 x 28, cells of 4, ratio .6, pixels in 0..1): black .287,
 * nearest visible pixel .131, harmonic interpolation .160. Needs Debian's package dataset-fashion-mnist. */
START_TEST(baselines_reach_their_error) {
    enum { COUNT = 2000, SIDE = 28 };
    if (access(IMAGES, R_OK) != 0) return;
    sg_tensor bytes;
    rig r;
    sg_error error = {0};
    assert_ok(sg_idx_load(&bytes, IMAGES, COUNT, &error));
    rig_begin(&r, SG_F32, false, COUNT);
    sg_graph *g = r.graph;
    sg_value image = rig_input(&r, "image", SG_F32, SG_SHAPE(COUNT, 1, SIDE, SIDE));
    sg_value mask = sg_graph_add(g, "random_mask", "mask", NULL, 0,
                                 (const sg_arg[]){sg_arg_ints("shape", 3, (const int64_t[]){COUNT, 7, 7}),
                                                  sg_arg_float("ratio", 0.6),
                                                  {0}});
    sg_shape cells = SG_SHAPE(COUNT, 7, 1, 7, 1), wide = SG_SHAPE(COUNT, 7, 4, 7, 4),
             pixels = SG_SHAPE(COUNT, 1, SIDE, SIDE);
    sg_value spread = sg_emit(g, "reshape", SG_IN(mask), sg_arg_shape("shape", &cells));
    spread = sg_emit(g, "broadcast_to", SG_IN(spread), sg_arg_shape("shape", &wide));
    spread = sg_emit(g, "reshape", SG_IN(spread), sg_arg_shape("shape", &pixels));
    sg_value black =
        sg_emit(g, "constant", NULL, 0, sg_arg_float("value", 0), sg_arg_shape("shape", &pixels));
    sg_value filled[] = {black, sg_emit(g, "nearest_fill", SG_IN(image, mask)),
                         sg_emit(g, "harmonic_fill", SG_IN(image, mask))};
    const double wanted[] = {0.287, 0.131, 0.160};
    sg_value losses[3];
    for (int k = 0; k < 3; k++) losses[k] = sg_emit(g, "l1", SG_IN(filled[k], image, spread));
    rig_plan(&r, 3, losses);
    sg_tensor to = sg_program_feed(r.program, image);
    for (int64_t i = 0; i < sg_tensor_elements(&to); i++)
        sg_tensor_set(&to, i, sg_tensor_get(&bytes, i) / 255);
    rig_run(&r, (sg_draw){.seed = 1, .batch = COUNT});
    for (int k = 0; k < 3; k++) ck_assert_double_eq_tol(rig_get(&r, losses[k], 0), wanted[k], 0.008);
    sg_tensor_finish(&bytes);
    rig_end(&r);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("simmim facts");
    TCase *all = tcase_create("facts");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, masked_l1_is_the_published_number, 0, 2);
    tcase_add_test(all, masks_have_the_simulated_distances);
    tcase_add_loop_test(all, optimisers_step_as_torch, 0, 2 * RECIPES);
    tcase_add_loop_test(all, gradients_are_clipped_as_in_torch, 0, 2);
    tcase_add_test(all, batch_normalisation_trains_as_in_torch);
    tcase_add_test(all, baselines_reach_their_error);
    suite_add_tcase(suite, all);
    return unit_run(suite);
}
