/* Nodes: formulas, mappings, repeats. */
#include "lang/expand.h"

#include "lang/explain.h"
#include "lang/formula.h"

#include <string.h>

sg_instance *sg_instance_new(sg_work *work, const char *path, int out_count) {
    sg_instance *instance = SG_TAKE(work, sg_instance, 1);
    instance->path = path;
    instance->out_count = out_count;
    instance->out = SG_TAKE(work, const sg_tree *, out_count);
    instance->out_name = SG_TAKE(work, const char *, out_count);
    return instance;
}

static void publish(sg_expander *x, const char *name, const sg_tree *value) {
    if (value->kind != SG_TREE_TENSOR) return;
    if (!sg_map_put_int(x->values, name, value->value)) sg_work_escape(x->work);
}

void sg_instance_publish(sg_expander *x, const sg_instance *instance) {
    for (int k = 0; k < instance->out_count; k++) {
        if (k == 0) publish(x, instance->path, instance->out[0]);
        if (instance->callee)
            publish(x, sg_take_printf(x->work, "%s.%s", instance->path, instance->out_name[k]),
                    instance->out[k]);
    }
}

static const sg_instance *expand_formula(sg_frame *frame, const sg_node_decl *node, const char *path) {
    sg_work *work = frame->expander->work;
    const sg_tree *tree = node->formula, *value = tree;
    sg_formula formula = {path, tree->expr};
    sg_context context = {.frame = frame, .formula = &formula};
    if (tree->expr) value = sg_evaluate(&context, tree->expr);
    if (value->kind == SG_TREE_NUMBER) /* a node that is a plain number */
        value = sg_emit_constant(frame, path, value->number, sg_graph_float_type(frame->expander->graph),
                                 tree->span);
    bool absent = value->kind == SG_TREE_ABSENT; /* an optional input may be handed on under another name */
    if (absent && frame->block->is_file) {
        sg_complain(work, value->span, "it stands for an optional input that is not given",
                    "`absent` has no value");
        return NULL;
    }
    if (value->kind != SG_TREE_TENSOR && value->kind != SG_TREE_BAD && !absent)
        sg_complain(work, tree->span, "values that are known while the graph is built stand in `let`",
                    "the node `%s` is %s, but must be computed from nodes", node->name,
                    sg_tree_kind_text(value));
    if (value->kind != SG_TREE_TENSOR && !absent) return NULL;
    sg_instance *instance = sg_instance_new(work, path, 1);
    ((const char **)instance->out_name)[0] = "";
    instance->out[0] = value;
    sg_instance_publish(frame->expander, instance);
    return instance;
}

/* ---- inputs ---- */

static sg_type meeting_type(const sg_call_site *site, bool *meets) {
    const sg_graph *graph = site->context->frame->expander->graph;
    for (int i = 0; i < site->in_count; i++) {
        *meets = site->in[i] && site->in[i]->kind == SG_TREE_TENSOR;
        if (*meets) return sg_graph_value(graph, site->in[i]->value)->type;
    }
    return sg_graph_float_type(graph);
}

/* Numbers among the inputs become constants. */
static bool make_tensors(sg_call_site *site) {
    sg_frame *frame = site->context->frame;
    sg_work *work = frame->expander->work;
    sg_type float_type = sg_graph_float_type(frame->expander->graph);
    bool meets = false, good = true;
    sg_type other = meeting_type(site, &meets);
    for (int i = 0; i < site->in_count; i++) {
        const sg_tree *value = site->in[i];
        if (value && value->kind == SG_TREE_NUMBER) {
            sg_type type = meets ? sg_number_type(value->number, other, float_type) : float_type;
            site->in[i] = sg_emit_constant(frame, sg_take_printf(work, "%s.%d_constant", site->path, i),
                                           value->number, type, value->span);
        } else if (value && value->kind != SG_TREE_TENSOR && value->kind != SG_TREE_ABSENT &&
                   value->kind != SG_TREE_BAD) {
            sg_complain(work, value->span, NULL, "an input must be a node or a number, but this is %s",
                        sg_tree_kind_text(value));
            return false;
        }
        if (site->in[i] && site->in[i]->kind == SG_TREE_BAD) good = false;
    }
    return good;
}

