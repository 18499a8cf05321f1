/* The images: files and directories of them, read by all workers at once, or samples of the graph's data. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "data/paths.h"
#include "exec/context.h"
#include "format/decode.h"
#include "simgraph/file.h"
#include "simgraph/op.h"
#include "train/trainer.h"
#include "use/use.h"

void sg_use_source_finish(sg_use_source *s) {
    for (int64_t i = 0; s->file && i < s->count; i++) free(s->file[i]);
    for (int i = 0; i < s->class_count; i++) free(s->class_name[i]);
    sg_split_destroy(s->buffer);
    for (int i = 0; i < s->split_count; i++) sg_split_destroy(s->splits[i]);
    free(s->file);
    free(s->label);
    free(s->class_name);
    free(s->splits);
    free(s->sample);
    free(s->batch_label);
    *s = (sg_use_source){.count = 0};
}

/* ---- files ---- */

typedef struct list {
    sg_use_source *source;
    size_t room;
} list;

/* Takes over `path`. */
static sg_status add(list *l, char *path, int32_t label, sg_error *error) {
    sg_use_source *s = l->source;
    size_t needed = (size_t)s->count + 1, labels = l->room;
    if (!path || !sg_array_grow(&s->file, &l->room, needed, sizeof *s->file) ||
        !sg_array_grow(&s->label, &labels, needed, sizeof *s->label)) {
        free(path);
        return sg_no_memory(error);
    }
    s->label[s->count] = label;
    s->file[s->count++] = path;
    return SG_OK;
}

/* The subdirectory of `root` that a path lies in. */
static sg_status add_class(sg_use_source *s, const char *root, const char *path, sg_error *error) {
    char **grown = sg_array_resize(s->class_name, (size_t)s->class_count + 1, sizeof *grown);
    if (!grown) return sg_no_memory(error);
    s->class_name = grown;
    path += strlen(root);
    while (*path == '/') path++;
    s->class_name[s->class_count] = strndup(path, strcspn(path, "/"));
    return s->class_name[s->class_count++] ? SG_OK : sg_no_memory(error);
}

static sg_status add_directory(list *l, const char *root, bool alone, sg_error *error) {
    sg_paths paths = {0};
    sg_status status = sg_paths_find(&paths, root, sg_image_endings, error);
    bool classes = alone && paths.classes > 0;
    for (size_t i = 0; status == SG_OK && i < paths.count; i++) {
        int32_t label = classes ? sg_paths_class(&paths, i) : -1;
        status = add(l, sg_paths_get(&paths, i), label, error);
        if (status == SG_OK && label >= l->source->class_count)
            status = add_class(l->source, root, l->source->file[l->source->count - 1], error);
    }
    if (status == SG_OK && !paths.count)
        status =
            sg_fail(error, SG_BAD_DATA,
                    "there is no image (.jpg, .jpeg, .png, .webp, .ppm, .pgm, .pbm or .pnm) in `%s`", root);
    sg_paths_finish(&paths);
    return status;
}

sg_status sg_use_source_list(sg_use *use, sg_error *error) {
    list l = {.source = &use->source};
    sg_status status = SG_OK;
    int count = use->options.file_count;
    for (int i = 0; status == SG_OK && i < count; i++) {
        const char *path = use->options.files[i];
        struct stat info;
        if (stat(path, &info) != 0) /* a name that was misspelt, and no image to skip */
            status = sg_fail(error, SG_IO_ERROR, "cannot read `%s`: %s", path, strerror(errno));
        else if (S_ISDIR(info.st_mode))
            status = add_directory(&l, path, count == 1, error);
        else
            status = add(&l, strdup(path), -1, error);
    }
    return status;
}

/* ---- steps ---- */

/* The entry of `data` whose steps the images go through: of evaluation, of training, or any that feeds the
 * input; -1: none. */
static int find_entry(const sg_use *use, const char *input, int *field) {
    const sg_train_config *c = use->config;
    for (int k = -2; k < c->split_count; k++) {
        int entry = k == -2   ? (c->evaluates ? c->evaluate_split : -1)
                    : k == -1 ? (c->trains ? c->train_split : -1)
                              : k;
        for (int f = 0; entry >= 0 && f < c->splits[entry].field_count; f++)
            if (strcmp(c->splits[entry].fields[f].name, input) == 0) {
                *field = f;
                return entry;
            }
    }
    return -1;
}

