/* Every op: its samples, their shapes, and the messages of the bad ones. */
#include <stdlib.h>

#include "graph/graph.h"
#include "ops_unit.h"

START_TEST(has_samples) {
    const sg_op *op = ops_at(_i);
    int good = 0;
    ck_assert_msg(op->samples != NULL, "%s has no samples", op->schema.name);
    for (const sg_sample *s = op->samples; s->name; s++) {
        good += !s->message;
        for (const sg_sample *t = op->samples; t != s; t++)
            ck_assert_msg(strcmp(s->name, t->name) != 0, "%s has two samples '%s'", op->schema.name, s->name);
    }
    ck_assert_msg(good > 0, "%s has no good sample", op->schema.name);
}
END_TEST

START_TEST(is_complete) {
    const sg_op *op = ops_at(_i);
    const char *name = op->schema.name;
    bool runs = !(op->flags & (SG_OP_VIEW | SG_OP_STORED | SG_OP_FED));
    ck_assert_msg(op->schema.kind == SG_KIND_OP && op->schema.doc && op->schema.doc[0], "%s has no doc",
                  name);
    ck_assert_msg(op->family && op->family[0], "%s has no family", name);
    ck_assert_msg(op->infer != NULL, "%s has no infer", name);
    ck_assert_msg(!runs || op->kernels[0].function, "%s has no kernel", name);
    ck_assert_msg(!(op->flags & SG_OP_VIEW) || op->view, "%s has no view", name);
    ck_assert_msg(!(op->flags & SG_OP_NONDIFF) || !op->gradient,
                  "%s has a gradient and is not differentiable", name);
    for (int k = 0; op->in[k].name; k++)
        ck_assert_msg(op->in[k].doc != NULL, "%s: input %d has no doc", name, k);
    ck_assert_msg(op->out[0].name != NULL, "%s has no output", name);
    for (int k = 0; op->out[k].name; k++)
        ck_assert_msg(op->out[k].doc != NULL, "%s: output %d has no doc", name, k);
    for (int k = 0; k < sg_schema_attr_count(&op->schema); k++)
        ck_assert_msg(op->schema.attrs[k].doc != NULL, "%s: attribute %d has no doc", name, k);
    for (int p = 0; p < op->inplace_count; p++)
        ck_assert_msg(op->inplace[p].in < sg_op_input_count(op) &&
                          op->inplace[p].out < sg_op_output_count(op),
                      "%s: in place pair %d names no port", name, p);
}
END_TEST

/* Adds the node of a bad sample to a graph with its inputs, and compares the message. */
static void check_bad(const ops_case *c, ops_findings *f) {
    sg_graph_options options = {.size = sizeof options, .float_type = SG_F32, .training = true, .batch = 1};
    sg_graph *graph;
    sg_error error = {0};
    sg_value in[SG_MAX_IN], first;
    assert_ok(sg_graph_create(&graph, &options, &error));
    for (int k = 0; k < c->sample->in_count; k++) {
        const sg_sample_input *input = &c->sample->in[k];
        in[k] = SG_NO_VALUE;
        if (input->type == SG_ABSENT) continue;
        const sg_shape shape = sg_sample_input_shape(input);
        in[k] = sg_emit(graph, "input", NULL, 0, sg_arg_shape("shape", &shape),
                        sg_arg_dtype("type", (sg_type)input->type));
        if (sg_graph_status(graph, &error) != SG_OK) ops_wrong(f, c, "input %d: %s", k, error.message);
    }
    sg_status status = sg_graph_add_node(graph, c->op, "node", (sg_mark){0}, in, c->sample->in_count, c->attr,
                                         &first, &error);
    if (status == SG_OK)
        ops_wrong(f, c, "was built, but should fail with: %s", c->sample->message);
    else if (status != SG_BAD_GRAPH || strcmp(error.message, c->sample->message) != 0)
        ops_wrong(f, c, "fails with '%s' (%d) instead of '%s'", error.message, status, c->sample->message);
    sg_graph_destroy(graph);
}

START_TEST(bad_samples_get_their_message) {
    static ops_findings f;
    f.length = 0; /* as in ops_each_good */
    for (const sg_sample *s = ops_at(_i)->samples; s && s->name; s++) {
        ops_case c;
        if (!s->message) continue;
        if (ops_case_init(&c, ops_at(_i), s))
            check_bad(&c, &f);
        else
            ops_wrong(&f, &c, "names an unknown attribute");
    }
    ops_conclude(&f);
}
END_TEST

/* Runs in training and in evaluation, in f32 and f64; what was in memory before must not matter. */
static void check_runs(const ops_case *c, ops_findings *f) {
    for (int mode = 0; mode < 4; mode++) {
        ops_setup setup = {.float_type = mode & 1 ? SG_F32 : SG_F64, .eval = mode & 2};
        ops_machine m[2] = {{0}};
        sg_error error = {0};
        sg_status status = SG_OK;
        for (int poison = 0; status == SG_OK && poison < 2; poison++) {
            setup.poison = poison;
            status = ops_machine_init(&m[poison], c, &setup, &error);
            if (status == SG_OK) status = ops_machine_run(&m[poison], &error);
        }
        const char *what = sg_type_name(setup.float_type);
        if (status != SG_OK) ops_wrong(f, c, "%s%s: %s", what, setup.eval ? ", eval" : "", error.message);
        for (int k = 0; status == SG_OK && k < m->out_count; k++) {
            if (!m[0].y[k].data)
                ops_wrong(f, c, "output %d was not computed", k);
            else if (!ops_same_bits(&m[0].y[k], &m[1].y[k]))
                ops_wrong(f, c, "output %d depends on what was in memory before (%s)", k, what);
        }
        ops_machine_finish(&m[0]);
        ops_machine_finish(&m[1]);
    }
}

START_TEST(good_samples_run) {
    ops_each_good(_i, check_runs);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {has_samples, is_complete, bad_samples_get_their_message, good_samples_run,
                                  NULL};
    return unit_run(ops_suite("ops", tests));
}
