/* Two graphs, node by node: matched by path, then, where a path is on one side only, by what is built there.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"

/* A segment of paths: a block instance, a round, a formula, an op. */
typedef struct part {
    struct part *parent, *next, *child, *last; /* last: of the children */
    char *path;
    const char *block;   /* of an instance */
    const sg_node *node; /* of an op that has this very path */
    int nodes;           /* with what is below */
    int64_t parameters;
    double flops;
    uint64_t hash;              /* of all nodes in it: equal for parts that are built alike */
    const sg_value_info *value; /* the first output; NULL where there is none */
    struct part *moved;         /* the part of the other graph that is this one */
} part;

typedef struct side {
    const sg_bound *bound;
    const sg_graph *graph; /* of `bound` */
    int64_t batch;         /* for which work is counted */
    part *root;
    part **of_node; /* by index */
    bool failed;
} side;

typedef struct comparison {
    cli_differences *out;
    side a, b;
    int depth;
} comparison;

/* ---- parts ---- */

static part *below(side *s, part *of, const char *path, size_t start, size_t end) {
    for (part *p = of->child; p; p = p->next)
        if (strlen(p->path) == end && memcmp(p->path + start, path + start, end - start) == 0) return p;
    part *p = calloc(1, sizeof *p);
    if (p && !(p->path = strndup(path, end))) {
        free(p);
        p = NULL;
    }
    if (!p) {
        s->failed = true;
        return NULL;
    }
    p->parent = of;
    if (of->last)
        of->last->next = p;
    else
        of->child = p;
    of->last = p;
    return p;
}

static part *insert(side *s, const char *path) {
    part *p = s->root;
    for (size_t start = 0; p && path[start];) {
        size_t end = start + strcspn(path + start, ".");
        p = below(s, p, path, start, end);
        start = end + (path[end] == '.');
    }
    return p;
}

static void mix(uint64_t *hash, const char *text) {
    for (;; text++) { /* FNV-1a, the ending zero included */
        *hash = (*hash ^ (unsigned char)*text) * 1099511628211u;
        if (!*text) return;
    }
}

static bool is_within(const part *p, const part *of) {
    for (; p; p = p->parent)
        if (p == of) return true;
    return false;
}

static void mix_attrs(uint64_t *hash, const sg_node *node, side *s) {
    const sg_schema *schema = sg_op_schema(node->op);
    cli_string words = {0};
    for (int i = 0; i < sg_schema_attr_count(schema); i++) {
        cli_attr_words(&words, &schema->attrs[i], &node->attr[i]);
        cli_string_add(&words, ";");
    }
    s->failed = s->failed || words.failed;
    mix(hash, words.text ? words.text : "");
    free(words.text);
}

/* Names inside the part count from its start; what comes from outside is only that. */
static void mix_node(side *s, const part *of, const sg_node *node) {
    size_t skip = strlen(of->path);
    uint64_t *hash = &((part *)of)->hash;
    char shape[SG_SHAPE_TEXT];
    mix(hash, node->path + (strlen(node->path) > skip ? skip : strlen(node->path)));
    mix(hash, sg_op_schema(node->op)->name);
    mix_attrs(hash, node, s);
    for (int i = 0; i < node->in_count; i++) {
        const sg_value_info *in = node->in[i] == SG_NO_VALUE ? NULL : sg_graph_value(s->graph, node->in[i]);
        bool inside = in && is_within(s->of_node[in->node], of);
        const char *path = in ? sg_graph_node(s->graph, in->node)->path : "";
        mix(hash, inside ? path + (strlen(path) > skip ? skip : strlen(path)) : in ? "outside" : "absent");
        mix(hash, in && in->output ? "later output" : "");
    }
    for (int i = 0; i < node->out_count; i++) {
        const sg_value_info *out = sg_graph_value(s->graph, node->out[i]);
        mix(hash, sg_shape_words(&out->shape, shape));
        mix(hash, sg_type_name(out->type));
    }
}

static void find_values(side *s, part *of) {
    for (part *p = of->child; p; p = p->next) {
        sg_value value = sg_bound_find(s->bound, p->path);
        if (p->node && p->node->out_count) value = p->node->out[0];
        if (value != SG_NO_VALUE) p->value = sg_graph_value(s->graph, value);
        find_values(s, p);
    }
}

static void build(side *s, const cli_summary *summary) {
    const sg_graph *graph = summary->graph;
    int count = sg_graph_node_count(graph);
    s->bound = summary->bound;
    s->graph = graph;
    s->batch = summary->batch;
    s->root = calloc(1, sizeof *s->root);
    s->of_node = calloc((size_t)count + 1, sizeof *s->of_node);
    if (!s->root || !s->of_node || !(s->root->path = strdup(""))) {
        s->failed = true;
        return;
    }
    for (int i = 0; i < count && !s->failed; i++) {
        const sg_node *node = sg_graph_node(graph, i);
        part *p = s->of_node[i] = insert(s, node->path);
        if (p) p->node = node;
    }
    for (int i = 0; i < sg_graph_scope_count(graph) && !s->failed; i++) {
        part *p = insert(s, sg_graph_scope(graph, i)->path);
        if (p) p->block = sg_graph_scope(graph, i)->block;
    }
    for (int i = 0; i < count && !s->failed; i++) {
        const sg_node *node = sg_graph_node(graph, i);
        for (part *p = s->of_node[i]; p; p = p->parent) {
            p->nodes++;
            p->flops += sg_node_flops(graph, node, s->batch) / (double)s->batch;
            if (sg_node_is_weight(node))
                p->parameters += sg_shape_elements(&sg_graph_value(graph, node->out[0])->shape);
            mix_node(s, p, node);
        }
    }
    find_values(s, s->root);
}