/* Without steps that draw at random. */
static sg_status keep_steps(const sg_field_spec *from, const sg_call ***steps, sg_field_spec *to,
                            sg_error *error) {
    *to = *from;
    *steps = sg_array_alloc((size_t)from->step_count + 1, sizeof **steps);
    if (!*steps) return sg_no_memory(error);
    to->step_count = 0;
    to->steps = *steps;
    for (int k = 0; k < from->step_count; k++)
        if (!((const sg_step *)from->steps[k]->schema)->random) (*steps)[to->step_count++] = from->steps[k];
    return SG_OK;
}

/* Whether some step makes images of another shape: it is asked about larger ones than those that are wanted.
 */
static bool change_shape(const sg_field_spec *spec, const sg_shape *wanted) {
    sg_shape in = SG_SHAPE(wanted->dim[0], 2 * wanted->dim[1], 2 * wanted->dim[2]), out;
    for (int k = 0; k < spec->step_count; k++) {
        sg_error ignored = {0};
        const sg_step *step = (const sg_step *)spec->steps[k]->schema;
        if (step->shape(spec->steps[k]->attr, &in, &out, &ignored) != SG_OK || !sg_shape_equal(&in, &out))
            return true;
    }
    return false;
}

/* What images, and one of what is hidden, are cropped to before the steps. */
static void set_frame(sg_use *use, const sg_shape *shape) {
    use->source.frame = (sg_image_frame){.channels = (int)shape->dim[0],
                                         .height = (int)shape->dim[1],
                                         .width = (int)shape->dim[2],
                                         .stretch = use->options.stretch};
}

/* A split whose samples are a batch of images of that shape, to be written into its memory. */
static sg_status make_buffer(sg_use *use, const sg_field_spec *spec, sg_shape shape, sg_error *error) {
    sg_table table = {.count = use->batch};
    sg_field_spec field = *spec;
    field.column = "image";
    sg_split_options options = {
        .size = sizeof options, .name = "images", .fields = &field, .field_count = 1, .table = &table};
    void *data;
    sg_split_destroy(use->source.buffer);
    use->source.buffer = NULL;
    sg_status status = sg_table_add(&table, "image", SG_U8, shape, &data, error);
    if (status == SG_OK) status = sg_split_create(&use->source.buffer, &options, error);
    sg_table_finish(&table);
    if (status != SG_OK) return status;
    use->source.split = use->source.buffer;
    set_frame(use, &shape);
    return SG_OK;
}

static bool fits(const sg_use *use, const sg_shape *wanted) {
    return use->source.buffer && sg_shape_equal(&sg_split_field(use->source.buffer, 0)->shape, wanted);
}

/* The shape of the column in the run's data: where steps change it. */
static sg_status column_shape(const sg_use *use, int entry, int field, sg_shape *shape, sg_error *error) {
    sg_split *split = NULL;
    sg_split_options options = sg_config_split_options(use->config, entry, NULL);
    options.fields = &options.fields[field];
    options.field_count = 1;
    options.describe = true;
    sg_status status = sg_split_create(&split, &options, error);
    if (status != SG_OK) return status;
    const sg_table *table = sg_split_table(split);
    int column =
        sg_table_find(table, options.fields[0].column ? options.fields[0].column : options.fields[0].name);
    if (column >= 0) *shape = table->column[column].shape;
    sg_split_destroy(split);
    return SG_OK;
}

static sg_status open_files(sg_use *use, const sg_node *input, sg_error *error) {
    const sg_shape *in = &sg_graph_value(use->graph, use->input)->shape;
    sg_shape wanted = SG_SHAPE(in->dim[1], in->dim[2], in->dim[3]), shape = wanted;
    sg_field_spec spec = {.name = input->path}, kept = spec;
    const sg_call **steps = NULL;
    int field = 0, entry = find_entry(use, input->path, &field);
    if (wanted.dim[0] > 4)
        return sg_fail(
            error, SG_BAD_USAGE,
            "`%s` has %lld channels, and images have 1 to 4: --data NAME takes samples of the run's data",
            input->path, (long long)wanted.dim[0]);
    if (entry >= 0) spec = use->config->splits[entry].fields[field];
    sg_status status = keep_steps(&spec, &steps, &kept, error);
    if (status == SG_OK && entry >= 0 && change_shape(&kept, &wanted)) {
        status = column_shape(use, entry, field, &shape, error);
        bool images = shape.rank == 3 && shape.dim[0] >= 1 && shape.dim[0] <= 4;
        if (status == SG_OK && images) status = make_buffer(use, &kept, shape, error);
    }
    if (status != SG_OUT_OF_MEMORY && !fits(use, &wanted)) { /* most steps leave the shape alone */
        sg_error ignored = {0};
        sg_status plain = make_buffer(use, &kept, wanted, status == SG_OK ? error : &ignored);
        if (plain == SG_OK && fits(use, &wanted))
            status = SG_OK; /* where the data is not at hand */
        else if (status == SG_OK)
            status = plain != SG_OK ? plain
                                    : sg_fail(error, SG_BAD_GRAPH,
                                              "the steps of the data do not make what `%s` takes of images",
                                              input->path);
    }
    free(steps);
    use->source.label_field = -1;
    return status;
}

