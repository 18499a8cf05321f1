#include "random_nodes.h"

#include <string.h>

/* ---- views ---- */

static sg_value random_permute(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x);
    int64_t axes[SG_MAX_RANK];
    for (int i = 0; i < s.rank; i++) axes[i] = i;
    int first = roll(m, 4) ? 1 : 0; /* the batch axis seldom moves */
    for (int i = s.rank - 1; i > first; i--) {
        int j = first + (int)roll(m, i - first + 1);
        int64_t t = axes[i];
        axes[i] = axes[j];
        axes[j] = t;
    }
    return sg_emit(m->g, "permute", SG_IN(x), sg_arg_ints("axes", s.rank, axes));
}

static sg_value random_reshape(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x), to = s;
    int axis = (int)roll(m, s.rank);
    if (roll(m, 2) && s.rank >= 2 && axis + 1 < s.rank) { /* merge */
        to.dim[axis] *= to.dim[axis + 1];
        for (int i = axis + 1; i + 1 < s.rank; i++) to.dim[i] = s.dim[i + 1];
        to.rank--;
    } else if (s.rank < 6) { /* split */
        int64_t part = s.dim[axis] % 3 == 0 ? 3 : s.dim[axis] % 2 == 0 ? 2 : 1;
        if (!roll(m, 6)) part = roll(m, 2) ? 1 : s.dim[axis]; /* an axis of size 1 */
        if (part < 1) part = 1;
        for (int i = s.rank; i > axis + 1; i--) to.dim[i] = s.dim[i - 1];
        to.dim[axis + 1] = part;
        to.dim[axis] = s.dim[axis] / part;
        to.rank++;
    }
    return sg_emit(m->g, "reshape", SG_IN(x), sg_arg_shape("shape", &to));
}

static sg_value random_slice(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x);
    int64_t starts[SG_MAX_RANK] = {0}, stops[SG_MAX_RANK], steps[SG_MAX_RANK];
    for (int i = 0; i < s.rank; i++) {
        stops[i] = s.dim[i];
        steps[i] = 1;
    }
    int axis = s.rank > 1 && roll(m, 5) ? 1 + (int)roll(m, s.rank - 1) : (int)roll(m, s.rank);
    if (s.dim[axis] < 2) return x;
    if (roll(m, 6)) {
        starts[axis] = roll(m, s.dim[axis]);
        stops[axis] = starts[axis] + 1 + roll(m, s.dim[axis] - starts[axis]);
        steps[axis] = 1 + roll(m, 2);
    } else { /* backward */
        starts[axis] = s.dim[axis] - 1;
        stops[axis] = -s.dim[axis] - 1;
        steps[axis] = -1 - roll(m, 2);
    }
    return sg_emit(m->g, "slice", SG_IN(x), sg_arg_ints("starts", s.rank, starts),
                   sg_arg_ints("stops", s.rank, stops), sg_arg_ints("steps", s.rank, steps));
}

/* A mean, or an axis of one entry, repeated again. */
static sg_value random_broadcast(maker *m, sg_value x, int64_t axis) {
    sg_shape s = shape_of(m, x);
    sg_value row =
        roll(m, 2) ? sg_emit(m->g, "mean", SG_IN(x), sg_arg_ints("axis", 1, &axis), sg_arg_bool("keep", true))
                   : x;
    if (s.rank < 5 && !roll(m, 3)) { /* one more axis in front, or between */
        for (int i = s.rank; i > 1; i--) s.dim[i] = s.dim[i - 1];
        s.dim[1] = 1;
        s.rank++;
        if (row == x) row = sg_emit(m->g, "reshape", SG_IN(x), sg_arg_shape("shape", &s));
        if (row == SG_NO_VALUE || shape_of(m, row).rank != s.rank) return row;
        s.dim[1] = 2;
    }
    return sg_emit(m->g, "broadcast_to", SG_IN(row), sg_arg_shape("shape", &s));
}

sg_value random_view(maker *m, sg_value x) {
    const int64_t kind = roll(m, 4), axis = roll(m, shape_of(m, x).rank);
    if (kind == 0) return random_permute(m, x);
    if (kind == 1) return random_reshape(m, x);
    return kind == 2 ? random_slice(m, x) : random_broadcast(m, x, axis);
}

/* ---- layout ---- */

