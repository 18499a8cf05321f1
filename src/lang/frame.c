/* Values of the names of a block instance, evaluated when they are first asked for: so names may stand in any
 * order, and what nobody asks for is not built. */
#include "lang/frame.h"

#include "lang/expand.h"
#include "lang/explain.h"
#include "lang/origin.h"
#include "lang/setting.h"

#include <string.h>

enum { MAX_NODE_DEPTH = 1500 };

sg_frame *sg_frame_new(sg_expander *x, const sg_block *block, const char *path) {
    sg_frame *frame = SG_TAKE(x->work, sg_frame, 1);
    frame->expander = x;
    frame->block = block;
    frame->path = path;
    frame->chain = x->work->chain;
    frame->input = SG_TAKE(x->work, const sg_tree *, block->input_count);
    frame->given = SG_TAKE(x->work, const sg_tree *, block->param_count);
    frame->slot = SG_TAKE(x->work, sg_slot, block->symbol_count);
    return frame;
}

const char *sg_frame_path(const sg_frame *frame, const char *name) {
    return *frame->path ? sg_take_printf(frame->expander->work, "%s.%s", frame->path, name) : name;
}

static void complain_cycle(sg_frame *frame, int symbol, sg_span user) {
    sg_work *work = frame->expander->work;
    const sg_symbol *table = frame->block->symbol;
    const char *way = table[symbol].name;
    for (const sg_running *r = frame->expander->running; r; r = r->outer) {
        if (r->frame != frame) continue;
        way = sg_take_printf(work, "%s -> %s", table[r->symbol].name, way);
        if (r->symbol == symbol) break;
    }
    sg_complain(work, user, NULL, "`%s` needs itself: %s", table[symbol].name, way);
}

static const char *unknown_size(const sg_frame *frame, int symbol) {
    const sg_block *block = frame->block;
    for (int i = 0; i < block->input_count; i++)
        for (int k = 0; k < block->input[i].rank; k++)
            if (block->input[i].bind[k] == symbol) return block->input[i].name;
    return "";
}

/* Puts the bound that other arguments give in the place of the declared one. */
static bool read_bound(const sg_context *context, const sg_tree *computed, double *bound) {
    const sg_tree *value = computed ? sg_evaluate_literal(context, computed) : NULL;
    if (!value || value->kind == SG_TREE_BAD) return !value;
    if (value->kind == SG_TREE_NUMBER)
        *bound = value->number;
    else
        sg_complain(context->frame->expander->work, computed->span, NULL,
                    "a bound must be a number, but is %s", sg_tree_kind_text(value));
    return value->kind == SG_TREE_NUMBER;
}

static const sg_tree *param_value(sg_frame *frame, const sg_param *param, int index, sg_span user) {
    sg_context context = {.frame = frame};
    sg_work *work = frame->expander->work;
    const sg_tree *value = frame->given[index], *tree = param->override ? param->override : param->fallback;
    if (value && !param->least && !param->most) return value; /* checked by the caller */
    if (!value && tree) value = sg_evaluate_literal(&context, tree);
    if (value) {
        sg_param bounded = *param;
        if (!read_bound(&context, param->least, &bounded.min) ||
            !read_bound(&context, param->most, &bounded.max))
            return sg_tree_new_bad(work, user);
        return sg_param_check(work, frame->expander->document, &bounded, value);
    }
    if (frame->block->is_file)
        sg_complain(work, param->span, sg_take_printf(work, "give it one: --set %s=...", param->name),
                    "the argument `%s` has no value", param->name);
    return sg_tree_new_bad(work, user);
}

