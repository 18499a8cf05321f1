/* A trained model, ready to be used: from a run directory to a program. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/numeric.h"
#include "base/options.h"
#include "base/text.h"
#include "data/images.h"
#include "simgraph/op.h"
#include "train/weights.h"
#include "use/use.h"

enum { USUAL_BATCH = 32 };

void sg_use_note(const sg_use *use, const char *format, ...) {
    char text[2 * SG_MESSAGE_MAX + 64];
    va_list arguments;
    if (!use->options.note) return;
    va_start(arguments, format);
    sg_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sg_image_clean(text); /* of names of files */
    use->options.note(use->options.user, text);
}

const char *sg_use_words(const sg_shape *shape, char buffer[SG_SHAPE_TEXT]) {
    sg_shape symbolic = *shape;
    if (symbolic.rank) symbolic.dim[0] = SG_SYMBOLIC_BATCH;
    return sg_shape_words(&symbolic, buffer);
}

/* ---- the run ---- */

static char *join(const char *directory, const char *name) {
    sg_text text = {0};
    sg_text_printf(&text, "%s/%s", directory, name);
    return sg_text_take(&text);
}

/* The graph and the weights of a run directory, or a graph file and the weights that were named. */
static sg_status find_run(sg_use *use, sg_error *error) {
    const char *path = use->options.path, *init = use->options.init;
    struct stat info;
    bool run = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    use->graph_path = run ? join(path, "graph.yaml") : strdup(path);
    use->weights = init ? strdup(init) : run ? join(path, "model-best.safetensors") : NULL;
    if (!use->graph_path || (!use->weights && (init || run))) return sg_no_memory(error);
    if (run && access(use->graph_path, F_OK) != 0)
        return sg_fail(error, SG_IO_ERROR, "`%s` is no run directory: it has no graph.yaml", path);
    if (!run && !init && access(path, F_OK) != 0)
        return sg_fail(error, SG_IO_ERROR, "there is no run directory `%s`", path);
    if (!run && !init)
        return sg_fail(error, SG_BAD_USAGE,
                       "`%s` is no run directory: with a graph file, --init names the weights", path);
    if (init || access(use->weights, F_OK) == 0) return SG_OK;
    free(use->weights);
    use->weights = join(path, "model.safetensors");
    if (!use->weights) return sg_no_memory(error);
    if (access(use->weights, F_OK) == 0) return SG_OK;
    return sg_fail(error, SG_IO_ERROR, "the run `%s` has no weights yet: there is no model.safetensors in it",
                   path);
}

/* ---- the graph ---- */

static void forget_graph(sg_use *use) {
    for (int m = 0; use->counter && m < use->masks.count; m++) sg_mask_counter_finish(&use->counter[m]);
    for (int m = 0; use->hidden && m < use->masks.count; m++) free(use->hidden[m]);
    sg_masks_finish(&use->masks);
    free(use->counter);
    free(use->on_way);
    free(use->hidden);
    free(use->fed_mask);
    use->counter = NULL;
    use->on_way = NULL;
    use->hidden = NULL;
    use->fed_mask = NULL;
    sg_bound_destroy(use->bound);
    sg_train_config_destroy(use->config);
    sg_document_destroy(use->document);
    use->bound = NULL;
    use->config = NULL;
    use->document = NULL;
}

static sg_status load(sg_use *use, sg_error *error) {
    const sg_use_options *o = &use->options;
    const char **set = sg_array_alloc((size_t)(o->set_count + use->setting_count) + 1, sizeof *set);
    if (!set) return sg_no_memory(error);
    for (int i = 0; i < o->set_count; i++) set[i] = o->set[i];
    for (int i = 0; i < use->setting_count; i++) set[o->set_count + i] = use->settings[i];
    sg_document_options options = {.size = sizeof options,
                                   .set = set,
                                   .set_count = o->set_count + use->setting_count,
                                   .include = o->include,
                                   .include_count = o->include_count};
    sg_status status = sg_document_load(&use->document, use->graph_path, &options, use->diagnostics);
    free(set);
    if (status == SG_OK) status = sg_train_config_create(&use->config, use->document, use->diagnostics);
    if (status == SG_OK) {
        sg_bind_options bind = {
            .size = sizeof bind, .batch = use->batch, .float_type = use->config->float_type};
        status = sg_document_bind(&use->bound, use->document, &bind, use->diagnostics);
    }
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    use->graph = sg_bound_graph(use->bound);
    return sg_use_find(use, error);
}

