/* Every op: the same numbers however its work is cut, whoever runs it, and wherever its values live. */
#include <math.h>

#include "graph/graph.h"
#include "ops_unit.h"
#include "rig.h"

static const ops_tolerance near = {.relative = 1e-11, .floor = 1e-12, .absolute = 1e-300, .nan_equal = true};

static bool start(ops_machine *m, const ops_case *c, ops_setup setup, ops_findings *f, const char *what) {
    sg_error error = {0};
    if (c->op->gradient && !(c->op->flags & SG_OP_NONDIFF)) setup.gradient = !c->sample->no_gradient;
    setup.poison = true;
    if (ops_machine_init(m, c, &setup, &error) == SG_OK && ops_machine_run(m, &error) == SG_OK) return true;
    ops_wrong(f, c, "%s: %s", what, error.message);
    ops_machine_finish(m);
    return false;
}

/* Compares what both machines computed; `exact` bits, or nearly. Values that only `a` has are passed over. */
static void compare(const ops_machine *a, const ops_machine *b, bool exact, ops_findings *f,
                    const char *what) {
    char why[160] = "the bits differ";
    for (int k = 0; k < a->out_count + SG_MAX_IN; k++) {
        bool output = k < a->out_count;
        int at = output ? k : k - a->out_count;
        const sg_tensor *x = output ? &a->y[at] : &a->dx[at], *y = output ? &b->y[at] : &b->dx[at];
        if (!y->data || !x->data) continue;
        bool same = exact ? ops_same_bits(x, y) : ops_close_tensors(y, x, near, why);
        if (!same)
            ops_wrong(f, a->c, "%s: %s %d: %s", what, output ? "output" : "gradient of input", at, why);
    }
    if (!b->pads_kept) ops_wrong(f, a->c, "%s: values beside the output were overwritten", what);
}

static void against(const ops_machine *plain, ops_setup setup, bool exact, ops_findings *f,
                    const char *what) {
    ops_machine m;
    if (!start(&m, plain->c, setup, f, what)) return;
    compare(plain, &m, exact, f, what);
    ops_machine_finish(&m);
}

/* The batch that cuts axis 0 of the first input (or output, where there is none) at every entry. */
static int64_t first_size(const ops_case *c, const ops_machine *m) {
    const sg_shape *shape = c->sample->in_count && c->in[0].data
                                ? &c->in[0].shape
                                : &sg_graph_value(m->graph, m->node_out[0])->shape;
    return shape->rank && shape->dim[0] > 0 ? shape->dim[0] : 1;
}

/* Any number of workers, with groups and without: the same bits. */
static void check_workers(const ops_case *c, ops_findings *f) {
    ops_machine plain, one;
    if (!start(&plain, c, (ops_setup){0}, f, "plain")) return;
    int64_t batch = first_size(c, &plain);
    for (int form = OPS_FED; form <= OPS_STRIDED; form++)
        for (int block = 1; block <= 2; block++) {
            ops_setup setup = {.form = (ops_form)form, .batch = batch, .block = block, .threads = 1};
            if (!start(&one, c, setup, f, "one worker")) continue;
            compare(&plain, &one, false, f, "cut into blocks");
            for (setup.threads = 1; setup.threads <= 4; setup.threads++)
                for (int single = 0; single < 2; single++) {
                    char what[80];
                    setup.no_group = single;
                    if (setup.threads == 1 && !single) continue;
                    snprintf(what, sizeof what, "form %d, block %d, %d workers%s", form, block, setup.threads,
                             single ? ", no groups" : "");
                    against(&one, setup, true, f, what);
                }
            ops_machine_finish(&one);
        }
    ops_machine_finish(&plain);
}

START_TEST(workers_change_no_bit) {
    ops_each_good(_i, check_workers);
}
END_TEST