static const sg_tree *compute(sg_frame *frame, const sg_symbol *symbol, sg_span user) {
    sg_work *work = frame->expander->work;
    sg_context context = {.frame = frame};
    sg_slot *slot = &frame->slot[symbol - frame->block->symbol];
    switch (symbol->kind) {
    case SG_SYMBOL_INPUT:
        return frame->input[symbol->index];
    case SG_SYMBOL_SIZE:
        sg_complain(work, user, "given(input) tells whether it was",
                    "the size `%s` is not known: the optional input `%s` was not given", symbol->name,
                    unknown_size(frame, (int)(symbol - frame->block->symbol)));
        return sg_tree_new_bad(work, user);
    case SG_SYMBOL_PARAM:
        return param_value(frame, &frame->block->param[symbol->index], symbol->index, user);
    case SG_SYMBOL_LET:
        return sg_evaluate_tree(&context, frame->block->let[symbol->index].tree);
    case SG_SYMBOL_NODE:
        slot->instance = sg_expand_node(frame, &frame->block->node[symbol->index]);
        if (slot->instance && slot->instance->out_count) return slot->instance->out[0];
        return sg_tree_new_bad(work, user);
    }
    return sg_tree_new_bad(work, user);
}

const sg_tree *sg_frame_value(sg_frame *frame, int symbol, sg_span user) {
    sg_expander *x = frame->expander;
    sg_slot *slot = &frame->slot[symbol];
    if (slot->state == SG_DONE) return slot->value;
    if (slot->state == SG_RUNNING) {
        complain_cycle(frame, symbol, user);
        return sg_tree_new_bad(x->work, user);
    }
    if (x->node_depth >= MAX_NODE_DEPTH) {
        if (!x->stopped)
            sg_complain(x->work, user, "write nodes in the order in which they are used",
                        "more than %d names wait for one another", MAX_NODE_DEPTH);
        x->stopped = true;
        return sg_tree_new_bad(x->work, user);
    }
    sg_running running = {x->running, frame, symbol};
    const sg_chain *chain = x->work->chain;
    x->work->chain = frame->chain; /* not the place that asks: the one where the name stands */
    x->running = &running;
    x->node_depth++;
    slot->state = SG_RUNNING;
    slot->value = compute(frame, &frame->block->symbol[symbol], user);
    slot->state = SG_DONE;
    x->node_depth--;
    x->running = running.outer;
    x->work->chain = chain;
    return slot->value;
}

const sg_instance *sg_frame_node(sg_frame *frame, int symbol, sg_span user) {
    if (sg_frame_value(frame, symbol, user)->kind == SG_TREE_BAD) return NULL;
    return frame->slot[symbol].instance;
}

/* ---- size patterns ---- */

static const char *pattern_text(sg_work *work, const sg_input *input) {
    const char *text = input->leading ? "..." : "";
    for (int k = 0; k < input->rank; k++)
        text = sg_take_printf(work, "%s%s%s", text, *text ? ", " : "", input->size[k]->text);
    return sg_take_printf(work, "[%s]", text);
}

/* `size` is what an axis must be, and is not; NULL where the number of axes differs. */
static bool mismatch(sg_frame *frame, const sg_input *input, sg_span span, const char *why,
                     const sg_tree *size, int64_t dim) {
    sg_work *work = frame->expander->work;
    char text[SG_SHAPE_TEXT];
    int count = frame->block->input_count, at = (int)(input - frame->block->input), inputs = 1;
    sg_value *value = SG_TAKE(work, sg_value, count + 1);
    value[0] = frame->input[at]->value;
    /* The other inputs say which sizes it was held against. */
    for (int i = 0; size && i < count; i++)
        if (i != at && frame->input[i]->kind == SG_TREE_TENSOR) value[inputs++] = frame->input[i]->value;
    const sg_shape *shape = &sg_graph_value(frame->expander->graph, value[0])->shape;
    sg_link origin[SG_MAX_ORIGINS + SG_MAX_SETTINGS];
    int origins = sg_origins_of(frame, value, inputs, origin);
    const sg_told_number numbers[] = {
        {(double)dim, NULL, 1, value},
        {size ? size->number : 0, size ? size->setting : NULL, inputs - 1, value + 1},
    };
    origins += sg_setting_links(work, frame->expander, span, 2, numbers, origin + origins);
    const char *message =
        sg_take_printf(work, "the input `%s` is %s, but `%s` takes %s", input->name,
                       sg_shape_text(shape, 0, text), frame->block->name, pattern_text(work, input));
    sg_complain_with(work, span, SG_BAD_GRAPH, message, why, origin, origins);
    return false;
}