/* Another ratio is a setting of the text: shapes depend on it. What the text does not know is no mistake of
 * it. */
static sg_status load_again(sg_use *use, sg_error *error) {
    sg_diagnostics *messages = use->diagnostics, *aside = NULL;
    forget_graph(use);
    sg_status status = sg_diagnostics_create(&aside, error);
    if (status != SG_OK) return status;
    use->diagnostics = aside;
    status = load(use, error);
    if (sg_diagnostics_errors(aside)) {
        size_t first = 0;
        while (sg_diagnostics_at(aside, first)->severity != SG_SEVERITY_ERROR) first++;
        sg_fail(error, SG_BAD_USAGE,
                "%s cannot be set to change what is hidden (%s); --set changes what says it",
                use->settings[0], sg_diagnostics_at(aside, first)->message);
    }
    use->diagnostics = messages;
    sg_diagnostics_destroy(aside);
    return error && status != SG_OK ? error->status : status;
}

/* The image, as far as a mask is laid over it. */
static sg_status open_graph(sg_use *use, sg_error *error) {
    bool more = false;
    sg_status status = load(use, error);
    if (status == SG_OK) status = sg_use_source_open(use, error);
    if (status == SG_OK) status = sg_use_hide(use, error);
    if (status == SG_OK) status = sg_use_settings(use, &more, error);
    if (status != SG_OK || !more) return status;
    status = load_again(use, error);
    return status == SG_OK ? sg_use_hide(use, error) : status;
}

/* ---- the program ---- */

static sg_status plan(sg_use *use, sg_error *error) {
    static const sg_value no_update = SG_NO_VALUE;
    bool features = use->options.features;
    sg_value fetch[3] = {use->target, use->image, use->mask};
    int count = features || use->mask == SG_NO_VALUE ? 2 : 3;
    sg_program_options options = {.size = sizeof options,
                                  .fetch = fetch,
                                  .fetch_count = count,
                                  .keep_updates = &no_update,
                                  .update_count = 1};
    sg_status status = sg_store_create(&use->store, error);
    if (status == SG_OK) status = sg_arena_create(&use->arena, error);
    if (status == SG_OK)
        status = sg_store_initialise(use->store, use->context, use->graph, use->config->seed, error);
    if (status == SG_OK)
        status = sg_weights_start(use->store, use->graph, use->document, use->weights, use->diagnostics, NULL,
                                  error);
    if (status == SG_OK)
        status = sg_program_create(&use->program, use->context, use->graph, use->store, use->arena, &options,
                                   error);
    return status == SG_OK ? sg_use_feed_masks(use, error) : status;
}

/* Rows and columns of the mask that is shown. */
static sg_status mask_shape(const sg_use *use, sg_shape *shape, sg_error *error) {
    const sg_shape *mask = &sg_graph_value(use->graph, use->mask)->shape;
    int64_t columns = mask->dim[mask->rank ? mask->rank - 1 : 0], rows = 0;
    if (mask->rank == 3 || (mask->rank == 4 && mask->dim[1] == 1)) rows = mask->dim[mask->rank - 2];
    for (int m = 0; mask->rank == 2 && m < use->masks.count; m++)
        if (use->masks.mask[m].rows * use->masks.mask[m].columns == columns) rows = use->masks.mask[m].rows;
    const sg_shape *image = &sg_graph_value(use->graph, use->image)->shape;
    if (rows && mask->rank == 2) columns /= rows;
    if (!rows || image->dim[2] % rows || image->dim[3] % columns)
        return sg_fail(error, SG_BAD_GRAPH, "the mask does not divide the image: it cannot be shown");
    *shape = SG_SHAPE(use->batch, rows, columns);
    return SG_OK;
}