/* ---- the graph's data ---- */

/* The fields of the entry, without steps that draw at random; and the labels, where the source has any. */
static sg_status open_data(sg_use *use, const sg_node *input, sg_error *error) {
    sg_use_source *s = &use->source;
    int index = 0, field = 0;
    sg_status status = use->options.next_data
                           ? sg_config_find_split(use->config, use->options.next_data, &index, error)
                           : SG_OK;
    if (status != SG_OK) return status;
    status = sg_config_find_split(use->config, use->options.data, &index, error);
    if (status == SG_BAD_USAGE && error && use->options.other_data) {
        char said[SG_MESSAGE_MAX];
        snprintf(said, sizeof said, "%s", error->message);
        sg_fail(error, status, "%.900s; %s takes another", said, use->options.other_data);
    }
    if (status != SG_OK) return status;
    s->split_count = use->config->split_count;
    s->splits = calloc((size_t)s->split_count + 1, sizeof(sg_split *));
    const sg_split_config *entry = &use->config->splits[index];
    while (field < entry->field_count && strcmp(entry->fields[field].name, input->path) != 0) field++;
    if (!s->splits) return sg_no_memory(error);
    if (field == entry->field_count)
        return sg_fail(error, SG_BAD_USAGE, "`%s` of the section `data` does not feed `%s`", entry->name,
                       input->path);
    const sg_call **steps = NULL;
    sg_field_spec fields[2] = {{0}, {.name = "label"}};
    sg_split_options options = sg_config_split_options(use->config, index, s->splits);
    status = keep_steps(&entry->fields[field], &steps, &fields[0], error);
    options.fields = fields;
    options.field_count = 2;
    if (status == SG_OK) status = sg_split_create(&s->splits[index], &options, error);
    if (status == SG_BAD_GRAPH) { /* perhaps it has no labels */
        options.field_count = 1;
        status = sg_split_create(&s->splits[index], &options, error);
    }
    free(steps);
    if (status != SG_OK) return sg_fail_prefix(error, "data split `%s`", entry->name);
    s->split = s->splits[index];
    s->count = sg_split_count(s->split);
    const sg_column *label = options.field_count == 2 ? s->split->fields[1].column : NULL;
    s->label_field = label && label->shape.rank == 0 && !sg_type_is_float(label->type) ? 1 : -1;
    const sg_field *f = sg_split_field(s->split, 0);
    const sg_shape *in = &sg_graph_value(use->graph, use->input)->shape,
                   wanted = SG_SHAPE(in->dim[1], in->dim[2], in->dim[3]);
    if (!sg_shape_equal(&f->shape, &wanted))
        return sg_fail(error, SG_BAD_DATA, "`%s` of the section `data` gives images of another shape",
                       entry->name);
    const sg_shape *column = &s->split->fields[0].column->shape;
    set_frame(use, column->rank == 3 ? column : &wanted);
    return SG_OK;
}

sg_status sg_use_source_open(sg_use *use, sg_error *error) {
    sg_use_source *s = &use->source;
    const sg_node *input = sg_graph_node(use->graph, sg_graph_value(use->graph, use->input)->node);
    sg_status status = use->options.data ? open_data(use, input, error) : open_files(use, input, error);
    if (status != SG_OK) return status;
    if (use->options.limit > 0 && use->options.limit < s->count) {
        for (int64_t i = use->options.limit; s->file && i < s->count; i++) free(s->file[i]);
        s->count = use->options.limit;
    }
    s->sample = sg_array_alloc((size_t)use->batch, sizeof *s->sample);
    s->batch_label = calloc((size_t)use->batch, sizeof *s->batch_label);
    return s->sample && s->batch_label ? SG_OK : sg_no_memory(error);
}

/* ---- batches ---- */

typedef struct reading {
    const sg_use_source *source;
    uint8_t *pixels;
    size_t bytes;
    int64_t first, count;
    _Atomic int64_t next;
    char **problem; /* of each that failed */
    _Atomic int failed;
    _Atomic int64_t missing; /* of those: what the system did not give */
} reading;

