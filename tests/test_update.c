/* What an update is made of: schedules, the clip factor, weight groups, weights from elsewhere. */
#include <math.h>

#include "simgraph/graph.h"
#include "train/extend.h"
#include "train/config.h"
#include "weights/names.h"
#include "rig.h"
#include "train_unit.h"

static void close_to(double given, double wanted, double tolerance) {
    ck_assert_msg(fabs(given - wanted) <= tolerance * fabs(wanted), "%.17g instead of %.17g", given, wanted);
}

/* ---- schedules ---- */

static double rate_at(const char *schedule, int64_t step, int64_t steps, double epoch) {
    static const char frame[] =
        "simgraph: 1\nnodes: {w: {op: weight, shape: [2, 2]}, loss: sum(w)}\n"
        "data: {train: {op: shapes, fields: {image: []}}}\n"
        "train: {minimize: loss, data: train, epochs: 1, batch: 1, optimizer: {op: adamw, "
        "lr: %s}}\n";
    char text[1024];
    snprintf(text, sizeof text, frame, schedule);
    run r;
    run_ok(run_load(&r, text, NULL), &r);
    const sg_train_config *config = r.config;
    sg_train_length length = {steps, epoch};
    int lr = sg_schema_attr_index(config->optimizer->schema, "lr");
    double rate = sg_rate_at(&config->optimizer->attr[lr], step, &length);
    run_finish(&r);
    return rate;
}

/* T 62500, W 6250, base 8e-4, warm-up 4e-6, minimum 4e-5: SimMIM's Swin-B at 100 epochs. */
START_TEST(cosine) {
    static const char *const schedules[] = {
        "{op: cosine, peak: 8e-4, start: 4e-6, end: 4e-5, warmup: 6250 steps}",
        "{op: cosine, peak: 8e-4, start: 4e-6, end: 4e-5, warmup: 10 epochs}",
        "{op: cosine, peak: 2e-4, start: 1e-6, end: 1e-5, warmup: 10 epochs, scale: 4}",
    };
    for (int k = 0; k < 3; k++) {
        close_to(rate_at(schedules[k], 0, 62500, 625), 4e-6, 1e-12);
        close_to(rate_at(schedules[k], 1, 62500, 625), 4.12736e-6, 1e-12);
        close_to(rate_at(schedules[k], 3125, 62500, 625), 4.02e-4, 1e-12);
        close_to(rate_at(schedules[k], 6249, 62500, 625), 7.9987264e-4, 1e-12);
        close_to(rate_at(schedules[k], 6250, 62500, 625), 7.814014762e-4, 1e-9);
        close_to(rate_at(schedules[k], 31250, 62500, 625), 4.2e-4, 1e-12);
        close_to(rate_at(schedules[k], 62500, 62500, 625), 4e-5, 1e-12);
        close_to(rate_at(schedules[k], 70000, 62500, 625), 4e-5, 1e-12);
    }
}
END_TEST

/* MAE's, by the half: min + (peak - min) (1 + cos(pi (epoch - warm-up) / (epochs - warm-up))) / 2 (its
 * util/lr_sched.py). */
START_TEST(cosine_over_the_rest) {
    const char *mae = "{op: cosine, peak: 2.4e-3, end: 4e-4, warmup: 40 epochs, over: rest}";
    close_to(rate_at(mae, 0, 8000, 10), 0, 1e-15);
    close_to(rate_at(mae, 399, 8000, 10), 2.394e-3, 1e-12);
    close_to(rate_at(mae, 400, 8000, 10), 2.4e-3, 1e-12);
    close_to(rate_at(mae, 4200, 8000, 10), 1.4e-3, 1e-12);
    close_to(rate_at(mae, 2300, 8000, 10), 4e-4 + 1e-3 * (1 + 0.70710678118654752), 1e-12);
    close_to(rate_at(mae, 8000, 8000, 10), 4e-4, 1e-12);
    close_to(rate_at(mae, 9000, 8000, 10), 4e-4, 1e-12);
    close_to(rate_at("{op: cosine, peak: 2, end: 1, warmup: 8 steps, over: rest}", 8, 8, 1), 1, 1e-15);
}
END_TEST

