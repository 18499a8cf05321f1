#include "lang/formula.h"

#include "lang/convert.h"
#include "lang/expand.h"
#include "lang/range.h"

#include <math.h>
#include <string.h>

static sg_work *work_of(const sg_context *c) {
    return c->frame->expander->work;
}

/* The path of the node that `op` makes from `expr`. */
static const char *path_of(const sg_context *c, const sg_expr *expr, const char *op) {
    if (expr == c->formula->root) return c->formula->path;
    return sg_take_printf(work_of(c), "%s.%d_%s", c->formula->path, expr->id, op);
}

static const sg_tree *bad(const sg_context *c, const sg_expr *expr) {
    return sg_tree_new_bad(work_of(c), expr->span);
}

/* Formulas are the only place where nodes have values, so this cannot happen where names were resolved. */
static bool in_formula(const sg_context *c, const sg_expr *expr) {
    if (c->formula) return true;
    sg_complain(work_of(c), expr->at, NULL, "nodes can be computed with in formulas only");
    return false;
}

/* The type of the first tensor among the values; -1 without one. */
static int type_among(const sg_context *c, const sg_tree *const *value, int count) {
    for (int i = 0; i < count; i++)
        if (value[i] && value[i]->kind == SG_TREE_TENSOR)
            return sg_graph_value(c->frame->expander->graph, value[i]->value)->type;
    return -1;
}

/* The value of an operand (or, with `callee`, an input) as a tensor: numbers become constants of the type
 * that they meet. */
static const sg_tree *tensor(const sg_context *c, const sg_expr *operand, const sg_tree *value, int meets,
                             bool divides, const sg_callee *callee) {
    sg_type float_type = sg_graph_float_type(c->frame->expander->graph);
    if (value->kind == SG_TREE_TENSOR || value->kind == SG_TREE_BAD || value->kind == SG_TREE_ABSENT)
        return value;
    if (value->kind != SG_TREE_NUMBER) {
        const char *hint = value->kind == SG_TREE_BOOL ? "write 1 or 0" : NULL;
        if (!hint && callee) hint = sg_callee_attributes_text(work_of(c), callee);
        sg_complain(work_of(c), value->span, hint, "a node or a number is expected, but this is %s",
                    sg_tree_kind_text(value));
        return sg_tree_new_bad(work_of(c), value->span);
    }
    sg_type type = meets < 0 ? float_type : sg_number_type(value->number, (sg_type)meets, float_type);
    if (divides && !sg_type_is_float(type)) type = float_type;
    const char *path = sg_take_printf(work_of(c), "%s.%d_constant", c->formula->path, operand->id);
    return sg_emit_constant(c->frame, path, value->number, type, value->span);
}

const sg_tree *sg_formula_unary(const sg_context *c, const sg_expr *expr, const char *op, const sg_tree *a) {
    if (!in_formula(c, expr)) return bad(c, expr);
    const sg_tree *in[1] = {a};
    return sg_emit_node(
        c->frame,
        &(sg_emission){.op = op, .path = path_of(c, expr, op), .at = expr->at, .in_count = 1, .in = in});
}

const sg_tree *sg_formula_binary(const sg_context *c, const sg_expr *expr, const char *op, const sg_tree *a,
                                 const sg_tree *b) {
    if (!in_formula(c, expr)) return bad(c, expr);
    const sg_tree *in[2] = {a, b};
    int meets = type_among(c, in, 2);
    for (int i = 0; i < 2; i++) {
        in[i] = tensor(c, expr->child[i], in[i], meets, strcmp(op, "div") == 0, NULL);
        if (in[i]->kind != SG_TREE_TENSOR) return bad(c, expr);
    }
    /* When shapes do not fit, the operator shows it better than either side. */
    sg_span at[2] = {expr->at, expr->at};
    return sg_emit_node(
        c->frame,
        &(sg_emission){
            .op = op, .path = path_of(c, expr, op), .at = expr->at, .in_count = 2, .in = in, .in_span = at});
}