static sg_value random_concat(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x);
    int axis = (int)roll(m, s.rank);
    sg_value other = sg_emit(m->g, roll(m, 2) ? "neg" : "square", SG_IN(x));
    if (s.dim[axis] > 20) return other;
    switch (roll(m, 4)) {
    case 0:
        return sg_emit(m->g, "concat", SG_IN(x, other), sg_arg_int("axis", axis));
    case 1:
        return sg_emit(m->g, "concat", SG_IN(other, x, other), sg_arg_int("axis", axis));
    case 2: { /* of a part of each */
        sg_value part = random_slice(m, x), more = random_slice(m, other);
        sg_value whole = sg_emit(m->g, "concat", SG_IN(part, more), sg_arg_int("axis", axis));
        return whole;
    }
    default: { /* there and back, so that one part is written through two views */
        int64_t axes[SG_MAX_RANK];
        for (int i = 0; i < s.rank; i++) axes[i] = s.rank - 1 - i;
        sg_value turned = sg_emit(m->g, "permute", SG_IN(other), sg_arg_ints("axes", s.rank, axes));
        sg_value kept = sg_emit(m->g, "sin", SG_IN(turned));
        sg_value whole = sg_emit(m->g, "concat", SG_IN(turned, kept), sg_arg_int("axis", s.rank - 1 - axis));
        return roll(m, 2) ? whole : sg_emit(m->g, "permute", SG_IN(whole), sg_arg_ints("axes", s.rank, axes));
    }
    }
}

/* Cuts the last axis in three, works on the parts and joins them: as attention does. */
static sg_value split_and_join(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x);
    int last = s.rank - 1;
    if (s.dim[last] % 3) return x;
    sg_value parts[3];
    for (int k = 0; k < 3; k++) {
        int64_t starts[SG_MAX_RANK] = {0}, stops[SG_MAX_RANK];
        for (int i = 0; i < s.rank; i++) stops[i] = s.dim[i];
        starts[last] = k * s.dim[last] / 3;
        stops[last] = (k + 1) * s.dim[last] / 3;
        parts[k] = sg_emit(m->g, "slice", SG_IN(x), sg_arg_ints("starts", s.rank, starts),
                           sg_arg_ints("stops", s.rank, stops));
        if (k) parts[k] = sg_emit(m->g, "tanh", SG_IN(parts[k]));
    }
    return sg_emit(m->g, "concat", SG_IN(parts[2], parts[0], parts[1]), sg_arg_int("axis", last));
}

sg_value random_layout(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x);
    const int64_t axis = roll(m, s.rank);
    int64_t before[SG_MAX_RANK] = {0}, after[SG_MAX_RANK] = {0}, by = roll(m, 5) - 2;
    switch (roll(m, 6)) {
    case 0:
        if (axis == 0 && roll(m, 3)) return x;
        before[axis] = roll(m, 3);
        after[axis] = roll(m, 2);
        return sg_emit(m->g, "pad", SG_IN(x), sg_arg_ints("before", s.rank, before),
                       sg_arg_ints("after", s.rank, after));
    case 1:
        return sg_emit(m->g, "roll", SG_IN(x), sg_arg_ints("by", 1, &by), sg_arg_ints("axes", 1, &axis));
    case 2:
        return sg_emit(m->g, "copy", SG_IN(x));
    case 3:
        return split_and_join(m, x);
    default:
        return random_concat(m, x);
    }
}

/* Entries by places that are fed, or found. */
sg_value random_gather(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x);
    if (s.rank >= 2 && roll(m, 2)) {
        sg_value index =
            roll(m, 2) ? new_index(m, SG_SHAPE(s.dim[0], 1 + roll(m, 4)), s.dim[1]) : SG_NO_VALUE;
        if (index ==
            SG_NO_VALUE) /* an order of each sample's own; not of what is rounded, where equals may differ */
            index = sg_emit(m->g, "argsort", SG_IN(new_input(m, "input", SG_SHAPE(s.dim[0], s.dim[1]))));
        return sg_emit(m->g, "gather", SG_IN(x, index), sg_arg_int("axis", 1), sg_arg_bool("rows", true));
    }
    const int axis = (int)roll(m, s.rank);
    sg_value index = new_index(m, SG_SHAPE(1 + roll(m, 5)), s.dim[axis]);
    return sg_emit(m->g, "gather", SG_IN(x, index), sg_arg_int("axis", axis));
}

/* ---- elementwise, reductions, normalisations ---- */

sg_value random_unary(maker *m, sg_value x) {
    static const char *const names[] = {"tanh", "sigmoid", "gelu", "gelu_tanh", "silu", "sin",
                                        "cos",  "neg",     "erf",  "tanh",      "relu", "stop_gradient"};
    const sg_shape s = shape_of(m, x);
    const int64_t kind = roll(m, 15);
    if (kind == 12)
        return sg_emit(m->g, "clamp", SG_IN(x), sg_arg_float("low", -0.71), sg_arg_float("high", 0.93));
    if (kind > 12 && s.dim[0] % m->g->options.batch == 0)
        return sg_emit(m->g, kind == 13 ? "dropout" : "drop_path", SG_IN(x), sg_arg_float("rate", 0.25));
    return sg_emit(m->g, names[kind % 12], SG_IN(x));
}

