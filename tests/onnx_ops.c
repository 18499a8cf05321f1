/* onnx_ops DIR: every good sample of every op that has a form in ONNX, as nodes of one graph.
 *
 * DIR/model.onnx computes them; DIR/in.npz holds what it is fed, DIR/out.npz what simgraph makes of that,
 * under the names "OP.SAMPLE.outK", and "corner.NAME" for numbers at the borders. Prints the ops, one a line,
 * with "rule" or "expanded". */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/onnx.h"
#include "ops_case.h"
#include "simgraph/arrays.h"

enum { MOST = 8192 };

typedef struct machine {
    sg_graph *graph;
    sg_value output[MOST], feed[MOST];
    const char *name[MOST];
    sg_tensor numbers[MOST]; /* of the feeds */
    int count, feeds;
} machine;

/* An op that only training has, or that has no form. */
static const char *form_of(const sg_op *op) {
    if (op->flags & (SG_OP_STORED | SG_OP_UPDATE | SG_OP_FED)) return NULL;
    if (sg_onnx_find(op->schema.name)) return "rule";
    if ((op->flags & SG_OP_RANDOM) && !op->in[0].name) return "input";
    return op->expand ? "expanded" : NULL;
}

/* bf16 is for memory: few programs calculate with it. */
static bool is_narrow(const sg_sample *sample) {
    for (int k = 0; k < sample->in_count; k++)
        if (sample->in[k].type == SG_BF16) return true;
    for (const sg_arg *arg = sample->args; arg && arg->name; arg++)
        if (strcmp(arg->name, "type") == 0 && arg->value.i == SG_BF16) return true;
    return false;
}

static sg_status add_sample(machine *m, const sg_op *op, const sg_sample *sample, sg_error *error) {
    char path[256];
    sg_value in[SG_MAX_IN], first;
    ops_case c;
    if (!ops_case_init(&c, op, sample)) return sg_fail(error, SG_FAILURE, "unknown attribute");
    sg_status status = ops_case_draw(&c, error);
    for (int k = 0; status == SG_OK && k < sample->in_count; k++) {
        in[k] = SG_NO_VALUE;
        if (!c.in[k].data) continue;
        sg_type type = sample->in[k].type == SG_F32 ? SG_F32 : (sg_type)sample->in[k].type;
        snprintf(path, sizeof path, "%s.%s.in%d", op->schema.name, sample->name, k);
        sg_arg args[] = {sg_arg_shape("shape", &c.in[k].shape), sg_arg_dtype("type", type), {0}};
        in[k] = m->feed[m->feeds] = sg_graph_add(m->graph, "input", path, NULL, 0, args);
        m->numbers[m->feeds++] = c.in[k];
        c.in[k] = (sg_tensor){0};
    }
    ops_case_finish(&c);
    if (status != SG_OK || sg_graph_status(m->graph, error) != SG_OK) return SG_FAILURE;
    snprintf(path, sizeof path, "%s.%s", op->schema.name, sample->name);
    status = sg_graph_add_node(m->graph, op, path, (sg_mark){0}, in, sample->in_count, c.attr, &first, error);
    for (int k = 0; status == SG_OK && k < sg_op_output_count(op); k++) {
        snprintf(path, sizeof path, "%s.%s.out%d", op->schema.name, sample->name, k);
        m->output[m->count] = first + k;
        m->name[m->count++] = strdup(path);
    }
    return status;
}

static sg_status add_all(machine *m, sg_error *error) {
    for (size_t i = 0; i < sg_registry_count(SG_KIND_OP); i++) {
        const sg_op *op = (const sg_op *)sg_registry_at(SG_KIND_OP, i);
        int samples = 0;
        for (const sg_sample *s = op->samples; form_of(op) && s->name; s++) {
            if (s->message || is_narrow(s)) continue;
            sg_status status = add_sample(m, op, s, error);
            if (status != SG_OK) {
                fprintf(stderr, "%s/%s\n", op->schema.name, s->name);
                return status;
            }
            samples++;
        }
        if (form_of(op)) printf("%s %s %d\n", op->schema.name, form_of(op), samples);
    }
    return SG_OK;
}

/* ---- corners: numbers that do not fit, division by 0, quotients just below a whole number ---- */

enum { CORNER = 7 };
typedef struct corner {
    const char *name, *op;
    sg_type type, to; /* of the operands; of cast's result */
    int in_count;
    double in[2][CORNER];
} corner;

#define ZERO_B \
    { 0, 0, 0, -1, -1, -2, 3 }
#define TENTH \
    { 0.1, 0.1, -0.1, 0.1, 0.3, 0, INFINITY }
