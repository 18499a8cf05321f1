/* Ops whose work depends on what is in their inputs: indices out of range, NaN, ties, extreme scores. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simgraph/program.h"
#include "unit.h"

enum { MOST = 16 };

typedef struct array {
    sg_type type;
    sg_shape shape;
    double value[MOST];
} array;

typedef struct row {
    const char *op;
    const sg_arg *args;
    int in_count;
    array in[5];
    const char *message; /* of the run, behind "node: "; NULL: it succeeds */
    int output;          /* which one is compared */
    int count;
    double wanted[MOST];
} row;

#define LINE(n) \
    {           \
        1, {    \
            n   \
        }       \
    }
#define TABLE(n, m) \
    {               \
        2, {        \
            n, m    \
        }           \
    }
#define MAP(h, w)      \
    {                  \
        4, {           \
            1, 1, h, w \
        }              \
    }
#define ONE   \
    {         \
        0, {  \
            0 \
        }     \
    }

static const sg_arg by_row[] = {SG_ARG_INT("axis", 1), SG_ARG_BOOL("rows", true), {0}};
static const sg_arg of_five[] = {SG_ARG_INTS("shape", 5), {0}};
static const sg_arg three_classes[] = {SG_ARG_INT("classes", 3), {0}};
static const sg_arg size_three[] = {SG_ARG_INT("size", 3), {0}};
static const sg_arg down[] = {SG_ARG_BOOL("descending", true), {0}};
static const sg_arg two[] = {SG_ARG_INT("k", 2), {0}};
static const sg_arg no_eps[] = {SG_ARG_FLOAT("eps", 0), {0}};
static const sg_arg last[] = {SG_ARG_INTS("axis", -1), {0}};
static const sg_arg pair[] = {SG_ARG_INTS("kernel", 2), {0}};
static const sg_arg pixels[] = {SG_ARG_INTS("kernel", 2), SG_ARG_INTS("size", 2), {0}};
static const sg_arg threes[] = {SG_ARG_INTS("kernel", 1, 3),
                                SG_ARG_INTS("stride", 1),
                                SG_ARG_INTS("pad", 0, 1),
                                SG_ARG_BOOL("count_include_pad", false),
                                {0}};

