#include "ops_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"

/* splitmix64 (Steele, Lea and Flood 2014): numbers that do not come from the engine under test. */
static uint64_t next_word(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static double next_uniform(uint64_t *state) {
    return (double)(next_word(state) >> 11) * 0x1p-53;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001B3);
    return hash;
}

static uint64_t case_seed(const ops_case *c) {
    uint64_t hash = mix(UINT64_C(0xCBF29CE484222325), c->op->schema.name, strlen(c->op->schema.name) + 1);
    return mix(hash, c->sample->name, strlen(c->sample->name) + 1);
}

bool ops_case_init(ops_case *c, const sg_op *op, const sg_sample *sample) {
    memset(c, 0, sizeof *c);
    c->op = op;
    c->sample = sample;
    for (const sg_arg *arg = sample->args; arg && arg->name; arg++) {
        int index = sg_schema_attr_index(&op->schema, arg->name);
        if (index < 0) return false;
        c->attr[index] = arg->value;
    }
    return true;
}

static double draw_number(const sg_sample_input *in, uint64_t *state) {
    bool integer = in->type == SG_I32 || in->type == SG_U8;
    double low = in->low, high = in->high;
    if (low == 0 && high == 0) {
        low = integer ? 0 : -2;
        high = integer ? 1 : 2;
    }
    double u = next_uniform(state);
    if (integer) return low + floor(u * (high - low + 1));
    double x = low + u * (high - low);
    if (in->has_kink && fabs(x - in->kink) < 0.05) {
        x = x < in->kink ? x - 0.05 : x + 0.05;
        if (x < low) x += 0.2;
        if (x > high) x -= 0.2;
    }
    return (double)(float)x;
}

sg_status ops_case_draw(ops_case *c, sg_error *error) {
    uint64_t state = case_seed(c);
    for (int k = 0; k < c->sample->in_count; k++) {
        const sg_sample_input *in = &c->sample->in[k];
        if (in->type == SG_ABSENT) continue;
        sg_type type = in->type == SG_F32 || in->type == SG_F64 ? SG_F64 : (sg_type)in->type;
        sg_status status = sg_tensor_init(&c->in[k], type, sg_sample_input_shape(in), error);
        if (status != SG_OK) return status;
        int64_t n = sg_tensor_elements(&c->in[k]);
        for (int64_t i = 0; i < n; i++) sg_tensor_set(&c->in[k], i, draw_number(in, &state));
    }
    return SG_OK;
}

void ops_case_finish(ops_case *c) {
    for (int k = 0; k < SG_MAX_IN; k++) sg_tensor_finish(&c->in[k]);
}

double ops_case_hash(const ops_case *c) {
    uint64_t hash = case_seed(c);
    for (const sg_arg *arg = c->sample->args; arg && arg->name; arg++) {
        const sg_attr *v = &arg->value;
        hash = mix(hash, arg->name, strlen(arg->name) + 1);
        hash = mix(hash, &v->i, sizeof v->i);
        hash = mix(hash, &v->f, sizeof v->f);
        if (v->text) hash = mix(hash, v->text, strlen(v->text));
        if (v->ints) hash = mix(hash, v->ints, sizeof *v->ints * (size_t)v->n);
        if (v->floats) hash = mix(hash, v->floats, sizeof *v->floats * (size_t)v->n);
    }
    for (int k = 0; k < c->sample->in_count; k++) {
        const sg_sample_input *in = &c->sample->in[k];
        const int kind = in->type;
        hash = mix(hash, &kind, sizeof kind);
        if (in->type == SG_ABSENT) continue;
        const sg_shape shape = sg_sample_input_shape(in);
        hash = mix(hash, shape.dim, sizeof *shape.dim * (size_t)shape.rank);
        hash = mix(hash, c->in[k].data, sg_tensor_bytes(&c->in[k]));
    }
    return (double)(uint32_t)(hash ^ hash >> 32);
}