static void destroy(part *p) {
    for (part *next, *child = p ? p->child : NULL; child; child = next) {
        next = child->next;
        destroy(child);
    }
    if (p) free(p->path);
    free(p);
}

/* ---- comparing ---- */

static const char *what_is(const part *p) {
    if (p->block) return p->block;
    if (p->node && !p->child) return sg_op_schema(p->node->op)->name;
    return p->node ? "formula" : "";
}

static const char *shape_of(const part *p, char buffer[SG_SHAPE_TEXT]) {
    return p->value ? sg_shape_words(&p->value->shape, buffer) : "";
}

static void describe(cli_string *out, const part *p) {
    char shape[SG_SHAPE_TEXT], number[CLI_NUMBER];
    cli_string_add(out, "%s", shape_of(p, shape));
    if (p->parameters)
        cli_string_add(out, ", %s parameter%s", cli_thousands(p->parameters, number),
                       sg_plural(p->parameters));
}

static void separate(cli_string *out) {
    if (out->length) cli_string_add(out, "; ");
}

/* `shaped`: the shape was named already, as an attribute. */
static void compare_sizes(cli_string *out, const part *a, const part *b, bool shaped) {
    char x[SG_SHAPE_TEXT], y[SG_SHAPE_TEXT], m[CLI_NUMBER], n[CLI_NUMBER];
    if (!shaped && a->value && b->value && !sg_shape_equal(&a->value->shape, &b->value->shape)) {
        separate(out);
        cli_string_add(out, "%s -> %s", shape_of(a, x), shape_of(b, y));
    }
    if (a->value && b->value && a->value->type != b->value->type) {
        separate(out);
        cli_string_add(out, "%s -> %s", sg_type_name(a->value->type), sg_type_name(b->value->type));
    }
    if (a->parameters != b->parameters) {
        separate(out);
        cli_string_add(out, "%s -> %s parameter%s", cli_thousands(a->parameters, m),
                       cli_thousands(b->parameters, n), sg_plural(b->parameters));
    }
}

static void compare_work(cli_string *out, const part *a, const part *b) {
    char m[CLI_NUMBER], n[CLI_NUMBER];
    if (a->flops == b->flops || (a->flops < 0.5 && b->flops < 0.5)) return;
    separate(out);
    cli_string_add(out, "%s -> %s", cli_flops(a->flops, m), cli_flops(b->flops, n));
}

static void compare_attrs(cli_string *out, const sg_node *a, const sg_node *b) {
    const sg_schema *schema = sg_op_schema(a->op);
    for (int i = 0; i < sg_schema_attr_count(schema); i++) {
        cli_string x = {0}, y = {0};
        cli_attr_words(&x, &schema->attrs[i], &a->attr[i]);
        cli_attr_words(&y, &schema->attrs[i], &b->attr[i]);
        if (!x.failed && !y.failed && strcmp(x.text, y.text) != 0) {
            separate(out);
            cli_string_add(out, "%s %s -> %s", schema->attrs[i].name, x.text, y.text);
        }
        out->failed = out->failed || x.failed || y.failed;
        free(x.text);
        free(y.text);
    }
}

/* Where a value of the first graph is to be found in the second: its own name, or where it moved. */
static bool same_source(const comparison *c, sg_value a, sg_value b) {
    if (a == SG_NO_VALUE || b == SG_NO_VALUE) return a == b;
    const sg_value_info *x = sg_graph_value(c->a.graph, a), *y = sg_graph_value(c->b.graph, b);
    const part *from = c->a.of_node[x->node], *to = c->b.of_node[y->node];
    if (x->output != y->output) return false;
    if (strcmp(from->path, to->path) == 0) return true;
    for (const part *p = from; p; p = p->parent) {
        if (!p->moved) continue;
        size_t skip = strlen(p->path), other = strlen(p->moved->path);
        return strncmp(to->path, p->moved->path, other) == 0 &&
               strcmp(to->path + other, from->path + skip) == 0;
    }
    return false;
}

static const char *source_name(const sg_graph *graph, sg_value value, char buffer[256]) {
    return value == SG_NO_VALUE ? "nothing" : sg_graph_value_name(graph, value, buffer, 256);
}