static const row rows[] = {
    {"gather",
     NULL,
     2,
     {{SG_F64, LINE(3), {1, 2, 3}}, {SG_I32, LINE(4), {0, 2, 3, 1}}},
     .message = "index 3 is out of range for axis 0 of size 3"},
    {"gather",
     NULL,
     2,
     {{SG_F64, LINE(3), {1, 2, 3}}, {SG_I32, LINE(1), {-1}}},
     .message = "index -1 is out of range for axis 0 of size 3"},
    {"gather",
     by_row,
     2,
     {{SG_F64, TABLE(2, 2), {1, 2, 3, 4}}, {SG_I32, TABLE(2, 1), {1, 2}}},
     .message = "index 2 is out of range for axis 1 of size 2"},
    {"gather_grad",
     of_five,
     2,
     {{SG_F64, LINE(2), {1, 2}}, {SG_I32, LINE(2), {4, 5}}},
     .message = "index 5 is out of range for axis 0 of size 5"},
    {"gather_grad",
     of_five,
     2,
     {{SG_F64, LINE(4), {1, 2, 3, 4}}, {SG_I32, LINE(4), {4, 0, 4, 4}}},
     .count = 5,
     .wanted = {2, 0, 0, 0, 8}},
    {"one_hot",
     three_classes,
     1,
     {{SG_I32, LINE(2), {0, 3}}},
     .message = "index 3 is not one of the 3 classes from 0 on"},
    {"top_k_grad",
     size_three,
     2,
     {{SG_F64, LINE(2), {1, 2}}, {SG_I32, LINE(2), {0, 3}}},
     .message = "index 3 is out of range for axis 0 of size 3"},
    {"cross_entropy",
     NULL,
     2,
     {{SG_F64, TABLE(2, 2), {0, 0, 0, 0}}, {SG_I32, LINE(2), {1, 2}}},
     .message = "target 2 of row 1 is not one of the 2 classes 0 .. 1"},
    {"cross_entropy_grad",
     NULL,
     4,
     {{SG_F64, TABLE(2, 2), {0, 0, 0, 0}},
      {SG_I32, LINE(2), {1, -1}},
      {SG_F64, ONE, {1}},
      {SG_F64, ONE, {1}}},
     .message = "target -1 of row 1 is not one of the 2 classes 0 .. 1"},
    /* A row without weight may have any target. */
    {"cross_entropy",
     no_eps,
     3,
     {{SG_F64, TABLE(2, 2), {0, 0, 1, 9}}, {SG_I32, LINE(2), {1, -100}}, {SG_F64, LINE(2), {3, 0}}},
     .count = 1,
     .wanted = {0.69314718055994531}},
    {"cross_entropy_grad",
     no_eps,
     5,
     {{SG_F64, TABLE(2, 2), {0, 0, 1, 9}},
      {SG_I32, LINE(2), {1, -100}},
      {SG_F64, ONE, {1}},
      {SG_F64, ONE, {2}},
      {SG_F64, LINE(2), {1, 0}}},
     .count = 4,
     .wanted = {1, -1, 0, 0}},
    {"cross_entropy",
     NULL,
     2,
     {{SG_F64, TABLE(1, 3), {1000, 0, -1000}}, {SG_I32, LINE(1), {2}}},
     .count = 1,
     .wanted = {2000}},
    {"bce",
     NULL,
     2,
     {{SG_F64, LINE(2), {0.5, 1.5}}, {SG_F64, LINE(2), {0, 1}}},
     .message = "output holds 1.5, which is no probability: use bce_logits for raw scores"},
    {"bce", NULL, 2, {{SG_F64, LINE(1), {0}}, {SG_F64, LINE(1), {1}}}, .count = 1, .wanted = {100}},
    {"bce", NULL, 2, {{SG_F64, LINE(1), {1}}, {SG_F64, LINE(1), {1}}}, .count = 1, .wanted = {0}},
    {"bce", NULL, 2, {{SG_F64, LINE(1), {NAN}}, {SG_F64, LINE(1), {1}}}, .count = 1, .wanted = {NAN}},
    {"bce_logits",
     NULL,
     2,
     {{SG_F64, LINE(1), {-1000}}, {SG_F64, LINE(1), {1}}},
     .count = 1,
     .wanted = {1000}},
    {"bce_logits", NULL, 2, {{SG_F64, LINE(1), {1000}}, {SG_F64, LINE(1), {1}}}, .count = 1, .wanted = {0}},
    /* What has no weight is not looked at. */
    {"mse",
     no_eps,
     3,
     {{SG_F64, LINE(2), {3, NAN}}, {SG_F64, LINE(2), {1, 0}}, {SG_F64, LINE(2), {5, 0}}},
     .count = 1,
     .wanted = {4}},
    {"max",
     last,
     1,
     {{SG_F64, TABLE(3, 3), {1, NAN, 3, -1, -2, -3, -INFINITY, -INFINITY, -INFINITY}}},
     .count = 3,
     .wanted = {NAN, -1, -INFINITY}},
    {"min", NULL, 1, {{SG_F64, LINE(3), {1, 2, NAN}}}, .count = 1, .wanted = {NAN}},
    {"max", NULL, 1, {{SG_I32, LINE(3), {-7, -5, -9}}}, .count = 1, .wanted = {-5}},
    {"min", NULL, 1, {{SG_U8, LINE(3), {7, 5, 9}}}, .count = 1, .wanted = {5}},
    {"argmax",
     NULL,
     1,
     {{SG_F64, TABLE(3, 4), {1, 3, 3, 2, 1, NAN, 9, NAN, 5, 5, 5, 5}}},
     .count = 3,
     .wanted = {1, 1, 0}},
    {"argsort",
     NULL,
     1,
     {{SG_F64, LINE(6), {2, NAN, 1, 2, -INFINITY, 1}}},
     .count = 6,
     .wanted = {4, 2, 5, 0, 3, 1}},
    {"argsort",
     down,
     1,
     {{SG_F64, LINE(6), {2, NAN, 1, 2, INFINITY, 1}}},
     .count = 6,
     .wanted = {1, 4, 0, 3, 2, 5}},
    {"top_k", two, 1, {{SG_F64, LINE(4), {1, 4, 4, 2}}}, .output = 1, .count = 2, .wanted = {1, 2}},
    {"extreme_grad",
     NULL,
     3,
     {{SG_F64, LINE(4), {4, 1, 4, 2}}, {SG_F64, LINE(1), {4}}, {SG_F64, LINE(1), {3}}},
     .count = 4,
     .wanted = {1.5, 0, 1.5, 0}},
    {"max_pool_grad",
     pixels,
     2,
     {{SG_F64, MAP(1, 1), {1}}, {SG_I32, MAP(1, 1), {4}}},
     .message = "index 4 is out of range for maps of 4 pixels"},
    {"max_pool", pair, 1, {{SG_F64, MAP(2, 4), {1, NAN, 3, 3, 2, 0, 3, 1}}}, .count = 2, .wanted = {NAN, 3}},
    {"max_pool",
     pair,
     1,
     {{SG_F64, MAP(2, 4), {1, NAN, 3, 3, 2, 0, 3, 1}}},
     .output = 1,
     .count = 2,
     .wanted = {1, 2}},
    {"max_pool", pair, 1, {{SG_F64, MAP(2, 2), {-1, -2, -3, -4}}}, .count = 1, .wanted = {-1}},
    /* A bad pixel spoils its own windows only. */
    {"avg_pool",
     threes,
     1,
     {{SG_F64, MAP(1, 5), {INFINITY, 1, 2, 3, 4}}},
     .count = 5,
     .wanted = {INFINITY, INFINITY, 2, 3, 3.5}},
    {"softmax", NULL, 1, {{SG_F64, LINE(3), {1e4, 1e4, -1e4}}}, .count = 3, .wanted = {0.5, 0.5, 0}},
    {"log_softmax", NULL, 1, {{SG_F64, LINE(2), {1e4, -1e4}}}, .count = 2, .wanted = {0, -2e4}},
    {"var", NULL, 1, {{SG_F64, LINE(4), {1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3}}}, .count = 1, .wanted = {5.0 / 3}},
};