const sg_port *ops_in_port(const sg_op *op, int k) {
    int ports = sg_op_input_count(op);
    return &op->in[k < ports ? k : ports - 1];
}

/* ---- building ---- */

static sg_value input_node(sg_graph *g, const char *path, sg_type type, const sg_shape *shape) {
    return sg_graph_add(g, "input", path, NULL, 0,
                        (const sg_arg[]){sg_arg_shape("shape", shape), sg_arg_dtype("type", type), {0}});
}

/* The value that the op reads; *fed is what the host writes. */
static sg_value entrance(ops_machine *m, const char *path, sg_type type, const sg_shape *shape,
                         sg_value *fed) {
    sg_graph *g = m->graph;
    if (m->setup.form != OPS_STRIDED) {
        *fed = input_node(g, path, type, shape);
        return m->setup.form == OPS_MADE ? sg_emit(g, "copy", SG_IN(*fed)) : *fed;
    }
    int rank = shape->rank;
    sg_shape wide = {.rank = rank ? rank : 1, .dim = {3}};
    int64_t start[SG_MAX_RANK] = {1}, stop[SG_MAX_RANK] = {2}, step[SG_MAX_RANK] = {2}, axes[SG_MAX_RANK];
    for (int d = 0; d < rank; d++) {
        int64_t size = shape->dim[rank - 1 - d];
        wide.dim[d] = 2 * size + 1;
        start[d] = 1;
        stop[d] = size ? 2 * size + 1 : 0;
        step[d] = 2;
        axes[d] = rank - 1 - d;
    }
    if (rank && shape->dim[0]) {
        start[rank - 1] = wide.dim[rank - 1] - 2;
        stop[rank - 1] = -wide.dim[rank - 1] - 1;
        step[rank - 1] = -2;
    }
    *fed = input_node(g, path, type, &wide);
    sg_value part = sg_emit(g, "slice", SG_IN(*fed), sg_arg_ints("starts", wide.rank, start),
                            sg_arg_ints("stops", wide.rank, stop), sg_arg_ints("steps", wide.rank, step));
    if (!rank) return sg_emit(g, "reshape", SG_IN(part), sg_arg_shape("shape", shape));
    return sg_emit(g, "permute", SG_IN(part), sg_arg_ints("axes", rank, axes));
}

/* Writes numbers into what the host feeds, in the order in which `entrance` reads them. */
static sg_status feed(ops_machine *m, sg_value fed, const sg_tensor *numbers, sg_error *error) {
    sg_tensor to = sg_program_feed(m->program, fed);
    if (!to.data) return SG_OK;
    memset(to.data, 0xff, sg_tensor_bytes(&to));
    if (m->setup.form == OPS_STRIDED) {
        sg_tensor part = to;
        int rank = numbers->shape.rank;
        part.shape = numbers->shape;
        int64_t offset = rank ? 0 : 1;
        for (int d = 0; d < rank; d++) {
            part.stride[d] = 2 * to.stride[rank - 1 - d];
            offset += to.stride[rank - 1 - d];
        }
        if (rank && numbers->shape.dim[0]) {
            offset += part.stride[0] * (numbers->shape.dim[0] - 1);
            part.stride[0] = -part.stride[0];
        }
        part.data = (char *)to.data + offset * (int64_t)sg_type_size(to.type);
        to = part;
    }
    return sg_tensor_copy(&to, numbers, error);
}

static sg_value leave(ops_machine *m, int k, sg_value value) {
    sg_graph *g = m->graph;
    if (value == SG_NO_VALUE) return value;
    sg_value_info info = *sg_graph_value(g, value);
    if (!m->setup.surrounded || !info.shape.rank)
        return m->setup.form == OPS_MADE ? sg_emit(g, "copy", SG_IN(value)) : value;
    sg_value pads[2];
    for (int side = 0; side < 2; side++) {
        sg_shape shape = info.shape;
        shape.dim[shape.rank - 1] = 2 + side;
        m->pad[k][side] = input_node(g, NULL, info.type, &shape);
        pads[side] = sg_emit(g, "copy", SG_IN(m->pad[k][side]));
    }
    return sg_emit(g, "concat", SG_IN(pads[0], value, pads[1]), sg_arg_int("axis", -1));
}