/* ---- calls ---- */

/* min and max of two tensors are ops of other names than the reductions. */
static const char *op_name(const sg_expr *expr, int inputs) {
    if (inputs == 2 && strcmp(expr->name, "min") == 0) return "minimum";
    if (inputs == 2 && strcmp(expr->name, "max") == 0) return "maximum";
    return expr->name;
}

const sg_tree *sg_formula_call(const sg_context *c, const sg_expr *expr, const sg_tree *const *known) {
    sg_work *work = work_of(c);
    sg_callee *callee = SG_TAKE(work, sg_callee, 1);
    if (!in_formula(c, expr)) return bad(c, expr);
    const sg_tree **in = SG_TAKE(work, const sg_tree *, expr->count);
    sg_tree *attributes = sg_tree_new(work, SG_TREE_MAP, expr->span);
    sg_context plain = *c; /* attributes are known while the graph is built */
    plain.formula = NULL;
    int count = 0;
    bool good = true;
    for (int i = 0; i < expr->count; i++) {
        if (expr->key[i]) {
            const sg_tree *value = sg_evaluate(&plain, expr->child[i]);
            if (value->kind == SG_TREE_BAD) good = false;
            if (sg_tree_entry(attributes, expr->key[i])) {
                sg_complain(work, expr->key_span[i], NULL, "the attribute `%s` stands here twice",
                            expr->key[i]);
                good = false;
            }
            sg_tree_append(work, attributes, expr->key[i], expr->key_span[i], (sg_tree *)value);
            continue;
        }
        in[count] = known ? known[i] : sg_evaluate(c, expr->child[i]);
        if (in[count]->kind == SG_TREE_BAD) good = false;
        count++;
    }
    if (!sg_callee_find(work, c->frame->expander->document, op_name(expr, count), expr->at, callee))
        return bad(c, expr);
    int meets = type_among(c, in, count), k = 0;
    for (int i = 0; i < expr->count; i++) {
        if (expr->key[i]) continue;
        if (in[k]->kind != SG_TREE_BAD) in[k] = tensor(c, expr->child[i], in[k], meets, false, callee);
        if (in[k++]->kind == SG_TREE_BAD) good = false;
    }
    sg_call_site site = {.context = c,
                         .callee = callee,
                         .name = expr->name,
                         .path = path_of(c, expr, callee->name),
                         .at = expr->at,
                         .attributes = attributes,
                         .round = -1,
                         .in_formula = true};
    good = sg_call_set_inputs(&site, count, in) && good;
    if (!good) {
        sg_call_check(&site);
        return bad(c, expr);
    }
    const sg_instance *instance = sg_call_expand(&site);
    if (!instance) return bad(c, expr);
    sg_tree *result = sg_tree_at_span(work, instance->out[0], expr->span);
    result->instance = instance;
    return result;
}

/* ---- indexing ---- */

typedef struct indexing {
    const sg_context *context;
    const sg_expr *expr;
    int axis, out_rank;
    const sg_shape *shape;
    int64_t start[SG_MAX_RANK], stop[SG_MAX_RANK], step[SG_MAX_RANK], out[SG_MAX_RANK];
    bool slices, drops; /* which nodes it takes */
} indexing;

static bool index_range(indexing *n, const sg_expr *item) {
    int64_t size = n->shape->dim[n->axis];
    sg_range range;
    if (!sg_range_read(n->context, item, size, &range)) return false;
    n->start[n->axis] = range.start;
    n->stop[n->axis] =
        range.stop < 0 ? -size - 1 : range.stop; /* the op counts negative positions from the end */
    n->step[n->axis] = range.step;
    n->out[n->out_rank++] = range.length;
    if (range.length != size || range.step != 1) n->slices = true;
    n->axis++;
    return true;
}

