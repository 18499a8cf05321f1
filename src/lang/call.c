/* Calls: the nodes of an op, the instance of a block. */
#include "lang/convert.h"
#include "lang/expand.h"
#include "lang/setting.h"
#include "lang/formula.h"
#include "lang/origin.h"
#include "graph/graph.h"

#include <string.h>

static sg_expander *expander_of(const sg_call_site *site) {
    return site->context->frame->expander;
}

/* Whole numbers for the key `shape`. False after reporting. */
static bool read_shape(const sg_call_site *site, sg_attr *attr) {
    sg_work *work = expander_of(site)->work;
    const sg_attr_spec spec = {.name = "shape", .type = SG_ATTR_INTS};
    return sg_convert(work, site->shape, &spec, site->callee->name, attr);
}

/* The shape that the text promises, against the one that came out. */
static bool check_shape(const sg_call_site *site, const sg_tree *result) {
    sg_attr promised = {.set = false};
    sg_work *work = expander_of(site)->work;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    if (!read_shape(site, &promised)) return false;
    const sg_shape *shape = &sg_graph_value(expander_of(site)->graph, result->value)->shape;
    sg_shape wanted = {.rank = promised.n > SG_MAX_RANK ? SG_MAX_RANK : promised.n};
    bool fits = promised.n == shape->rank;
    for (int d = 0; d < wanted.rank; d++) {
        wanted.dim[d] = promised.ints[d];
        if (fits && wanted.dim[d] != -1 && wanted.dim[d] != shape->dim[d]) fits = false;
    }
    if (fits) return true;
    sg_shape free = wanted; /* -1 agrees with all */
    for (int d = 0; d < free.rank && d < shape->rank; d++)
        if (free.dim[d] == -1) free.dim[d] = shape->dim[d];
    const char *axes = sg_axes_differ(work, shape, &free, false, -1);
    sg_complain(work, site->shape->span, axes, "`%s` has the shape %s, not %s", site->name,
                sg_shape_text(shape, 0, a), sg_shape_text(&wanted, 0, b));
    return false;
}

/* ---- ops ---- */

static const sg_instance *op_instance(const sg_call_site *site, const sg_tree *first) {
    sg_work *work = expander_of(site)->work;
    int count = sg_callee_output_count(site->callee);
    sg_instance *instance = sg_instance_new(work, site->path, count);
    instance->callee = site->callee;
    for (int k = 0; k < count; k++) {
        sg_tree *out = sg_tree_at_span(work, first, first->span);
        out->value = first->value + k;
        instance->out[k] = out;
        ((const char **)instance->out_name)[k] = sg_callee_output_name(site->callee, k);
    }
    return instance;
}

static bool refuse_weight(const sg_call_site *site) {
    const sg_frame *frame = site->context->frame;
    sg_work *work = expander_of(site)->work;
    const sg_chain *chain = work->chain;
    const char *name = frame->formula ? frame->formula_block : site->callee->name;
    if (!frame->formula && !site->in_formula) return false;
    if (frame->formula) work->chain = frame->formula_chain;
    sg_complain(work, frame->formula ? *frame->formula : site->at,
                sg_take_printf(work, "write a node: {op: %s, in: ...}", name),
                "`%s` holds weights, so a formula cannot call it", name);
    work->chain = chain;
    return true;
}

/* What is stored outlives the batch. */
static bool refuse_batch(const sg_call_site *site, const sg_attr *shape) {
    sg_work *work = expander_of(site)->work;
    for (int d = 0; work->unit && shape->present && d < shape->n; d++)
        if (shape->ints[d] && shape->ints[d] % work->unit == 0) {
            const sg_tree *sizes = site->shape;
            bool list = sizes->kind == SG_TREE_LIST && (size_t)d < sizes->count;
            sg_complain(work, list ? sizes->entry[d].value->span : sizes->span,
                        "leave the axis out, or make its size 1",
                        "a %s has the same size for every batch, but axis %d of this one follows `batch`",
                        site->callee->name, d);
            return true;
        }
    return false;
}