sg_value random_reduction(maker *m, sg_value x) {
    static const char *const names[] = {"sum", "mean", "var", "sum", "mean", "max"};
    sg_shape s = shape_of(m, x);
    int64_t axes[SG_MAX_RANK];
    int count = 0;
    for (int d = 0; d < s.rank; d++)
        if (roll(m, 3) == 0) axes[count++] = d;
    if (!count) axes[count++] = roll(m, s.rank);
    const char *name = names[roll(m, 6)];
    if (strcmp(name, "var") == 0)
        return sg_emit(m->g, name, SG_IN(x), sg_arg_ints("axis", count, axes), sg_arg_bool("unbiased", false),
                       sg_arg_bool("keep", roll(m, 2)));
    return sg_emit(m->g, name, SG_IN(x), sg_arg_ints("axis", count, axes), sg_arg_bool("keep", roll(m, 2)));
}

sg_value random_norm(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x);
    const int64_t n = s.dim[s.rank - 1];
    switch (roll(m, 5)) {
    case 0:
        return sg_emit(m->g, "softmax", SG_IN(x), sg_arg_int("axis", roll(m, s.rank)));
    case 1:
        return sg_emit(m->g, "log_softmax", SG_IN(x), sg_arg_int("axis", roll(m, s.rank)));
    case 2: {
        if (s.rank < 2) return x;
        sg_value mean = sg_emit(m->g, "batch_moments", SG_IN(x));
        if (mean == SG_NO_VALUE) return mean;
        return sg_emit(m->g, "batch_norm", SG_IN(x, mean, mean + 1, maybe_bias(m, s.dim[1])),
                       sg_arg_float("eps", 1));
    }
    default: {
        if (n < 2) return x;
        sg_value weight = roll(m, 2) ? new_weight(m, SG_SHAPE(n)) : SG_NO_VALUE;
        sg_value bias = weight != SG_NO_VALUE ? new_weight(m, SG_SHAPE(n)) : SG_NO_VALUE;
        return sg_emit(m->g, "layer_norm", SG_IN(x, weight, bias), sg_arg_float("eps", 1));
    }
    }
}

/* Two values that broadcast against each other. */
sg_value random_binary(maker *m, sg_value x) {
    static const char *const names[] = {"add", "mul", "sub", "add", "maximum"};
    const sg_shape s = shape_of(m, x);
    for (int tries = 0; tries < 6; tries++) {
        sg_shape both;
        sg_value y = random_value(m);
        const sg_shape other = shape_of(m, y);
        if (!sg_shape_broadcast(&s, &other, &both) || sg_shape_elements(&both) > m->most / 2) continue;
        const int64_t kind = roll(m, 7);
        if (kind < 5) return sg_emit(m->g, names[kind], SG_IN(x, y));
        if (kind == 5) { /* a quotient that stays small */
            sg_value one = sg_emit(m->g, "constant", NULL, 0, sg_arg_float("value", 1));
            sg_value square = sg_emit(m->g, "square", SG_IN(y));
            return sg_emit(m->g, "div", SG_IN(x, sg_emit(m->g, "add", SG_IN(square, one))));
        }
        return sg_emit(m->g, "where", SG_IN(new_index(m, roll(m, 2) ? s : both, 2), x, y));
    }
    return sg_emit(m->g, "neg", SG_IN(x));
}

/* ---- products, attention, convolutions ---- */

sg_value random_product(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x);
    if (s.rank < 2) return x;
    const int64_t in = s.dim[s.rank - 1], kind = roll(m, 4);
    const int64_t out = (1 + roll(m, 3)) * (in < 64 ? 3 : 32); /* large ones are packed */
    if (kind < 2) {
        sg_value w = new_weight(m, SG_SHAPE(out, in));
        return sg_emit(m->g, "affine", SG_IN(x, w, maybe_bias(m, out)));
    }
    if (s.rank < 3) return x;
    sg_value product;
    if (kind == 2) {
        const bool turn = roll(m, 2);
        product =
            sg_emit(m->g, "matmul", SG_IN(x, x), sg_arg_bool(turn ? "transpose_a" : "transpose_b", true));
    } else { /* one matrix, or one of each sample */
        sg_shape w = s;
        const bool turn = roll(m, 2);
        if (roll(m, 2)) w.rank = 2;
        w.dim[w.rank - 1] = turn ? in : out;
        w.dim[w.rank - 2] = turn ? out : in;
        product = sg_emit(m->g, "matmul", SG_IN(x, new_weight(m, w)), sg_arg_bool("transpose_b", turn));
    }
    return sg_emit(m->g, "tanh", SG_IN(product));
}

