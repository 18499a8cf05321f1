/* Features of an image: of its tokens [samples, tokens, size], of the places of a map [samples, size, rows,
 * columns], or as they are [samples, size]. */
#include <math.h>
#include <stdio.h>

#include "simgraph/op.h"
#include "use/use.h"

/* Whether square patches cut the image into so many tokens. */
static bool tokens_fit(sg_use *use, int64_t tokens) {
    const sg_shape *image = &sg_graph_value(use->graph, use->input)->shape;
    int64_t h = image->dim[2], w = image->dim[3];
    if (tokens < 1) return false;
    int64_t side = (int64_t)nearbyint(sqrt((double)(h * w) / (double)tokens));
    if (side < 1 || h % side || w % side || h / side * (w / side) != tokens) return false;
    use->info.rows = h / side;
    use->info.columns = w / side;
    return true;
}

/* The same encoder's tokens with the one of the class in front, where its map leaves that out. */
static void prefer_tokens(sg_use *use) {
    char name[SG_MESSAGE_MAX];
    const sg_shape *map = &sg_graph_value(use->graph, use->target)->shape;
    snprintf(name, sizeof name, "%s.tokens", use->value_name);
    sg_value tokens = sg_bound_find(use->bound, name);
    if (map->rank != 4 || tokens == SG_NO_VALUE) return;
    const sg_shape *shape = &sg_graph_value(use->graph, tokens)->shape;
    if (shape->rank == 3 && shape->dim[1] == map->dim[2] * map->dim[3] + 1) use->target = tokens;
}

sg_status sg_use_pool_shape(sg_use *use, sg_shape *places, sg_error *error) {
    char text[SG_SHAPE_TEXT];
    if (use->options.pool == SG_POOL_CLASS) prefer_tokens(use);
    const sg_value_info *info = sg_graph_value(use->graph, use->target);
    const sg_shape *s = &info->shape;
    if (s->rank < 2 || s->rank > 4 || s->dim[0] != use->batch || !sg_type_is_float(info->type) ||
        !sg_shape_elements(s))
        return sg_fail(
            error, SG_BAD_USAGE,
            "`%s` has no features: it is %s %s, and not float [batch, size], [batch, tokens, size] or "
            "[batch, size, rows, columns]",
            use->value_name, sg_type_name(info->type), sg_use_words(s, text));
    int64_t tokens = s->rank == 2 ? 1 : s->rank == 3 ? s->dim[1] : s->dim[2] * s->dim[3];
    int64_t size = s->rank == 4 ? s->dim[1] : s->dim[s->rank - 1];
    if (s->rank == 4) {
        use->info.rows = s->dim[2];
        use->info.columns = s->dim[3];
    } else if (s->rank == 3 && !tokens_fit(use, tokens))
        use->token = tokens_fit(use, tokens - 1);
    if (use->options.pool == SG_POOL_CLASS && !use->token)
        return sg_fail(error, SG_BAD_USAGE, "`%s` has no class token in front: it is %s", use->value_name,
                       sg_use_words(s, text));
    bool all = use->options.pool == SG_POOL_NONE && s->rank > 2;
    *places = SG_SHAPE(use->batch, tokens - use->token, size);
    use->info.shape = all ? SG_SHAPE(tokens - use->token, size) : SG_SHAPE(size);
    return SG_OK;
}

void sg_use_pool(const sg_use *use, sg_pool pool, const sg_tensor *value, int64_t count, float *to) {
    const sg_shape *s = &value->shape;
    bool map = s->rank == 4;
    int64_t all = s->rank == 2 ? 1 : map ? s->dim[2] * s->dim[3] : s->dim[1];
    int64_t size = map ? s->dim[1] : s->dim[s->rank - 1], first = use->token;
    if (pool == SG_POOL_CLASS) {
        first = 0;
        all = 1;
    }
    int64_t stride = s->rank == 3 ? s->dim[1] : all; /* tokens of a sample */
    for (int64_t b = 0; b < count; b++)
        for (int64_t k = 0; k < size; k++) {
            double sum = 0, most = -INFINITY;
            for (int64_t t = first; t < all; t++) {
                double x =
                    sg_tensor_get(value, map ? (b * size + k) * stride + t : (b * stride + t) * size + k);
                if (pool == SG_POOL_NONE) to[(b * (all - first) + t - first) * size + k] = (float)x;
                sum += x;
                most = x > most || isnan(x) ? x : most;
            }
            if (pool != SG_POOL_NONE)
                to[b * size + k] = (float)(pool == SG_POOL_MAX ? most : sum / (double)(all - first));
        }
}
