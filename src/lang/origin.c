#include "lang/origin.h"

#include "lang/work.h"

#include <string.h>

/* The name among those of `block` for a node with this path, where the block's own path is `prefix`. */
static const sg_symbol *symbol_of(sg_work *work, const sg_block *block, const char *prefix,
                                  const char *path) {
    size_t length = strlen(prefix);
    if (length && (strncmp(path, prefix, length) != 0 || path[length] != '.')) return NULL;
    if (length) path += length + 1;
    const sg_symbol *whole = sg_block_symbol(block, path);
    if (whole) return whole; /* in expanded files names have dots */
    return sg_block_symbol(block, sg_take_text(work, path, strcspn(path, ".")));
}

static const sg_input *input_of(const sg_frame *frame, sg_value value) {
    for (int i = 0; i < frame->block->input_count; i++)
        if (frame->input[i] && frame->input[i]->kind == SG_TREE_TENSOR && frame->input[i]->value == value)
            return &frame->block->input[i];
    return NULL;
}

/* A part of a formula belongs to no name: its node is numbered, "mid.2_add". */
static bool is_part(const char *path) {
    const char *last = strrchr(path, '.');
    return last && strchr("0123456789", last[1]) && strchr(last, '_');
}

static bool name_value(const sg_frame *frame, sg_value value, const char **name, sg_span *span) {
    const sg_expander *x = frame->expander;
    const char *path = sg_graph_node(x->graph, sg_graph_value(x->graph, value)->node)->path;
    const sg_symbol *symbol = symbol_of(x->work, frame->block, frame->path, path);
    if (!symbol) symbol = symbol_of(x->work, &x->document->main, "", path);
    const sg_input *input = input_of(frame, value);
    if (is_part(path) && !input) return false;
    if (!symbol && !input) return false;
    *name = symbol ? symbol->name : input->name;
    *span = symbol ? symbol->span : input->span;
    return true;
}

static bool types_differ(const sg_graph *graph, const sg_value *value, int count) {
    int first = -1;
    for (int i = 0; i < count; i++) {
        if (value[i] == SG_NO_VALUE) continue;
        int type = (int)sg_graph_value(graph, value[i])->type;
        if (first >= 0 && type != first) return true;
        first = type;
    }
    return false;
}

int sg_origins_of(const sg_frame *frame, const sg_value *value, int count, sg_link link[SG_MAX_ORIGINS]) {
    sg_work *work = frame->expander->work;
    const sg_graph *graph = frame->expander->graph;
    bool with_type = types_differ(graph, value, count);
    int links = 0;
    for (int i = 0; i < count && links < SG_MAX_ORIGINS; i++) {
        const char *name;
        sg_span span;
        bool again = value[i] == SG_NO_VALUE;
        for (int k = 0; k < i && !again; k++) again = value[k] == value[i];
        if (again || !name_value(frame, value[i], &name, &span)) continue;
        const sg_value_info *info = sg_graph_value(graph, value[i]);
        char shape[SG_SHAPE_TEXT];
        const char *type = with_type ? sg_type_name(info->type) : "";
        link[links++] = (sg_link){sg_take_printf(work, "`%s` is %s%s%s", name, type, *type ? " " : "",
                                                 sg_shape_text(&info->shape, 0, shape)),
                                  span.mark};
    }
    return links;
}

const char *sg_axes_differ(sg_work *work, const sg_shape *a, const sg_shape *b, bool broadcast, int skip) {
    const char *text = NULL;
    if (a->rank != b->rank && !broadcast)
        return sg_take_printf(work, "one has %d ax%s, the other %d", a->rank, a->rank == 1 ? "is" : "es",
                              b->rank);
    for (int d = 0; d < a->rank; d++) {
        int other = d - a->rank + b->rank;
        if (d == skip || other < 0) continue;
        int64_t x = a->dim[d], y = b->dim[other];
        if (x == y || (broadcast && (x == 1 || y == 1))) continue;
        text =
            sg_take_printf(work, "%saxis %d (%lld and %lld)", text ? sg_take_printf(work, "%s, ", text) : "",
                           a->rank == b->rank ? d : d - a->rank, (long long)x, (long long)y);
    }
    return text ? sg_take_printf(work, "they differ in %s", text) : NULL;
}