#define TINY \
    { -3e-25, 3e-25, 3e-25, 0, -1, -3, 2 }
static const corner corners[] = {
    {"i32_u8", "cast", SG_I32, SG_U8, 1, {{300, -3, 255, 256, 0, INT_MIN, INT_MAX}}},
    {"f32_u8", "cast", SG_F32, SG_U8, 1, {{300.5, -3, -0.5, 255.9, NAN, INFINITY, -INFINITY}}},
    {"f64_u8", "cast", SG_F64, SG_U8, 1, {{300.5, -3, -0.5, 255.9, NAN, 1e300, 7.9}}},
    {"f32_i32", "cast", SG_F32, SG_I32, 1, {{3e9, -3e9, 2147483520, -2147483648., NAN, INFINITY, -7.9}}},
    {"f64_i32", "cast", SG_F64, SG_I32, 1, {{3e9, -3e9, INT_MAX, INT_MIN, NAN, INT_MAX + 0.5, -INFINITY}}},
    {"add_u8", "add", SG_U8, 0, 2, {{200, 1, 255, 0, 3, 155, 156}, {100, 2, 255, 0, 4, 100, 100}}},
    {"sub_u8", "sub", SG_U8, 0, 2, {{200, 1, 255, 0, 3, 155, 156}, {100, 2, 255, 1, 4, 100, 157}}},
    {"neg_u8", "neg", SG_U8, 0, 1, {{5, 0, 255, 1, 2, 3, 4}}},
    {"floor_div_i32", "floor_div", SG_I32, 0, 2, {{7, -7, 0, INT_MIN, 7, 7, -7}, ZERO_B}},
    {"mod_i32", "mod", SG_I32, 0, 2, {{7, -7, 0, INT_MIN, 7, 7, -7}, ZERO_B}},
    {"floor_div_u8", "floor_div", SG_U8, 0, 2, {{7, 0, 255, 255, 9, 1, 3}, {0, 0, 0, 1, 2, 255, 3}}},
    {"mod_u8", "mod", SG_U8, 0, 2, {{7, 0, 255, 255, 9, 1, 3}, {0, 0, 0, 1, 2, 255, 3}}},
    {"floor_div_f32", "floor_div", SG_F32, 0, 2, {{1, -1, 1, 16777215, 0.9, -1, -1}, TENTH}},
    {"floor_div_f64", "floor_div", SG_F64, 0, 2, {{1, -1, 1, 16777215, 0.9, 0, -1}, TENTH}},
    {"large_f32",
     "floor_div",
     SG_F32,
     0,
     2,
     {{8388609, 16777213, -8388609, 4194305, 5e30, NAN, INFINITY}, {1, 2, 1, 1, 7, 1, 3}}},
    {"mod_f32", "mod", SG_F32, 0, 2, {{1e-25, -1e-25, 1e-25, 1, 0, 6, -5}, TINY}},
    {"mod_f64", "mod", SG_F64, 0, 2, {{1e-200, -1e-200, 1e-25, 1, 0, 6, -5}, TINY}},
};

static void note_output(machine *m, sg_value value, const char *name) {
    m->output[m->count] = value;
    m->name[m->count++] = strdup(name);
}

static sg_value feed_numbers(machine *m, const char *path, sg_type type, const double *numbers,
                             sg_error *error) {
    sg_shape shape = SG_SHAPE(CORNER);
    sg_tensor *to = &m->numbers[m->feeds];
    if (sg_tensor_init(to, SG_F64, shape, error) != SG_OK) return SG_NO_VALUE;
    for (int i = 0; i < CORNER; i++) sg_tensor_set(to, i, numbers[i]);
    sg_arg args[] = {sg_arg_shape("shape", &shape), sg_arg_dtype("type", type), {0}};
    return m->feed[m->feeds++] = sg_graph_add(m->graph, "input", path, NULL, 0, args);
}

static sg_status add_corners(machine *m, sg_error *error) {
    char path[256];
    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
        const corner *c = &corners[i];
        sg_value in[2];
        for (int k = 0; k < c->in_count; k++) {
            snprintf(path, sizeof path, "corner.%s.in%d", c->name, k);
            in[k] = feed_numbers(m, path, c->type, c->in[k], error);
        }
        snprintf(path, sizeof path, "corner.%s", c->name);
        bool cast = strcmp(c->op, "cast") == 0;
        sg_arg args[] = {cast ? sg_arg_dtype("type", c->to) : (sg_arg){0}, {0}};
        note_output(m, sg_graph_add(m->graph, c->op, path, in, c->in_count, args), path);
    }
    return sg_graph_status(m->graph, error);
}