/* Does any node but the fed ones multiply matrices or sum over items? Then bits may depend on the cut. */
static bool is_sensitive(const ops_machine *m) {
    for (int i = 0; i < sg_graph_node_count(m->graph); i++) {
        const sg_node *node = sg_graph_node(m->graph, i);
        sg_signature_space space;
        sg_domain domain;
        const char *family = sg_op_family(node->op);
        if (strcmp(family, "product") == 0 || strcmp(family, "convolution") == 0) return true;
        if (node->op->flags & (SG_OP_VIEW | SG_OP_STORED | SG_OP_FED)) continue;
        sg_node_domain(node, sg_node_signature(m->graph, node, &space), &domain);
        for (int k = 0; k < node->out_count; k++)
            if (domain.out[k] == SG_SUM) return true;
    }
    return false;
}

/* Cut anywhere, with or without samples to cut at: the same bits where nothing is summed over the cut. */
static void check_cuts(const ops_case *c, ops_findings *f) {
    for (int type = SG_F32; type <= SG_F64; type++) {
        ops_machine plain;
        ops_setup setup = {.float_type = (sg_type)type};
        if (!start(&plain, c, setup, f, "plain")) return;
        bool exact = !is_sensitive(&plain);
        int64_t batch = first_size(c, &plain);
        for (int64_t block = 1; exact && block <= 3; block++)
            for (int whole = 0; whole < 2; whole++) {
                char what[80];
                setup.block = block;
                setup.batch = whole ? 1 : batch;
                snprintf(what, sizeof what, "%s, blocks of %d%s", sg_type_name((sg_type)type), (int)block,
                         whole ? " items" : " samples");
                against(&plain, setup, true, f, what);
            }
        ops_machine_finish(&plain);
    }
}

START_TEST(cuts_change_no_bit) {
    ops_each_good(_i, check_cuts);
}
END_TEST

/* In place or not, dense or strided, alone or inside a larger value, all outputs or one. */
static void check_places(const ops_case *c, ops_findings *f) {
    ops_machine plain;
    if (!start(&plain, c, (ops_setup){0}, f, "plain")) return;
    int64_t batch = first_size(c, &plain);
    against(&plain, (ops_setup){.form = OPS_MADE}, false, f, "in place");
    against(&plain, (ops_setup){.form = OPS_MADE, .no_group = true}, false, f, "in place, no groups");
    against(&plain, (ops_setup){.form = OPS_MADE, .batch = batch, .block = 1}, false, f, "in tiles");
    against(&plain, (ops_setup){.form = OPS_STRIDED}, false, f, "strided");
    against(&plain, (ops_setup){.form = OPS_STRIDED, .batch = batch, .block = 1}, false, f, "strided, cut");
    if (!(c->op->flags & SG_OP_UPDATE)) {
        against(&plain, (ops_setup){.surrounded = true}, false, f, "surrounded");
        against(&plain, (ops_setup){.surrounded = true, .form = OPS_MADE, .batch = batch, .block = 1}, false,
                f, "surrounded, in tiles");
    }
    ops_machine_finish(&plain);
}

START_TEST(places_change_nothing) {
    ops_each_good(_i, check_places);
}
END_TEST

/* The same value at two inputs: it must not be overwritten while the other input still needs it. */
static void check_twins(const ops_case *c, ops_findings *f) {
    if (c->op->flags & SG_OP_UPDATE || !c->in[0].data) return;
    for (int k = 1; k < c->sample->in_count; k++) {
        if (!c->in[k].data || c->sample->in[k].type != c->sample->in[0].type ||
            !sg_shape_equal(&c->in[k].shape, &c->in[0].shape))
            continue;
        ops_machine plain;
        if (!start(&plain, c, (ops_setup){.twin = k}, f, "twin inputs")) return;
        against(&plain, (ops_setup){.twin = k, .form = OPS_MADE}, false, f, "twin inputs, in place");
        against(&plain, (ops_setup){.twin = k, .form = OPS_MADE, .batch = first_size(c, &plain), .block = 1},
                false, f, "twin inputs, in tiles");
        ops_machine_finish(&plain);
    }
}