static const sg_value_info *info_of(const sg_frame *frame, int input) {
    const sg_tree *value = frame->input[input];
    return value->kind == SG_TREE_TENSOR ? sg_graph_value(frame->expander->graph, value->value) : NULL;
}

static int64_t dim_of(const sg_frame *frame, int input, int entry) {
    const sg_shape *shape = &info_of(frame, input)->shape;
    return shape->dim[shape->rank - frame->block->input[input].rank + entry];
}

static const char *rank_words(sg_work *work, const sg_input *input, int rank) {
    return sg_take_printf(work, "it has %d ax%s, but must have %s%d", rank, rank == 1 ? "is" : "es",
                          input->leading ? "at least " : "", input->rank);
}

/* Ranks and types; binds the names that no earlier input bound. */
static bool bind_input(sg_frame *frame, int index, sg_span span) {
    const sg_input *input = &frame->block->input[index];
    const sg_value_info *info = info_of(frame, index);
    sg_work *work = frame->expander->work;
    if (!info) return true;
    if (input->type >= 0 && info->type != (sg_type)input->type) {
        sg_complain(work, span, NULL, "the input `%s` is %s, but `%s` takes %s", input->name,
                    sg_type_name(info->type), frame->block->name, sg_type_name((sg_type)input->type));
        return false;
    }
    if (input->any_shape) return true;
    if (info->shape.rank < input->rank || (!input->leading && info->shape.rank != input->rank))
        return mismatch(frame, input, span, rank_words(work, input, info->shape.rank), NULL, 0);
    for (int k = 0; k < input->rank; k++) {
        if (input->bind[k] < 0 || frame->slot[input->bind[k]].state == SG_DONE) continue;
        sg_slot *slot = &frame->slot[input->bind[k]];
        slot->value = sg_tree_new_number(work, (double)dim_of(frame, index, k), input->size[k]->span);
        slot->state = SG_DONE;
    }
    return true;
}

static bool check_input(sg_frame *frame, int index, sg_span span) {
    const sg_input *input = &frame->block->input[index];
    sg_work *work = frame->expander->work;
    sg_context context = {.frame = frame};
    for (int k = 0; info_of(frame, index) && k < input->rank; k++) {
        const sg_chain *chain = work->chain;
        work->chain = frame->chain;
        const sg_tree *size = sg_evaluate_tree(&context, input->size[k]);
        work->chain = chain;
        if (size->kind == SG_TREE_BAD) return false;
        if (size->kind != SG_TREE_NUMBER) {
            sg_complain(work, input->size[k]->span, NULL, "a size must be a number, but `%s` is %s",
                        input->size[k]->text, sg_tree_kind_text(size));
            return false;
        }
        int64_t dim = dim_of(frame, index, k);
        if (size->number == (double)dim) continue;
        const char *text = input->size[k]->text, *number = sg_number_words(work, size->number);
        /* A plain number speaks for itself. */
        const char *is = input->size[k]->kind == SG_TREE_NUMBER ? "" : sg_take_printf(work, "`%s` is ", text);
        const char *from = *is ? sg_explain_size(frame, text) : NULL;
        int axis = info_of(frame, index)->shape.rank - input->rank + k;
        const char *why = sg_take_printf(work, "axis %d is %lld, but %s%s here%s%s", axis, (long long)dim, is,
                                         number, from ? ": " : "", from ? from : "");
        return mismatch(frame, input, span, why, size, dim);
    }
    return true;
}

bool sg_frame_check_inputs(sg_frame *frame, const sg_span *span) {
    for (int i = 0; i < frame->block->input_count; i++)
        if (!bind_input(frame, i, span[i])) return false;
    for (int i = 0; i < frame->block->input_count; i++)
        if (!check_input(frame, i, span[i])) return false;
    return true;
}