/* Two paths that differ at their far ends only. */
static sg_status add_long(machine *m, sg_error *error) {
    static const double numbers[CORNER] = {1, 2, 3, 4, 5, 6, 7};
    char path[2000];
    sg_value in = feed_numbers(m, "corner.long.in0", SG_F32, numbers, error);
    memset(path, 'x', sizeof path);
    for (int k = 0; k < 2; k++) {
        snprintf(path + sizeof path - 8, 8, "%d", k);
        note_output(m, sg_graph_add(m->graph, "square", path, &in, 1, NULL),
                    k ? "corner.long_1" : "corner.long_0");
    }
    return sg_graph_status(m->graph, error);
}

/* Runs the graph, and keeps what went in and what came out. */
static sg_status run(machine *m, sg_store *store, sg_arrays *in, sg_arrays *out, sg_error *error) {
    sg_context *context = NULL;
    sg_arena *arena = NULL;
    sg_program *program = NULL;
    sg_context_options engine = {.size = sizeof engine, .threads = 1};
    sg_program_options options = {.size = sizeof options, .fetch = m->output, .fetch_count = m->count};
    sg_draw draw = {.batch = 1};
    sg_status status = sg_context_create(&context, &engine, error);
    if (status == SG_OK) status = sg_arena_create(&arena, error);
    if (status == SG_OK)
        status = sg_program_create(&program, context, m->graph, store, arena, &options, error);
    for (int i = 0; status == SG_OK && i < m->feeds; i++) {
        sg_tensor to = sg_program_feed(program, m->feed[i]), kept;
        sg_type type = sg_graph_value(m->graph, m->feed[i])->type;
        status = sg_tensor_init(&kept, type, m->numbers[i].shape, error);
        if (status == SG_OK) status = sg_tensor_copy(&kept, &m->numbers[i], error);
        if (status == SG_OK && to.data) status = sg_tensor_copy(&to, &m->numbers[i], error);
        char name[256];
        sg_graph_value_name(m->graph, m->feed[i], name, sizeof name);
        if (status == SG_OK) status = sg_arrays_add(in, name, &kept, error);
    }
    if (status == SG_OK) status = sg_program_run(program, SG_PHASE_GRADIENT, &draw, error);
    for (int i = 0; status == SG_OK && i < m->count; i++) {
        sg_tensor value = sg_program_fetch(program, m->output[i]), kept;
        status = sg_tensor_init(&kept, value.type, value.shape, error);
        if (status == SG_OK) status = sg_tensor_copy(&kept, &value, error);
        if (status == SG_OK) status = sg_arrays_add(out, m->name[i], &kept, error);
    }
    sg_program_destroy(program);
    sg_arena_destroy(arena);
    sg_context_destroy(context);
    return status;
}

static machine m;

int main(int argc, char **argv) {
    char path[1024];
    sg_error error = {0};
    sg_store *store = NULL;
    sg_arrays in = {0}, out = {0};
    sg_onnx_ports ports = {0};
    sg_graph_options options = {.size = sizeof options, .float_type = SG_F32, .batch = 1};
    if (argc != 2) {
        fprintf(stderr, "usage: onnx_ops DIR\n");
        return 2;
    }
    sg_status status = sg_graph_create(&m.graph, &options, &error);
    if (status == SG_OK) status = sg_store_create(&store, &error);
    if (status == SG_OK) status = add_all(&m, &error);
    if (status == SG_OK) status = add_corners(&m, &error);
    if (status == SG_OK) status = add_long(&m, &error);
    if (status == SG_OK) status = run(&m, store, &in, &out, &error);
    sg_onnx_request request = {.graph = m.graph,
                               .store = store,
                               .count = m.count,
                               .output = m.output,
                               .output_name = m.name,
                               .name = "ops"};
    snprintf(path, sizeof path, "%s/model.onnx", argv[1]);
    if (status == SG_OK) status = sg_onnx_save(&request, path, &ports, &error);
    snprintf(path, sizeof path, "%s/in.npz", argv[1]);
    if (status == SG_OK) status = sg_arrays_save(&in, path, &error);
    snprintf(path, sizeof path, "%s/out.npz", argv[1]);
    if (status == SG_OK) status = sg_arrays_save(&out, path, &error);
    if (status != SG_OK) fprintf(stderr, "%s\n", error.message);
    for (int i = 0; i < m.count; i++) free((void *)m.name[i]);
    for (int i = 0; i < m.feeds; i++) sg_tensor_finish(&m.numbers[i]);
    sg_onnx_ports_finish(&ports);
    sg_arrays_finish(&in);
    sg_arrays_finish(&out);
    sg_store_destroy(store);
    sg_graph_destroy(m.graph);
    return status != SG_OK;
}