static sg_type type_of(const ops_machine *m, int k) {
    int type = m->c->sample->in[k].type;
    return type == SG_F32 ? m->setup.float_type : (sg_type)type;
}

static sg_status add_op(ops_machine *m, sg_error *error) {
    sg_graph *g = m->graph;
    const sg_op *op = m->c->op;
    bool update = op->flags & SG_OP_UPDATE;
    m->out_count = sg_op_output_count(op);
    for (int k = 0; k < m->c->sample->in_count; k++) {
        m->in[k] = m->fed[k] = SG_NO_VALUE;
        if (m->c->sample->in[k].type == SG_ABSENT) continue;
        const sg_shape sample_shape = sg_sample_input_shape(&m->c->sample->in[k]), *shape = &sample_shape;
        char path[16];
        snprintf(path, sizeof path, "in%d", k);
        if (m->setup.twin && k == m->setup.twin)
            m->in[k] = m->in[0];
        else if (update && k < m->out_count)
            m->in[k] = sg_graph_add(
                g, "state", path, NULL, 0,
                (const sg_arg[]){sg_arg_shape("shape", shape), sg_arg_dtype("type", type_of(m, k)), {0}});
        else
            m->in[k] = entrance(m, path, type_of(m, k), shape, &m->fed[k]);
    }
    sg_status status = sg_graph_status(g, error);
    if (status != SG_OK) return status;
    sg_value first;
    if (update) sg_graph_set_phase(g, SG_PHASE_UPDATE);
    status = sg_graph_add_node(g, op, "node", (sg_mark){0}, m->in, m->c->sample->in_count, m->c->attr, &first,
                               error);
    if (update) sg_graph_set_phase(g, SG_PHASE_GRADIENT);
    if (status != SG_OK) return status;
    for (int k = 0; k < m->out_count; k++) m->node_out[k] = first + k;
    if (!m->setup.expanded) return SG_OK;
    sg_value out[SG_MAX_OUT];
    for (int k = 0; k < SG_MAX_OUT; k++) out[k] = SG_NO_VALUE;
    sg_expansion e = {
        .graph = g, .node = sg_graph_node(g, sg_graph_node_count(g) - 1), .in = m->in, .out = out};
    if (op->expand(&e) != SG_OK) return sg_graph_status(g, error);
    for (int k = 0; k < m->out_count; k++) m->node_out[k] = out[k];
    return SG_OK;
}

static void find_differentiable(ops_machine *m) {
    const sg_op *op = m->c->op;
    for (int k = 0; k < m->out_count; k++)
        /* Auxiliary outputs have a gradient where the expansion gives them; on their own, they are looked at.
         */
        m->differentiable[k] =
            m->node_out[k] != SG_NO_VALUE &&
            sg_type_is_float(sg_graph_value(m->graph, m->node_out[k])->type) &&
            (!(op->out[k].flags & SG_PORT_NO_GRADIENT) || (op->expand && m->setup.only == k + 1)) &&
            (!m->setup.only || m->setup.only == k + 1);
    for (int k = 0; k < m->c->sample->in_count; k++)
        m->wrt[k] = m->in[k] != SG_NO_VALUE && !(m->setup.twin && m->setup.twin == k) &&
                    sg_type_is_float(type_of(m, k)) && !(ops_in_port(op, k)->flags & SG_PORT_NO_GRADIENT);
}

