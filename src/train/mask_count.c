/* What the masks of one value hide. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/distance.h"
#include "simgraph/op.h"
#include "train/masks.h"

/* ---- the place of the tokens ---- */

/* Whether an image of so many pixels is cut into the tokens; a flat mask is given the rows that square tokens
 * need. */
static bool divides(sg_mask_info *info, const sg_shape *mask, int64_t height, int64_t width) {
    int64_t rows = info->rows, columns = info->columns;
    if (!height || !width) return false;
    if (mask->rank == 2) {
        int64_t side = (int64_t)nearbyint(sqrt((double)(height * width) / (double)columns));
        if (side < 1 || height % side || width % side || height / side * (width / side) != columns)
            return false;
        rows = height / side;
        columns = width / side;
    }
    if (height % rows || width % columns) return false;
    info->rows = rows;
    info->columns = columns;
    info->down = height / rows;
    info->across = width / columns;
    return true;
}

static sg_status find_image(sg_mask_info *info, const sg_shape *mask, const sg_graph *graph,
                            sg_error *error) {
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        const sg_shape *shape = &sg_graph_value(graph, node->out[0])->shape;
        if (!(node->op->flags & SG_OP_FED) || shape->rank != 4 || shape->dim[0] != sg_graph_batch(graph) ||
            !divides(info, mask, shape->dim[2], shape->dim[3]))
            continue;
        info->image = strdup(node->path);
        return info->image ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    int64_t side = (int64_t)nearbyint(sqrt((double)info->columns));
    if (mask->rank == 2 && side * side == info->columns) info->rows = info->columns = side;
    return SG_OK;
}

static int64_t common_divisor(int64_t a, int64_t b) {
    return b ? common_divisor(b, a % b) : a;
}

/* With the samples as a multiple of the batch, whatever other sizes are. */
static sg_status refuse_shape(const sg_mask_counter *c, const sg_graph *graph, sg_error *error) {
    sg_shape shape = sg_graph_value(graph, c->value)->shape;
    char text[SG_SHAPE_TEXT];
    if (shape.rank && shape.dim[0] % sg_graph_batch(graph) == 0)
        shape.dim[0] = shape.dim[0] / sg_graph_batch(graph) * SG_SYMBOLIC_BATCH;
    return sg_fail(error, SG_BAD_GRAPH,
                   "`%s` is no mask: it is %s, and not [samples, rows, columns] or [samples, tokens]",
                   c->info->name, sg_shape_words(&shape, text));
}

sg_status sg_mask_lay(sg_mask_counter *c, const sg_graph *graph, int64_t shown, sg_error *error) {
    const sg_shape *shape = &sg_graph_value(graph, c->value)->shape;
    bool pixels = shape->rank == 4 && shape->dim[1] == 1;
    if ((!pixels && shape->rank != 2 && shape->rank != 3) || !sg_shape_elements(shape))
        return refuse_shape(c, graph, error);
    c->a_run = shape->dim[0];
    c->info->columns = shape->dim[shape->rank - 1];
    c->info->rows = shape->rank == 2 ? 1 : shape->dim[shape->rank - 2];
    c->info->down = c->info->across = 1;
    sg_status status = find_image(c->info, shape, graph, error);
    if (status != SG_OK) return status;
    int64_t tokens = c->info->rows * c->info->columns, all = tokens * c->info->down * c->info->across;
    c->largest = common_divisor(c->info->rows, c->info->columns);
    c->hidden = sg_array_alloc((size_t)tokens + 1, 1);
    c->first = sg_array_alloc((size_t)tokens + 1, 1);
    c->pixels = sg_array_alloc((size_t)all + 1, 1);
    c->near = sg_array_alloc((size_t)all + 1, sizeof *c->near);
    c->line = sg_array_alloc((size_t)(c->info->columns * c->info->across) + 1, 2 * sizeof *c->line);
    c->split = calloc((size_t)c->largest + 1, sizeof *c->split);
    if (!c->hidden || !c->first || !c->pixels || !c->near || !c->line || !c->split)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (!shown) return SG_OK;
    return sg_tensor_init(&c->info->shown, SG_U8, SG_SHAPE(shown, c->info->rows, c->info->columns), error);
}