/* The index of the attribute that an unknown key most likely stands for, or -1. */
static int meant_attribute(const sg_call_site *site, const char *key) {
    const char *hint, *as = sg_callee_meant(expander_of(site)->work, site->callee, key, &hint);
    return as ? sg_schema_attr_index(sg_op_schema(site->callee->op), as) : -1;
}

/* The attributes of an op, with the values that they come from; everything that is wrong with them is told.
 * `shape` is the index of the attribute that the key of the node gives, or -1. */
static bool read_attributes(const sg_call_site *site, int shape, sg_attr attr[SG_MAX_ATTRS],
                            const sg_tree *from[SG_MAX_ATTRS]) {
    sg_work *work = expander_of(site)->work;
    const sg_schema *schema = sg_op_schema(site->callee->op);
    bool good = true, told[SG_MAX_ATTRS] = {false};
    memset(attr, 0, sizeof *attr * SG_MAX_ATTRS);
    memset(from, 0, sizeof *from * SG_MAX_ATTRS);
    for (size_t i = 0; i < site->attributes->count; i++) {
        const sg_entry *entry = &site->attributes->entry[i];
        int at = sg_schema_attr_index(schema, entry->key);
        if (at >= 0) from[at] = entry->value;
        if (at >= 0 && sg_convert(work, entry->value, &schema->attrs[at], site->callee->name, &attr[at]))
            continue;
        if (at < 0) {
            sg_callee_check_attribute(work, site->callee, entry->key, entry->key_span);
            at = meant_attribute(site, entry->key);
        }
        if (at >= 0) told[at] = true;
        good = false;
    }
    if (shape >= 0) {
        from[shape] = site->shape;
        told[shape] = !read_shape(site, &attr[shape]);
        good = good && !told[shape];
    }
    for (int i = 0; i < sg_schema_attr_count(schema); i++)
        if (site->too_many && !attr[i].present) told[i] = true;
    return sg_convert_check(work, schema, attr, from, told, site->at) && good;
}

/* The attribute that the key `shape` of a node gives, or -1. */
static int shape_attribute(const sg_call_site *site) {
    return site->shape ? sg_schema_attr_index(sg_op_schema(site->callee->op), "shape") : -1;
}

const sg_instance *sg_call_expand_op(const sg_call_site *site) {
    const sg_schema *schema = sg_op_schema(site->callee->op);
    sg_attr attr[SG_MAX_ATTRS];
    const sg_tree *from[SG_MAX_ATTRS];
    int shape = shape_attribute(site);
    bool good = read_attributes(site, shape, attr, from), weight = strcmp(schema->name, "weight") == 0;
    if (!good || (weight && refuse_weight(site))) return NULL;
    if ((site->callee->op->flags & SG_OP_STORED) && shape >= 0 && refuse_batch(site, &attr[shape]))
        return NULL;
    if (weight && site->weights)
        return sg_share_weight(site, &attr[shape], &attr[sg_schema_attr_index(schema, "type")]);
    sg_emission emission = {.op = schema->name,
                            .path = site->path,
                            .at = site->at,
                            .in_count = site->in_count,
                            .in = site->in,
                            .attr = attr,
                            .attr_from = from};
    const sg_tree *first = sg_emit_node(site->context->frame, &emission);
    if (first->kind != SG_TREE_TENSOR) return NULL;
    if (site->shape && shape < 0 && !check_shape(site, first)) return NULL;
    return op_instance(site, first);
}

/* ---- blocks ---- */

/* Whether something was given under a wrong name, which was told already. */
static bool meant(const sg_call_site *site, const char *name) {
    sg_work *work = expander_of(site)->work;
    const char *hint;
    for (size_t i = 0; i < site->attributes->count; i++) {
        const char *key = site->attributes->entry[i].key;
        const sg_symbol *symbol = sg_block_symbol(site->callee->block, key);
        if (symbol && symbol->kind == SG_SYMBOL_PARAM) continue;
        const char *as = sg_callee_meant(work, site->callee, key, &hint);
        if (as && strcmp(as, name) == 0) return true;
    }
    return false;
}

