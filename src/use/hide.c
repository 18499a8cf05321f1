/* What is hidden: by the graph's own masks with another ratio, by a picture, or nothing. Masks that are given
 * stand in inputs; an encoder that gets only visible tokens (drop_mask) is told which those are. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/steps.h"
#include "format/decode.h"
#include "simgraph/file.h"
#include "simgraph/op.h"
#include "use/use.h"

enum { DROP_MASK, DROP_KEEP, DROP_RESTORE };

static const sg_node *node_of(const sg_use *use, int m) {
    return sg_graph_node(use->graph, sg_graph_value(use->graph, use->counter[m].value)->node);
}

static bool drops(const sg_use *use, int m) {
    return strcmp(sg_op_schema(node_of(use, m)->op)->name, "drop_mask") == 0;
}

static int64_t count_hidden(const sg_use *use, int m) {
    int64_t count = 0, tokens = use->masks.mask[m].rows * use->masks.mask[m].columns;
    for (int64_t i = 0; i < tokens; i++) count += use->hidden[m][i];
    return count;
}

/* ---- settings ---- */

/* nodes.NAME.ratio=... of the file's node that mask m is made in. */
static sg_status add_setting(sg_use *use, int m, double ratio, sg_error *error) {
    const char *path = node_of(use, m)->path;
    sg_text text = {0};
    sg_text_append(&text, "nodes.");
    sg_text_append_bytes(&text, path, strcspn(path, "."));
    sg_text_printf(&text, ".ratio=%.17g", ratio);
    for (int i = 0; i < use->setting_count; i++)
        if (strcmp(use->settings[i], sg_text_get(&text)) == 0) {
            sg_text_finish(&text);
            return SG_OK;
        }
    char **grown = sg_array_resize(use->settings, (size_t)use->setting_count + 1, sizeof *grown);
    if (grown) use->settings = grown;
    char *taken = sg_text_take(&text);
    if (!grown || !taken) {
        free(taken);
        return sg_no_memory(error);
    }
    use->settings[use->setting_count++] = taken;
    return SG_OK;
}

sg_status sg_use_settings(sg_use *use, bool *more, sg_error *error) {
    sg_status status = SG_OK;
    bool masked = false;
    *more = false;
    for (int m = 0; status == SG_OK && m < use->masks.count; m++) {
        if (!use->on_way[m]) continue;
        int64_t tokens = use->masks.mask[m].rows * use->masks.mask[m].columns;
        masked = true;
        if (use->options.has_ratio)
            status = add_setting(use, m, use->options.ratio, error);
        else if (use->hidden[m] && drops(use, m)) {
            int64_t hidden = count_hidden(use, m);
            if (hidden == tokens)
                return sg_fail(error, SG_BAD_DATA, "`%s` hides everything: `%s` leaves out what is hidden",
                               use->options.mask, use->masks.mask[m].name);
            /* Half a token less, so that rounding keeps just those that are visible. */
            status = add_setting(use, m, hidden ? ((double)hidden - 0.5) / (double)tokens : 0, error);
        }
    }
    if (status == SG_OK && !masked && use->options.has_ratio)
        return sg_fail(error, SG_BAD_USAGE, "`%s` looks at no mask, so there is no ratio to set",
                       use->value_name);
    *more = use->setting_count > 0;
    return status;
}

/* ---- a picture of what is hidden ---- */

typedef struct picture {
    sg_image image;
    double top, left, height, width; /* of the part that is as the images are cropped */
} picture;

/* The part that fills the frame, and of that what center_crop leaves. */
static void place(const sg_use *use, picture *p) {
    const sg_split_field_data *field = &use->source.split->fields[0];
    sg_image_part part = sg_image_frame_part(&use->source.frame, p->image.height, p->image.width);
    p->top = (double)part.top;
    p->left = (double)part.left;
    p->height = (double)part.height;
    p->width = (double)part.width;
    for (int k = 0; k < field->step_count; k++) {
        const sg_field_step *s = &field->steps[k];
        if (strcmp(s->step->schema.name, "center_crop") != 0 || s->in.rank != 3) continue;
        double down = p->height / (double)s->in.dim[1], across = p->width / (double)s->in.dim[2];
        p->top += down * (double)sg_center_start(s->in.dim[1], s->out.dim[1]);
        p->left += across * (double)sg_center_start(s->in.dim[2], s->out.dim[2]);
        p->height = down * (double)s->out.dim[1];
        p->width = across * (double)s->out.dim[2];
    }
}

