/* Averages of weights and states of a run: resumed to the same bits, skipped with a failed step, without
 * gradient. */
#include "train_unit.h"

#include <math.h>

static const char teacher_graph[] =
    "simgraph: 1\n"
    "nodes:\n"
    "  image: {op: input, shape: [batch, 1, 8, 8]}\n"
    "  conv: {op: conv, in: image, out: 4, pad: 1}\n"
    "  bn: {op: batch_norm2d, in: conv}\n"
    "  teacher: {op: conv, in: image, out: 4, pad: 1, share: {with: conv, average: 0.75}}\n"
    "  slower: {op: conv, in: image, out: 4, pad: 1, share: {with: teacher, average: {op: cosine, peak: 0.5, "
    "end: 1}}}\n"
    "  loss: mean((bn - image) ** 2) + mean(teacher * bn) + mean(slower * bn)\n"
    "data:\n"
    "  train: {op: shapes, size: 8, count: 90, fields: {image: []}}\n"
    "  test: {op: shapes, size: 8, count: 30, part: test, fields: {image: []}}\n"
    "train:\n"
    "  minimize: loss\n"
    "  data: train\n"
    "  steps: 12\n"
    "  batch: 16\n"
    "  accumulate: 2\n"
    "  average: {op: linear, peak: 0.6, end: 0.9}\n"
    "  optimizer: {op: adamw, lr: 1e-2}\n"
    "evaluate: {data: test, values: {loss: loss}}\n";

static sg_arrays arrays_of(const char *path) {
    sg_arrays arrays = {0};
    sg_error error;
    ck_assert_int_eq(sg_arrays_load(&arrays, path, &error), SG_OK);
    return arrays;
}

static void assert_same_arrays(const char *a, const char *b) {
    sg_arrays x = arrays_of(a), y = arrays_of(b);
    ck_assert_uint_eq(x.count, y.count);
    for (size_t i = 0; i < x.count; i++) {
        const sg_tensor *from = &x.items[i].tensor, *to = sg_arrays_find(&y, x.items[i].name);
        ck_assert_msg(to && sg_tensor_bytes(to) == sg_tensor_bytes(from) &&
                          memcmp(from->data, to->data, sg_tensor_bytes(from)) == 0,
                      "%s", x.items[i].name);
    }
    sg_arrays_finish(&x);
    sg_arrays_finish(&y);
}