enum { ROWS = sizeof rows / sizeof *rows };

typedef struct machine {
    sg_graph *graph;
    sg_store *store;
    sg_arena *arena;
    sg_context *context;
    sg_program *program;
    sg_value in[5], out;
    sg_error error;
} machine;

static void build(machine *m, const row *r) {
    sg_error error;
    sg_graph_options options = {.size = sizeof options, .float_type = SG_F64, .training = true, .batch = 1};
    sg_context_options threads = {.size = sizeof threads, .threads = 1};
    assert_ok(sg_graph_create(&m->graph, &options, &error));
    for (int k = 0; k < r->in_count; k++)
        m->in[k] = sg_emit(m->graph, "input", NULL, 0, sg_arg_shape("shape", &r->in[k].shape),
                           sg_arg_dtype("type", r->in[k].type));
    m->out = sg_graph_add(m->graph, r->op, "node", m->in, r->in_count, r->args) + r->output;
    assert_ok(sg_graph_status(m->graph, &error));
    assert_ok(sg_store_create(&m->store, &error));
    assert_ok(sg_arena_create(&m->arena, &error));
    assert_ok(sg_context_create(&m->context, &threads, &error));
    sg_program_options plan = {.size = sizeof plan, .fetch = &m->out, .fetch_count = 1, .poison = true};
    assert_ok(sg_program_create(&m->program, m->context, m->graph, m->store, m->arena, &plan, &error));
    for (int k = 0; k < r->in_count; k++) {
        sg_tensor x = sg_program_feed(m->program, m->in[k]);
        for (int64_t i = 0; i < sg_tensor_elements(&x); i++) sg_tensor_set(&x, i, r->in[k].value[i]);
    }
}

static void finish(machine *m) {
    sg_program_destroy(m->program);
    sg_context_destroy(m->context);
    sg_arena_destroy(m->arena);
    sg_store_destroy(m->store);
    sg_graph_destroy(m->graph);
}

START_TEST(data_decides) {
    const row *r = &rows[_i];
    machine m = {0};
    sg_error error = {0};
    sg_draw draw = {.batch = 1};
    build(&m, r);
    sg_status status = sg_program_run(m.program, SG_PHASE_GRADIENT, &draw, &error);
    if (r->message) {
        ck_assert_int_eq(status, SG_BAD_DATA);
        ck_assert_msg(strncmp(error.message, "node: ", 6) == 0, "%s", error.message);
        ck_assert_str_eq(error.message + 6, r->message);
    } else {
        ck_assert_msg(status == SG_OK, "%s: %s", r->op, error.message);
        sg_tensor y = sg_program_fetch(m.program, m.out);
        ck_assert_int_eq(sg_tensor_elements(&y), r->count);
        for (int i = 0; i < r->count; i++) {
            double got = sg_tensor_get(&y, i), wanted = r->wanted[i];
            bool same =
                isnan(wanted) ? isnan(got) : got == wanted || fabs(got - wanted) <= 1e-14 * fabs(wanted);
            ck_assert_msg(same, "row %d, %s: element %d is %.17g, but should be %.17g", _i, r->op, i, got,
                          wanted);
        }
    }
    finish(&m);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("ops data");
    TCase *all = tcase_create("rows");
    tcase_add_loop_test(all, data_decides, 0, ROWS);
    suite_add_tcase(suite, all);
    return unit_run(suite);
}