static void compare_inputs(const comparison *c, cli_string *out, const sg_node *a, const sg_node *b) {
    char x[256], y[256];
    int most = a->in_count > b->in_count ? a->in_count : b->in_count;
    for (int i = 0; i < most; i++) {
        sg_value from = i < a->in_count ? a->in[i] : SG_NO_VALUE,
                 to = i < b->in_count ? b->in[i] : SG_NO_VALUE;
        if (same_source(c, from, to)) continue;
        const sg_port *port = sg_op_in_port(a->op, i);
        separate(out);
        cli_string_add(out, "%s from %s -> %s", port ? port->name : "input", source_name(c->a.graph, from, x),
                       source_name(c->b.graph, to, y));
    }
}

/* A repeat is its rounds. */
static void add_one(const comparison *c, cli_change change, const part *p) {
    if (!p->block && !p->node) {
        for (const part *q = p->child; q; q = q->next) add_one(c, change, q);
        return;
    }
    cli_string detail = {0};
    describe(&detail, p);
    cli_difference_add(c->out, change, p->path, what_is(p), NULL, NULL, detail.text);
    c->out->failed = c->out->failed || detail.failed;
    free(detail.text);
}

static void report(const comparison *c, const part *a, const part *b, cli_string *detail) {
    char what[256];
    const char *x = what_is(a), *y = what_is(b);
    bool same = strcmp(x, y) == 0;
    snprintf(what, sizeof what, same ? "%s" : "%s -> %s", x, y);
    if (detail->length || !same)
        cli_difference_add(c->out, CLI_CHANGED, a->path, what, NULL, NULL, detail->text);
    c->out->failed = c->out->failed || detail->failed;
    free(detail->text);
}

static const part *find(const part *of, const part *like) {
    const char *name = like->path + strlen(like->parent->path);
    for (const part *p = of->child; p; p = p->next)
        if (strcmp(p->path + strlen(of->path), name) == 0) return p;
    return NULL;
}

static bool is_round(const part *p) {
    const char *name = strrchr(p->path, '.');
    return name && isdigit((unsigned char)name[1]) && strspn(name + 1, "0123456789") == strlen(name + 1);
}

static void compare(const comparison *c, const part *a, const part *b, int depth);

static void compare_children(const comparison *c, const part *a, const part *b, int depth) {
    for (const part *p = a->child; p; p = p->next) {
        const part *q = find(b, p);
        if (q)
            compare(c, p, q, depth + !is_round(p));
        else if (p->moved)
            cli_difference_add(c->out, CLI_MOVED, p->path, what_is(p), p->moved->path, NULL, NULL);
        else
            add_one(c, CLI_REMOVED, p);
    }
    for (const part *q = b->child; q; q = q->next)
        if (!find(a, q) && !q->moved) add_one(c, CLI_ADDED, q);
}

/* Ops are compared in full; blocks whose sizes changed are opened down to the depth that was asked for. */
static void compare(const comparison *c, const part *a, const part *b, int depth) {
    cli_string detail = {0};
    bool ops = a->node && b->node && a->node->op == b->node->op && !a->child && !b->child;
    bool alike = strcmp(what_is(a), what_is(b)) == 0;
    if (a->hash == b->hash && !ops) {
        /* Built alike; what it reads from outside may still differ. */
        compare_children(c, a, b, depth);
        return;
    }
    if (ops) {
        compare_attrs(&detail, a->node, b->node);
        compare_inputs(c, &detail, a->node, b->node);
        compare_sizes(&detail, a, b, detail.length && strncmp(detail.text, "shape ", 6) == 0);
        report(c, a, b, &detail);
        return;
    }
    compare_sizes(&detail, a, b, false);
    compare_work(&detail, a, b);
    bool rounds = !a->node && !b->node && !a->block && !b->block;
    bool open = (alike || (a->node && b->node)) && (depth < c->depth || !detail.length || rounds);
    if (open && alike) {
        free(detail.text);
        compare_children(c, a, b, depth);
        return;
    }
    report(c, a, b, &detail);
}

/* ---- what moved ---- */

/* Parts on one side only that are built like one on the other side; what is in several places stays. */
static void match(part *p, part *root, const part *other) {
    for (part *q = root->child; q; q = q->next) {
        if (q->moved || q->hash != p->hash || q->nodes != p->nodes || find(other, q)) continue;
        p->moved = q;
        q->moved = p;
        return;
    }
}

static void match_children(part *a, part *b) {
    for (part *p = a->child; p; p = p->next) {
        part *q = (part *)find(b, p);
        if (q)
            match_children(p, q);
        else if (p->nodes > 1 || p->node)
            match(p, b, a);
    }
}

/* The hash counts names from the part's start, so that the same thing elsewhere has the same one. */
void cli_diff_graphs(cli_differences *out, const cli_summary *a, const cli_summary *b, int depth) {
    comparison c = {.out = out, .depth = depth};
    build(&c.a, a);
    build(&c.b, b);
    if (!c.a.failed && !c.b.failed) {
        match_children(c.a.root, c.b.root);
        compare_children(&c, c.a.root, c.b.root, 0);
    }
    out->failed = out->failed || c.a.failed || c.b.failed;
    destroy(c.a.root);
    destroy(c.b.root);
    free(c.a.of_node);
    free(c.b.of_node);
}