/* The argument `shape` of a block, or NULL: as with ops, the node's key of that name sets it. */
static const sg_symbol *shape_argument(const sg_call_site *site) {
    const sg_symbol *symbol = sg_block_symbol(site->callee->block, "shape");
    return site->shape && symbol && symbol->kind == SG_SYMBOL_PARAM ? symbol : NULL;
}

static bool give_argument(const sg_call_site *site, sg_frame *frame, int index, const sg_tree *value) {
    sg_expander *x = expander_of(site);
    frame->given[index] = sg_param_check(x->work, x->document, &site->callee->block->param[index], value);
    return frame->given[index]->kind != SG_TREE_BAD;
}

static bool give_arguments(const sg_call_site *site, sg_frame *frame) {
    sg_expander *x = expander_of(site);
    const sg_block *block = site->callee->block;
    const sg_symbol *shape = shape_argument(site);
    bool good = true;
    for (size_t i = 0; i < site->attributes->count; i++) {
        const sg_entry *entry = &site->attributes->entry[i];
        const sg_symbol *symbol = sg_block_symbol(block, entry->key);
        if (!symbol || symbol->kind != SG_SYMBOL_PARAM) {
            good = sg_callee_check_attribute(x->work, site->callee, entry->key, entry->key_span) && good;
            continue;
        }
        if (symbol != shape) good = give_argument(site, frame, symbol->index, entry->value) && good;
    }
    if (shape) good = give_argument(site, frame, shape->index, site->shape) && good;
    for (int i = 0; i < block->param_count; i++) {
        const sg_param *param = &block->param[i];
        if (frame->given[i] || param->fallback || site->too_many || meant(site, param->name)) continue;
        sg_link link;
        int links = site->called ? sg_written_link(x->work, site->at, site->called, &link) : 0;
        const char *message = sg_take_printf(x->work, "`%s` needs the argument `%s` (%s)", block->name,
                                             param->name, sg_param_type_text(x->work, param));
        sg_complain_with(x->work, site->at, SG_BAD_GRAPH, message, param->doc, &link, links);
        good = false;
    }
    return good;
}

static bool give_inputs(const sg_call_site *site, sg_frame *frame, sg_span *span) {
    sg_expander *x = expander_of(site);
    const sg_block *block = site->callee->block;
    bool good = true;
    for (int i = 0; i < block->input_count; i++) {
        const sg_tree *value = i < site->in_count ? site->in[i] : NULL;
        bool absent = !value || value->kind == SG_TREE_ABSENT;
        frame->input[i] = absent ? sg_tree_new(x->work, SG_TREE_ABSENT, site->at) : value;
        span[i] = absent ? site->at : value->span;
        if (!absent || block->input[i].optional || meant(site, "in")) continue;
        sg_complain(x->work, value ? value->span : site->at, block->input[i].doc, "`%s` needs the input `%s`",
                    block->name, block->input[i].name);
        good = false;
    }
    return good;
}

/* What the call gives, by name: arguments and inputs. */
static const sg_tree *all_given(const sg_call_site *site) {
    sg_work *work = expander_of(site)->work;
    sg_tree *given = sg_tree_copy(work, site->attributes);
    for (int i = 0; i < site->in_count && i < site->callee->block->input_count; i++)
        if (site->in[i])
            sg_tree_append(work, given, site->callee->block->input[i].name, site->in[i]->span,
                           (sg_tree *)site->in[i]);
    return given;
}

static const sg_chain *link_block(const sg_call_site *site) {
    sg_work *work = expander_of(site)->work;
    sg_chain *chain = SG_TAKE(work, sg_chain, 1);
    const sg_block *called = site->callee->block;
    *chain = (sg_chain){.outer = work->chain,
                        .mark = site->at.mark,
                        .length = site->at.length,
                        .library = called->library ? called->span.mark.file : NULL,
                        .given = all_given(site)};
    const char *block = site->callee->name;
    if (site->round >= 0) {
        chain->text = sg_take_printf(work, "in block `%s`, round %d of `%s`", block, site->round, site->name);
        if (work->chain) chain->outer = work->chain->outer; /* says the same as the link of the round */
    } else if (site->in_formula) {
        chain->text = sg_take_printf(work, "in block `%s`, called in a formula", block);
    } else {
        chain->text = sg_take_printf(work, "in block `%s`, node `%s`", block, site->name);
    }
    return chain;
}