static bool index_one(indexing *n, const sg_expr *item) {
    int64_t at, size = n->shape->dim[n->axis];
    if (!sg_index_read(n->context, item, 0, &at)) return false;
    if (at < -size || at >= size) {
        sg_complain(work_of(n->context), item->span, NULL,
                    "the index %lld lies outside of axis %d, which has %lld entr%s", (long long)at, n->axis,
                    (long long)size, size == 1 ? "y" : "ies");
        return false;
    }
    if (at < 0) at += size;
    n->start[n->axis] = at;
    n->stop[n->axis] = at + 1;
    n->step[n->axis] = 1;
    if (size != 1) n->slices = true;
    n->drops = true;
    n->axis++;
    return true;
}

static void index_whole(indexing *n, int axes) {
    for (; axes > 0; axes--) {
        int64_t size = n->shape->dim[n->axis];
        n->stop[n->axis] = size;
        n->step[n->axis++] = 1;
        n->out[n->out_rank++] = size;
    }
}

static bool index_items(indexing *n) {
    int items = n->expr->count - 1, dots = 0;
    for (int i = 1; i <= items; i++) dots += n->expr->child[i]->kind == SG_EXPR_ELLIPSIS;
    if (dots > 1 || items - dots > n->shape->rank) {
        char text[SG_SHAPE_TEXT];
        sg_complain(work_of(n->context), n->expr->at, NULL,
                    dots > 1 ? "`...` may stand once only" : "%d ax%s indexed, but the node has the shape %s",
                    items - dots, items - dots == 1 ? "is is" : "es are", sg_shape_text(n->shape, 0, text));
        return false;
    }
    for (int i = 1; i <= items; i++) {
        const sg_expr *item = n->expr->child[i];
        if (item->kind == SG_EXPR_ELLIPSIS)
            index_whole(n, n->shape->rank - (items - 1));
        else if (!(item->kind == SG_EXPR_RANGE ? index_range(n, item) : index_one(n, item)))
            return false;
    }
    index_whole(n, n->shape->rank - n->axis);
    return true;
}

static void set_ints(sg_attr *attr, const sg_op *op, const char *name, int count, const int64_t *values) {
    int at = sg_schema_attr_index(sg_op_schema(op), name);
    if (at >= 0) attr[at] = (sg_attr){.set = true, .present = true, .n = count, .ints = values};
}

static const sg_tree *emit_part(const indexing *n, const char *op, const char *path, const sg_tree *from) {
    const sg_op *found = sg_op_find(op);
    sg_attr attr[SG_MAX_ATTRS];
    memset(attr, 0, sizeof attr);
    if (found && strcmp(op, "slice") == 0) {
        set_ints(attr, found, "starts", n->shape->rank, n->start);
        set_ints(attr, found, "stops", n->shape->rank, n->stop);
        set_ints(attr, found, "steps", n->shape->rank, n->step);
    } else if (found) {
        set_ints(attr, found, "shape", n->out_rank, n->out);
    }
    return sg_emit_node(
        n->context->frame,
        &(sg_emission){.op = op, .path = path, .at = n->expr->at, .in_count = 1, .in = &from, .attr = attr});
}

const sg_tree *sg_formula_index(const sg_context *c, const sg_expr *expr, const sg_tree *base) {
    sg_shape shape =
        sg_graph_value(c->frame->expander->graph, base->value)->shape; /* values move as nodes are added */
    sg_context plain = *c;
    plain.formula = NULL;
    indexing n = {.context = &plain, .expr = expr, .shape = &shape};
    if (!index_items(&n)) return bad(c, expr);
    n.context = c;
    const sg_tree *result = base;
    bool root = expr == c->formula->root;
    if (n.slices) {
        const char *path = root && !n.drops
                               ? c->formula->path
                               : sg_take_printf(work_of(c), "%s.%d_slice", c->formula->path, expr->id);
        result = emit_part(&n, "slice", path, result);
    }
    if (n.drops && result->kind == SG_TREE_TENSOR)
        result = emit_part(&n, "reshape", path_of(c, expr, "reshape"), result);
    return sg_tree_at_span(work_of(c), result, expr->span);
}