START_TEST(other_schedules) {
    close_to(rate_at("0.25", 17, 100, 10), 0.25, 0);
    close_to(rate_at("{op: constant, peak: 2, warmup: 4 steps}", 1, 100, 10), 0.5, 1e-15);
    close_to(rate_at("{op: constant, peak: 2, warmup: 4 steps}", 4, 100, 10), 2, 0);
    close_to(rate_at("{op: linear, peak: 2, end: 1, warmup: 1 epochs}", 5, 100, 10), 1, 1e-15);
    close_to(rate_at("{op: linear, peak: 2, end: 1, warmup: 1 epochs}", 40, 100, 10), 1.6, 1e-15);
    close_to(rate_at("{op: step, peak: 2, every: 3 epochs, factor: 0.5}", 29, 100, 10), 2, 0);
    close_to(rate_at("{op: step, peak: 2, every: 3 epochs, factor: 0.5}", 61, 100, 10), 0.5, 1e-15);
    close_to(rate_at("{op: multistep, peak: 2, at: [7, 9]}", 69, 100, 10), 2, 0);
    close_to(rate_at("{op: multistep, peak: 2, at: [7, 9]}", 70, 100, 10), 0.2, 1e-15);
    close_to(rate_at("{op: multistep, peak: 2, at: [7, 9]}", 90, 100, 10), 0.02, 1e-15);
    close_to(rate_at("{op: multistep, peak: 2, at: [7, 9], unit: steps}", 8, 100, 10), 0.2, 1e-15);
}
END_TEST

/* ---- clipping ---- */

/* `count` gradients with elements 1, 2, 3, ...: the norm is known. */
static void check_clip(int count, double clip, double share) {
    rig r;
    sg_value gradients[200], sums[200], norm, factor, fed = SG_NO_VALUE;
    double squares = 0;
    rig_begin(&r, SG_F32, true, 1);
    sg_graph *graph = r.graph;
    for (int i = 0; i < count; i++) {
        sg_shape shape = SG_SHAPE(i % 3 + 1, 2);
        gradients[i] =
            sg_emit(graph, "constant", NULL, 0, sg_arg_float("value", i + 1), sg_arg_shape("shape", &shape));
        squares += (i % 3 + 1) * 2.0 * (i + 1) * (i + 1);
    }
    if (share != 1)
        fed = sg_emit(graph, "constant", NULL, 0, sg_arg_float("value", share), sg_arg_dtype("type", SG_F64));
    sg_emit_squares(graph, count, gradients, sums);
    sg_emit_clip(graph, count, sums, fed, clip, &norm, &factor);
    rig_plan(&r, 2, (const sg_value[]){norm, factor});
    rig_run(&r, (sg_draw){.batch = 1});
    double length = sqrt(squares) * share, wanted = clip > 0 ? fmin(1, clip / (length + 1e-6)) : 1;
    close_to(rig_get(&r, norm, 0), length, 1e-14);
    close_to(rig_get(&r, factor, 0), wanted * share, 1e-14);
    rig_end(&r);
}

START_TEST(clip) {
    static const int counts[] = {1, 2, 63, 64, 65, 128, 129, 200};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        check_clip(counts[i], 5, 1);
        check_clip(counts[i], 1e9, 1);
        check_clip(counts[i], 0, 1);
        check_clip(counts[i], 5, 0.25);
        check_clip(counts[i], 0, 0.25);
    }
}
END_TEST

/* ---- weight groups ---- */

/* With a gradient that never changes, AdamW moves by lr * sign(g) a step, and a weight p decays to
 * p (1 - lr * decay) first: whatever the betas. */
