/* Recomputing: what the backward pass reads is computed a second time, just before its first use there,
 * instead of being kept from the forward pass.
 *
 * This is done to values whose nodes are marked (`recompute` in the text), whatever that costs, and to those
 * that are cheap: elementwise functions, normalisations, what dropout leaves, all of which cost a few
 * operations an element, and only where everything they are made of is kept anyway. The clone reads the same
 * numbers as its original and draws from the same stream of random numbers, so it gives the same bits. It
 * waits for the gradient that its first reader reads as well: else it would be ready, and run, before the
 * backward pass begins.
 *
 * What is marked is computed again as a whole, where the backward pass first reads a part of it. Of that,
 * what is cheap is not kept until it is read either, but made once more from what is: such a value has two
 * clones.
 *
 * Where products round their operands to bf16, what products give is kept as bf16: a cast behind the product
 * makes what is kept, a cast before the backward pass reads it makes it f32 again ("kept/" and "again/"). The
 * forward pass goes on with what was computed; and so does the backward pass of what must see the same
 * numbers: of losses, and of all that compares. Clones of what reads a narrow value have other low bits.
 *
 * Clones get the path of their original behind "again/", those on the way to others behind "through/", and
 * are never merged with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/derived.h"

enum { NARROW = -2 }; /* to be kept as bf16, which is not there yet */
enum {
    LEAST_BYTES = 1 << 14, /* less is not worth a node */
    DEEP = 3,              /* cheap nodes one behind another */
    FEW = 16               /* a result this many times smaller than what it is made of is kept: a sum */
};
/* Bytes freed an operation (reads and writes of elements count as one each). Layer normalisation frees 4 in
 * 10, a softmax 4 in 7, a product with 100 rows 4 in 200. */
static const double WORTH = 0.2;

typedef struct recompute {
    sg_plan *plan;
    const sg_graph *graph; /* before */
    sg_graph *copy;        /* after */
    bool *needed;          /* per node */
    bool *backward;        /* per node: part of the backward pass */
    bool *read_backward;   /* per value that a chain of views starts from: the backward pass reads it */
    bool *kept;            /* per such value: it must be kept */
    bool *again;           /* per such value: the backward pass reads a clone */
    bool *direct;          /* per such value: not only clones read it */
    bool *twice;           /* per node: clones read another clone of it than the backward pass itself */
    bool *exact;           /* per such value: must be what the forward pass saw */
    sg_value *narrow;      /* per such value: what is kept of it as bf16, in `copy`; NARROW before that */
    bool *whole;           /* per node of `copy`: it runs where it stands in the backward pass */
    int *place;            /* per node: its place in `copy` */
    sg_value *clone[2];    /* per value: its clone for other clones and for the backward pass */
    int *late;             /* per node of `copy`: the node that it waits for, or -1 */
    int room;              /* nodes of `copy` */
    sg_error *error;
} recompute;

static bool *twice_of(const recompute *r, sg_value value) {
    return &r->twice[r->graph->values[value].node];
}

static const sg_node *producer(const sg_graph *graph, sg_value value) {
    return graph->nodes[graph->values[value].node];
}

static bool is_view(const sg_node *node) {
    return node->op->flags & SG_OP_VIEW;
}

/* The value that a chain of views starts from. */
static sg_value root_of(const sg_graph *graph, sg_value value) {
    while (is_view(producer(graph, value))) value = producer(graph, value)->in[0];
    return value;
}

static double bytes_of(const sg_graph *graph, sg_value value) {
    const sg_value_info *info = &graph->values[value];
    return (double)sg_type_size(info->type) * (double)sg_shape_elements(&info->shape);
}

static double largest_input(const sg_graph *graph, const sg_node *node) {
    double most = 0;
    for (int k = 0; k < node->in_count; k++)
        if (node->in[k] != SG_NO_VALUE && bytes_of(graph, node->in[k]) > most)
            most = bytes_of(graph, node->in[k]);
    return most;
}

/* ---- what is there ---- */

static sg_status find_needed(recompute *r, const sg_program_options *options) {
    sg_status status = sg_derived_needed(r->graph, options, r->needed, r->error);
    for (int i = 0; status == SG_OK && i < options->fetch_count; i++)
        r->kept[root_of(r->graph, options->fetch[i])] = true;
    return status;
}

/* Must this node see a value just as the forward pass saw it? What compares must, or it would choose others:
 * the maximum of unrounded numbers is not among rounded ones. And what a loss is far from is often a small
 * difference of its inputs. */
