#include "random_nodes.h"

#include <stdio.h>
#include <string.h>

#include "base/philox.h"

int64_t dice_roll(dice *d, int64_t sides) {
    uint32_t words[4];
    sg_philox_draw(99, d->count++, d->graph, 0, 0, words);
    return (int64_t)(words[0] % (uint32_t)sides);
}

/* ---- fed and stored values ---- */

static sg_value add_input(random_graph *r, const char *op, sg_type type, sg_shape shape, int64_t sides) {
    char path[32];
    if (r->input_count == RANDOM_INPUTS) return SG_NO_VALUE;
    snprintf(path, sizeof path, "%s%d", op, r->input_count);
    sg_value v =
        sg_graph_add(r->graph, op, path, NULL, 0,
                     (const sg_arg[]){sg_arg_shape("shape", &shape), sg_arg_dtype("type", type), {0}});
    if (v != SG_NO_VALUE) r->inputs[r->input_count++] = (random_input){v, strcmp(op, "input") != 0, sides};
    return v;
}

sg_value random_graph_input(random_graph *r, sg_shape shape) {
    return add_input(r, "input", r->graph->options.float_type, shape, 0);
}

sg_value new_input(maker *m, const char *op, sg_shape shape) {
    return add_input(m->r, op, m->g->options.float_type, shape, 0);
}

sg_value new_index(maker *m, sg_shape shape, int64_t sides) {
    return add_input(m->r, "input", SG_I32, shape, sides);
}

sg_value new_weight(maker *m, sg_shape shape) {
    return new_input(m, roll(m, 2) ? "weight" : "input", shape);
}

sg_value maybe_bias(maker *m, int64_t size) {
    return roll(m, 2) ? new_weight(m, SG_SHAPE(size)) : SG_NO_VALUE;
}

void random_graph_fill(const random_graph *r, sg_value value, sg_tensor *to) {
    for (int i = 0; i < r->input_count; i++) {
        if (r->inputs[i].value != value) continue;
        for (int64_t k = 0; to->data && k < sg_tensor_elements(to); k++) {
            uint32_t words[4];
            sg_philox_draw(5, (uint32_t)k, (uint32_t)i, 0, 0, words);
            const double x = sg_uniform_f64(words[0], words[1]);
            sg_tensor_set(to, k,
                          r->inputs[i].sides ? (double)(int64_t)(x * (double)r->inputs[i].sides) : 2 * x - 1);
        }
    }
}

sg_value random_value(maker *m) {
    /* Mostly recent ones, so that chains grow; sometimes an old one, so that values live long. */
    const random_graph *r = m->r;
    int64_t back = roll(m, 3) ? roll(m, r->count < 3 ? r->count : 3) : roll(m, r->count);
    return r->values[r->count - 1 - (int)back];
}

/* ---- patterns ---- */

static void keep(maker *m, sg_value v) {
    random_graph *r = m->r;
    if (v == SG_NO_VALUE || m->g->error.status != SG_OK || r->count == RANDOM_VALUES) return;
    const int64_t elements = sg_shape_elements(&m->g->values[v].shape);
    if (elements <= m->most && elements > 0) r->values[r->count++] = v;
}

/* All axes but the first joined. */
static sg_value flatten(maker *m, sg_value x) {
    const sg_shape s = shape_of(m, x), flat = SG_SHAPE(s.dim[0], sg_shape_elements(&s) / s.dim[0]);
    return sg_emit(m->g, "reshape", SG_IN(x), sg_arg_shape("shape", &flat));
}

/* Several readers of one value, some through views and some that wait for a sum over all of it or another. */
static sg_value random_readers(maker *m, sg_value x) {
    sg_value v = roll(m, 3) ? random_view(m, x) : x;
    if (v == SG_NO_VALUE || shape_of(m, v).rank == 0) return v;
    for (int64_t more = 1 + roll(m, 3); more > 0; more--) {
        sg_value y = roll(m, 3) ? v : roll(m, 2) ? flatten(m, v) : random_view(m, v);
        if (y == SG_NO_VALUE || shape_of(m, y).rank == 0) continue;
        switch (roll(m, 4)) {
        case 0:
            keep(m, random_norm(m, y));
            break;
        case 1:
            keep(m, random_unary(m, y));
            break;
        default: {
            sg_value sum = sg_emit(m->g, "sum", SG_IN(roll(m, 2) ? x : random_value(m)));
            keep(m, sg_emit(m->g, "mul", SG_IN(y, sg_emit(m->g, "tanh", SG_IN(sum)))));
        }
        }
    }
    return roll(m, 2) ? random_norm(m, v) : random_unary(m, v);
}

/* ---- the whole ---- */

/* A stored value that is read, and blended with another after all have read it. */
static sg_value random_state(maker *m, sg_value x) {
    random_graph *r = m->r;
    sg_value state = new_input(m, "state", shape_of(m, x));
    if (state == SG_NO_VALUE || r->update_count == RANDOM_INPUTS) return x;
    sg_value next = sg_emit(m->g, "blend", SG_IN(state, x), sg_arg_float("momentum", 0.3));
    if (next != SG_NO_VALUE) r->updates[r->update_count++] = next;
    return sg_emit(m->g, roll(m, 2) ? "add" : "mul", SG_IN(state, x));
}

