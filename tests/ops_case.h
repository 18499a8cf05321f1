/* Samples of ops as test cases: their numbers, and small graphs around them in many shapes.
 *
 * A case is one sample of one op with numbers drawn from the sample's ranges; they depend on the names of op
 * and sample alone and are exact in f32, so that both float types see the same. A machine is a graph with
 * that op, its inputs fed, its outputs fetched, and on request the gradients of sum(y * cotangent). */
#ifndef SG_TESTS_OPS_CASE_H
#define SG_TESTS_OPS_CASE_H

#include "simgraph/program.h"

typedef struct ops_case {
    const sg_op *op;
    const sg_sample *sample;
    sg_attr attr[SG_MAX_ATTRS];
    sg_tensor in[SG_MAX_IN]; /* floats as f64; data == NULL where absent */
} ops_case;

/* Sets op, sample and attributes; false when the sample names an attribute that the op does not have. */
bool ops_case_init(ops_case *c, const sg_op *op, const sg_sample *sample);
/* Draws the inputs. */
sg_status ops_case_draw(ops_case *c, sg_error *error);
void ops_case_finish(ops_case *c);
/* A number that changes with the op, the attributes and the inputs. */
double ops_case_hash(const ops_case *c);
const sg_port *ops_in_port(const sg_op *op, int k); /* the last one stands for all that follow, if variadic */

/* How the inputs come to the op. */
typedef enum ops_form {
    OPS_FED = 0, /* straight from the host */
    OPS_MADE,    /* copied by a node before, so that they die with the op, and its outputs are copied after */
    OPS_STRIDED, /* as every other entry of a larger value with its axes turned round, axis 0 backward */
} ops_form;

typedef struct ops_setup {
    sg_type float_type; /* 0: f64 */
    ops_form form;
    int threads;   /* 0: 1 */
    int64_t batch; /* 0: 1 */
    int64_t block; /* 0: the planner's */
    bool no_group, poison, eval;
    bool surrounded; /* outputs are joined with other values along the last axis */
    bool expanded;   /* the op's `expand` in its place */
    bool gradient;   /* also the gradients of sum(y * cotangent) over the differentiable outputs */
    bool second; /* in place of the outputs: the sum of the squares of the gradients of sum(y + y^2 / 2) */
    int only;    /* k > 0: output k - 1 alone is read and differentiated */
    int twin;    /* k > 0: input k is the very value of input 0, whose type and shape it has */
} ops_setup;

typedef struct ops_machine {
    const ops_case *c;
    ops_setup setup;
    sg_graph *graph;
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
    sg_value in[SG_MAX_IN], fed[SG_MAX_IN]; /* what the op reads, what the host writes */
    sg_value cotangent[SG_MAX_OUT], fed_cotangent[SG_MAX_OUT];
    sg_value pad[SG_MAX_OUT][2];
    sg_value node_out[SG_MAX_OUT], fetch[SG_MAX_OUT], fetch_dx[SG_MAX_IN];
    int out_count;
    bool differentiable[SG_MAX_OUT], wrt[SG_MAX_IN];
    sg_tensor cotangent_numbers[SG_MAX_OUT];
    /* After a run: dense, in the types of the graph; data == NULL where there is none. */
    sg_tensor y[SG_MAX_OUT], dx[SG_MAX_IN];
    bool pads_kept;
} ops_machine;

sg_status ops_machine_init(ops_machine *m, const ops_case *c, const ops_setup *setup, sg_error *error);
/* Runs with the inputs of the case. */
sg_status ops_machine_run(ops_machine *m, sg_error *error);
void ops_machine_finish(ops_machine *m);

/* Both tensors dense, of one shape. */
bool ops_same_bits(const sg_tensor *a, const sg_tensor *b);
/* With slack = floor * (largest |b|) + absolute: |a - b| <= relative * max(|a|, |b|) + slack for every
 * element, and norm(a - b) <= relative * max(norm(a), norm(b)) + slack. Signs count, and NaN agrees with
 * nothing unless `nan_equal`. On failure `why` tells where. */
typedef struct ops_tolerance {
    double relative, floor, absolute;
    bool nan_equal;
} ops_tolerance;
bool ops_close(int64_t n, const double *a, const double *b, ops_tolerance tolerance, char why[160]);
bool ops_close_tensors(const sg_tensor *a, const sg_tensor *b, ops_tolerance tolerance, char why[160]);

#endif
