/* Images of what is predicted in place of them. A target that was made of the image by arithmetic that can be
 * undone (normalised by patches or windows, moved, scaled, cut into patches) is undone on the prediction,
 * with the means and deviations of the image itself. */
#include <stdlib.h>
#include <string.h>

#include "ops/conv.h"
#include "simgraph/op.h"
#include "use/use.h"

enum { MOST = 64 };

/* One step from an image to its target. */
typedef struct step {
    const sg_node *node;
    int in; /* which input the image is */
} step;

static bool is(const sg_node *node, const char *op) {
    return strcmp(sg_op_schema(node->op)->name, op) == 0;
}

static bool sees(const sg_use *use, sg_value value) {
    bool *way = sg_use_way(use, value);
    bool on = way && way[sg_graph_value(use->graph, use->input)->node];
    free(way);
    return on;
}

/* Whether a node says of many pixels what they come to together: a window's mean, or fewer numbers than an
 * image has pixels. */
static bool is_summary(const sg_use *use, const sg_node *node) {
    if (is(node, "avg_pool")) {
        const sg_attr *kernel = &node->attr[sg_schema_attr_index(sg_op_schema(node->op), "kernel")];
        return sg_conv_pair(kernel, 0) > 1 || sg_conv_pair(kernel, 1) > 1;
    }
    if (!is(node, "mean") && !is(node, "sum") && !is(node, "var")) return false;
    const sg_shape *out = &sg_graph_value(use->graph, node->out[0])->shape,
                   *image = &sg_graph_value(use->graph, use->input)->shape;
    int64_t numbers = 1, pixels = 1;
    for (int d = 1; d < out->rank; d++) numbers *= out->dim[d];
    for (int d = 2; d < image->rank; d++) pixels *= image->dim[d];
    return numbers < pixels;
}

/* Whether a value has more of the image in it than means and deviations: then what is added, or a factor, is
 * known no better than the image itself. */
static bool has_pixels(const sg_use *use, sg_value value) {
    int last = sg_graph_value(use->graph, value)->node;
    bool *pixels = calloc((size_t)last + 1, sizeof *pixels), on = !pixels;
    for (int i = 0; pixels && i <= last; i++) {
        const sg_node *node = sg_graph_node(use->graph, i);
        pixels[i] = i == sg_graph_value(use->graph, use->input)->node;
        if (is_summary(use, node)) continue;
        for (int k = 0; k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE && pixels[sg_graph_value(use->graph, node->in[k])->node])
                pixels[i] = true;
    }
    on = on || pixels[last];
    free(pixels);
    return on;
}

/* Whether a value looks at a mask: its zeros cannot be divided by, and what was divided by them is lost. */
static bool is_masked(const sg_use *use, sg_value value) {
    bool *way = sg_use_way(use, value), on = !way;
    for (int m = 0; !on && m < use->masks.count; m++)
        on = way[sg_graph_value(use->graph, use->counter[m].value)->node];
    free(way);
    return on;
}

/* The way back from `target` to `image`: how many steps, the first one the last that was made; -1: there is
 * none that could be undone. */
static int walk(const sg_use *use, sg_value target, sg_value image, step steps[MOST]) {
    int count = 0;
    while (target != image) {
        const sg_node *node = sg_graph_node(use->graph, sg_graph_value(use->graph, target)->node);
        bool unary =
            is(node, "reshape") || is(node, "permute") || is(node, "stop_gradient") || is(node, "neg");
        bool first = is(node, "sub") || is(node, "div");
        bool either = is(node, "add") || is(node, "mul");
        if (count == MOST || !(unary || first || either)) return -1;
        int in = either && !sees(use, node->in[0]) ? 1 : 0;
        const sg_shape *from = &sg_graph_value(use->graph, node->in[in])->shape;
        bool factor = is(node, "mul") || is(node, "div");
        if (factor && is_masked(use, node->in[1 - in])) return -1;
        if ((first || either) && has_pixels(use, node->in[1 - in])) return -1;
        if ((first || either) && !sg_shape_equal(from, &sg_graph_value(use->graph, target)->shape)) return -1;
        steps[count++] = (step){node, in};
        target = node->in[in];
    }
    return count;
}

static sg_value undo(sg_graph *graph, const step *s, sg_value y) {
    const sg_node *node = s->node;
    sg_value other = node->in_count > 1 ? node->in[1 - s->in] : SG_NO_VALUE;
    if (is(node, "reshape"))
        return sg_emit(graph, "reshape", SG_IN(y),
                       sg_arg_shape("shape", &sg_graph_value(graph, node->in[0])->shape));
    if (is(node, "permute")) {
        const sg_attr *axes = &node->attr[sg_schema_attr_index(sg_op_schema(node->op), "axes")];
        int64_t back[SG_MAX_RANK] = {0};
        for (int i = 0; i < axes->n; i++) back[axes->ints[i]] = i;
        return sg_emit(graph, "permute", SG_IN(y), sg_arg_ints("axes", axes->n, back));
    }
    if (is(node, "neg")) return sg_emit(graph, "neg", SG_IN(y));
    if (is(node, "sub")) return sg_emit(graph, "add", SG_IN(y, other));
    if (is(node, "add")) return sg_emit(graph, "sub", SG_IN(y, other));
    if (is(node, "div")) return sg_emit(graph, "mul", SG_IN(y, other));
    if (is(node, "mul")) return sg_emit(graph, "div", SG_IN(y, other));
    return y; /* stop_gradient */
}

sg_status sg_use_restore(sg_use *use, sg_error *error) {
    const sg_node *loss = NULL;
    step steps[MOST];
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT], name[256];
    sg_value against = sg_use_held_against(use->graph, use->target, &loss);
    int count = against == SG_NO_VALUE ? 0 : walk(use, against, use->input, steps);
    if (count < 0) /* as the picture shows it */
        count = walk(use, against, use->image, steps);
    else if (against != SG_NO_VALUE)
        use->image = use->input;
    bool alike = against == SG_NO_VALUE || sg_shape_equal(&sg_graph_value(use->graph, against)->shape,
                                                          &sg_graph_value(use->graph, use->target)->shape);
    if (count < 0 || !alike)
        return sg_fail(
            error, SG_BAD_GRAPH,
            "`%s` is no image: it is held against `%s`, which cannot be turned back into one; --node names "
            "a value of pixels",
            use->value_name, sg_graph_value_name(use->graph, against, name, sizeof name));
    sg_value y = use->target;
    if (loss && is(loss, "bce_logits")) y = sg_emit(use->graph, "sigmoid", SG_IN(y));
    for (int i = 0; i < count; i++) y = undo(use->graph, &steps[i], y);
    sg_status status = sg_graph_status(use->graph, error);
    if (status != SG_OK) return status;
    const sg_value_info *info = sg_graph_value(use->graph, y);
    const sg_shape *image = &sg_graph_value(use->graph, use->image)->shape;
    if (!sg_shape_equal(&info->shape, image) || !sg_type_is_float(info->type))
        return sg_fail(error, SG_BAD_GRAPH, "`%s` is no image: it is %s %s, and not float %s as `%s`",
                       use->value_name, sg_type_name(info->type), sg_use_words(&info->shape, a),
                       sg_use_words(image, b),
                       sg_graph_value_name(use->graph, use->image, name, sizeof name));
    use->target = y;
    return SG_OK;
}