START_TEST(twins_are_kept_apart) {
    ops_each_good(_i, check_twins);
}
END_TEST

/* A value beside its own transpose, for the ops of two inputs that work in place. */
START_TEST(transposes_are_kept_apart) {
    enum { SIDE = 6 };
    const sg_op *op = ops_at(_i);
    if (!op->inplace_count || sg_op_input_count(op) != 2 || strcmp(op->family, "elementwise") != 0) return;
    double seen[2][SIDE * SIDE];
    for (int made = 0; made < 4; made++) {
        rig r;
        double numbers[SIDE * SIDE];
        for (int i = 0; i < SIDE * SIDE; i++) numbers[i] = 1 + i * 7 % 11;
        rig_begin(&r, SG_F64, true, 1);
        sg_value x = rig_input(&r, "x", SG_F64, SG_SHAPE(SIDE, SIDE)), turned;
        if (made % 2) x = sg_emit(r.graph, "copy", SG_IN(x));
        turned = sg_emit(r.graph, "permute", SG_IN(x), sg_arg_ints("axes", 2, (const int64_t[]){1, 0}));
        sg_value y = sg_graph_add(r.graph, op->schema.name, "y",
                                  SG_IN(made < 2 ? x : turned, made < 2 ? turned : x), NULL);
        y = sg_emit(r.graph, "copy", SG_IN(y));
        rig_plan(&r, 1, &y);
        rig_feed(&r, sg_graph_find(r.graph, "x"), numbers);
        rig_run(&r, (sg_draw){.batch = 1});
        for (int i = 0; i < SIDE * SIDE; i++) seen[made % 2][i] = rig_get(&r, y, i);
        for (int i = 0; made % 2 && i < SIDE * SIDE; i++)
            if (seen[0][i] != seen[1][i]) ck_abort_msg("%s overwrites what it still reads", op->schema.name);
        rig_end(&r);
    }
}
END_TEST

/* f32 against f64: also what is random, and so has no record of PyTorch. */
static void check_types(const ops_case *c, ops_findings *f) {
    ops_machine plain, single;
    if (!start(&plain, c, (ops_setup){0}, f, "f64")) return;
    if (start(&single, c, (ops_setup){.float_type = SG_F32}, f, "f32")) {
        double relative = c->sample->tolerance_f32 > 0 ? c->sample->tolerance_f32 : 2e-5;
        ops_tolerance close = {relative, relative, 1e-7, true};
        char why[160];
        for (int k = 0; k < plain.out_count; k++)
            if (plain.y[k].data && !ops_close_tensors(&single.y[k], &plain.y[k], close, why))
                ops_wrong(f, c, "f32 and f64 give different outputs %d: %s", k, why);
        for (int k = 0; k < SG_MAX_IN; k++)
            if (plain.dx[k].data && !ops_close_tensors(&single.dx[k], &plain.dx[k], close, why))
                ops_wrong(f, c, "f32 and f64 give different gradients of input %d: %s", k, why);
        ops_machine_finish(&single);
    }
    ops_machine_finish(&plain);
}

START_TEST(types_agree) {
    ops_each_good(_i, check_types);
}
END_TEST

/* An output that nobody reads is not computed, and the others stay what they are. */
static void check_alone(const ops_case *c, ops_findings *f) {
    int outputs = sg_op_output_count(c->op);
    ops_machine plain;
    ops_setup forward = {.poison = true};
    sg_error error = {0};
    if (outputs < 2 || c->op->flags & SG_OP_UPDATE) return;
    if (ops_machine_init(&plain, c, &forward, &error) != SG_OK || ops_machine_run(&plain, &error) != SG_OK)
        ops_wrong(f, c, "%s", error.message);
    for (int k = 0; k < outputs; k++) {
        ops_machine m;
        forward.only = k + 1;
        if (ops_machine_init(&m, c, &forward, &error) != SG_OK || ops_machine_run(&m, &error) != SG_OK)
            ops_wrong(f, c, "output %d alone: %s", k, error.message);
        else
            compare(&plain, &m, true, f, "one output alone");
        ops_machine_finish(&m);
    }
    ops_machine_finish(&plain);
}