/* Channel c of a list with one number for all channels, or one each. */
static double pick(const sg_attr *list, int64_t c) {
    return list->floats[list->n == 1 ? 0 : c];
}

/* Numbers that make pixels of the image: those of the picture that shows it, else of the field that feeds it;
 * what was computed has none, as in the pictures of the run. */
static void find_pixels(const sg_use *use, int64_t channels, double *scale, double *shift) {
    const char *input = sg_graph_node(use->graph, sg_graph_value(use->graph, use->input)->node)->path;
    int field = sg_split_find_field(use->source.split, input);
    const sg_attr *mean = NULL, *std = NULL;
    if (use->picture && use->image == use->pictured) {
        const sg_call *call = use->picture->call;
        mean = &call->attr[sg_schema_attr_index(call->schema, "mean")];
        std = &call->attr[sg_schema_attr_index(call->schema, "std")];
    }
    for (int64_t c = 0; c < channels; c++) {
        scale[c] = 1;
        shift[c] = 0;
        if (mean && mean->present) {
            scale[c] = pick(std, c);
            shift[c] = pick(mean, c);
        } else if (use->image == use->input)
            sg_split_field_pixel(use->source.split, field < 0 ? 0 : field, c, &scale[c], &shift[c]);
    }
}

/* What is handed out, and what is told of it. */
static sg_status prepare(sg_use *use, sg_error *error) {
    sg_shape image = sg_graph_value(use->graph, use->image)->shape, cells = SG_SHAPE(0), places = cells;
    int64_t channels = image.dim[1];
    sg_status status = SG_OK;
    use->scale = sg_array_alloc((size_t)channels + 1, 2 * sizeof *use->scale);
    if (!use->scale) return sg_no_memory(error);
    find_pixels(use, channels, use->scale, use->scale + channels);
    use->info.scale = use->scale;
    use->info.shift = use->scale + channels;
    if (use->options.features)
        status = sg_use_pool_shape(use, &places, error);
    else
        use->info.shape = SG_SHAPE(channels, image.dim[2], image.dim[3]);
    sg_shape result = {.rank = use->info.shape.rank + 1, .dim = {use->batch}};
    for (int d = 0; d < use->info.shape.rank; d++) result.dim[d + 1] = use->info.shape.dim[d];
    if (status == SG_OK && !use->options.features && use->mask != SG_NO_VALUE)
        status = mask_shape(use, &cells, error);
    if (status == SG_OK) status = sg_tensor_init(&use->shown, SG_F32, image, error);
    if (status == SG_OK) status = sg_tensor_init(&use->result, SG_F32, result, error);
    if (status == SG_OK && cells.rank == 3) status = sg_tensor_init(&use->cells, SG_F32, cells, error);
    if (status == SG_OK && use->options.places && places.rank == 3)
        status = sg_tensor_init(&use->places, SG_F32, places, error);
    use->info.weights = use->weights;
    use->info.value = use->value_name;
    use->info.block = use->block_name;
    use->info.mask = use->mask_names;
    use->info.samples = use->source.count;
    use->info.class_count = use->source.class_count;
    use->info.classes = (const char *const *)use->source.class_name;
    return status;
}