static sg_status draw_cotangents(ops_machine *m, sg_error *error) {
    uint64_t state = case_seed(m->c) ^ UINT64_C(0xABCDEF);
    for (int k = 0; k < m->out_count; k++) {
        if (m->node_out[k] == SG_NO_VALUE) continue;
        const sg_value_info *info = sg_graph_value(m->graph, m->node_out[k]);
        sg_status status = sg_tensor_init(&m->cotangent_numbers[k], SG_F64, info->shape, error);
        if (status != SG_OK) return status;
        int64_t n = sg_tensor_elements(&m->cotangent_numbers[k]);
        for (int64_t i = 0; i < n; i++)
            sg_tensor_set(&m->cotangent_numbers[k], i, (double)(float)(next_uniform(&state) * 2 - 1));
    }
    return SG_OK;
}

static sg_status add_gradient(ops_machine *m, sg_error *error) {
    sg_graph *g = m->graph;
    int count = 0, last = -1, wanted = 0;
    for (int k = 0; k < m->out_count; k++) {
        if (!m->differentiable[k]) continue;
        sg_value_info info = *sg_graph_value(g, m->node_out[k]);
        char path[24];
        snprintf(path, sizeof path, "cotangent%d", k);
        m->cotangent[k] = entrance(m, path, info.type, &info.shape, &m->fed_cotangent[k]);
        count++;
        last = k;
    }
    sg_value of = last >= 0 ? m->node_out[last] : SG_NO_VALUE,
             seed = last >= 0 ? m->cotangent[last] : SG_NO_VALUE;
    if (count > 1) {
        of = seed = SG_NO_VALUE;
        for (int k = 0; k < m->out_count; k++) {
            if (!m->differentiable[k]) continue;
            sg_value part =
                sg_emit(g, "sum", SG_IN(sg_emit(g, "mul", SG_IN(m->node_out[k], m->cotangent[k]))));
            part = sg_emit(g, "cast", SG_IN(part), sg_arg_dtype("type", m->setup.float_type));
            of = of == SG_NO_VALUE ? part : sg_emit(g, "add", SG_IN(of, part));
        }
    }
    sg_value wrt[SG_MAX_IN], grad[SG_MAX_IN];
    for (int k = 0; k < m->c->sample->in_count; k++)
        if (m->wrt[k]) wrt[wanted++] = m->in[k];
    sg_status status = sg_graph_status(g, error);
    if (status != SG_OK || !wanted || of == SG_NO_VALUE) return status;
    status = sg_graph_differentiate(g, of, seed, wanted, wrt, grad, error);
    if (status != SG_OK) return status;
    wanted = 0;
    for (int k = 0; k < m->c->sample->in_count; k++) {
        if (!m->wrt[k]) continue;
        m->fetch_dx[k] = grad[wanted++];
        if (m->setup.form == OPS_MADE) m->fetch_dx[k] = sg_emit(g, "copy", SG_IN(m->fetch_dx[k]));
    }
    return sg_graph_status(g, error);
}

static sg_value half_of(ops_machine *m) {
    return sg_emit(m->graph, "constant", NULL, 0, sg_arg_float("value", 0.5),
                   sg_arg_dtype("type", m->setup.float_type));
}

/* Differentiates sum(y + y^2 / 2), which makes a scalar of the gradients, and that again where gradients are
 * asked for. */
