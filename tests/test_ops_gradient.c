/* Every op: gradients in f64 against central differences, with a random cotangent. */
#include <math.h>
#include <stdlib.h>

#include "graph/graph.h"
#include "ops_unit.h"

/* Elements of one input that are looked at, evenly spread. Sanitizers are for other mistakes than a wrong
 * number. */
#ifdef SANITIZED
enum { MOST = 24 };
#else
enum { MOST = 240 };
#endif

static const ops_tolerance tolerance = {.relative = 1e-6, .floor = 1e-7, .absolute = 1e-8};

/* Analytic and numeric gradients of one input, at some of its elements. */
typedef struct pair {
    int count;
    double analytic[MOST], numeric[MOST];
} pair;

static bool is_checked(const ops_case *c) {
    return (c->op->gradient || c->op->expand) && !(c->op->flags & SG_OP_NONDIFF) && !c->sample->no_gradient;
}

/* What has a derivative is f64 here, element by element. */
static const double *numbers_of(const sg_tensor *tensor) {
    ck_assert(tensor->type == SG_F64 && sg_tensor_contiguous(tensor));
    return tensor->data;
}

/* sum over the differentiable outputs of (y - before) * cotangent, where `before` may be NULL. */
static double cotangent_sum(const ops_machine *m, const sg_tensor *before) {
    double sum = 0;
    for (int k = 0; k < m->out_count; k++) {
        if (!m->differentiable[k] || !m->y[k].data) continue;
        const double *y = numbers_of(&m->y[k]), *old = numbers_of(&before[k]),
                     *cotangent = numbers_of(&m->cotangent_numbers[k]);
        int64_t n = sg_tensor_elements(&m->y[k]);
        for (int64_t i = 0; i < n; i++) sum += (y[i] - old[i]) * cotangent[i];
    }
    return sum;
}

static sg_status difference(ops_machine *m, int k, int64_t element, double *slope, sg_error *error) {
    const sg_tensor *x = &m->c->in[k];
    double old = sg_tensor_get(x, element), h = 1e-5 * fmax(1, fabs(old)), high = old + h, low = old - h;
    sg_tensor before[SG_MAX_OUT];
    sg_tensor_set(x, element, low);
    sg_status status = ops_machine_run(m, error);
    if (status == SG_OK) {
        memcpy(before, m->y, sizeof before);
        memset(m->y, 0, sizeof m->y);
        sg_tensor_set(x, element, high);
        status = ops_machine_run(m, error);
        *slope = status == SG_OK ? cotangent_sum(m, before) / (high - low) : 0;
        for (int j = 0; j < SG_MAX_OUT; j++) sg_tensor_finish(&before[j]);
    }
    sg_tensor_set(x, element, old);
    return status;
}

/* Fills one pair an input; count stays 0 where there is no gradient. `forward`: whose outputs are
 * differentiated. */
static sg_status measure(const ops_case *c, ops_setup forward, pair pairs[SG_MAX_IN], sg_error *error) {
    ops_setup setup = forward;
    setup.gradient = true;
    ops_machine m, n;
    memset(&n, 0, sizeof n);
    sg_status status = ops_machine_init(&m, c, &setup, error);
    if (status == SG_OK) status = ops_machine_run(&m, error);
    if (status == SG_OK) status = ops_machine_init(&n, c, &forward, error);
    for (int k = 0; status == SG_OK && k < c->sample->in_count; k++) {
        pairs[k].count = 0;
        if (!m.dx[k].data) continue;
        int64_t elements = sg_tensor_elements(&c->in[k]), step = (elements + MOST - 1) / MOST;
        for (int64_t i = 0; status == SG_OK && i < elements; i += step) {
            int at = pairs[k].count++;
            pairs[k].analytic[at] = sg_tensor_get(&m.dx[k], i);
            status = difference(&n, k, i, &pairs[k].numeric[at], error);
        }
    }
    ops_machine_finish(&m);
    ops_machine_finish(&n);
    return status;
}