static sg_status load(const sg_use *use, picture *p, sg_error *error) {
    const char *path = use->options.mask;
    char *data = NULL, why[SG_MESSAGE_MAX];
    size_t bytes = 0;
    sg_status status = sg_file_load(path, SG_IMAGE_MOST_BYTES, &data, &bytes, error);
    if (status != SG_OK) return status;
    sg_decode decode = {.data = (unsigned char *)data, .bytes = bytes, .image = &p->image};
    status = sg_image_decode(&decode, error);
    free(data);
    if (status == SG_OK) status = sg_image_set_channels(&p->image, 1, error);
    if (status != SG_OK) {
        snprintf(why, sizeof why, "%s", error->message);
        return sg_fail(error, status, "`%s` %.900s", path, why);
    }
    place(use, p);
    bool white = false;
    for (int64_t i = 0; i < (int64_t)p->image.width * p->image.height; i++)
        white |= p->image.pixels[i] >= 128;
    if (!white)
        return sg_fail(error, SG_BAD_DATA, "`%s` hides nothing: white is hidden, and it has no white", path);
    return SG_OK;
}

/* How much of [low, high] lies in pixel i. */
static double overlap(double low, double high, int64_t i) {
    double end = (double)i + 1 < high ? (double)i + 1 : high, begin = (double)i > low ? (double)i : low;
    return end > begin ? end - begin : 0;
}

/* Whether more than half of a cell is white. */
static bool is_white(const picture *p, double top, double bottom, double left, double right) {
    double white = 0, all = (bottom - top) * (right - left);
    for (int64_t y = (int64_t)fmax(top, 0); y < p->image.height && (double)y < bottom; y++)
        for (int64_t x = (int64_t)fmax(left, 0); x < p->image.width && (double)x < right; x++)
            if (p->image.pixels[y * p->image.width + x] >= 128)
                white += overlap(top, bottom, y) * overlap(left, right, x);
    return white > 0.5 * all * (1 + 1e-9);
}

/* Tokens along the side of what is hidden at once. */
static int64_t cell_of(const sg_use *use, int m) {
    const sg_node *node = node_of(use, m);
    const sg_mask_info *info = &use->masks.mask[m];
    int index = sg_schema_attr_index(sg_op_schema(node->op), "cell");
    int64_t cell = index >= 0 && node->attr[index].present ? node->attr[index].i : 1;
    return cell > 0 && info->rows % cell == 0 && info->columns % cell == 0 ? cell : 1;
}

static sg_status fill_hidden(const sg_use *use, int m, const picture *p, sg_error *error) {
    const sg_mask_info *info = &use->masks.mask[m];
    int64_t cell = cell_of(use, m), rows = info->rows / cell, columns = info->columns / cell, count = 0;
    double high = p->height / (double)rows, wide = p->width / (double)columns;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
            double top = p->top + (double)r * high, left = p->left + (double)c * wide;
            bool white = is_white(p, top, top + high, left, left + wide);
            count += white;
            for (int64_t t = 0; white && t < cell * cell; t++)
                use->hidden[m][(r * cell + t / cell) * info->columns + c * cell + t % cell] = 1;
        }
    if (count) return SG_OK;
    return sg_fail(
        error, SG_BAD_DATA,
        "`%s` hides nothing: a cell is hidden where more than half of it is white, and none of %lld x %lld "
        "is",
        use->options.mask, (long long)rows, (long long)columns);
}

sg_status sg_use_hide(sg_use *use, sg_error *error) {
    picture p = {.top = 0};
    sg_status status = SG_OK;
    bool hides = false, input = false;
    for (int m = 0; m < use->masks.count; m++) {
        hides = hides || use->on_way[m];
        input = input || (use->on_way[m] && (node_of(use, m)->op->flags & SG_OP_FED));
    }
    if (use->options.mask && !hides)
        return sg_fail(error, SG_BAD_USAGE, "`%s` looks at no mask, so nothing can be hidden",
                       use->value_name);
    if (input && !use->options.mask && !use->options.features)
        return sg_fail(error, SG_BAD_USAGE, "what is hidden is an input of this graph, `%s`: --mask says it",
                       use->mask_names);
    if (use->options.mask) status = load(use, &p, error);
    bool given = use->options.mask || use->options.features;
    for (int m = 0; status == SG_OK && given && m < use->masks.count; m++) {
        const sg_mask_info *info = &use->masks.mask[m];
        if (!use->on_way[m]) continue;
        if (!info->rows)
            status = sg_fail(error, SG_BAD_GRAPH, "`%s` is no mask of an image", info->name);
        else if (!(use->hidden[m] = calloc((size_t)(info->rows * info->columns), 1)))
            status = sg_no_memory(error);
        else if (use->options.mask)
            status = fill_hidden(use, m, &p, error);
    }
    sg_image_finish(&p.image);
    return status;
}