bool sg_call_set_inputs(sg_call_site *site, int count, const sg_tree **value) {
    sg_work *work = site->context->frame->expander->work;
    int most = sg_callee_input_count(site->callee);
    bool variadic = sg_callee_variadic(site->callee);
    site->in_count = count;
    site->in = value;
    if (count <= (variadic ? SG_MAX_INPUTS : most)) return true;
    site->too_many = true;
    const char *given = site->in_formula ? sg_callee_attributes_text(work, site->callee) : NULL;
    sg_complain(work, value[most]->span, given, "`%s` takes %d input%s, but got %d", site->callee->name,
                variadic ? SG_MAX_INPUTS : most, sg_plural(most), count);
    return false;
}

/* The values of `in`. `previous`, the last round's output, takes the place of the first. */
static bool collect_inputs(sg_call_site *site, const sg_tree *tree, const sg_tree *previous) {
    const sg_context *c = site->context;
    sg_work *work = c->frame->expander->work;
    sg_tree one = {.kind = SG_TREE_LIST};
    sg_entry entry = {.value = (sg_tree *)tree};
    if (tree && tree->kind != SG_TREE_LIST && tree->kind != SG_TREE_MAP) {
        one.count = 1;
        one.entry = &entry;
        one.span = tree->span;
        tree = &one;
    }
    int ports = sg_callee_input_count(site->callee), count = 0;
    bool good = true;
    if (ports == 0) previous = NULL; /* every round is made anew */
    size_t given = tree ? tree->count : 0, room = given + (size_t)ports + SG_MAX_INPUTS + 1;
    const sg_tree **value = SG_TAKE(work, const sg_tree *, room);
    for (size_t i = 0; i < given; i++) {
        const sg_entry *e = &tree->entry[i];
        int at = (int)i;
        if (tree->kind == SG_TREE_MAP) {
            at = sg_callee_input_index(site->callee, e->key);
            /* What was not given is left out with its name: so a block hands on to `$mixer` what that may not
             * know. */
            if (at < 0 && sg_evaluate_reference(c, e->value)->kind == SG_TREE_ABSENT) continue;
            good = sg_callee_check_input(work, site->callee, e->key, e->key_span) && good;
            if (at < 0) continue;
        }
        bool several = e->value->kind == SG_TREE_LIST && sg_callee_variadic(site->callee) && at == ports - 1;
        if (e->value->kind == SG_TREE_LIST && !several) {
            sg_complain(work, e->value->span, NULL, "one input takes one value, but this is a list");
            good = false;
            continue;
        }
        size_t parts = several ? e->value->count : 1;
        if (parts > SG_MAX_INPUTS) parts = SG_MAX_INPUTS + 1;
        for (size_t k = 0; k < parts; k++) {
            const sg_tree *from = several ? e->value->entry[k].value : e->value;
            if (!(previous && at == 0 && k == 0)) value[at + (int)k] = sg_evaluate_reference(c, from);
        }
        if (at + (int)parts > count) count = at + (int)parts;
    }
    if (previous) {
        value[0] = previous;
        if (count == 0) count = 1;
    }
    return sg_call_set_inputs(site, count, value) && make_tensors(site) && good;
}

/* ---- mappings ---- */

/* Output k is input k: `when: false`, or no round at all. */
static const sg_instance *pass_on(const sg_call_site *site) {
    sg_work *work = site->context->frame->expander->work;
    int count = sg_callee_output_count(site->callee);
    sg_instance *instance = sg_instance_new(work, site->path, count);
    instance->callee = site->callee;
    for (int k = 0; k < count; k++) {
        ((const char **)instance->out_name)[k] = sg_callee_output_name(site->callee, k);
        bool given = k < site->in_count && site->in[k];
        instance->out[k] = given ? site->in[k] : sg_tree_new(work, SG_TREE_ABSENT, site->at);
    }
    if (count && instance->out[0]->kind == SG_TREE_ABSENT) {
        sg_complain(work, site->at, NULL, "`%s` is left out, but has no input to hand on", site->name);
        return NULL;
    }
    sg_instance_publish(site->context->frame->expander, instance);
    return instance;
}

/* What is called, and with which attributes: those of `$argument` with the node's own over them. *good is
 * false where one of these is bad. */