/* ---- counting ---- */

static sg_status read_mask(const sg_mask_counter *c, const sg_tensor *masks, int64_t index, int64_t *hidden,
                           sg_error *error) {
    int64_t tokens = c->info->rows * c->info->columns;
    *hidden = 0;
    for (int64_t t = 0; t < tokens; t++) {
        double value = sg_tensor_get(masks, index * tokens + t);
        if (value != 0 && value != 1)
            return sg_fail(error, SG_BAD_GRAPH, "`%s` is no mask: it holds %.9g, and not 0 and 1 alone",
                           c->info->name, isnan(value) ? NAN : value); /* without a sign */
        c->hidden[t] = value != 0;
        *hidden += c->hidden[t];
    }
    return SG_OK;
}

/* Notes the sizes of squares of which one is hidden in part. */
static void find_cells(sg_mask_counter *c) {
    int64_t columns = c->info->columns, tokens = c->info->rows * columns;
    for (int64_t side = 2; side <= c->largest; side++) {
        if (c->largest % side || c->split[side]) continue;
        for (int64_t t = 0; t < tokens && !c->split[side]; t++) {
            int64_t corner = t / columns / side * side * columns + t % columns / side * side;
            c->split[side] = c->hidden[t] != c->hidden[corner];
        }
    }
}

static double distance_of(const sg_mask_counter *c) {
    const sg_mask_info *info = c->info;
    int64_t rows = info->rows * info->down, columns = info->columns * info->across;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < columns; k++)
            c->pixels[r * columns + k] = c->hidden[r / info->down * info->columns + k / info->across];
    return sg_distance_mean(rows, columns, c->pixels, c->near, c->line);
}

static void count_mask(sg_mask_counter *c, int64_t hidden) {
    sg_mask_info *info = c->info;
    int64_t tokens = info->rows * info->columns;
    if (info->draws == 0) memcpy(c->first, c->hidden, (size_t)tokens);
    c->differs = c->differs || memcmp(c->first, c->hidden, (size_t)tokens) != 0;
    if (info->draws == 0 || hidden < info->least) info->least = hidden;
    if (info->draws == 0 || hidden > info->most) info->most = hidden;
    c->hidden_sum += (double)hidden;
    info->none += hidden == 0;
    info->all += hidden == tokens;
    if (hidden && hidden < tokens) c->distance_sum += distance_of(c);
    find_cells(c);
    if (info->shown.data && info->draws < info->shown.shape.dim[0])
        memcpy((unsigned char *)info->shown.data + info->draws * tokens, c->hidden, (size_t)tokens);
    info->draws++;
}

sg_status sg_mask_add(sg_mask_counter *c, const sg_tensor *masks, int64_t draws, sg_error *error) {
    for (int64_t i = 0; i < c->a_run && c->info->draws < draws; i++) {
        int64_t hidden;
        sg_status status = read_mask(c, masks, i, &hidden, error);
        if (status != SG_OK) return status;
        count_mask(c, hidden);
    }
    return SG_OK;
}

void sg_mask_conclude(sg_mask_counter *c) {
    sg_mask_info *info = c->info;
    int64_t others = info->draws - info->none - info->all;
    info->mean = c->hidden_sum / (double)info->draws;
    info->distance = others ? c->distance_sum / (double)others : NAN;
    info->cell = 1;
    for (int64_t side = 2; c->differs && side <= c->largest; side++)
        if (c->largest % side == 0 && !c->split[side]) info->cell = side;
}

void sg_mask_counter_finish(sg_mask_counter *c) {
    free(c->hidden);
    free(c->first);
    free(c->pixels);
    free(c->near);
    free(c->line);
    free(c->split);
    *c = (sg_mask_counter){.info = NULL};
}