static bool takes_exactly(const sg_graph *graph, const sg_node *node) {
    static const char *const others[] = {"product",       "convolution", "elementwise",
                                         "normalisation", "layout",      "random"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(node->op->family, others[i]) == 0)
            return !sg_type_is_float(graph->values[node->out[0]].type);
    return true;
}

/* The backward pass: gradients, and what is made of them in the same phase. What it reads of the forward
 * pass is what has to be kept, or computed again. */
static bool find_backward(recompute *r) {
    const sg_graph *graph = r->graph;
    bool any = false;
    for (int i = 0; i < graph->node_count; i++) {
        const sg_node *node = graph->nodes[i];
        if (node->phase != SG_PHASE_GRADIENT) continue;
        r->backward[i] = node->forward >= 0;
        for (int k = 0; k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE && r->backward[graph->values[node->in[k]].node])
                r->backward[i] = true;
        any = any || (r->needed[i] && r->backward[i]);
    }
    for (int i = 0; i < graph->node_count; i++) {
        const sg_node *node = graph->nodes[i];
        if (!r->needed[i]) continue;
        for (int k = 0; k < node->in_count; k++) {
            if (node->in[k] == SG_NO_VALUE) continue;
            sg_value root = root_of(graph, node->in[k]);
            if (r->backward[graph->values[root].node]) continue;
            if (r->backward[i] && !is_view(node)) r->read_backward[root] = true;
            if (r->backward[i] && !is_view(node) && takes_exactly(graph, node)) r->exact[root] = true;
            if (node->phase == SG_PHASE_UPDATE) r->kept[root] = true;
        }
    }
    return any;
}

/* ---- what is computed again ---- */

/* Lives outside the arena, or is next to nothing. */
static bool is_there(const recompute *r, sg_value root) {
    const sg_node *node = producer(r->graph, root);
    return node->op->flags & (SG_OP_STORED | SG_OP_FED | SG_OP_UPDATE) || node->phase == SG_PHASE_UPDATE ||
           r->kept[root] || r->read_backward[root] || r->again[root] ||
           (!node->in_count && !(node->op->flags & SG_OP_RANDOM) && bytes_of(r->graph, root) < LEAST_BYTES);
}

static bool can_run_again(const recompute *r, sg_value root) {
    const sg_node *node = producer(r->graph, root);
    return !r->kept[root] && node->phase == SG_PHASE_GRADIENT && !r->backward[r->graph->values[root].node] &&
           !(node->op->flags & (SG_OP_STORED | SG_OP_FED | SG_OP_UPDATE));
}

static bool is_cheap_family(const sg_op *op) {
    static const char *const families[] = {"elementwise", "normalisation", "random"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(op->family, families[i]) == 0) return true;
    /* Parts of a joined value are written in their places: to join them again would free nothing. */
    return strcmp(op->family, "layout") == 0 && sg_op_input_count(op) == 1 &&
           !(op->in[0].flags & SG_PORT_VARIADIC);
}

static double cost_of(const recompute *r, sg_value root) {
    const sg_node *node = producer(r->graph, root);
    double cost = sg_node_flops(r->graph, node, r->graph->options.batch);
    for (int k = 0; k < node->in_count; k++)
        if (node->in[k] != SG_NO_VALUE)
            cost += (double)sg_shape_elements(&r->graph->values[node->in[k]].shape);
    return cost + (double)sg_shape_elements(&r->graph->values[root].shape);
}

/* Is not kept whatever it costs. */
static bool is_marked(const recompute *r, sg_value root) {
    return producer(r->graph, root)->recompute && can_run_again(r, root);
}

/* Can this value be had again by cheap nodes, no more than `deep` one behind another, from what is kept?
 * *cost is their sum. */
static bool is_cheap(const recompute *r, sg_value root, int deep, double *cost) {
    const sg_node *node = producer(r->graph, root);
    if (!can_run_again(r, root) || !is_cheap_family(node->op) || !deep) return false;
    *cost += cost_of(r, root);
    for (int k = 0; k < node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        sg_value from = root_of(r->graph, node->in[k]);
        if (is_marked(r, from) || (!is_there(r, from) && !is_cheap(r, from, deep - 1, cost))) return false;
    }
    return true;
}

