/* Bound graphs -> YAML with every block opened. The graph is bound with two batches, so that sizes which
 * depend on the batch can be told from those which do not. */
#include "lang/document.h"
#include "lang/frame.h"
#include "simgraph/op.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OTHER_BATCH = 1000033 }; /* a prime as well */

typedef struct printer {
    sg_text out;
    const sg_document *document;
    const sg_bound *bound;
    sg_graph *graph, *other; /* bound with the two batches */
    sg_diagnostics *diagnostics;
    const char *node; /* the one being printed */
    sg_mark mark;
    bool nodes_only;
    bool failed;
} printer;

static void fail(printer *p, const char *what) {
    p->failed = true;
    sg_diagnostics_add(p->diagnostics, SG_SEVERITY_ERROR, p->mark, 1, NULL,
                       "%s of `%s` depends on the batch in a way that an expanded graph cannot write", what,
                       p->node);
}

static void print_number(printer *p, double number) {
    char text[SG_NUMBER_ROOM];
    if (isinf(number))
        snprintf(text, sizeof text, number < 0 ? "-inf" : "inf");
    else
        sg_number_write(text, number);
    sg_text_append(&p->out, text);
}

/* A number that is `a` with the one batch and `b` with the other. Entries of `shape` are expressions, other
 * attributes need a dollar. */
static void print_pair(printer *p, double a, double b, bool expression, const char *what) {
    if (a == b) {
        print_number(p, a);
        return;
    }
    double times = a / (double)SG_SYMBOLIC_BATCH, over = a * (double)SG_SYMBOLIC_BATCH;
    bool multiple = times == b / OTHER_BATCH, inverse = fabs(over - b * OTHER_BATCH) <= 1e-9 * fabs(over);
    if (!multiple && !inverse) {
        fail(p, what);
        return;
    }
    sg_text_append(&p->out, expression ? "" : multiple && times == 1 ? "$" : "$(");
    if (multiple && times == 1) {
        sg_text_append(&p->out, "batch");
        return;
    }
    print_number(p, multiple ? times : over);
    sg_text_append(&p->out, multiple ? " * batch" : " / batch");
    sg_text_append(&p->out, expression ? "" : ")");
}

static void print_call(printer *p, const sg_call *a, const sg_call *b);

static void print_list(printer *p, const sg_attr_spec *spec, const sg_attr *a, const sg_attr *b) {
    bool whole = spec->type == SG_ATTR_INTS, expression = strcmp(spec->name, "shape") == 0;
    sg_text_append_char(&p->out, '[');
    for (int i = 0; i < a->n && b->n == a->n; i++) {
        if (i) sg_text_append(&p->out, ", ");
        print_pair(p, whole ? (double)a->ints[i] : a->floats[i], whole ? (double)b->ints[i] : b->floats[i],
                   expression, spec->name);
    }
    sg_text_append_char(&p->out, ']');
    if (b->n != a->n) fail(p, spec->name);
}

static void print_text(printer *p, const char *text) {
    sg_tree tree = {.kind = SG_TREE_TEXT, .style = SG_STYLE_QUOTED, .text = text};
    sg_print_flow(&p->out, &tree);
}

static void print_attr(printer *p, const sg_attr_spec *spec, const sg_attr *a, const sg_attr *b) {
    switch (spec->type) {
    case SG_ATTR_INT:
        print_pair(p, (double)a->i, (double)b->i, false, spec->name);
        break;
    case SG_ATTR_FLOAT:
        print_pair(p, a->f, b->f, false, spec->name);
        break;
    case SG_ATTR_BOOL:
        sg_text_append(&p->out, a->i ? "true" : "false");
        break;
    case SG_ATTR_TEXT:
        print_text(p, a->text);
        break;
    case SG_ATTR_INTS:
    case SG_ATTR_FLOATS:
        print_list(p, spec, a, b);
        break;
    case SG_ATTR_DTYPE:
        sg_text_append(&p->out, sg_type_name((sg_type)a->i));
        break;
    case SG_ATTR_CALL:
        print_call(p, a->call, b->call);
        break;
    case SG_ATTR_RATE:
        if (a->call)
            print_call(p, a->call, b->call);
        else
            print_pair(p, a->f, b->f, false, spec->name);
        break;
    case SG_ATTR_SPAN:
        print_number(p, a->f);
        sg_text_printf(&p->out, " %s", a->text);
        break;
    }
}

