/* The run sections: what is said about wrong ones, word for word. */
#include "train_unit.h"

static const char frame[] = "simgraph: 1\n"
                            "nodes:\n"
                            "  image: {op: input, shape: [batch, 1, 8, 8]}\n"
                            "  y: {op: linear, in: image, out: 8}\n"
                            "  loss: mean((y - image) ** 2)\n"
                            "data:\n"
                            "  train: {op: shapes, size: 8, count: 20, fields: {image: []}}\n"
                            "%s\n";

/* All messages that the sections, and the graphs they name, give; without the lines of source. */
static char *messages_about(const char *text) {
    run r;
    sg_status status = run_load(&r, text, NULL);
    if (status == SG_OK) status = sg_train_config_check(r.config, r.diagnostics);
    static char said[8192];
    size_t used = 0;
    said[0] = 0;
    for (size_t i = 0; i < sg_diagnostics_count(r.diagnostics); i++) {
        const sg_diagnostic *d = sg_diagnostics_at(r.diagnostics, i);
        used += (size_t)snprintf(said + used, sizeof said - used, "%d:%d: %s%s%s\n", d->mark.line,
                                 d->mark.column, d->message, d->hint ? "; " : "", d->hint ? d->hint : "");
    }
    ck_assert((status == SG_OK) == (said[0] == 0));
    run_finish(&r);
    return said;
}

static void check(const char *sections, const char *wanted) {
    char text[4096];
    snprintf(text, sizeof text, frame, sections);
    ck_assert_str_eq(messages_about(text), wanted);
}

#define TRAIN "train: {minimize: loss, data: train, steps: 5, batch: 4, optimizer: {op: adamw, lr: 0.1}"

START_TEST(good) {
    check("", "");
    check(TRAIN "}", "");
    check(TRAIN ", report: [loss], accumulate: 8, lanes: 4, clip: 1, seed: 7, weights: [{match: [bias, y.*], "
                "lr: 0}]}\n"
                "evaluate: {data: train, values: {l: loss}, best: {of: l}, every: 3 steps}\n"
                "save: {every: 1 epochs, keep: 3}\n"
                "init: {from: ., fresh: bias}",
          "");
}
END_TEST

START_TEST(train_section) {
    check("train: [1]", "8:8: `train` must be a mapping, but is a list\n");
    check("train: {minimise: loss, batch: 4.5, data: trian, optimizer: adamw}",
          "8:8: `train` needs `epochs` or `steps`\n"
          "8:9: unknown key `minimise` in `train`; did you mean `minimize`?\n"
          "8:32: `batch` must be a whole number, but is 4.5\n"
          "8:43: `train` names the split `trian`, which the section `data` does not have; did you mean "
          "`train`?\n"
          "8:61: adamw needs the attribute `lr` (learning rate)\n");
    check(TRAIN ", epochs: 2, lanes: 3, average: 0.9}",
          "8:45: give either `epochs` or `steps`, not both; --set train.epochs- --set "
          "train.steps=50 takes the one away and sets the other\n"
          "8:109: `lanes` is 3, but must be a power of two\n");
    check(TRAIN ", clip: 0, accumulate: 1, optimizer_in_backward: true}", "");
    check(TRAIN ", clip: 2, accumulate: 6, optimizer_in_backward: true}",
          "8:97: `clip` needs the norm of all gradients, but `optimizer_in_backward` updates each weight "
          "before "
          "the next gradient is there; take one of the two away\n"
          "8:112: `accumulate` adds up gradients before an update, but `optimizer_in_backward` updates each "
          "weight in every backward pass; take one of the two away\n");
    check(TRAIN ", optimizer_in_backward: 1}",
          "8:114: `optimizer_in_backward` must be true or false, but is 1\n");
    check(TRAIN ", optimizer_in_bwd: true}",
          "8:91: unknown key `optimizer_in_bwd` in `train`; it is called `optimizer_in_backward` here\n");
    check(TRAIN ", accumulate: 6, lanes: 4}",
          "8:113: 4 lanes do not divide the 6 micro-batches of `accumulate`\n");
    check("train: {minimize: loss, data: train, steps: 5, batch: 4, optimizer: {op: adamw, lr: 1, betas: "
          "[0.9, 1]}}",
          "8:69: betas must lie below 1\n");
}
END_TEST

