/* A directory of images. */
#include "data/images.h"
#include "data/paths.h"
#include "format/decode.h"
#include "simgraph/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *name(const void *data, int64_t sample) {
    return sg_paths_get(data, (size_t)sample);
}

static sg_status fetch(const void *data, int64_t sample, char **bytes, size_t *size, sg_error *error) {
    char *path = name(data, sample);
    sg_status status = path ? sg_file_load(path, SG_IMAGE_MOST_BYTES, bytes, size, error)
                            : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(path);
    return status;
}

static void destroy(void *data) {
    sg_paths_finish(data);
    free(data);
}

/* Lists the files and adds the columns for them. */
static sg_status find(const sg_attr *attr, sg_paths *paths, sg_table *table, void **labels, sg_error *error) {
    const char *path = attr[SG_IMAGES_PATH].text;
    sg_status status = sg_source_look(path, true, error);
    if (status == SG_OK) status = sg_paths_find(paths, path, sg_image_endings, error);
    if (status == SG_OK)
        status =
            sg_images_describe(attr, (int64_t)paths->count,
                               "image (.jpg, .jpeg, .png, .webp, .ppm, .pgm, .pbm or .pnm)", table, error);
    if (status == SG_OK && paths->classes > 0)
        status = sg_table_add(table, "label", SG_I32, sg_shape_of(0, NULL), labels, error);
    return status;
}

static sg_status describe(const sg_attr *attr, sg_table *table, sg_error *error) {
    sg_paths paths = {0};
    sg_status status = find(attr, &paths, table, NULL, error);
    sg_paths_finish(&paths);
    return status;
}

/* Behind what may be said already. */
static void add_note(sg_table *table, const char *text) {
    size_t used = strlen(table->note);
    snprintf(table->note + used, sizeof table->note - used, "%s%s", used ? "; " : "", text);
}

static void note_left_out(const sg_paths *paths, sg_table *table) {
    size_t others = paths->other_count, more = paths->left_out_count - 1;
    char note[SG_TABLE_NOTE], count[48] = "";
    if (paths->left_out) {
        if (more > 0) snprintf(count, sizeof count, " (and %zu more)", more);
        snprintf(note, sizeof note, "what cannot be read is left out: `%.200s`%s", paths->left_out, count);
        sg_image_clean(note);
        add_note(table, note);
    }
    snprintf(note, sizeof note, "%zu file%s with %s left out", others, sg_plural((long long)others),
             others == 1 ? "another ending is" : "other endings are");
    if (others > 0) add_note(table, note);
}

static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    sg_paths *paths = calloc(1, sizeof *paths);
    void *labels = NULL;
    if (!paths) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = find(attr, paths, table, &labels, error);
    if (status != SG_OK) {
        destroy(paths);
        return status;
    }
    for (int64_t i = 0; labels && i < table->count; i++)
        ((int32_t *)labels)[i] = sg_paths_class(paths, (size_t)i);
    sg_image_store store = {.fetch = fetch, .name = name, .destroy = destroy, .data = paths};
    status = sg_images_open(attr, &store, table, error);
    if (status == SG_OK) note_left_out(paths, table);
    return status;
}

const sg_source sg_source_folder = {
    .schema = {.kind = SG_KIND_SOURCE,
               .name = "folder",
               .doc = "the images (JPEG, PNG, WebP, PNM) of a directory and those below it, in the order of "
                      "torchvision's "
                      "ImageFolder: columns image u8 [channels, height, width] and, where every file is in a "
                      "subdirectory, label i32: its number",
               .attrs = SG_IMAGES_ATTRS("the directory")},
    .load = load,
    .describe = describe};