/* Only what was written: defaults are filled in again when it is read. */
static void print_attrs(printer *p, const sg_schema *schema, const sg_attr *a, const sg_attr *b) {
    for (int i = 0; i < sg_schema_attr_count(schema); i++) {
        if (!a[i].present || !a[i].set) continue;
        sg_text_printf(&p->out, ", %s: ", schema->attrs[i].name);
        print_attr(p, &schema->attrs[i], &a[i], &b[i]);
    }
}

static void print_call(printer *p, const sg_call *a, const sg_call *b) {
    sg_text_printf(&p->out, "{op: %s", a->schema->name);
    print_attrs(p, a->schema, a->attr, b->attr);
    sg_text_append_char(&p->out, '}');
}

/* Of instances inside blocks only what belongs to the file's own nodes is named: "codes", "codes.3",
 * "mixed.target". */
static bool belongs_to_file(const sg_document *document, const char *name) {
    const sg_symbol *symbol = sg_block_symbol(&document->main, name);
    if (symbol) return symbol->kind == SG_SYMBOL_NODE;
    const char *dot = strrchr(name, '.');
    char front[512];
    if (!dot || (size_t)(dot - name) >= sizeof front) return false;
    memcpy(front, name, (size_t)(dot - name));
    front[dot - name] = 0;
    symbol = sg_block_symbol(&document->main, front);
    if (symbol) return symbol->kind == SG_SYMBOL_NODE;
    /* name.3.output */
    dot = strrchr(front, '.');
    return dot && strspn(dot + 1, "0123456789") == strlen(dot + 1) && belongs_to_file(document, front);
}

/* The path of a node. Where an output of its block has that name and is another value, the name is the
 * output's, as everywhere outside of the block, and the node takes one that is free. */
static void print_path(printer *p, const sg_node *node) {
    sg_text path = {0};
    sg_text_append(&path, node->path);
    bool taken = node->out_count && sg_bound_find(p->bound, node->path) != node->out[0] &&
                 belongs_to_file(p->document, node->path);
    /* With the node's number, so that no two of them take the same. */
    for (; taken && !path.failed; taken = sg_bound_find(p->bound, sg_text_get(&path)) != SG_NO_VALUE)
        sg_text_printf(&path, "_%d", sg_graph_value(p->graph, node->out[0])->node);
    if (path.failed) p->out.failed = true;
    sg_text_append(&p->out, sg_text_get(&path));
    sg_text_finish(&path);
}

static void print_value_name(printer *p, sg_value value) {
    const sg_value_info *info = sg_graph_value(p->graph, value);
    const sg_node *node = sg_graph_node(p->graph, info->node);
    print_path(p, node);
    if (info->output) sg_text_printf(&p->out, ".%s", sg_op_out_port(node->op, info->output)->name);
}

static void print_inputs(printer *p, const sg_node *node) {
    bool gaps = false;
    for (int k = 0; k < node->in_count; k++) gaps = gaps || node->in[k] == SG_NO_VALUE;
    if (node->in_count == 0) return;
    sg_text_append(&p->out, gaps ? ", in: {" : node->in_count > 1 ? ", in: [" : ", in: ");
    bool first = true;
    for (int k = 0; k < node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        if (!first) sg_text_append(&p->out, ", ");
        if (gaps) sg_text_printf(&p->out, "%s: ", sg_op_in_port(node->op, k)->name);
        print_value_name(p, node->in[k]);
        first = false;
    }
    sg_text_append(&p->out, gaps ? "}" : node->in_count > 1 ? "]" : "");
}

/* The update of a state is its key `next`. */
static const sg_node *update_of(const printer *p, const sg_node *state) {
    char path[SG_MESSAGE_MAX];
    snprintf(path, sizeof path, "%s.next", state->path);
    sg_value value = sg_graph_find(p->graph, path);
    const sg_node *update =
        value == SG_NO_VALUE ? NULL : sg_graph_node(p->graph, sg_graph_value(p->graph, value)->node);
    bool state_op = strcmp(sg_op_schema(state->op)->name, "state") == 0;
    return state_op && update && update->in_count == 2 && update->in[0] == state->out[0] ? update : NULL;
}

static bool is_update_of_state(const printer *p, const sg_node *node) {
    if (!(node->op->flags & SG_OP_UPDATE) || node->in[0] == SG_NO_VALUE) return false;
    return update_of(p, sg_graph_node(p->graph, sg_graph_value(p->graph, node->in[0])->node)) == node;
}