START_TEST(a_resume_gives_the_same_bits) {
    scratch_enter();
    run r;
    run_ok(run_all(&r, teacher_graph, NULL, (sg_trainer_options){.out = "whole"}, 2), &r);
    run_finish(&r);
    run_ok(run_all(&r, teacher_graph, NULL, (sg_trainer_options){.out = "parts", .max_steps = 5}, 1), &r);
    ck_assert(r.result.interrupted);
    run_finish(&r);
    run_ok(run_all(&r, teacher_graph, NULL, (sg_trainer_options){.out = "parts", .resume = true}, 2), &r);
    run_finish(&r);
    assert_same_file("whole/model.safetensors", "parts/model.safetensors");
    assert_same_arrays("whole/checkpoint.safetensors", "parts/checkpoint.safetensors");
    sg_arrays kept = arrays_of("whole/checkpoint.safetensors");
    static const char *const names[] = {"bn.mean",     "bn.variance",         "teacher.weight",
                                        "slower.bias", "average/conv.weight", "average/bn.bias"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(sg_arrays_find(&kept, names[i]) != NULL, "%s", names[i]);
    ck_assert(!sg_arrays_find(&kept, "average/teacher.weight"));
    sg_arrays_finish(&kept);
    scratch_leave_runs();
}
END_TEST

static double element(run *r, const char *name, int64_t i) {
    const sg_tensor *tensor = sg_store_find(sg_trainer_store(r->trainer), name);
    ck_assert_msg(tensor != NULL, "%s", name);
    return sg_tensor_get(tensor, i);
}

/* Before the first step every average is its weight, drawn under the weight's own name. */
START_TEST(averages_start_as_their_weights) {
    run r;
    run_ok(run_load(&r, teacher_graph, NULL), &r);
    run_ok(run_create(&r, (sg_trainer_options){.no_save = true}, 1), &r);
    for (int i = 0; i < 36; i++) {
        double weight = element(&r, "conv.weight", i);
        ck_assert(element(&r, "teacher.weight", i) == weight && element(&r, "slower.weight", i) == weight &&
                  element(&r, "average/conv.weight", i) == weight);
    }
    ck_assert(element(&r, "bn.mean", 0) == 0 && element(&r, "bn.variance", 0) == 1);
    run_finish(&r);
}
END_TEST

/* A loss that is NaN leaves weights, averages and running statistics as they were. */
START_TEST(a_failed_step_changes_nothing) {
    run r;
    static const char *const broken[] = {"nodes.loss=log(-mean(bn ** 2 + teacher ** 2 + slower ** 2) - 1)",
                                         NULL};
    run_ok(run_load(&r, teacher_graph, broken), &r);
    run_ok(run_create(&r, (sg_trainer_options){.no_save = true}, 1), &r);
    double mean = element(&r, "bn.mean", 1), weight = element(&r, "teacher.weight", 5);
    ck_assert_int_eq(sg_trainer_run(r.trainer, &r.result, &r.error), SG_NOT_FINITE);
    ck_assert_int_eq(r.log.skips, SG_TRAIN_MAX_SKIPS);
    ck_assert(element(&r, "bn.mean", 1) == mean && element(&r, "bn.variance", 2) == 1);
    ck_assert(element(&r, "teacher.weight", 5) == weight && element(&r, "slower.weight", 5) == weight &&
              element(&r, "average/conv.weight", 5) == weight);
    run_finish(&r);
}
END_TEST

/* After one step with rate r: average = a * w0 + (1 - a) * w1; the average of the average likewise. */
START_TEST(averages_follow_in_closed_form) {
    run r;
    static const char *const once[] = {"train.steps=1", "train.average=0.25", NULL};
    run_ok(run_load(&r, teacher_graph, once), &r);
    run_ok(run_create(&r, (sg_trainer_options){.no_save = true}, 1), &r);
    double before[36];
    for (int i = 0; i < 36; i++) before[i] = element(&r, "conv.weight", i);
    run_ok(sg_trainer_run(r.trainer, &r.result, &r.error), &r);
    for (int i = 0; i < 36; i++) {
        double after = element(&r, "conv.weight", i);
        double teacher = 0.75 * before[i] + 0.25 * after, slower = 0.5 * before[i] + 0.5 * teacher;
        ck_assert(fabs(after - before[i]) > 5e-3); /* AdamW's first step is as long as the rate */
        ck_assert_double_eq_tol(element(&r, "teacher.weight", i), teacher, 1e-7);
        ck_assert_double_eq_tol(element(&r, "slower.weight", i), slower, 1e-7);
        ck_assert_double_eq_tol(element(&r, "average/conv.weight", i), 0.25 * before[i] + 0.75 * after, 1e-7);
    }
    run_finish(&r);
}
END_TEST

/* A fed teacher gets no gradient: its weights are no weights of the graph. */
START_TEST(averages_are_not_learned) {
    run r;
    run_ok(run_load(&r, teacher_graph, NULL), &r);
    sg_bind_options options = {sizeof options, 4, true, SG_F32};
    sg_bound *bound;
    ck_assert_int_eq(sg_document_bind(&bound, r.document, &options, r.diagnostics), SG_OK);
    const sg_graph *graph = sg_bound_graph(bound);
    const sg_node *node =
        sg_graph_node(graph, sg_graph_value(graph, sg_bound_find(bound, "teacher.weight"))->node);
    ck_assert(!sg_node_is_weight(node) && node->in_count == 0);
    ck_assert_str_eq(sg_node_average_of(node), "conv.weight");
    sg_bound_destroy(bound);
    run_finish(&r);
}
END_TEST

static void assert_refused(const char *setting, const char *messages) {
    run r;
    const char *const settings[] = {setting, NULL};
    sg_status status = run_load(&r, teacher_graph, settings);
    if (status == SG_OK) status = sg_train_config_check(r.config, r.diagnostics);
    ck_assert_int_eq(status, SG_BAD_GRAPH);
    char *text = sg_diagnostics_text(r.diagnostics, false);
    ck_assert_str_eq(text, messages);
    free(text);
    run_finish(&r);
}

START_TEST(wrong_shares_are_refused) {
    assert_refused("train.average=1.5", "--set:1:15: error: this must lie between 0 and 1, but is 1.5\n"
                                        "  train.average=1.5\n"
                                        "                ^~~\n");
    assert_refused("nodes.teacher.share.average={op: linear, peak: 2}",
                   "--set:1:29: error: the average keeps a share of 2 of itself, but at most 1 is possible\n"
                   "  nodes.teacher.share.average={op: linear, peak: 2}\n"
                   "                              ^\n");
    assert_refused("nodes.teacher.share.average=2",
                   "--set:1:29: error: average is 2, but must lie between 0 and 1\n"
                   "  nodes.teacher.share.average=2\n"
                   "                              ^\n"
                   "  in block `conv`, node `teacher` (tiny.yaml:6)\n");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {a_resume_gives_the_same_bits,
                                  averages_start_as_their_weights,
                                  a_failed_step_changes_nothing,
                                  averages_follow_in_closed_form,
                                  averages_are_not_learned,
                                  wrong_shares_are_refused,
                                  NULL};
    return unit_run(unit_suite("averages", tests));
}