/* A value that is to be computed again, and all that it takes. What is not marked and not cheap is kept. */
static void run_again(recompute *r, sg_value root) {
    const sg_node *node = producer(r->graph, root);
    r->again[root] = true;
    for (int k = 0; k < node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        sg_value from = root_of(r->graph, node->in[k]);
        double cost = 0;
        if (is_there(r, from)) continue;
        if (is_marked(r, from) || is_cheap(r, from, DEEP, &cost))
            run_again(r, from);
        else
            r->read_backward[from] = true;
    }
}

static bool is_worth_it(const recompute *r, sg_value root) {
    const sg_node *node = producer(r->graph, root);
    double bytes = bytes_of(r->graph, root), cost = 0;
    if (!can_run_again(r, root) || bytes * FEW <= largest_input(r->graph, node)) return false;
    if (node->recompute) return true;
    return bytes >= LEAST_BYTES && is_cheap(r, root, DEEP, &cost) && bytes >= WORTH * cost;
}

/* In graph order, so that what a value is made of has been decided on before. */
static void choose(recompute *r) {
    for (int i = 0; i < r->graph->node_count; i++) {
        const sg_node *node = r->graph->nodes[i];
        for (int k = 0; r->needed[i] && k < node->out_count; k++) {
            sg_value value = node->out[k];
            if (r->read_backward[value] && !r->again[value] && is_worth_it(r, value)) run_again(r, value);
        }
    }
}

/* Products and convolutions read what they get as bf16 in any case, and give sums of as little precision. */
static bool is_to_be_narrow(const recompute *r, sg_value root) {
    const sg_node *node = producer(r->graph, root);
    bool product = strcmp(node->op->family, "product") == 0 || strcmp(node->op->family, "convolution") == 0;
    return product && root == node->out[0] && r->graph->values[root].type == SG_F32 &&
           can_run_again(r, root) && r->read_backward[root] && !r->again[root] && !r->exact[root] &&
           bytes_of(r->graph, root) >= LEAST_BYTES;
}

/* What is computed again to be taken exactly is made of what is exact, too. */
static void spread_exact(recompute *r) {
    for (int i = r->graph->node_count - 1; i >= 0; i--) {
        const sg_node *node = r->graph->nodes[i];
        bool again = false, exact = takes_exactly(r->graph, node);
        for (int k = 0; k < node->out_count; k++) {
            again = again || r->again[node->out[k]];
            exact = exact || r->exact[node->out[k]];
        }
        for (int k = 0; again && exact && k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE) r->exact[root_of(r->graph, node->in[k])] = true;
    }
}

static void choose_narrow(recompute *r) {
    if (!r->graph->options.round_products) return;
    spread_exact(r);
    for (sg_value v = 0; v < r->graph->value_count; v++)
        if (is_to_be_narrow(r, v)) r->narrow[v] = NARROW;
    for (sg_value v = 0; v < r->graph->value_count; v++) r->again[v] = r->again[v] || r->narrow[v] == NARROW;
}

/* Computed again, not only read again. */
static bool is_remade(const recompute *r, sg_value root) {
    return r->again[root] && r->narrow[root] == SG_NO_VALUE;
}

/* Can a value of which there is a clone be made from such clones as stay until the backward pass reads them?
 */
static bool can_be_made_twice(const recompute *r, sg_value root, int deep) {
    const sg_node *node = producer(r->graph, root);
    if (!is_marked(r, root) || !is_cheap_family(node->op) || bytes_of(r->graph, root) < LEAST_BYTES || !deep)
        return false;
    for (int k = 0; k < node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        sg_value from = root_of(r->graph, node->in[k]);
        if (is_remade(r, from) && !r->direct[from] && !can_be_made_twice(r, from, deep - 1)) return false;
    }
    return true;
}

static void make_twice(recompute *r, sg_value root) {
    const sg_node *node = producer(r->graph, root);
    *twice_of(r, root) = true;
    for (int k = 0; k < node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        sg_value from = root_of(r->graph, node->in[k]);
        if (is_remade(r, from) && !r->direct[from] && !*twice_of(r, from)) make_twice(r, from);
    }
}

static void choose_twice(recompute *r) {
    for (sg_value v = 0; v < r->graph->value_count; v++)
        if (is_remade(r, v) && r->direct[v] && can_be_made_twice(r, v, DEEP)) make_twice(r, v);
}

/* ---- the new graph ---- */

static sg_status clone_value(recompute *r, sg_value value, bool last, int wait, sg_value *out);

static int last_of(const recompute *r) {
    return r->copy->node_count - 1;
}