static void print_node(printer *p, int index) {
    const sg_node *a = sg_graph_node(p->graph, index), *b = sg_graph_node(p->other, index);
    if (is_update_of_state(p, a)) return;
    p->node = a->path;
    p->mark = a->mark;
    sg_text_append(&p->out, "  ");
    print_path(p, a);
    sg_text_printf(&p->out, ": {op: %s", sg_op_schema(a->op)->name);
    print_inputs(p, a);
    print_attrs(p, sg_op_schema(a->op), a->attr, b->attr);
    const sg_node *update = update_of(p, a);
    if (update) {
        sg_text_append(&p->out, ", next: ");
        print_value_name(p, update->in[1]);
    }
    bool computed = !(a->op->flags & (SG_OP_VIEW | SG_OP_STORED | SG_OP_FED | SG_OP_UPDATE));
    sg_text_append(&p->out, a->recompute && computed ? ", recompute: true}\n" : "}\n");
}

/* Names of the file that are no node of the graph: block instances, rounds, formulas that only name
 * something. */
static void print_alias(printer *p, const char *name, sg_value value) {
    if (sg_graph_find(p->graph, name) == value) return; /* a path, or path.output */
    sg_text_printf(&p->out, "  %s: ", name);
    print_value_name(p, value);
    sg_text_append_char(&p->out, '\n');
}

static void print_nodes(printer *p, const sg_bound *bound) {
    bool none = sg_graph_node_count(p->graph) == 0; /* an empty value would be null */
    sg_text_append(&p->out, none ? "nodes: {}\n" : "nodes:\n");
    for (int i = 0; i < sg_graph_node_count(p->graph); i++) print_node(p, i);
    const char *name;
    sg_value value;
    for (size_t i = 0; (name = sg_bound_alias(bound, i, &value)) != NULL; i++)
        if (belongs_to_file(p->document, name)) print_alias(p, name, value);
}

static void print_sections(printer *p) {
    for (int i = 0; i < SG_SECTIONS; i++)
        if (p->document->section[i]) sg_print_entry(&p->out, sg_section_names[i], p->document->section[i], 0);
}

static void print_document(printer *p, const sg_bound *bound) {
    if (p->nodes_only) {
        print_nodes(p, bound);
        return;
    }
    const sg_entry *doc = sg_tree_entry(p->document->root, "doc");
    sg_text_append(&p->out, "simgraph: 1\n");
    if (doc) sg_print_entry(&p->out, "doc", doc->value, 0);
    print_nodes(p, bound);
    print_sections(p);
}

static sg_status bind(sg_bound **out, const sg_document *document, bool training, int64_t batch,
                      sg_diagnostics *diagnostics) {
    sg_bind_options options = {sizeof options, batch, training, SG_F32};
    return sg_document_bind(out, document, &options, diagnostics);
}

static sg_status expand(const sg_document *document, bool training, bool nodes_only, char **out,
                        sg_diagnostics *diagnostics) {
    sg_bound *one = NULL, *two = NULL;
    *out = NULL;
    sg_status status = bind(&one, document, training, SG_SYMBOLIC_BATCH, diagnostics);
    if (status == SG_OK) status = bind(&two, document, training, OTHER_BATCH, diagnostics);
    if (status == SG_OK) {
        printer p = {.document = document,
                     .bound = one,
                     .graph = sg_bound_graph(one),
                     .other = sg_bound_graph(two),
                     .diagnostics = diagnostics,
                     .nodes_only = nodes_only,
                     .node = document->file};
        if (sg_graph_node_count(p.graph) == sg_graph_node_count(p.other))
            print_document(&p, one);
        else
            fail(&p, "the number of nodes");
        *out = sg_text_take(&p.out);
        status = p.failed ? SG_BAD_GRAPH : *out ? SG_OK : SG_OUT_OF_MEMORY;
        if (p.failed) {
            free(*out);
            *out = NULL;
        }
    }
    sg_bound_destroy(one);
    sg_bound_destroy(two);
    return status;
}

sg_status sg_document_expand(const sg_document *document, bool training, char **out,
                             sg_diagnostics *diagnostics) {
    return expand(document, training, false, out, diagnostics);
}

sg_status sg_document_expand_nodes(const sg_document *document, bool training, char **out,
                                   sg_diagnostics *diagnostics) {
    return expand(document, training, true, out, diagnostics);
}
