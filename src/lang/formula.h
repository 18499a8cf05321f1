/* lang/formula.h - expressions on tensors -> nodes.
 *
 * The node of the whole formula has the path of the formula's own node; the others have that path, the number
 * of their expression in the text, and their op: "mid.2_drop_path". So paths depend on the text alone. */
#ifndef SG_LANG_FORMULA_H
#define SG_LANG_FORMULA_H

#include "lang/frame.h"

const sg_tree *sg_formula_unary(const sg_context *context, const sg_expr *expr, const char *op,
                                const sg_tree *a);
const sg_tree *sg_formula_binary(const sg_context *context, const sg_expr *expr, const char *op,
                                 const sg_tree *a, const sg_tree *b);
const sg_tree *sg_formula_index(const sg_context *context, const sg_expr *expr, const sg_tree *base);
/* An op or block called as a function. `known`: values of the arguments that were evaluated already, or NULL.
 */
const sg_tree *sg_formula_call(const sg_context *context, const sg_expr *expr, const sg_tree *const *known);

/* One node. Inputs are tensors (or absent); attributes go with their spans, which errors point at. The first
 * output, or bad after reporting. */
typedef struct sg_emission {
    const char *op, *path;
    sg_span at;
    int in_count;
    const sg_tree **in;
    const sg_span *in_span; /* NULL: the spans of the inputs' values */
    const sg_attr *attr;
    const sg_tree *const *attr_from; /* NULL, or the value of each attribute; NULL where it was not written */
} sg_emission;
const sg_tree *sg_emit_node(sg_frame *frame, const sg_emission *emission);

/* A number as a tensor of rank 0. */
const sg_tree *sg_emit_constant(sg_frame *frame, const char *path, double value, sg_type type, sg_span span);
/* The type that a number takes where it meets `type`. */
sg_type sg_number_type(double value, sg_type type, sg_type float_type);

#endif