START_TEST(rules) {
    check(TRAIN
          ", weights: [{match: biass, decay: 0}, {match: y, lr: -1}, {match: [3], decay: all}, {decay: 1}]}",
          "8:109: no weight matches `biass`; did you mean `bias`?\n"
          "8:142: `lr` must be at least 0, but is -1\n"
          "8:156: `match` takes a name or a list of names\n"
          "8:167: `decay` must be a number, but is the text `all`\n"
          "8:173: `match` is missing\n");
    check(TRAIN ", weights: [{match: [biass, y], decay: 0}, {match: yy.weight, lr: 2}]}",
          "8:110: no weight matches `biass`; did you mean `bias`?\n"
          "8:140: no weight matches `yy.weight`; did you mean `y.weight`?\n");
    check(TRAIN ", weights: [{match: y, frozen: true}]}",
          "8:19: there is nothing to learn: the loss depends on no weight that is not frozen\n");
}
END_TEST

START_TEST(names_in_the_graph) {
    check("train: {minimize: los, data: train, steps: 5, batch: 4, optimizer: {op: adamw, lr: 0.1}}",
          "8:19: there is no node `los`; did you mean `loss`?\n");
    check("train: {minimize: y, data: train, steps: 5, batch: 4, optimizer: {op: adamw, lr: 0.1}}",
          "8:19: `y` is f32 [batch, 1, 8, 8], but what is minimised must be one number; take its mean, or "
          "its sum\n");
    check(TRAIN ", report: [y, z]}", "8:100: `y` is f32 [batch, 1, 8, 8], but what is reported must be one "
                                     "number; take its mean, or its sum\n"
                                     "8:103: there is no node `z`\n");
    ck_assert_str_eq(
        messages_about("simgraph: 1\n"
                       "nodes: {x: {op: input, shape: [batch, 4]}, w: {op: weight, shape: [4]}, l: "
                       "sum(x * w)}\n"
                       "data: {train: {op: shapes, fields: {image: []}}}\n"
                       "train: {minimize: l, data: train, steps: 5, batch: 4, optimizer: {op: adamw, lr: "
                       "0.1}}\n"),
        "2:17: the split `train` has no field for the input `x`\n"
        "3:37: the field `image` feeds nothing: the graph has no such input\n");
}
END_TEST

/* An evaluation reads what training stores, and nothing else. */
START_TEST(evaluation_adds_no_weight) {
    ck_assert_str_eq(messages_about("simgraph: 1\n"
                                    "nodes:\n"
                                    "  image: {op: input, shape: [batch, 1, 8, 8]}\n"
                                    "  y: {op: linear, in: image, out: 8, with_bias: $(not training)}\n"
                                    "  z: {op: batch_norm2d, in: image, when: not training}\n"
                                    "  loss: mean((y - image) ** 2)\n"
                                    "  other: mean(z)\n"
                                    "data: {train: {op: shapes, size: 8, fields: {image: []}}}\n" TRAIN "}\n"
                                    "evaluate: {data: train, values: {l: loss, o: other}}\n"),
                     /* in batch_norm.yaml and linear.yaml of the library */
                     "16:20: the evaluation has a weight `z.weight` that the training does not have\n"
                     "17:18: the evaluation has a weight `z.bias` that the training does not have\n"
                     "18:18: the evaluation has a state `z.mean` that the training does not have\n"
                     "19:22: the evaluation has a state `z.variance` that the training does not have\n"
                     "14:18: the evaluation has a weight `y.bias` that the training does not have\n");
}
END_TEST