/* Adds a node to `copy` that stands for another, under its path with a word in front. */
static sg_status add_node(recompute *r, const char *word, const sg_node *like, const sg_op *op,
                          const sg_attr *attr, const sg_value *in, int in_count, sg_value *first) {
    size_t length = strlen(like->path) + strlen(word) + 2;
    char *path = malloc(length);
    if (!path) return sg_fail(r->error, SG_OUT_OF_MEMORY, "out of memory");
    snprintf(path, length, "%s/%s", word, like->path);
    sg_status status = sg_graph_add_node(r->copy, op, path, like->mark, in, in_count, attr, first, r->error);
    free(path);
    return status;
}

static sg_status add_cast(recompute *r, const char *word, const sg_node *like, sg_type type, sg_value from,
                          sg_value *to) {
    const sg_attr attr[SG_MAX_ATTRS] = {{.set = true, .present = true, .i = type}};
    return add_node(r, word, like, sg_op_find("cast"), attr, &from, 1, to);
}

static sg_status clone_node(recompute *r, const sg_node *node, bool through, bool last, int wait) {
    sg_value in[SG_MAX_VARIADIC], first;
    const sg_value narrow = r->narrow[node->out[0]];
    for (int k = 0; k < node->in_count && narrow == SG_NO_VALUE; k++) {
        sg_status status = SG_OK;
        in[k] = node->in[k];
        if (in[k] != SG_NO_VALUE) status = clone_value(r, node->in[k], last, wait, &in[k]);
        if (status != SG_OK) return status;
    }
    r->copy->forward = r->place[r->graph->values[node->out[0]].node];
    sg_status status = narrow != SG_NO_VALUE ? add_cast(r, "again", node, SG_F32, narrow, &first)
                                             : add_node(r, through ? "through" : "again", node, node->op,
                                                        node->attr, in, node->in_count, &first);
    r->copy->forward = -1;
    if (status != SG_OK) return status;
    r->copy->nodes[last_of(r)]->purpose = node->purpose;
    r->late[last_of(r)] = is_view(node) ? -1 : wait;
    for (int k = 0; k < (narrow != SG_NO_VALUE ? 1 : node->out_count); k++)
        r->clone[last][node->out[k]] = first + k;
    return SG_OK;
}

/* What is read in the place of a value: by the backward pass (`last`), or by a clone. */
static sg_status clone_value(recompute *r, sg_value value, bool last, int wait, sg_value *out) {
    sg_value root = root_of(r->graph, value);
    *out = value;
    if (!r->again[root]) return SG_OK;
    const bool twice = *twice_of(r, root);
    last = last && twice;
    if (r->clone[last][value] == SG_NO_VALUE) {
        sg_status status = clone_node(r, producer(r->graph, value), twice && !last, last, wait);
        if (status != SG_OK) return status;
    }
    *out = r->clone[last][value];
    return SG_OK;
}

/* The running node of the backward pass that makes a value, in `copy`; -1 where there is none. */
static int backward_maker(const recompute *r, sg_value value) {
    int at = r->copy->values[root_of(r->copy, value)].node;
    return r->whole[at] ? at : -1;
}

/* What the clones that a node reads wait for: the last of the gradients that it reads; where it reads none,
 * the node of the backward pass that stands before it. */
static int wait_of(const recompute *r, const sg_node *node, int before) {
    int last = -1;
    for (int k = 0; k < node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        int at = r->backward[r->graph->values[node->in[k]].node] ? backward_maker(r, node->in[k]) : -1;
        if (at > last) last = at;
    }
    return last >= 0 ? last : before;
}

/* A node of the backward pass that reads no gradient is ready while the forward pass runs. It waits too,
 * unless what it gives is small beside what it reads. */
static bool is_to_wait(const recompute *r, const sg_node *node) {
    double bytes = 0;
    for (int k = 0; k < node->out_count; k++) bytes += bytes_of(r->graph, node->out[k]);
    return node->in_count && 2 * bytes >= largest_input(r->graph, node);
}

