/* Images in tar archives. */
#include "base/text.h"
#include "data/images.h"
#include "data/shards.h"
#include "format/file.h"

#include <stdlib.h>

static char *name(const void *data, int64_t sample) {
    const sg_shards *shards = data;
    const sg_shard_item *item = &shards->item[sample];
    sg_text text = {0};
    sg_text_printf(&text, "%s: %s", shards->path[item->shard], shards->names + item->name);
    return sg_text_take(&text);
}

static sg_status too_large(const void *data, int64_t sample, sg_error *error) {
    char *shown = name(data, sample);
    sg_fail(error, SG_BAD_DATA, "`%s` is larger than %zu bytes", shown ? shown : "?", SG_IMAGE_MOST_BYTES);
    free(shown);
    return SG_BAD_DATA;
}

static sg_status fetch(const void *data, int64_t sample, char **bytes, size_t *size, sg_error *error) {
    const sg_shards *shards = data;
    const sg_shard_item *item = &shards->item[sample];
    if (item->size > SG_IMAGE_MOST_BYTES) return too_large(data, sample, error);
    sg_file_reader reader;
    sg_status status = sg_file_reader_init(&reader, shards->path[item->shard], error);
    if (status != SG_OK) return status;
    *size = (size_t)item->size;
    *bytes = malloc(*size + 1);
    status = *bytes ? sg_file_reader_get(&reader, item->offset, *bytes, *size, error)
                    : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_file_reader_finish(&reader);
    if (status != SG_OK) free(*bytes);
    return status;
}

static void destroy(void *data) {
    sg_shards_finish(data);
    free(data);
}

static sg_status find(const sg_attr *attr, sg_shards *shards, sg_table *table, void **labels,
                      sg_error *error) {
    sg_status status = sg_shards_find(shards, attr[SG_IMAGES_PATH].text, error);
    if (status == SG_OK)
        status = sg_images_describe(attr, (int64_t)shards->count, "sample with an image", table, error);
    if (status == SG_OK && shards->labelled > 0)
        status = sg_table_add(table, "label", SG_I32, sg_shape_of(0, NULL), labels, error);
    return status;
}

static sg_status describe(const sg_attr *attr, sg_table *table, sg_error *error) {
    sg_shards shards = {0};
    sg_status status = find(attr, &shards, table, NULL, error);
    sg_shards_finish(&shards);
    return status;
}

static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    sg_shards *shards = calloc(1, sizeof *shards);
    void *labels = NULL;
    if (!shards) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = find(attr, shards, table, &labels, error);
    if (status != SG_OK) {
        destroy(shards);
        return status;
    }
    for (int64_t i = 0; labels && i < table->count; i++) ((int32_t *)labels)[i] = shards->item[i].label;
    sg_image_store store = {.fetch = fetch, .name = name, .destroy = destroy, .data = shards};
    return sg_images_open(attr, &store, table, error);
}

const sg_source sg_source_webdataset = {
    .schema =
        {.kind = SG_KIND_SOURCE,
         .name = "webdataset",
         .doc = "images in tar archives as WebDataset has them: names that are the same up to the first dot "
                "are a "
                "sample; columns image u8 [channels, height, width] and, where .cls files stand beside the "
                "images, label i32: the number in them",
         .attrs = SG_IMAGES_ATTRS("an archive, a directory of .tar files, or a pattern as in "
                                  "train-{000..127}.tar")},
    .load = load,
    .describe = describe};