START_TEST(data_section) {
    check("evaluate: {data: test}",
          "8:18: `evaluate` names the split `test`, which the section `data` does not have\n");
    ck_assert_str_eq(
        messages_about("simgraph: 1\n"
                       "nodes: {x: {op: weight, shape: [4]}}\n"
                       "data:\n"
                       "  a: {op: shape, fields: {image: []}}\n"
                       "  b: {op: shapes}\n"
                       "  c: {op: shapes, fields: {image: normalise}}\n"
                       "  d: {op: shapes, fields: {image: {op: normalise}, x: {oft: 3}}}\n"
                       "  e: {op: shapes, fields: {image: [normalize]}}\n"
                       "  f: {op: shapes, size: big, fields: {image: {of: image, steps: [{op: "
                       "dataset_mean, split: g}]}}}\n"
                       "  g: {op: shapes, fields: {image: {of: image, steps: [{op: dataset_mean, split: "
                       "nowhere}]}}}\n"),
        "4:11: unknown data source `shape`; did you mean `shapes`?\n"
        "5:6: the split `b` needs `fields`, which say what feeds which input; as in fields: {image: []}\n"
        "6:35: a field is a list of steps, or {of: column, steps: [...]}; without steps it is []\n"
        "7:35: a field is a list of steps, or {of: column, steps: [...]}; put it in brackets: a list of "
        "steps\n"
        "7:56: unknown key `oft` in a field; did you mean `of`?\n"
        "8:36: unknown step `normalize`; did you mean `normalise`?\n"
        "9:25: `size` of `shapes` must be a whole number, but is the text `big`\n"
        "10:28: the field `image` needs the split `nowhere`, which the section `data` does not have\n");
}
END_TEST

START_TEST(evaluate_section) {
    check("evaluate: {data: train, values: {a: [1]}, every: 3, best: {of: b, keep: most}}",
          "8:37: an entry of `values` is the name of a value\n"
          "8:50: `every` must be a span of training, but is 3; write `10 epochs` or `500 steps`\n"
          "8:64: `best` looks at `b`, which is not among `values`\n"
          "8:73: `keep` is `most`, but must be one of: lowest highest\n");
    check("evaluate: {data: train, values: {a: los}}",
          "8:37: there is no node `los`; did you mean `loss`?\n");
    check("evaluate: {data: train, pictures: {a/b: reconstruct, c: reconstruction}}",
          "8:36: `a/b` cannot be the name of a picture's file\n"
          "8:41: unknown picture `reconstruct`; did you mean `reconstruction`?\n"
          "8:57: the picture `reconstruction` needs `in`, which maps its inputs to names of values\n");
    check("evaluate: {data: train, pictures: {c: reconstruction, d: {op: reconstruction, in: {image: image, "
          "outputs: "
          "y}}}}",
          "8:39: the picture `reconstruction` needs `in`, which maps its inputs to names of values\n"
          "8:83: the picture `reconstruction` needs the input `output` (the reconstruction, of the same "
          "shape)\n"
          "8:98: the picture `reconstruction` has no input `outputs`; did you mean `output`?\n");
    check("save: {every: 0 steps, keep: -1, evry: 3}\ninit: {take: [a], fresh: 3, form: x}",
          "8:15: `every` must be more than 0\n"
          "8:30: `keep` must be between 0 and 1000000, but is -1\n"
          "8:34: unknown key `evry` in `save`; did you mean `every`?\n"
          "9:14: `take` maps our names to theirs, as in {encoder: codes}\n"
          "9:26: `fresh` takes a name or a list of names\n"
          "9:29: unknown key `form` in `init`; did you mean `from`?\n");
    check(TRAIN "}\ninit: {from: ., fresh: [z.weight]}",
          "9:25: no weight matches `z.weight`; did you mean `y.weight`?\n");
}
END_TEST

/* What only the data tell. */
START_TEST(shapes_of_data) {
    run r;
    char text[4096];
    snprintf(text, sizeof text, frame, TRAIN "}");
    static const char *const settings[] = {"data.train.size=12", NULL};
    run_ok(run_load(&r, text, settings), &r);
    sg_status status = run_create(&r, (sg_trainer_options){.no_save = true}, 1);
    sg_error error = r.error;
    assert_fails(status, SG_BAD_GRAPH, "the graph file has errors");
    ck_assert_str_eq(
        sg_diagnostics_at(r.diagnostics, 0)->message,
        "the field `image` of the split `train` is f32 [1, 12, 12] a sample, but the input that it feeds is "
        "f32 [batch, 1, 8, 8]");
    run_finish(&r);
}
END_TEST