static bool agrees(const ops_case *c, int only, ops_findings *f) {
    static pair pairs[SG_MAX_IN];
    sg_error error = {0};
    char why[160];
    bool fine = true;
    memset(pairs, 0, sizeof pairs);
    if (measure(c, (ops_setup){.only = only}, pairs, &error) != SG_OK) {
        if (f) ops_wrong(f, c, "output %d: %s", only - 1, error.message);
        return false;
    }
    for (int k = 0; k < c->sample->in_count; k++)
        if (!ops_close(pairs[k].count, pairs[k].analytic, pairs[k].numeric, tolerance, why)) {
            fine = false;
            if (f && only) ops_wrong(f, c, "gradient of output %d by input %d: %s", only - 1, k, why);
            if (f && !only) ops_wrong(f, c, "gradient of all outputs by input %d: %s", k, why);
        }
    return fine;
}

static void check_gradient(const ops_case *c, ops_findings *f) {
    if (!is_checked(c)) return;
    int outputs = sg_op_output_count(c->op);
    agrees(c, 0, f);
    for (int k = 0; outputs > 1 && k < outputs; k++)
        if (!(c->op->out[k].flags & SG_PORT_NO_GRADIENT) || c->op->expand) agrees(c, k + 1, f);
}

START_TEST(agrees_with_differences) {
    ops_each_good(_i, check_gradient);
}
END_TEST

/* ---- second derivatives: of the sum of the squares of the gradients ---- */

/* Gradient ops that scatter to places that another op found have no derivative of their own. */
static const char *const no_second[][2] = {{"max_pool", "max_pool_grad"}, {"top_k", "top_k_grad"}, {NULL}};

static void check_second(const ops_case *c, ops_findings *f) {
    static const ops_tolerance looser = {.relative = 1e-5, .floor = 1e-6, .absolute = 1e-7};
    static pair pairs[SG_MAX_IN];
    sg_error error = {0};
    char why[160], wanted[200];
    if (!is_checked(c)) return;
    memset(pairs, 0, sizeof pairs);
    sg_status status = measure(c, (ops_setup){.second = true}, pairs, &error);
    for (int i = 0; no_second[i][0]; i++) {
        if (strcmp(c->op->schema.name, no_second[i][0]) != 0) continue;
        snprintf(wanted, sizeof wanted, "grad/node/%s: the op %s has no gradient", no_second[i][1],
                 no_second[i][1]);
        if (status != SG_BAD_GRAPH || strcmp(error.message, wanted) != 0)
            ops_wrong(f, c, "asked for a second derivative, it says '%s'", error.message);
        return;
    }
    if (status != SG_OK) ops_wrong(f, c, "second derivative: %s", error.message);
    for (int k = 0; status == SG_OK && k < c->sample->in_count; k++)
        if (!ops_close(pairs[k].count, pairs[k].analytic, pairs[k].numeric, looser, why))
            ops_wrong(f, c, "second derivative by input %d: %s", k, why);
}

START_TEST(second_derivatives_agree) {
    ops_each_good(_i, check_second);
}
END_TEST