static sg_frame *enter_block(const sg_call_site *site) {
    sg_expander *x = expander_of(site);
    const sg_frame *caller = site->context->frame;
    sg_frame *frame = sg_frame_new(x, site->callee->block, site->path);
    frame->chain = link_block(site);
    frame->weights = site->weights;
    frame->average = site->average;
    frame->share = site->share;
    frame->share_chain = site->share_chain;
    frame->formula = caller->formula;
    frame->formula_chain = caller->formula_chain;
    frame->formula_block = caller->formula_block;
    if (site->in_formula && !frame->formula) {
        sg_span *at = SG_TAKE(x->work, sg_span, 1);
        *at = site->at;
        frame->formula = at;
        frame->formula_chain = x->work->chain;
        frame->formula_block = site->callee->name;
    }
    return frame;
}

/* The outputs pull in every node that they need. */
static const sg_instance *build_outputs(const sg_call_site *site, sg_frame *frame) {
    sg_expander *x = expander_of(site);
    const sg_block *block = site->callee->block;
    sg_context context = {.frame = frame};
    sg_instance *instance = sg_instance_new(x->work, site->path, block->output_count);
    instance->callee = site->callee;
    bool good = block->output_count > 0;
    for (int k = 0; k < block->output_count; k++) {
        const sg_tree *value = sg_evaluate_reference(&context, block->output[k].from);
        if (value->kind == SG_TREE_NUMBER)
            sg_complain(x->work, value->span, NULL, "an output must be a node");
        if (value->kind != SG_TREE_TENSOR && (k == 0 || value->kind != SG_TREE_ABSENT)) good = false;
        if (k == 0 && value->kind == SG_TREE_ABSENT)
            sg_complain(x->work, block->output[k].span, NULL,
                        "the first output is an input that was not given");
        sg_tree *out = sg_tree_at_span(x->work, value, site->at);
        out->instance = NULL;
        instance->out[k] = out;
        ((const char **)instance->out_name)[k] = block->output[k].name;
    }
    sg_state_build(frame);
    return good ? instance : NULL;
}

const sg_instance *sg_call_expand_block(const sg_call_site *site) {
    sg_expander *x = expander_of(site);
    const sg_block *block = site->callee->block;
    sg_error error = {.status = SG_OK};
    sg_frame *frame = enter_block(site);
    sg_span *span = SG_TAKE(x->work, sg_span, block->input_count);
    bool good = give_arguments(site, frame);
    good = give_inputs(site, frame, span) && good && !block->broken;
    if (!good || !sg_frame_check_inputs(frame, span)) return NULL;
    if (x->block_depth >= SG_MAX_BLOCK_DEPTH) {
        if (!x->stopped)
            sg_complain(x->work, site->at, NULL,
                        "blocks are nested more than %d deep: does `%s` contain itself?", SG_MAX_BLOCK_DEPTH,
                        block->name);
        x->stopped = true;
        return NULL;
    }
    if (sg_graph_add_scope(x->graph, site->path, block->name, block->doc, site->at.mark, &error) != SG_OK)
        sg_work_escape(x->work);
    x->graph->scopes[x->graph->scope_count - 1].library = block->library;
    const sg_chain *chain = x->work->chain;
    x->work->chain = frame->chain;
    x->block_depth++;
    const sg_instance *instance = build_outputs(site, frame);
    x->block_depth--;
    x->work->chain = chain;
    if (!instance) return NULL;
    if (site->shape && !shape_argument(site) && !check_shape(site, instance->out[0])) return NULL;
    sg_instance_publish(x, instance);
    return instance;
}

void sg_call_check(const sg_call_site *site) {
    sg_attr attr[SG_MAX_ATTRS];
    const sg_tree *from[SG_MAX_ATTRS];
    if (site->callee->op)
        read_attributes(site, shape_attribute(site), attr, from);
    else
        give_arguments(site, enter_block(site));
}

const sg_instance *sg_call_expand(const sg_call_site *site) {
    return site->callee->block ? sg_call_expand_block(site) : sg_call_expand_op(site);
}