static sg_value random_node(maker *m) {
    sg_value x = random_value(m);
    if (shape_of(m, x).rank == 0) x = m->r->values[0];
    switch (roll(m, 22)) {
    case 0:
    case 1:
    case 2:
        return random_view(m, x);
    case 3: /* a view of a view */
        x = random_view(m, x);
        return x == SG_NO_VALUE ? x : random_view(m, x);
    case 4:
    case 5:
        return random_layout(m, x);
    case 6:
        return random_product(m, x);
    case 7:
        return random_attention(m, x);
    case 8:
        return random_map(m, x);
    case 9:
    case 10:
        return random_reduction(m, x);
    case 11:
    case 12:
        return random_norm(m, x);
    case 13:
        return random_gather(m, x);
    case 14:
        return random_state(m, x);
    case 15:
    case 16:
        return random_unary(m, x);
    case 17:
    case 18:
        return random_readers(m, x);
    default:
        return random_binary(m, x);
    }
}

static void add_nodes(maker *m, int steps) {
    random_graph *r = m->r;
    for (int step = 0; step < steps && r->count < RANDOM_VALUES; step++) {
        sg_value v = random_node(m);
        if (v == SG_NO_VALUE ||
            m->g->error.status != SG_OK) { /* an op that does not fit here: leave it out */
            m->g->error = (sg_error){0};
            continue;
        }
        keep(m, v);
    }
}

/* The mean of squares of the newest value, and means of most others that nothing else reads. */
static sg_value add_loss(maker *m) {
    random_graph *r = m->r;
    sg_value last = r->values[r->count - 1];
    sg_value loss = sg_emit(m->g, "mean", SG_IN(sg_emit(m->g, "square", SG_IN(last))));
    bool read[4096] = {false};
    for (int i = 0; i < m->g->node_count; i++)
        for (int k = 0; k < m->g->nodes[i]->in_count; k++)
            if (m->g->nodes[i]->in[k] != SG_NO_VALUE) read[m->g->nodes[i]->in[k]] = true;
    for (int i = 0; i + 1 < r->count; i++) {
        const sg_value v = r->values[i];
        if (read[v] || !roll(m, 3)) continue;
        sg_value part = roll(m, 4) ? sg_emit(m->g, "mean", SG_IN(sg_emit(m->g, "sin", SG_IN(v))))
                                   : sg_emit(m->g, "mse", SG_IN(v, sg_emit(m->g, "cos", SG_IN(v))));
        loss = sg_emit(m->g, "add", SG_IN(loss, part));
    }
    return loss;
}

/* Stored values that have a gradient go against it, in the second phase; other states take what was made. */
static void add_updates(maker *m, int count, const int *input, const sg_value *gradient) {
    random_graph *r = m->r;
    sg_graph_set_phase(m->g, SG_PHASE_UPDATE);
    for (int i = 0; i < count; i++) {
        const random_input *in = &r->inputs[input[i]];
        if (!in->stored || gradient[i] == SG_NO_VALUE || r->update_count == RANDOM_INPUTS) continue;
        bool updated = false;
        for (int u = 0; u < r->update_count; u++)
            updated = updated || m->g->nodes[m->g->values[r->updates[u]].node]->in[0] == in->value;
        if (updated) continue;
        sg_value step = roll(m, 2) ? gradient[i] : sg_emit(m->g, "mul", SG_IN(gradient[i], in->value));
        r->updates[r->update_count++] =
            sg_emit(m->g, "blend", SG_IN(in->value, step), sg_arg_float("momentum", 0.2));
    }
    sg_graph_set_phase(m->g, SG_PHASE_GRADIENT);
}

sg_status random_graph_build(random_graph *r, uint32_t number, const random_sizes *sizes, sg_error *error) {
    *r = (random_graph){0};
    sg_graph_options options = {sizeof options, sizes->type, true, sizes->batch};
    sg_status status = sg_graph_create(&r->graph, &options, error);
    if (status != SG_OK) return status;
    const int64_t elements = sizes->samples * sizes->rows * sizes->columns;
    maker m = {r, elements > 10000 ? 4 * elements : 40000, r->graph, {number, 0}};
    for (int k = 0; k < 2; k++)
        r->values[r->count++] = new_input(&m, "input", SG_SHAPE(sizes->samples, sizes->rows, sizes->columns));
    r->values[r->count++] = new_input(&m, "input", SG_SHAPE(sizes->columns));
    add_nodes(&m, sizes->steps);
    for (int i = 0; i < 3; i++) r->fetch[r->fetch_count++] = random_value(&m);
    const sg_value loss = add_loss(&m);
    r->fetch[r->fetch_count++] = loss;
    sg_value wrt[RANDOM_INPUTS], gradient[RANDOM_INPUTS];
    int count = 0, input[RANDOM_INPUTS];
    for (int i = 0; i < r->input_count; i++)
        if (!r->inputs[i].sides) input[count] = i, wrt[count++] = r->inputs[i].value;
    status = sg_graph_status(r->graph, error);
    if (status == SG_OK)
        status = sg_graph_differentiate(r->graph, loss, SG_NO_VALUE, count, wrt, gradient, error);
    if (status != SG_OK) return status;
    for (int i = 0; i < count && r->fetch_count < RANDOM_FETCH / 2; i++)
        if (gradient[i] != SG_NO_VALUE && (i < 4 || roll(&m, 2))) r->fetch[r->fetch_count++] = gradient[i];
    add_updates(&m, count, input, gradient);
    for (int i = 0; i < r->update_count && r->fetch_count < RANDOM_FETCH; i++)
        r->fetch[r->fetch_count++] = r->updates[i];
    return sg_graph_status(r->graph, error);
}