START_TEST(measure) {
    run r;
    run_ok(run_load(&r, tiny_graph, NULL), &r);
    sg_context_options c = {.size = sizeof c, .threads = 2};
    sg_train_measure m;
    ck_assert_int_eq(sg_context_create(&r.context, &c, &r.error), SG_OK);
    run_ok(sg_train_measure_graph(&m, r.context, r.config, r.diagnostics, &r.error), &r);
    /* embed 408, token 24, position 384, two norms 96, attention 2400, mlp 2376, pixels 400 */
    ck_assert_int_eq(m.learned, 6088);
    ck_assert_int_eq(m.frozen, 0);
    ck_assert(m.flops > 3 * 2 * 32 * 16.0 * 5000 && m.flops < 20 * 2 * 32 * 16.0 * 5000);
    ck_assert_uint_ge(m.memory.store, 3 * 4 * 6088);
    ck_assert_uint_gt(m.memory.arena, 0);
    run_finish(&r);
    /* Measuring allocates nothing and says what the program then takes. */
    run_ok(run_load(&r, tiny_graph, NULL), &r);
    run_ok(run_create(&r, (sg_trainer_options){.no_save = true}, 2), &r);
    sg_memory real = sg_trainer_memory(r.trainer);
    /* All programs are counted: for full and last batches, for evaluations and pictures. */
    ck_assert_uint_eq(m.memory.store, real.store);
    ck_assert_uint_eq(m.memory.tiles, real.tiles);
    ck_assert_uint_eq(m.memory.arena, real.arena);
    /* Rates and the like are fed, but not loaded ahead. */
    ck_assert_uint_ge(m.memory.feeds, real.feeds);
    ck_assert_uint_le(m.memory.feeds, real.feeds + 256);
    run_finish(&r);
}
END_TEST

/* Layers whose gradients take far more than what the forward pass leaves of one sample. */
static const char deep_graph[] =
    "simgraph: 1\n"
    "nodes:\n"
    "  image: {op: input, shape: [batch, 1, 8, 8]}\n"
    "  x: reshape(image, shape=[batch, 64])\n"
    "  y: {op: linear, in: x, out: 64, repeat: {l: 8}}\n"
    "  loss: mean(y ** 2)\n"
    "data: {train: {op: shapes, size: 8, count: 10, fields: {image: []}}}\n"
    "train: {minimize: loss, data: train, steps: 2, batch: 1, optimizer: {op: adamw, lr: 0.1}}\n";

static sg_memory memory_of(const char *setting) {
    const char *settings[] = {setting, NULL};
    run r;
    sg_train_measure m;
    run_ok(run_load(&r, deep_graph, settings), &r);
    run_open_context(&r, 2);
    run_ok(sg_train_measure_graph(&m, r.context, r.config, r.diagnostics, &r.error), &r);
    sg_trainer_options options = {.size = sizeof options, .no_save = true};
    run_ok(sg_trainer_create(&r.trainer, r.context, r.config, &options, r.diagnostics, &r.error), &r);
    ck_assert_uint_eq(sg_trainer_memory(r.trainer).arena, m.memory.arena); /* what is foretold is made */
    run_finish(&r);
    return m.memory;
}

START_TEST(updates_in_the_backward_pass_take_less_memory) {
    sg_memory late = memory_of("train.optimizer_in_backward=false");
    sg_memory early = memory_of("train.optimizer_in_backward=true");
    ck_assert_uint_eq(late.store, early.store);
    ck_assert_uint_gt(late.arena, 8 * 64 * 64 * 4);
    ck_assert_uint_lt(early.arena, late.arena / 2);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {good,
                                  train_section,
                                  rules,
                                  names_in_the_graph,
                                  evaluation_adds_no_weight,
                                  data_section,
                                  evaluate_section,
                                  shapes_of_data,
                                  measure,
                                  updates_in_the_backward_pass_take_less_memory,
                                  NULL};
    return unit_run(unit_suite("train config", tests));
}