/* Heads are cut from one value and joined again, through views alone. */
sg_value random_attention(maker *m, sg_value x) {
    static const int64_t swap[] = {0, 2, 1, 3};
    sg_shape s = shape_of(m, x);
    if (s.rank != 3 || s.dim[2] % 3 || s.dim[2] > 36) return sg_emit(m->g, "dot_attention", SG_IN(x, x, x));
    const int64_t part = s.dim[2] / 3, heads = part % 3 == 0 ? 3 : part % 2 == 0 ? 2 : 1;
    const sg_shape apart = SG_SHAPE(s.dim[0], s.dim[1], heads, part / heads),
                   joined = SG_SHAPE(s.dim[0], s.dim[1], part);
    sg_value in[5] = {SG_NO_VALUE, SG_NO_VALUE, SG_NO_VALUE, SG_NO_VALUE, SG_NO_VALUE};
    for (int k = 0; k < 3; k++) {
        const int64_t starts[] = {0, 0, k * part}, stops[] = {s.dim[0], s.dim[1], (k + 1) * part};
        sg_value cut = sg_emit(m->g, "slice", SG_IN(x), sg_arg_ints("starts", 3, starts),
                               sg_arg_ints("stops", 3, stops));
        cut = sg_emit(m->g, "reshape", SG_IN(cut), sg_arg_shape("shape", &apart));
        in[k] = sg_emit(m->g, "permute", SG_IN(cut), sg_arg_ints("axes", 4, swap));
        if (!roll(m, 4)) in[k] = sg_emit(m->g, "sin", SG_IN(in[k]));
    }
    if (roll(m, 2)) in[3] = new_weight(m, SG_SHAPE(heads, s.dim[1], s.dim[1]));
    sg_value y = sg_graph_add(m->g, "dot_attention", NULL, in, 5, NULL);
    y = sg_emit(m->g, "permute", SG_IN(y), sg_arg_ints("axes", 4, swap));
    return sg_emit(m->g, "reshape", SG_IN(y), sg_arg_shape("shape", &joined));
}

sg_value random_map(maker *m, sg_value x) {
    sg_shape s = shape_of(m, x);
    if (s.rank == 3) {
        const int64_t c = s.dim[1] % 3 == 0 ? 3 : s.dim[1] % 2 == 0 ? 2 : 1;
        const sg_shape map = SG_SHAPE(s.dim[0], c, s.dim[1] / c, s.dim[2]);
        x = sg_emit(m->g, "reshape", SG_IN(x), sg_arg_shape("shape", &map));
        s = map;
    }
    if (s.rank != 4 || s.dim[1] > 12) return x;
    const int64_t c = s.dim[1], out = 1 + roll(m, 4), side = 1 + roll(m, 3), pad = side / 2, two = 2,
                  stride = 1 + roll(m, 2);
    switch (roll(m, 6)) {
    case 0:
        return sg_emit(m->g, "avg_pool", SG_IN(x), sg_arg_ints("kernel", 1, &two),
                       sg_arg_ints("stride", 1, &stride), sg_arg_ints("pad", 1, (const int64_t[]){1}));
    case 1:
        return sg_emit(m->g, "max_pool", SG_IN(x), sg_arg_ints("kernel", 1, &two),
                       sg_arg_ints("stride", 1, &stride), sg_arg_ints("pad", 1, (const int64_t[]){1}));
    case 2:
        return c % 4 == 0 ? sg_emit(m->g, "pixel_shuffle", SG_IN(x), sg_arg_int("by", 2))
                          : sg_emit(m->g, "pixel_unshuffle", SG_IN(x),
                                    sg_arg_int("by", s.dim[2] % 2 || s.dim[3] % 2 ? 1 : 2));
    case 3: {
        sg_value weight = new_weight(m, SG_SHAPE(c, out, side, side)), bias = maybe_bias(m, out);
        return sg_emit(m->g, "conv_transpose2d", SG_IN(x, weight, bias), sg_arg_ints("stride", 1, &stride));
    }
    default: {
        sg_value weight = new_weight(m, SG_SHAPE(out, c, side, side)), bias = maybe_bias(m, out);
        return sg_emit(m->g, "conv2d", SG_IN(x, weight, bias), sg_arg_ints("pad", 1, &pad),
                       sg_arg_ints("stride", 1, &stride));
    }
    }
}