static sg_status keep_backward(recompute *r, int index, int *before) {
    sg_node *node = r->graph->nodes[index], *changed = node;
    int wait = wait_of(r, node, *before);
    for (int k = 0; k < node->in_count; k++) {
        sg_value in;
        if (node->in[k] == SG_NO_VALUE) continue;
        sg_status status = clone_value(r, node->in[k], true, wait, &in);
        if (status != SG_OK) return status;
        if (in == node->in[k]) continue;
        if (changed == node) {
            changed = sg_bump_copy(r->copy->memory, node, sizeof *node);
            if (changed)
                changed->in =
                    sg_bump_copy(r->copy->memory, node->in, sizeof(sg_value) * (size_t)node->in_count);
            if (!changed || !changed->in) return sg_fail(r->error, SG_OUT_OF_MEMORY, "out of memory");
        }
        changed->in[k] = in;
    }
    sg_status status = sg_derived_keep(r->copy, changed, r->error);
    if (status != SG_OK) return status;
    int at = last_of(r);
    if (is_view(node) || node->op->flags & SG_OP_UPDATE) return SG_OK;
    bool waits = wait == *before && wait >= 0 && is_to_wait(r, node);
    if (waits) r->late[at] = wait;
    r->whole[at] = wait != *before || wait < 0 || waits;
    if (r->whole[at]) *before = at;
    return SG_OK;
}

static sg_status rewrite(recompute *r) {
    int before = -1;
    for (int i = 0; i < r->graph->node_count; i++) {
        bool backward = r->needed[i] && r->backward[i] && r->graph->nodes[i]->in_count;
        sg_status status =
            backward ? keep_backward(r, i, &before) : sg_derived_keep(r->copy, r->graph->nodes[i], r->error);
        r->place[i] = last_of(r);
        const sg_node *node = r->graph->nodes[i];
        if (status == SG_OK && node->out_count && r->narrow[node->out[0]] == NARROW)
            status = add_cast(r, "kept", node, SG_BF16, node->out[0], &r->narrow[node->out[0]]);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}

static sg_status run(recompute *r, const sg_program_options *options) {
    sg_status status = find_needed(r, options);
    if (status != SG_OK) return status;
    if (!find_backward(r)) return SG_OK;
    memcpy(r->direct, r->read_backward, sizeof(bool) * (size_t)r->graph->value_count);
    choose(r);
    choose_narrow(r);
    choose_twice(r);
    r->copy = sg_derived_begin(r->graph, r->error);
    if (!r->copy) return SG_OUT_OF_MEMORY;
    status = sg_derived_end(r->plan, r->copy, rewrite(r), r->error);
    if (status == SG_OK) r->plan->late = r->late;
    return status;
}

sg_status sg_plan_recompute(sg_plan *plan, const sg_program_options *options, sg_error *error) {
    enum { CLONES = 3 }; /* a node and its two clones */
    size_t nodes = (size_t)plan->graph->node_count + 1, values = (size_t)plan->graph->value_count + 1;
    recompute r = {.plan = plan,
                   .graph = plan->graph,
                   .needed = calloc(nodes, sizeof(bool)),
                   .backward = calloc(nodes, sizeof(bool)),
                   .read_backward = calloc(values, sizeof(bool)),
                   .kept = calloc(values, sizeof(bool)),
                   .again = calloc(values, sizeof(bool)),
                   .direct = calloc(values, sizeof(bool)),
                   .twice = calloc(nodes, sizeof(bool)),
                   .exact = calloc(values, sizeof(bool)),
                   .narrow = calloc(values, sizeof(sg_value)),
                   .whole = calloc(CLONES * nodes, sizeof(bool)),
                   .place = calloc(nodes, sizeof(int)),
                   .clone = {calloc(values, sizeof(sg_value)), calloc(values, sizeof(sg_value))},
                   .late = sg_bump_array(plan->memory, CLONES * nodes, sizeof(int)),
                   .error = error};
    sg_status status = SG_OUT_OF_MEMORY;
    if (r.needed && r.backward && r.read_backward && r.kept && r.again && r.direct && r.twice && r.exact &&
        r.narrow && r.whole && r.place && r.clone[0] && r.clone[1] && r.late) {
        for (size_t v = 0; v < values; v++) r.clone[0][v] = r.clone[1][v] = r.narrow[v] = SG_NO_VALUE;
        for (size_t i = 0; i < CLONES * nodes; i++) r.late[i] = -1;
        status = run(&r, options);
    } else
        sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(r.needed);
    free(r.backward);
    free(r.read_backward);
    free(r.kept);
    free(r.again);
    free(r.direct);
    free(r.twice);
    free(r.exact);
    free(r.narrow);
    free(r.whole);
    free(r.place);
    free(r.clone[0]);
    free(r.clone[1]);
    return status;
}