static sg_status add_second(ops_machine *m, sg_error *error) {
    sg_graph *g = m->graph;
    sg_value wrt[SG_MAX_IN], grad[SG_MAX_IN], of = SG_NO_VALUE, made = SG_NO_VALUE;
    int wanted = 0;
    for (int k = 0; k < m->c->sample->in_count; k++)
        if (m->wrt[k]) wrt[wanted++] = m->in[k];
    for (int k = 0; k < m->out_count; k++) {
        if (!m->differentiable[k]) continue;
        sg_value y = sg_emit(g, "cast", SG_IN(m->node_out[k]), sg_arg_dtype("type", m->setup.float_type));
        sg_value half = sg_emit(g, "mul", SG_IN(sg_emit(g, "square", SG_IN(y)), half_of(m)));
        y = sg_emit(g, "sum", SG_IN(sg_emit(g, "add", SG_IN(y, half))));
        of = of == SG_NO_VALUE ? y : sg_emit(g, "add", SG_IN(of, y));
    }
    m->out_count = 0;
    sg_status status = sg_graph_status(g, error);
    if (status != SG_OK || !wanted || of == SG_NO_VALUE) return status;
    status = sg_graph_differentiate(g, of, SG_NO_VALUE, wanted, wrt, grad, error);
    if (status != SG_OK) return status;
    for (int k = 0; k < wanted; k++) {
        sg_value squares = sg_emit(g, "sum", SG_IN(sg_emit(g, "square", SG_IN(grad[k]))));
        made = made == SG_NO_VALUE ? squares : sg_emit(g, "add", SG_IN(made, squares));
    }
    m->node_out[0] = made;
    m->out_count = 1;
    m->differentiable[0] = true;
    sg_tensor_finish(&m->cotangent_numbers[0]);
    status = sg_tensor_init(&m->cotangent_numbers[0], SG_F64, sg_shape_of(0, NULL), error);
    if (status == SG_OK) sg_tensor_set(&m->cotangent_numbers[0], 0, 1);
    if (status != SG_OK || !m->setup.gradient) return status;
    status = sg_graph_differentiate(g, made, SG_NO_VALUE, wanted, wrt, grad, error);
    wanted = 0;
    for (int k = 0; status == SG_OK && k < m->c->sample->in_count; k++)
        if (m->wrt[k]) m->fetch_dx[k] = grad[wanted++];
    return status == SG_OK ? sg_graph_status(g, error) : status;
}

static sg_context *context_of(int threads, sg_error *error) {
    static sg_context *contexts[9];
    if (!contexts[threads]) {
        sg_context_options options = {.size = sizeof options, .threads = threads};
        if (sg_context_create(&contexts[threads], &options, error) != SG_OK) return NULL;
    }
    return contexts[threads];
}

static sg_status make_program(ops_machine *m, sg_error *error) {
    sg_value fetch[SG_MAX_OUT + SG_MAX_IN];
    int count = 0;
    bool update = m->c->op->flags & SG_OP_UPDATE;
    for (int k = 0; k < m->out_count && !update; k++)
        if (m->fetch[k] != SG_NO_VALUE) fetch[count++] = m->fetch[k];
    for (int k = 0; k < SG_MAX_IN; k++)
        if (m->fetch_dx[k] != SG_NO_VALUE) fetch[count++] = m->fetch_dx[k];
    sg_context *context = context_of(m->setup.threads, error);
    if (!context) return error->status;
    sg_status status = sg_store_create(&m->store, error);
    if (status == SG_OK) status = sg_store_initialise(m->store, context, m->graph, 5, error);
    if (status == SG_OK) status = sg_arena_create(&m->arena, error);
    if (status != SG_OK) return status;
    sg_program_options options = {
        .size = sizeof options,
        .fetch = fetch,
        .fetch_count = count,
        .no_group = m->setup.no_group,
        .block = m->setup.block,
        .poison = m->setup.poison,
    };
    return sg_program_create(&m->program, context, m->graph, m->store, m->arena, &options, error);
}