static const char groups_graph[] =
    "simgraph: 1\n"
    "nodes:\n"
    "  matrix: {op: weight, shape: [2, 3], init: ones}\n"
    "  vector: {op: weight, shape: [3], init: ones}\n"
    "  table: {op: weight, shape: [2, 3], init: ones, decay: false}\n"
    "  slow: {op: weight, shape: [2, 3], init: ones, lr: 0.5}\n"
    "  still: {op: weight, shape: [2, 3], init: ones, frozen: true}\n"
    "  deep: {op: layer, in: matrix, repeat: {l: 3}}\n"
    "  thawed: {op: weight, shape: [2, 3], init: ones, frozen: true}\n"
    "  unused: {op: weight, shape: [2, 2], init: ones}\n"
    "  loss: sum(2 * deep) + sum(-3 * vector) + sum(table + slow + still + thawed)\n"
    "blocks:\n"
    "  layer:\n"
    "    inputs: {x: [b, c]}\n"
    "    nodes:\n"
    "      weight: {op: weight, shape: [b, c], init: ones}\n"
    "      bias: {op: weight, shape: [c], init: ones}\n"
    "      y: x + weight + bias\n"
    "data: {train: {op: shapes, size: 4, count: 10, fields: {image: []}}}\n"
    "train:\n"
    "  minimize: loss\n"
    "  data: train\n"
    "  steps: 5\n"
    "  batch: 2\n"
    "  optimizer: {op: adamw, lr: 0.01, decay: 0.1, eps: 0}\n"
    "  weights:\n"
    "    - {match: deep, lr: 0.25}\n"
    "    - {match: deep.<l>, lr: $(0.5 ** l)}\n"
    "    - {match: [deep.1.weight, table*], decay: 3}\n"
    "    - {match: thawed, frozen: false, decay: 0}\n"
    "    - {match: deep.*.bias, decay: 1}\n";

static double expected(double lr, double decay, double sign, int steps) {
    double p = 1;
    for (int i = 0; i < steps; i++) p = p * (1 - 0.01 * lr * 0.1 * decay) - 0.01 * lr * sign;
    return p;
}

