/* The global norm of all gradients, and the factor that clips it. */
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "train/extend.h"

static sg_value number(sg_graph *graph, double value) {
    return sg_emit(graph, "constant", NULL, 0, sg_arg_float("value", value), sg_arg_dtype("type", SG_F64));
}

/* The sum of f64 [1] values: concatenations of at most SG_MAX_VARIADIC, level by level. Overwrites `parts`.
 */
static sg_value sum_all(sg_graph *graph, int count, sg_value *parts) {
    for (;;) {
        int made = 0;
        bool last = count <= SG_MAX_VARIADIC;
        for (int i = 0; i < count; i += SG_MAX_VARIADIC) {
            int n = count - i < SG_MAX_VARIADIC ? count - i : SG_MAX_VARIADIC;
            sg_value joined = n > 1 ? sg_graph_add(graph, "concat", NULL, parts + i, n,
                                                   (const sg_arg[]){sg_arg_int("axis", 0), {0}})
                                    : parts[i];
            parts[made++] = sg_emit(graph, "sum", SG_IN(joined), sg_arg_bool("keep", !last));
        }
        count = made;
        if (last) return parts[0];
    }
}

void sg_emit_squares(sg_graph *graph, int count, const sg_value *gradients, sg_value *squares) {
    for (int i = 0; i < count; i++) squares[i] = sg_emit(graph, "sum_squares", SG_IN(gradients[i]));
}

void sg_emit_clip(sg_graph *graph, int count, const sg_value *squares, sg_value share, double clip,
                  sg_value *norm, sg_value *factor) {
    sg_value *parts = sg_array_alloc((size_t)count + 1, sizeof *parts);
    *norm = *factor = SG_NO_VALUE;
    if (!parts) {
        if (graph->error.status == SG_OK) sg_fail(&graph->error, SG_OUT_OF_MEMORY, "out of memory");
        return;
    }
    memcpy(parts, squares, sizeof *parts * (size_t)count);
    sg_value root = sg_emit(graph, "sqrt", SG_IN(sum_all(graph, count, parts)));
    free(parts);
    *norm = share == SG_NO_VALUE ? root : sg_emit(graph, "mul", SG_IN(root, share));
    if (clip > 0) {
        /* min(1, clip / (norm + 1e-6)), as PyTorch's clip_grad_norm_ */
        sg_value raised = sg_emit(graph, "add", SG_IN(*norm, number(graph, 1e-6)));
        sg_value ratio = sg_emit(graph, "div", SG_IN(number(graph, clip), raised));
        *factor = sg_emit(graph, "minimum", SG_IN(ratio, number(graph, 1)));
        if (share != SG_NO_VALUE) *factor = sg_emit(graph, "mul", SG_IN(*factor, share));
    } else
        *factor = share == SG_NO_VALUE ? number(graph, 1) : share;
}