sg_status ops_machine_init(ops_machine *m, const ops_case *c, const ops_setup *setup, sg_error *error) {
    memset(m, 0, sizeof *m);
    m->c = c;
    m->setup = *setup;
    if (!m->setup.float_type) m->setup.float_type = SG_F64;
    if (!m->setup.threads) m->setup.threads = 1;
    if (!m->setup.batch) m->setup.batch = 1;
    for (int k = 0; k < SG_MAX_IN; k++) m->fetch_dx[k] = m->in[k] = m->fed[k] = SG_NO_VALUE;
    for (int k = 0; k < SG_MAX_OUT; k++)
        m->fetch[k] = m->node_out[k] = m->fed_cotangent[k] = m->pad[k][0] = m->pad[k][1] = SG_NO_VALUE;
    sg_graph_options options = {.size = sizeof options,
                                .float_type = m->setup.float_type,
                                .training = !m->setup.eval,
                                .batch = m->setup.batch};
    sg_status status = sg_graph_create(&m->graph, &options, error);
    if (status == SG_OK) status = add_op(m, error);
    if (status != SG_OK) return status;
    find_differentiable(m);
    status = draw_cotangents(m, error);
    if (status == SG_OK && m->setup.second)
        status = add_second(m, error);
    else if (status == SG_OK && m->setup.gradient)
        status = add_gradient(m, error);
    for (int k = 0; k < m->out_count; k++)
        if (!m->setup.only || m->setup.only == k + 1)
            m->fetch[k] = c->op->flags & SG_OP_UPDATE ? m->node_out[k] : leave(m, k, m->node_out[k]);
    if (status == SG_OK) status = sg_graph_status(m->graph, error);
    return status == SG_OK ? make_program(m, error) : status;
}

/* ---- running ---- */

static sg_status keep(sg_tensor *kept, const sg_tensor *from, sg_error *error) {
    sg_tensor_finish(kept);
    sg_status status = sg_tensor_init(kept, from->type, from->shape, error);
    return status == SG_OK ? sg_tensor_copy(kept, from, error) : status;
}

enum { PAD = 7 };

/* The middle of a joined value, after a look at its sides. */
static sg_tensor strip(ops_machine *m, int k, sg_tensor joined) {
    int last = joined.shape.rank - 1;
    int64_t size = joined.shape.dim[last] - 5;
    for (int side = 0; side < 2; side++) {
        sg_tensor part = joined;
        part.shape.dim[last] = 2 + side;
        if (side)
            part.data = (char *)part.data + (size + 2) * part.stride[last] * (int64_t)sg_type_size(part.type);
        int64_t n = sg_tensor_elements(&part);
        for (int64_t i = 0; i < n; i++) m->pads_kept = m->pads_kept && sg_tensor_get(&part, i) == PAD;
    }
    joined.shape = sg_graph_value(m->graph, m->node_out[k])->shape;
    joined.data = (char *)joined.data + 2 * joined.stride[last] * (int64_t)sg_type_size(joined.type);
    return joined;
}

static sg_status collect(ops_machine *m, sg_error *error) {
    sg_status status = SG_OK;
    m->pads_kept = true;
    for (int k = 0; status == SG_OK && k < m->out_count; k++) {
        if (m->fetch[k] == SG_NO_VALUE) continue;
        sg_tensor from;
        if (m->c->op->flags & SG_OP_UPDATE) {
            char path[16];
            snprintf(path, sizeof path, "in%d", k);
            from = *sg_store_find(m->store, path);
        } else
            from = sg_program_fetch(m->program, m->fetch[k]);
        if (m->pad[k][0] != SG_NO_VALUE) from = strip(m, k, from);
        status = keep(&m->y[k], &from, error);
    }
    for (int k = 0; status == SG_OK && k < SG_MAX_IN; k++) {
        if (m->fetch_dx[k] == SG_NO_VALUE) continue;
        sg_tensor from = sg_program_fetch(m->program, m->fetch_dx[k]);
        status = keep(&m->dx[k], &from, error);
    }
    return status;
}