static bool find_callee(sg_call_site *site, const sg_node_decl *node, sg_callee *callee, bool *good) {
    const sg_context *c = site->context;
    sg_work *work = c->frame->expander->work;
    const sg_tree *op = sg_evaluate_literal(c, node->op);
    const sg_entry *name = sg_tree_entry(op, "op");
    if (op->kind == SG_TREE_BAD) return false;
    const sg_tree *text = name ? name->value : op;
    if (text->kind != SG_TREE_TEXT) {
        sg_complain(work, node->op->span, NULL, "op must be the name of an op or block, but is %s",
                    sg_tree_kind_text(text));
        return false;
    }
    site->at = node->op->span;
    if (!sg_callee_find(work, c->frame->expander->document, text->text, text->span, callee)) return false;
    site->callee = callee;
    site->called = text;
    sg_context all_of_it = *c;
    all_of_it.keep_bad = true;
    const sg_tree *own = sg_evaluate_literal(&all_of_it, node->attributes);
    if (sg_tree_has_bad(own)) *good = false;
    sg_tree *all = sg_tree_new(work, SG_TREE_MAP, node->span);
    for (size_t i = 0; name && i < op->count; i++)
        if (&op->entry[i] != name && !sg_tree_entry(own, op->entry[i].key))
            sg_tree_append(work, all, op->entry[i].key, op->entry[i].key_span, op->entry[i].value);
    for (size_t i = 0; i < own->count; i++)
        sg_tree_append(work, all, own->entry[i].key, own->entry[i].key_span, own->entry[i].value);
    site->attributes = all;
    return true;
}

static const sg_instance *expand_call(sg_frame *frame, const sg_node_decl *node, const sg_local *local,
                                      int round, const char *path, const sg_tree *previous, bool pass) {
    sg_work *work = frame->expander->work;
    sg_context context = {.frame = frame, .local = local};
    sg_callee *callee = SG_TAKE(work, sg_callee, 1);
    sg_call_site site = {
        .context = &context, .name = node->name, .round = round, .path = path, .at = node->span};
    bool good = true;
    if (!node->op || !find_callee(&site, node, callee, &good)) return NULL;
    if (node->when && !pass) pass = !sg_evaluate_bool(&context, node->when, "when", &good);
    if (node->shape && !pass) site.shape = sg_evaluate_tree(&context, node->shape);
    if (site.shape && site.shape->kind == SG_TREE_BAD) good = false;
    good = collect_inputs(&site, node->in, previous) && good;
    if (!pass) good = sg_share_find(&site, node) && good;
    bool recompute = !pass && sg_recompute_wanted(&site, node, &good);
    if (!good && !pass) sg_call_check(&site);
    if (!good) return NULL;
    if (pass) return pass_on(&site);
    int first = sg_graph_node_count(frame->expander->graph);
    const sg_instance *instance = sg_call_expand(&site);
    if (instance && recompute) sg_recompute_mark(&site, instance, first);
    if (instance && node->next) sg_state_add(frame, node, instance);
    return instance;
}

/* How many rounds one entry of a repeat makes: "`depths` has 2 entries", "`depth` is 3". */
static const char *rounds_words(sg_work *work, const sg_repeat *repeat, const sg_tree *over) {
    bool list = over->kind == SG_TREE_LIST;
    const char *text = repeat->over->text ? repeat->over->text : repeat->name;
    if (!list && repeat->over->kind == SG_TREE_NUMBER) text = repeat->name; /* a plain number says nothing */
    if (!list) return sg_take_printf(work, "`%s` is %s", text, sg_number_words(work, over->number));
    return sg_take_printf(work, "`%s` has %zu entr%s", text, over->count, over->count == 1 ? "y" : "ies");
}

/* Entry i does not agree with those before it: a list of them says more than a number does. */
static void complain_rounds(const sg_frame *frame, const sg_node_decl *node, const sg_tree **over, int i) {
    sg_work *work = frame->expander->work;
    int other = 0;
    while (other < i && over[other]->kind != SG_TREE_LIST) other++;
    if (other == i) other = 0;
    const char *hint = "the node is repeated over both together";
    const sg_expr *expr[] = {node->repeat[i].over->expr, node->repeat[other].over->expr};
    const char *names = sg_explain_names(frame, 2, expr);
    if (names) hint = sg_take_printf(work, "%s; %s", hint, names);
    sg_complain(work, node->repeat[i].over->span, hint, "%s, but %s",
                rounds_words(work, &node->repeat[i], over[i]),
                rounds_words(work, &node->repeat[other], over[other]));
}