START_TEST(outputs_stand_alone) {
    ops_each_good(_i, check_alone);
}
END_TEST

/* The kernel against the op's definition in simpler ops. */
static void check_expansion(const ops_case *c, ops_findings *f) {
    if (!c->op->expand) return;
    ops_machine plain;
    if (!start(&plain, c, (ops_setup){0}, f, "plain")) return;
    ops_setup setup = {.expanded = true};
    ops_machine m;
    if (start(&m, c, setup, f, "expansion")) {
        static const ops_tolerance close = {
            .relative = 1e-9, .floor = 1e-10, .absolute = 1e-12, .nan_equal = true};
        char why[160];
        for (int k = 0; k < m.out_count; k++)
            if (m.y[k].data && !ops_close_tensors(&plain.y[k], &m.y[k], close, why))
                ops_wrong(f, c, "the expansion gives another output %d: %s", k, why);
        if (!m.y[0].data) ops_wrong(f, c, "the expansion does not give output 0");
        for (int k = 0; k < SG_MAX_IN; k++)
            if (plain.dx[k].data && !ops_close_tensors(&plain.dx[k], &m.dx[k], close, why))
                ops_wrong(f, c, "the expansion gives another gradient of input %d: %s", k, why);
        ops_machine_finish(&m);
    }
    ops_machine_finish(&plain);
}

/* An op without a kernel runs by its expansion, under its own names; gradients included. */
static void check_without_kernel(const ops_case *c, ops_findings *f) {
    static sg_op bare;
    static const ops_tolerance close = {
        .relative = 1e-9, .floor = 1e-10, .absolute = 1e-12, .nan_equal = true};
    if (!c->op->expand) return;
    bare = *c->op;
    bare.kernels[0] = (sg_kernel){0};
    ops_case without = *c;
    without.op = &bare;
    ops_machine plain, m;
    char why[160];
    if (!start(&plain, c, (ops_setup){0}, f, "plain")) return;
    for (int form = OPS_FED; form <= OPS_STRIDED; form++) {
        ops_setup setup = {.form = (ops_form)form, .poison = true, .threads = 2};
        if (!start(&m, &without, setup, f, "without a kernel")) continue;
        for (int i = 0; i < sg_program_node_count(m.program); i++)
            if (sg_program_node_at(m.program, i).node->op == &bare) ops_wrong(f, c, "it was not expanded");
        for (int k = 0; k < m.out_count; k++)
            if (m.y[k].data && !ops_close_tensors(&plain.y[k], &m.y[k], close, why))
                ops_wrong(f, c, "without a kernel, output %d differs: %s", k, why);
        for (int k = 0; k < SG_MAX_IN; k++)
            if (plain.dx[k].data && !ops_close_tensors(&plain.dx[k], &m.dx[k], close, why))
                ops_wrong(f, c, "without a kernel, the gradient of input %d differs: %s", k, why);
        ops_machine_finish(&m);
    }
    ops_machine_finish(&plain);
}

START_TEST(runs_without_a_kernel) {
    ops_each_good(_i, check_without_kernel);
}
END_TEST

START_TEST(expansion_means_the_same) {
    ops_each_good(_i, check_expansion);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {workers_change_no_bit, cuts_change_no_bit,
                                  places_change_nothing, outputs_stand_alone,
                                  twins_are_kept_apart,  transposes_are_kept_apart,
                                  types_agree,           expansion_means_the_same,
                                  runs_without_a_kernel, NULL};
    return unit_run(ops_suite("ops run", tests));
}