sg_status sg_use_open(sg_use **out, sg_context *context, const sg_use_options *options,
                      sg_diagnostics *diagnostics, sg_error *error) {
    sg_use *use = *out = calloc(1, sizeof *use);
    if (!use) return sg_no_memory(error);
    sg_options_take(&use->options, sizeof use->options, options);
    use->context = context;
    use->diagnostics = diagnostics;
    use->batch = use->options.batch > 0 ? use->options.batch : USUAL_BATCH;
    if (use->batch > SG_USE_MOST) use->batch = SG_USE_MOST;
    sg_status status = use->options.data || use->options.file_count > 0
                           ? find_run(use, error)
                           : sg_fail(error, SG_BAD_USAGE, "there are no images, and no data is named");
    if (status == SG_OK && !use->options.data) status = sg_use_source_list(use, error);
    int64_t most = use->options.data ? use->options.limit : use->source.count;
    if (most > 0 && most < use->batch) use->batch = most;
    if (status == SG_OK) status = open_graph(use, error);
    if (status == SG_OK && !use->options.features) status = sg_use_restore(use, error);
    if (status == SG_OK) status = sg_use_replace_masks(use, error);
    if (status == SG_OK) status = prepare(use, error);
    if (status == SG_OK) status = plan(use, error);
    if (status != SG_OK) {
        sg_use_destroy(use);
        *out = NULL;
    }
    return status;
}

void sg_use_destroy(sg_use *use) {
    if (!use) return;
    sg_program_destroy(use->program);
    sg_arena_destroy(use->arena);
    sg_store_destroy(use->store);
    sg_use_source_finish(&use->source);
    forget_graph(use);
    sg_tensor_finish(&use->shown);
    sg_tensor_finish(&use->result);
    sg_tensor_finish(&use->cells);
    sg_tensor_finish(&use->places);
    for (int i = 0; i < use->setting_count; i++) free(use->settings[i]);
    free(use->settings);
    free(use->scale);
    free(use->graph_path);
    free(use->weights);
    free(use->value_name);
    free(use->mask_names);
    free(use->block_name);
    free(use);
}

const sg_use_info *sg_use_about(const sg_use *use) {
    return &use->info;
}

const char *sg_use_path(const sg_use *use, int64_t sample) {
    return use->source.file ? use->source.file[sample] : NULL;
}

/* ---- batches ---- */

/* A buffer, as far as the batch fills it. */
static sg_tensor part(const sg_tensor *buffer, int64_t count) {
    sg_tensor out = *buffer;
    out.owned = NULL;
    out.shape.dim[0] = count;
    return out;
}

/* Element by element, so that any shape of as many goes into `to`. */
static sg_tensor take(const sg_use *use, sg_value value, const sg_tensor *to, int64_t count) {
    sg_tensor from = sg_program_fetch(use->program, value), out = part(to, count);
    for (int64_t i = 0; i < sg_tensor_elements(&out); i++)
        ((float *)to->data)[i] = (float)sg_tensor_get(&from, i);
    return out;
}

sg_status sg_use_next(sg_use *use, sg_use_batch *batch, sg_error *error) {
    *batch = (sg_use_batch){.sample = use->source.sample, .count = 0};
    sg_status status = sg_use_source_next(use, &batch->count, error);
    if (status != SG_OK || !batch->count) return status;
    for (int64_t i = batch->count; i < use->batch; i++) use->source.sample[i] = 0; /* nobody looks at them */
    sg_draw draw = {.seed = use->options.seed, .batch = use->batch, .ids = use->source.sample};
    status = sg_program_run(use->program, SG_PHASE_GRADIENT, &draw, error);
    if (status != SG_OK) return status;
    if (use->source.class_count || use->source.label_field >= 0) batch->label = use->source.batch_label;
    batch->image = take(use, use->image, &use->shown, batch->count);
    if (use->options.features) {
        sg_tensor value = sg_program_fetch(use->program, use->target);
        sg_use_pool(use, use->options.pool, &value, batch->count, use->result.data);
        batch->result = part(&use->result, batch->count);
        if (!use->places.data) return SG_OK;
        sg_use_pool(use, SG_POOL_NONE, &value, batch->count, use->places.data);
        batch->places = part(&use->places, batch->count);
        return SG_OK;
    }
    batch->result = take(use, use->target, &use->result, batch->count);
    if (use->cells.data) batch->mask = take(use, use->mask, &use->cells, batch->count);
    return SG_OK;
}