sg_status ops_machine_run(ops_machine *m, sg_error *error) {
    sg_status status = SG_OK;
    for (int k = 0; status == SG_OK && k < m->c->sample->in_count; k++) {
        if (m->fed[k] != SG_NO_VALUE)
            status = feed(m, m->fed[k], &m->c->in[k], error);
        else if (m->in[k] != SG_NO_VALUE && !(m->setup.twin && m->setup.twin == k)) {
            char path[16];
            snprintf(path, sizeof path, "in%d", k);
            status = sg_tensor_copy(sg_store_find(m->store, path), &m->c->in[k], error);
        }
    }
    for (int k = 0; status == SG_OK && k < m->out_count; k++) {
        if (m->fed_cotangent[k] != SG_NO_VALUE)
            status = feed(m, m->fed_cotangent[k], &m->cotangent_numbers[k], error);
        for (int side = 0; side < 2 && m->pad[k][side] != SG_NO_VALUE; side++) {
            sg_tensor pad = sg_program_feed(m->program, m->pad[k][side]);
            int64_t n = sg_tensor_elements(&pad);
            for (int64_t i = 0; i < n; i++) sg_tensor_set(&pad, i, PAD);
        }
    }
    const sg_shape *first = m->out_count && m->node_out[0] != SG_NO_VALUE
                                ? &sg_graph_value(m->graph, m->node_out[0])->shape
                                : NULL;
    sg_draw draw = {
        .seed = 11, .epoch = 2, .batch = first && first->rank && first->dim[0] ? first->dim[0] : 1};
    if (status == SG_OK) status = sg_program_run(m->program, SG_PHASE_GRADIENT, &draw, error);
    if (status == SG_OK) status = sg_program_run(m->program, SG_PHASE_UPDATE, &draw, error);
    return status == SG_OK ? collect(m, error) : status;
}

void ops_machine_finish(ops_machine *m) {
    for (int k = 0; k < SG_MAX_OUT; k++) {
        sg_tensor_finish(&m->y[k]);
        sg_tensor_finish(&m->cotangent_numbers[k]);
    }
    for (int k = 0; k < SG_MAX_IN; k++) sg_tensor_finish(&m->dx[k]);
    sg_program_destroy(m->program);
    sg_arena_destroy(m->arena);
    sg_store_destroy(m->store);
    sg_graph_destroy(m->graph);
}

/* ---- comparing ---- */

bool ops_same_bits(const sg_tensor *a, const sg_tensor *b) {
    return a->type == b->type && sg_shape_equal(&a->shape, &b->shape) &&
           (sg_tensor_bytes(a) == 0 || memcmp(a->data, b->data, sg_tensor_bytes(a)) == 0);
}

bool ops_close(int64_t n, const double *a, const double *b, ops_tolerance t, char why[160]) {
    double largest = 0, norm_a = 0, norm_b = 0, norm = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(b[i])) largest = fmax(largest, fabs(b[i]));
    double slack = t.floor * largest + t.absolute;
    for (int64_t i = 0; i < n; i++) {
        if (a[i] == b[i] || (t.nan_equal && isnan(a[i]) && isnan(b[i]))) {
            if (!isfinite(b[i])) continue; /* equal infinities */
        } else if (!(fabs(a[i] - b[i]) <= t.relative * fmax(fabs(a[i]), fabs(b[i])) + slack)) {
            snprintf(why, 160, "element %lld is %.17g, but should be %.17g", (long long)i, a[i], b[i]);
            return false;
        }
        norm_a += a[i] * a[i];
        norm_b += b[i] * b[i];
        norm += (a[i] - b[i]) * (a[i] - b[i]);
    }
    if (sqrt(norm) <= t.relative * fmax(sqrt(norm_a), sqrt(norm_b)) + slack) return true;
    snprintf(why, 160, "the norm of the difference is %.3g of %.3g", sqrt(norm), sqrt(norm_b));
    return false;
}

bool ops_close_tensors(const sg_tensor *a, const sg_tensor *b, ops_tolerance tolerance, char why[160]) {
    if (!a->data || !b->data || !sg_shape_equal(&a->shape, &b->shape)) {
        snprintf(why, 160, "the shapes differ");
        return false;
    }
    int64_t n = sg_tensor_elements(a);
    double *numbers = malloc(sizeof(double) * (size_t)(2 * n + 1));
    if (!numbers) return false;
    for (int64_t i = 0; i < n; i++) {
        numbers[i] = sg_tensor_get(a, i);
        numbers[n + i] = sg_tensor_get(b, i);
    }
    bool close = ops_close(n, numbers, numbers + n, tolerance, why);
    free(numbers);
    return close;
}