static void read_files(void *data, int worker, int workers) {
    reading *r = data;
    (void)worker;
    (void)workers;
    for (int64_t i; (i = atomic_fetch_add(&r->next, 1)) < r->count;) {
        const char *path = r->source->file[r->first + i];
        char *file = NULL;
        size_t bytes = 0;
        sg_error error = {0};
        sg_status status = sg_file_load(path, SG_IMAGE_MOST_BYTES, &file, &bytes, &error);
        bool there = status == SG_OK;
        if (there)
            status =
                sg_image_frame_read(&r->source->frame, file, bytes, r->pixels + (size_t)i * r->bytes, &error);
        free(file);
        if (status == SG_OK) continue;
        char text[SG_MESSAGE_MAX * 2];
        if (there)
            snprintf(text, sizeof text, "`%s` %s", path, error.message);
        else
            snprintf(text, sizeof text, "%s", error.message);
        r->problem[i] = strdup(text);
        if (status == SG_IO_ERROR) atomic_fetch_add(&r->missing, 1);
        if (status == SG_OUT_OF_MEMORY || !r->problem[i]) atomic_store(&r->failed, 1);
    }
}

/* Reads the next files into the buffer, the good ones side by side. */
static sg_status read_batch(sg_use *use, int64_t wanted, int64_t *good, sg_error *error) {
    sg_use_source *s = &use->source;
    const sg_column *column = &sg_split_table(s->buffer)->column[0];
    reading r = {.source = s,
                 .pixels = column->data,
                 .bytes = sg_column_bytes(column),
                 .first = s->next,
                 .count = wanted,
                 .problem = calloc((size_t)wanted, sizeof *r.problem)};
    if (!r.problem) return sg_no_memory(error);
    sg_workers_run(use->context->workers, read_files, &r);
    *good = 0;
    for (int64_t i = 0; i < wanted; i++) {
        if (r.problem[i]) {
            sg_use_note(use, "skipped: %s", r.problem[i]);
        } else {
            if (*good != i)
                memmove(r.pixels + (size_t)*good * r.bytes, r.pixels + (size_t)i * r.bytes, r.bytes);
            s->batch_label[*good] = s->label[s->next + i];
            s->sample[(*good)++] = s->next + i;
        }
        free(r.problem[i]);
    }
    free(r.problem);
    s->missing += atomic_load(&r.missing);
    return atomic_load(&r.failed) ? sg_no_memory(error) : SG_OK;
}

static sg_status fill(const sg_use *use, int field, const int64_t *indices, int64_t count, sg_tensor to,
                      sg_error *error) {
    to.shape.dim[0] = count;
    return sg_split_fill(use->source.split, field, use->config->seed, SG_EVALUATION_EPOCH, indices, count,
                         &to, error);
}

sg_status sg_use_source_next(sg_use *use, int64_t *count, sg_error *error) {
    sg_use_source *s = &use->source;
    sg_tensor to = sg_program_feed(use->program, use->input);
    sg_status status = SG_OK;
    *count = 0;
    while (status == SG_OK && !*count && s->next < s->count) {
        int64_t left = s->count - s->next, wanted = left < use->batch ? left : use->batch;
        if (s->file) {
            int64_t slots[SG_USE_MOST];
            for (int64_t i = 0; i < wanted; i++) slots[i] = i;
            status = read_batch(use, wanted, count, error);
            if (status == SG_OK && *count) status = fill(use, 0, slots, *count, to, error);
        } else {
            *count = wanted;
            for (int64_t i = 0; i < wanted; i++) s->sample[i] = s->next + i;
            status = fill(use, 0, s->sample, wanted, to, error);
            sg_tensor labels = sg_tensor_view(SG_I32, SG_SHAPE(wanted), s->batch_label);
            if (status == SG_OK && s->label_field >= 0)
                status = fill(use, s->label_field, s->sample, wanted, labels, error);
            for (char *problem; (problem = sg_split_next_problem(s->split)); free(problem))
                sg_use_note(use, "skipped, and the next image taken: %s", problem);
        }
        s->next += wanted;
        s->good += *count;
    }
    if (status == SG_OK && !*count && !s->good) {
        sg_status why = s->missing == s->count ? SG_IO_ERROR : SG_BAD_DATA;
        return s->count == 1
                   ? sg_fail(error, why, "the one image cannot be read")
                   : sg_fail(error, why, "none of the %lld images can be read", (long long)s->count);
    }
    return status;
}