/* What has no gradient says so when it is asked for one. */
static void check_refusal(const ops_case *c, ops_findings *f) {
    char wanted[200];
    for (int k = 0; k < sg_op_output_count(c->op); k++) {
        if (c->op->expand) continue; /* what it means has a gradient: compared with differences below */
        bool none = !c->op->gradient, auxiliary = c->op->out[k].flags & SG_PORT_NO_GRADIENT;
        if (c->op->flags & (SG_OP_NONDIFF | SG_OP_UPDATE) || !(none || auxiliary)) continue;
        snprintf(wanted, sizeof wanted, "node: the op %s has no gradient", c->op->schema.name);
        if (!none)
            snprintf(wanted, sizeof wanted, "node: the output `%s` of %s has no gradient", c->op->out[k].name,
                     c->op->schema.name);
        /* A machine leaves outputs without gradient alone, so it stands for the graph only. */
        ops_setup setup = {.only = k + 1};
        ops_machine m;
        sg_error error = {0};
        sg_value wrt[SG_MAX_IN], grad[SG_MAX_IN];
        int count = 0;
        if (ops_machine_init(&m, c, &setup, &error) != SG_OK)
            ops_wrong(f, c, "%s", error.message);
        else {
            for (int j = 0; j < c->sample->in_count; j++)
                if (m.wrt[j]) wrt[count++] = m.in[j];
            if (count && sg_type_is_float(sg_graph_value(m.graph, m.node_out[k])->type)) {
                sg_status status =
                    sg_graph_differentiate(m.graph, m.node_out[k], SG_NO_VALUE, count, wrt, grad, &error);
                if (status != SG_BAD_GRAPH || strcmp(error.message, wanted) != 0)
                    ops_wrong(f, c, "asked for its gradient, it says '%s' instead of '%s'", error.message,
                              wanted);
            }
        }
        ops_machine_finish(&m);
    }
}

START_TEST(says_that_it_has_none) {
    ops_each_good(_i, check_refusal);
}
END_TEST

/* ---- the comparison itself: a gradient with the wrong sign must not pass ---- */

static const sg_op *original;

static sg_status wrong_sign(sg_backward *b) {
    sg_status status = original->gradient ? original->gradient(b) : sg_gradient_by_expansion(b);
    for (int k = 0; status == SG_OK && k < b->node->in_count; k++)
        if (b->needed[k] && b->dx[k] != SG_NO_VALUE) b->dx[k] = sg_emit(b->graph, "neg", SG_IN(b->dx[k]));
    return status == SG_OK ? sg_graph_status(b->graph, b->error) : status;
}

static bool has_slope(const ops_case *c) {
    static pair pairs[SG_MAX_IN];
    sg_error error = {0};
    memset(pairs, 0, sizeof pairs);
    if (measure(c, (ops_setup){0}, pairs, &error) != SG_OK) return false;
    for (int k = 0; k < c->sample->in_count; k++)
        for (int i = 0; i < pairs[k].count; i++)
            if (fabs(pairs[k].numeric[i]) > 1e-4) return true;
    return false;
}

static void check_flipped(const ops_case *c, ops_findings *f) {
    static sg_op flipped;
    if (!is_checked(c) || !has_slope(c)) return;
    original = c->op;
    flipped = *c->op;
    flipped.gradient = wrong_sign;
    ops_case wrong = *c;
    wrong.op = &flipped;
    if (agrees(&wrong, 0, NULL)) ops_wrong(f, c, "a gradient with the wrong sign passes");
}

START_TEST(wrong_sign_is_found) {
    ops_each_good(_i, check_flipped);
}
END_TEST

START_TEST(comparison_is_strict) {
    char why[160];
    if (_i) return;
    const double b[] = {1, -2, 3e-3}, flipped[] = {1, 2, 3e-3}, nan[] = {1, NAN, 3e-3},
                 off[] = {1, -2, 3.1e-3};
    ck_assert(ops_close(3, b, b, tolerance, why));
    ck_assert(!ops_close(3, flipped, b, tolerance, why));
    ck_assert_str_eq(why, "element 1 is 2, but should be -2");
    ck_assert(!ops_close(3, nan, b, tolerance, why));
    ck_assert(!ops_close(3, b, nan, tolerance, why));
    ck_assert(!ops_close(3, nan, nan, tolerance, why));
    ck_assert(!ops_close(3, off, b, tolerance, why));
}
END_TEST

int main(void) {
    const TTest *const tests[] = {agrees_with_differences, second_derivatives_agree, says_that_it_has_none,
                                  wrong_sign_is_found,     comparison_is_strict,     NULL};
    return unit_run(ops_suite("ops gradient", tests));
}