START_TEST(groups) {
    run r;
    run_ok(run_all(&r, groups_graph, NULL, (sg_trainer_options){.no_save = true}, 2), &r);
    static const struct {
        const char *name;
        double lr, decay, sign;
    } cases[] = {
        {"matrix", 1, 1, 1},          {"vector", 1, 0, -1},       {"table", 1, 3, 1},
        {"slow", 0.5, 1, 1},          {"still", 0, 0, 0},         {"thawed", 1, 0, 1},
        {"unused", 0, 0, 0},          {"deep.0.weight", 1, 1, 1}, {"deep.0.bias", 1, 1, 1},
        {"deep.1.weight", 0.5, 3, 1}, {"deep.1.bias", 0.5, 1, 1}, {"deep.2.weight", 0.25, 1, 1},
        {"deep.2.bias", 0.25, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sg_tensor *p = sg_store_find(sg_trainer_store(r.trainer), cases[i].name);
        ck_assert_msg(p != NULL, "%s", cases[i].name);
        double wanted = expected(cases[i].lr, cases[i].decay, cases[i].sign, 5);
        for (int64_t e = 0; e < sg_tensor_elements(p); e++)
            ck_assert_msg(fabs(sg_tensor_get(p, e) - wanted) < 2e-6, "%s: %.8g instead of %.8g",
                          cases[i].name, sg_tensor_get(p, e), wanted);
    }
    ck_assert_ptr_null(sg_store_find(sg_trainer_store(r.trainer), "adamw.m/still"));
    ck_assert_ptr_nonnull(sg_store_find(sg_trainer_store(r.trainer), "adamw.v/thawed"));
    run_finish(&r);
}
END_TEST

/* A schedule stands for the weight decay. */
START_TEST(decay_schedule) {
    static const char graph[] =
        "simgraph: 1\n"
        "nodes: {w: {op: weight, shape: [2, 3], init: ones}, loss: sum(w)}\n"
        "data: {train: {op: shapes, size: 4, count: 10, fields: {image: []}}}\n"
        "train: {minimize: loss, data: train, steps: 4, batch: 2, optimizer: {op: adamw, lr: "
        "0.01, eps: 0, decay: {op: linear, peak: 0.4, end: 0}}}\n";
    run r;
    run_ok(run_all(&r, graph, NULL, (sg_trainer_options){.no_save = true}, 1), &r);
    double p = 1;
    for (int i = 0; i < 4; i++) p = p * (1 - 0.01 * 0.4 * (1 - i / 4.0)) - 0.01;
    close_to(sg_tensor_get(sg_store_find(sg_trainer_store(r.trainer), "w"), 3), p, 1e-6);
    run_finish(&r);
}
END_TEST

/* With a constant gradient g and momentum k: the direction is g (1 + k + k^2 + ...). */
START_TEST(sgd) {
    static const char graph[] =
        "simgraph: 1\n"
        "nodes: {w: {op: weight, shape: [2, 3], init: ones}, loss: 2 * sum(w)}\n"
        "data: {train: {op: shapes, size: 4, count: 10, fields: {image: []}}}\n"
        "train: {minimize: loss, data: train, steps: 4, batch: 2, clip: 100, optimizer: "
        "{op: sgd, lr: 0.01, momentum: 0.5, decay: 0.1}}\n";
    run r;
    run_ok(run_all(&r, graph, NULL, (sg_trainer_options){.no_save = true}, 1), &r);
    double p = 1, m = 0;
    for (int i = 0; i < 4; i++) {
        m = 0.5 * m + 2 + 0.1 * p;
        p -= 0.01 * m;
    }
    close_to(sg_tensor_get(sg_store_find(sg_trainer_store(r.trainer), "w"), 5), p, 1e-6);
    run_finish(&r);
}
END_TEST

/* ---- weights from elsewhere ---- */

START_TEST(take_names) {
    static const char graph[] =
        "simgraph: 1\n"
        "nodes: {w: {op: weight, shape: [2, 3]}, loss: sum(w)}\n"
        "init: {take: {encoder: codes, encoder.block.<l>: blocks.<l>.x, 'head.*.bias': b, down.<s>.<i>: "
        "'<i-1>.<s+12>.<i>'}}\n";
    run r;
    run_ok(run_load(&r, graph, NULL), &r);
    static const char *const cases[][2] = {
        {"encoder.norm.weight", "codes.norm.weight"},
        {"encoder", "codes"},
        {"encoders.norm", "encoders.norm"},
        {"encoder.block.12.mlp.fc1", "blocks.12.x.mlp.fc1"},
        {"encoder.block", "codes.block"},
        {"head.3.bias", "b"},
        {"head.3.weight", "head.3.weight"},
        {"down.0.7.d", "6.12.7.d"},
        {"my.encoder", "my.encoder"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sg_names *names = r.config->names;
        sg_captures captures;
        const char *rest, *theirs = cases[i][0];
        const sg_name_rule *rule = sg_name_rule_find(&names->own, theirs, &captures, &rest);
        if (rule) theirs = sg_name_write(names->memory, "", rule->way[0].part[0], &captures, rest);
        ck_assert_str_eq(theirs, cases[i][1]);
    }
    run_finish(&r);
}
END_TEST

static const char two_graph[] = "simgraph: 1\n"
                                "nodes:\n"
                                "  first: {op: linear, in: x, out: 2}\n"
                                "  second: {op: linear, in: first, out: 2}\n"
                                "  x: {op: input, shape: [batch, 3]}\n"
                                "  loss: sum(second)\n"
                                "%s";

static sg_status load_two(const char *init, const char *from, double values[4], sg_error *error) {
    char text[1024];
    snprintf(text, sizeof text, two_graph, init);
    run r;
    run_ok(run_load(&r, text, NULL), &r);
    sg_bind_options options = {sizeof options, 1, false, SG_F32};
    sg_bound *bound;
    sg_store *store;
    ck_assert_int_eq(sg_document_bind(&bound, r.document, &options, r.diagnostics), SG_OK);
    ck_assert_int_eq(sg_store_create(&store, error), SG_OK);
    run_open_context(&r, 1);
    ck_assert_int_eq(sg_store_initialise(store, r.context, sg_bound_graph(bound), 1, error), SG_OK);
    sg_status status = sg_weights_load(store, sg_bound_graph(bound), from, r.config, error);
    static const char *const names[] = {"first.weight", "first.bias", "second.weight", "second.bias"};
    for (int i = 0; i < 4; i++) values[i] = sg_tensor_get(sg_store_find(store, names[i]), 0);
    sg_store_destroy(store);
    sg_bound_destroy(bound);
    run_finish(&r);
    return status;
}

static void write_weights(const char *path, int count, const char *const *names, const sg_shape *shapes) {
    sg_arrays arrays = {0};
    sg_error error;
    for (int i = 0; i < count; i++) {
        sg_tensor x;
        assert_ok(sg_tensor_init(&x, SG_F32, shapes[i], &error));
        for (int64_t e = 0; e < sg_tensor_elements(&x); e++) sg_tensor_set(&x, e, i + 10);
        assert_ok(sg_arrays_add(&arrays, names[i], &x, &error));
    }
    assert_ok(sg_arrays_save(&arrays, path, &error));
    sg_arrays_finish(&arrays);
}

START_TEST(weights_from_files) {
    scratch_enter();
    double v[4];
    sg_error error = {0};
    static const char *const same[] = {"first.weight", "first.bias", "second.weight", "second.bias"};
    static const char *const other[] = {"old.weight", "old.bias", "secondo.weight", "adamw.m/old.bias"};
    const sg_shape shapes[] = {SG_SHAPE(2, 3), SG_SHAPE(2), SG_SHAPE(2, 2), SG_SHAPE(2)};
    write_weights("same.safetensors", 4, same, shapes);
    write_weights("other.npz", 4, other, shapes);
    ck_assert_int_eq(mkdir("run", 0777), 0);
    write_weights("run/model.safetensors", 4, same, shapes);

    assert_ok(load_two("", "same.safetensors", v, &error));
    for (int i = 0; i < 4; i++) ck_assert(v[i] == i + 10);
    assert_ok(load_two("init: {from: run}\n", NULL, v, &error));
    for (int i = 0; i < 4; i++) ck_assert(v[i] == i + 10);

    assert_fails(
        load_two("init: {take: {first: old}}\n", "other.npz", v, &error), SG_BAD_CHECKPOINT,
        "the weights in other.npz do not fit; 2 missing: `second.weight` (there is `secondo.weight`), "
        "`second.bias`; 1 left over: `secondo.weight` (init.take renames, init.fresh lets weights of ours "
        "be missing, init.ignore theirs be left over)");
    ck_assert(v[0] != 10); /* untouched */
    assert_ok(
        load_two("init: {take: {first: old}, fresh: second, ignore: secondo}\n", "other.npz", v, &error));
    ck_assert(v[0] == 10 && v[1] == 11 && v[2] != 12);

    const sg_shape wrong[] = {SG_SHAPE(3, 2), SG_SHAPE(2), SG_SHAPE(2, 2), SG_SHAPE(2)};
    write_weights("same.safetensors", 4, same, wrong);
    assert_fails(
        load_two("", "same.safetensors", v, &error), SG_BAD_CHECKPOINT,
        "the weights in same.safetensors do not fit; 1 of another shape: `first.weight` ([3, 2] there, "
        "[2, 3] here) (init.take renames, init.fresh lets weights of ours be missing, init.ignore theirs "
        "be left over)");
    assert_ok(load_two("init: {fresh: first.weight}\n", "same.safetensors", v, &error));
    assert_fails(load_two("", "none.safetensors", v, &error), SG_IO_ERROR,
                 "cannot read `none.safetensors`: No such file or directory");
    assert_fails(load_two("", NULL, v, &error), SG_BAD_USAGE, "there is no file of weights to load");
    scratch_leave_runs();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        cosine, cosine_over_the_rest, other_schedules,    clip, groups, decay_schedule,
        sgd,    take_names,           weights_from_files, NULL};
    return unit_run(unit_suite("update", tests));
}
