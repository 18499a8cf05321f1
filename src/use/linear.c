/* A linear classifier on features: the engine gives loss and gradient, L-BFGS (Nocedal, Wright: Numerical
 * Optimization, algorithm 7.4) the steps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "simgraph/use.h"
#include "use/machine.h"

enum { MEMORY = 10, MOST_STEPS = 500, MOST_HALVINGS = 40 };
static const double small_enough = 1e-7; /* largest element of the gradient */

typedef struct problem {
    sg_machine machine;
    sg_value x, weight, bias, loss, gradient[2];
    int64_t rows, size, count; /* count: of all parameters, weights first */
    int classes;
    double penalty;
    double *mean, *scale; /* of each feature: 1 / deviation */
} problem;

static double dot(const double *a, const double *b, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void measure(problem *p, const float *rows) {
    for (int64_t k = 0; k < p->size; k++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < p->rows; i++) sum += rows[i * p->size + k];
        p->mean[k] = sum / (double)p->rows;
        for (int64_t i = 0; i < p->rows; i++) {
            double d = rows[i * p->size + k] - p->mean[k];
            squares += d * d;
        }
        double deviation = sqrt(squares / (double)p->rows);
        p->scale[k] = deviation > 1e-12 * (1 + fabs(p->mean[k])) ? 1 / deviation : 0;
    }
}

static sg_status build(problem *p, const int32_t *label, const float *rows, sg_error *error) {
    sg_machine *m = &p->machine;
    p->x = sg_machine_input(m, SG_F64, SG_SHAPE(p->rows, p->size));
    p->weight = sg_machine_input(m, SG_F64, SG_SHAPE(p->classes, p->size));
    p->bias = sg_machine_input(m, SG_F64, SG_SHAPE(p->classes));
    sg_value target = sg_machine_input(m, SG_I32, SG_SHAPE(p->rows));
    sg_value scores = sg_emit(m->graph, "affine", SG_IN(p->x, p->weight, p->bias));
    p->loss = sg_emit(m->graph, "cross_entropy", SG_IN(scores, target), sg_arg_float("eps", 0));
    sg_status status = sg_graph_status(m->graph, error);
    const sg_value wrt[] = {p->weight, p->bias};
    if (status == SG_OK)
        status = sg_graph_differentiate(m->graph, p->loss, SG_NO_VALUE, 2, wrt, p->gradient, error);
    const sg_value fetch[] = {p->loss, p->gradient[0], p->gradient[1]};
    if (status == SG_OK) status = sg_machine_plan(m, 3, fetch, error);
    if (status != SG_OK) return status;
    double *to = sg_program_feed(m->program, p->x).data;
    for (int64_t i = 0; i < p->rows * p->size; i++)
        to[i] = (rows[i] - p->mean[i % p->size]) * p->scale[i % p->size];
    memcpy(sg_program_feed(m->program, target).data, label, (size_t)p->rows * sizeof *label);
    return SG_OK;
}

/* The loss at `at`, and its gradient. */
static sg_status look(problem *p, const double *at, double *loss, double *gradient, sg_error *error) {
    int64_t weights = p->size * p->classes;
    memcpy(sg_program_feed(p->machine.program, p->weight).data, at, (size_t)weights * sizeof *at);
    memcpy(sg_program_feed(p->machine.program, p->bias).data, at + weights, (size_t)p->classes * sizeof *at);
    sg_status status = sg_machine_run(&p->machine, error);
    if (status != SG_OK) return status;
    sg_tensor value = sg_program_fetch(p->machine.program, p->loss),
              of_weight = sg_program_fetch(p->machine.program, p->gradient[0]),
              of_bias = sg_program_fetch(p->machine.program, p->gradient[1]);
    for (int64_t i = 0; i < weights; i++) gradient[i] = sg_tensor_get(&of_weight, i) + p->penalty * at[i];
    for (int c = 0; c < p->classes; c++) gradient[weights + c] = sg_tensor_get(&of_bias, c);
    *loss = sg_tensor_get(&value, 0) + 0.5 * p->penalty * dot(at, at, weights);
    return SG_OK;
}

/* What the last steps say of the curvature. */
typedef struct history {
    double *step[MEMORY], *change[MEMORY], rho[MEMORY];
    int count, newest;
} history;

/* -H g: the two loops. */
static void direct(const history *h, const double *gradient, double *direction, int64_t n) {
    double alpha[MEMORY];
    for (int64_t i = 0; i < n; i++) direction[i] = -gradient[i];
    for (int k = 0; k < h->count; k++) {
        int j = (h->newest - k + MEMORY) % MEMORY;
        alpha[j] = h->rho[j] * dot(h->step[j], direction, n);
        for (int64_t i = 0; i < n; i++) direction[i] -= alpha[j] * h->change[j][i];
    }
    if (h->count) {
        const double *y = h->change[h->newest];
        double factor = 1 / (h->rho[h->newest] * dot(y, y, n));
        for (int64_t i = 0; i < n; i++) direction[i] *= factor;
    }
    for (int k = h->count - 1; k >= 0; k--) {
        int j = (h->newest - k + MEMORY) % MEMORY;
        double beta = h->rho[j] * dot(h->change[j], direction, n);
        for (int64_t i = 0; i < n; i++) direction[i] += (alpha[j] - beta) * h->step[j][i];
    }
}