/* ---- in the graph ---- */

static sg_status replace(sg_use *use, sg_value value, sg_value *with, sg_error *error) {
    sg_value_info info = *sg_graph_value(use->graph, value);
    *with = sg_graph_add(
        use->graph, "input", NULL, NULL, 0,
        (const sg_arg[]){sg_arg_shape("shape", &info.shape), sg_arg_dtype("type", info.type), {0}});
    if (*with == SG_NO_VALUE) return sg_graph_status(use->graph, error);
    if (use->mask == value) use->mask = *with;
    if (use->target == value) use->target = *with;
    return sg_graph_replace(use->graph, value, *with, error);
}

sg_status sg_use_replace_masks(sg_use *use, sg_error *error) {
    sg_status status = SG_OK;
    for (int m = 0; status == SG_OK && m < use->masks.count; m++) {
        use->fed_mask[m] = use->fed_keep[m] = use->fed_restore[m] = SG_NO_VALUE;
        if (!use->hidden[m]) continue;
        const sg_node *node = node_of(use, m);
        bool leaves_out = drops(use, m);
        if (node->op->flags & SG_OP_FED) {
            use->fed_mask[m] = node->out[0];
            continue;
        }
        status = replace(use, use->counter[m].value, &use->fed_mask[m], error);
        if (status == SG_OK && leaves_out)
            status = replace(use, node->out[DROP_KEEP], &use->fed_keep[m], error);
        if (status == SG_OK && leaves_out)
            status = replace(use, node->out[DROP_RESTORE], &use->fed_restore[m], error);
    }
    return status;
}

/* Visible tokens in their order, then hidden ones. */
static sg_status feed_order(const sg_use *use, int m, sg_error *error) {
    int64_t tokens = use->masks.mask[m].rows * use->masks.mask[m].columns,
            kept = tokens - count_hidden(use, m);
    sg_tensor keep = sg_program_feed(use->program, use->fed_keep[m]),
              restore = sg_program_feed(use->program, use->fed_restore[m]);
    if (keep.data && keep.shape.dim[1] != kept)
        return sg_fail(error, SG_BAD_GRAPH, "`%s` keeps %lld token%s, but %lld %s visible",
                       use->masks.mask[m].name, (long long)keep.shape.dim[1], sg_plural(keep.shape.dim[1]),
                       (long long)kept, kept == 1 ? "is" : "are");
    for (int64_t b = 0; b < use->batch; b++) {
        int64_t seen = 0, unseen = kept;
        for (int64_t t = 0; t < tokens; t++) {
            bool hidden = use->hidden[m][t];
            int64_t place = hidden ? unseen++ : seen++;
            if (restore.data) ((int32_t *)restore.data)[b * tokens + t] = (int32_t)place;
            if (keep.data && !hidden) ((int32_t *)keep.data)[b * kept + place] = (int32_t)t;
        }
    }
    return SG_OK;
}

sg_status sg_use_feed_masks(sg_use *use, sg_error *error) {
    sg_status status = SG_OK;
    for (int m = 0; status == SG_OK && m < use->masks.count; m++) {
        if (!use->hidden[m]) continue;
        int64_t tokens = use->masks.mask[m].rows * use->masks.mask[m].columns;
        sg_tensor mask = sg_program_feed(use->program, use->fed_mask[m]);
        for (int64_t i = 0; mask.data && i < sg_tensor_elements(&mask); i++)
            sg_tensor_set(&mask, i, use->hidden[m][i % tokens]);
        if (use->fed_keep[m] != SG_NO_VALUE) status = feed_order(use, m, error);
    }
    return status;
}