/* How many rounds: all numbers and lists agree. -1 after reporting. */
static int count_rounds(sg_frame *frame, const sg_node_decl *node, const sg_tree **over) {
    sg_work *work = frame->expander->work;
    sg_context context = {.frame = frame};
    double count = -1;
    for (int i = 0; i < node->repeat_count; i++) {
        const sg_repeat *repeat = &node->repeat[i];
        over[i] = sg_evaluate_tree(&context, repeat->over);
        double length = over[i]->kind == SG_TREE_LIST ? (double)over[i]->count : over[i]->number;
        if (over[i]->kind == SG_TREE_BAD) return -1;
        if (over[i]->kind != SG_TREE_LIST &&
            (over[i]->kind != SG_TREE_NUMBER || !sg_number_whole(length) || length < 0)) {
            sg_complain(work, repeat->over->span, NULL,
                        "`%s` must repeat over a whole number or a list, but this is %s", repeat->name,
                        over[i]->kind == SG_TREE_NUMBER ? sg_number_words(work, length)
                                                        : sg_tree_kind_text(over[i]));
            return -1;
        }
        if (count >= 0 && length != count) {
            complain_rounds(frame, node, over, i);
            return -1;
        }
        count = length;
    }
    if (count > SG_MAX_NODES) {
        sg_complain(work, node->span, NULL, "more than %d rounds", SG_MAX_NODES);
        return -1;
    }
    return (int)count;
}

static const sg_instance *expand_rounds(sg_frame *frame, const sg_node_decl *node, const char *path) {
    sg_expander *x = frame->expander;
    const sg_tree **over = SG_TAKE(x->work, const sg_tree *, node->repeat_count);
    int count = count_rounds(frame, node, over);
    if (count < 0) return NULL;
    if (count == 0) {
        /* Handed on; attributes are still read, as in a first round. */
        sg_local *local = SG_TAKE(x->work, sg_local, node->repeat_count);
        for (int i = 0; i < node->repeat_count; i++)
            local[i] = (sg_local){node->repeat[i].name, sg_tree_new_number(x->work, 0, over[i]->span)};
        const sg_instance *handed = expand_call(frame, node, local, -1, path, NULL, true);
        if (!handed) return NULL;
        sg_instance *none = SG_TAKE(x->work, sg_instance, 1);
        *none = *handed;
        none->repeats = true;
        return none;
    }
    const sg_instance **round = SG_TAKE(x->work, const sg_instance *, count);
    for (int k = 0; k < count && !x->stopped; k++) {
        sg_local *local = SG_TAKE(x->work, sg_local, node->repeat_count);
        for (int i = 0; i < node->repeat_count; i++) {
            const sg_tree *value = over[i]->kind == SG_TREE_LIST
                                       ? over[i]->entry[k].value
                                       : sg_tree_new_number(x->work, k, over[i]->span);
            local[i] = (sg_local){node->repeat[i].name, value};
        }
        sg_chain *chain = SG_TAKE(x->work, sg_chain, 1);
        *chain = (sg_chain){x->work->chain, sg_take_printf(x->work, "in round %d of `%s`", k, node->name),
                            node->span.mark, node->span.length};
        x->work->chain = chain;
        round[k] = expand_call(frame, node, local, k, sg_take_printf(x->work, "%s.%d", path, k),
                               k ? round[k - 1]->out[0] : NULL, false);
        x->work->chain = chain->outer;
        if (!round[k] || round[k]->out_count == 0) return NULL;
    }
    if (x->stopped) return NULL;
    sg_instance *all = SG_TAKE(x->work, sg_instance, 1);
    *all = *round[count - 1];
    all->path = path;
    all->repeats = true;
    all->round_count = count;
    all->round = round;
    sg_instance_publish(x, all);
    return all;
}

const sg_instance *sg_expand_node(sg_frame *frame, const sg_node_decl *node) {
    const char *path = sg_frame_path(frame, node->name);
    if (frame->expander->stopped) return NULL;
    if (!frame->expander->graph) return NULL; /* sections: names of nodes were refused already */
    if (node->formula) return expand_formula(frame, node, path);
    if (!node->attributes) return NULL; /* reported when it was declared */
    if (node->repeats) return expand_rounds(frame, node, path);
    return expand_call(frame, node, NULL, -1, path, NULL, false);
}