static void remember(history *h, const double *from, const double *to, const double *before,
                     const double *after, int64_t n) {
    int j = h->count ? (h->newest + 1) % MEMORY : 0;
    double curvature = 0;
    for (int64_t i = 0; i < n; i++) curvature += (to[i] - from[i]) * (after[i] - before[i]);
    if (!(curvature > 1e-300)) return; /* the oldest, in whose place it would be, stays */
    for (int64_t i = 0; i < n; i++) {
        h->step[j][i] = to[i] - from[i];
        h->change[j][i] = after[i] - before[i];
    }
    h->rho[j] = 1 / curvature;
    h->newest = j;
    if (h->count < MEMORY) h->count++;
}

/* `memory`: parameters, gradient, both again for the next, direction. The parameters end at the smallest
 * loss. */
static sg_status minimise(problem *p, double *memory, history *h, sg_linear_probe *out, sg_error *error) {
    int64_t n = p->count;
    double *at = memory, *gradient = at + n, *next = gradient + n, *changed = next + n,
           *direction = changed + n;
    double loss = 0, later = 0;
    sg_status status = look(p, at, &loss, gradient, error);
    for (out->steps = 0; status == SG_OK && out->steps < MOST_STEPS; out->steps++) {
        double largest = 0, length = 1;
        for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(gradient[i]));
        if (largest < small_enough) break;
        direct(h, gradient, direction, n);
        double slope = dot(gradient, direction, n);
        bool down = false;
        for (int k = 0; status == SG_OK && !down && k < MOST_HALVINGS; k++, length /= 2) {
            for (int64_t i = 0; i < n; i++) next[i] = at[i] + length * direction[i];
            status = look(p, next, &later, changed, error);
            down = later <= loss + 1e-4 * length * slope;
        }
        if (!down) break; /* as far as numbers of 64 bits go */
        remember(h, at, next, gradient, changed, n);
        memcpy(at, next, (size_t)n * sizeof *at);
        memcpy(gradient, changed, (size_t)n * sizeof *at);
        loss = later;
    }
    out->loss = loss;
    return status;
}

static double share(const problem *p, const double *at, const sg_tensor *rows, const int32_t *label,
                    double *line) {
    int64_t right = 0, count = rows->shape.dim[0];
    const float *from = rows->data;
    for (int64_t i = 0; i < count; i++, from += p->size) {
        for (int64_t k = 0; k < p->size; k++) line[k] = (from[k] - p->mean[k]) * p->scale[k];
        double most = -INFINITY;
        int best = 0;
        for (int c = 0; c < p->classes; c++) {
            double score = dot(at + c * p->size, line, p->size) + at[p->classes * p->size + c];
            if (score > most) {
                most = score;
                best = c;
            }
        }
        right += best == label[i];
    }
    return (double)right / (double)count;
}

sg_status sg_probe_linear(sg_linear_probe *out, sg_context *context, const sg_tensor *train,
                          const int32_t *train_label, const sg_tensor *test, const int32_t *test_label,
                          int classes, double penalty, sg_error *error) {
    problem p = {
        .rows = train->shape.dim[0], .size = train->shape.dim[1], .classes = classes, .penalty = penalty};
    history h = {.count = 0};
    p.count = (p.size + 1) * classes;
    *out = (sg_linear_probe){.steps = 0};
    size_t n = (size_t)p.count, all = n * (5 + 2 * MEMORY) + 3 * (size_t)p.size;
    double *memory = calloc(all, sizeof *memory);
    sg_status status = sg_machine_init(&p.machine, context, SG_F64, p.rows, error);
    if (status == SG_OK && !memory) status = sg_no_memory(error);
    if (status == SG_OK) {
        for (int j = 0; j < MEMORY; j++) {
            h.step[j] = memory + n * (size_t)(5 + 2 * j);
            h.change[j] = h.step[j] + n;
        }
        p.mean = memory + n * (5 + 2 * MEMORY);
        p.scale = p.mean + p.size;
        measure(&p, train->data);
        status = build(&p, train_label, train->data, error);
    }
    if (status == SG_OK) status = minimise(&p, memory, &h, out, error);
    if (status == SG_OK) {
        out->train = share(&p, memory, train, train_label, p.scale + p.size);
        out->test = share(&p, memory, test, test_label, p.scale + p.size);
    }
    sg_machine_finish(&p.machine);
    free(memory);
    return status;
}
