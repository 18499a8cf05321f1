/* What kind a node, or a block that is one box, is of. */
#include "draw/dot_style.h"

#include "simgraph/op.h"

#include <string.h>

static const struct {
    const char *family;
    sg_dot_kind kind;
} kinds[] = {
    {"input", SG_DOT_KIND_INPUT},         {"weight", SG_DOT_KIND_STORED},
    {"state", SG_DOT_KIND_STORED},        {"random", SG_DOT_KIND_RANDOM},
    {"product", SG_DOT_KIND_PRODUCT},     {"elementwise", SG_DOT_KIND_ELEMENTWISE},
    {"normalisation", SG_DOT_KIND_NORM},  {"reduction", SG_DOT_KIND_REDUCTION},
    {"convolution", SG_DOT_KIND_PRODUCT}, {"pooling", SG_DOT_KIND_REDUCTION},
    {"index", SG_DOT_KIND_INDEX},         {"image", SG_DOT_KIND_INDEX},
    {"constant", SG_DOT_KIND_VIEW},       {"view", SG_DOT_KIND_VIEW},
    {"layout", SG_DOT_KIND_VIEW},         {"loss", SG_DOT_KIND_LOSS},
    {"update", SG_DOT_KIND_UPDATE},
};

sg_dot_kind sg_dot_kind_of_node(const sg_dot *dot, int index) {
    const sg_node *node = sg_graph_node(dot->graph, index);
    const char *family = sg_op_family(node->op);
    if (dot->part[index] == SG_DOT_UPDATE) return SG_DOT_KIND_UPDATE;
    if (dot->part[index] == SG_DOT_GRADIENT) return SG_DOT_KIND_GRADIENT;
    if (node->op->flags & SG_OP_RANDOM) return SG_DOT_KIND_RANDOM;
    if (node->op->flags & SG_OP_FED) return SG_DOT_KIND_INPUT;
    if (node->op->flags & SG_OP_STORED) return SG_DOT_KIND_STORED;
    for (size_t i = 0; family && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].family, family) == 0) return kinds[i].kind;
    return SG_DOT_KIND_ELEMENTWISE;
}

/* Does nothing in the forward pass read the node? */
static bool unread(const sg_dot *dot, int index) {
    for (int i = index + 1; i < dot->node_count; i++) {
        const sg_node *node = sg_graph_node(dot->graph, i);
        for (int k = 0; k < node->in_count && dot->part[i] == SG_DOT_FORWARD; k++)
            if (node->in[k] != SG_NO_VALUE && sg_graph_value(dot->graph, node->in[k])->node == index)
                return false;
    }
    return true;
}

sg_dot_kind sg_dot_kind_of_scope(const sg_dot *dot, int scope) {
    enum { SMALL = 3 };
    int count[SG_DOT_KIND_COUNT] = {0}, last = -1, shown = 0;
    for (int i = dot->scope[scope].first; i < dot->node_count; i++) {
        if (dot->part[i] != SG_DOT_FORWARD || !sg_dot_inside(dot, dot->node_scope[i], scope)) continue;
        if (dot->hidden[i] != SG_DOT_SHOWN) continue;
        count[sg_dot_kind_of_node(dot, i)]++;
        shown++;
        last = i;
    }
    if (last < 0) return SG_DOT_KIND_BLOCK;
    /* A block that ends in a number which nobody reads is what is minimised or reported. */
    const sg_node *node = sg_graph_node(dot->graph, last);
    if (count[SG_DOT_KIND_LOSS] ||
        (sg_graph_value(dot->graph, node->out[0])->shape.rank == 0 && unread(dot, last)))
        return SG_DOT_KIND_LOSS;
    if (shown > SMALL) return SG_DOT_KIND_BLOCK;
    static const sg_dot_kind telling[] = {SG_DOT_KIND_PRODUCT,   SG_DOT_KIND_NORM,  SG_DOT_KIND_RANDOM,
                                          SG_DOT_KIND_REDUCTION, SG_DOT_KIND_INPUT, SG_DOT_KIND_STORED};
    sg_dot_kind kind = SG_DOT_KIND_BLOCK;
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++) {
        if (!count[telling[i]]) continue;
        if (kind != SG_DOT_KIND_BLOCK) return SG_DOT_KIND_BLOCK;
        kind = telling[i];
    }
    if (kind != SG_DOT_KIND_BLOCK) return kind;
    for (int k = SG_DOT_KIND_INDEX; k <= SG_DOT_KIND_VIEW; k++)
        if (count[k] == shown) return (sg_dot_kind)k;
    return SG_DOT_KIND_ELEMENTWISE;
}

bool sg_dot_holds_several(const sg_dot *dot, const sg_dot_box *box) {
    return box->part == SG_DOT_FORWARD && box->scope >= 0 && dot->scope[box->scope].shown > 1;
}
