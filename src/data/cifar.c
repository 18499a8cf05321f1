/* CIFAR-10 and CIFAR-100 (Krizhevsky 2009): colour images of 32 x 32, in the files of their binary versions.
 */
#include "data/table.h"
#include "format/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH, PART, LIMIT, SKIP };
enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, PATH_BYTES = 4096, MOST_LABELS = 2 };

/* A record is a byte for each label, and the red, green and blue planes. */
typedef struct dataset {
    const char *name;
    const char *train[6], *test[2]; /* files; each list ends with NULL */
    int labels;
    const char *column[MOST_LABELS];
    int classes[MOST_LABELS];
} dataset;

static const dataset cifar10 = {
    "cifar10",
    {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
    {"test_batch.bin"},
    1,
    {"label"},
    {10}};
static const dataset cifar100 = {"cifar100", {"train.bin"}, {"test.bin"}, 2, {"coarse_label", "label"},
                                 {20, 100}};

static const char *const *files_of(const dataset *set, const sg_attr *attr) {
    return strcmp(attr[PART].text, "test") == 0 ? set->test : set->train;
}

static sg_status find_file(const dataset *set, const sg_attr *attr, const char *name, char path[PATH_BYTES],
                           sg_error *error) {
    int length = snprintf(path, PATH_BYTES, "%s/%s", attr[PATH].text, name);
    if (length < 0 || length >= PATH_BYTES)
        return sg_fail(error, SG_BAD_DATA, "path `%.60s...` is too long", attr[PATH].text);
    if (access(path, F_OK) == 0) return SG_OK;
    return sg_fail(
        error, SG_BAD_DATA,
        "there is no `%s`: `path` is the directory of the files of the binary version of %s, unpacked", path,
        set->name);
}

static sg_status add_columns(const dataset *set, sg_table *table, void **images, void **labels,
                             sg_error *error) {
    sg_status status = sg_table_add(table, "image", SG_U8, SG_SHAPE(3, SIDE, SIDE), images, error);
    for (int k = 0; k < set->labels && status == SG_OK; k++)
        status = sg_table_add(table, set->column[k], SG_I32, sg_shape_of(0, NULL), labels ? &labels[k] : NULL,
                              error);
    return status;
}

/* How many samples the files hold. */
static sg_status count(const dataset *set, const sg_attr *attr, int64_t *samples, sg_error *error) {
    char path[PATH_BYTES];
    sg_status status = SG_OK;
    *samples = 0;
    for (const char *const *file = files_of(set, attr); *file && status == SG_OK; file++) {
        sg_file_reader reader;
        status = find_file(set, attr, *file, path, error);
        if (status == SG_OK) status = sg_file_reader_init(&reader, path, error);
        if (status != SG_OK) return status;
        uint64_t record = (uint64_t)(set->labels + PIXELS);
        if (reader.size == 0 || reader.size % record != 0)
            status = sg_fail(error, SG_BAD_DATA,
                             "`%s` has %" PRIu64 " bytes, which are no whole records of %s: %" PRIu64 " each",
                             path, reader.size, set->name, record);
        *samples += (int64_t)(reader.size / record);
        sg_file_reader_finish(&reader);
    }
    int64_t end = sg_range_end(&attr[LIMIT], &attr[SKIP]);
    if (end && end < *samples) *samples = end;
    return status;
}

static sg_status describe(const dataset *set, const sg_attr *attr, sg_table *table, sg_error *error) {
    sg_status status = count(set, attr, &table->count, error);
    if (status == SG_OK) status = add_columns(set, table, NULL, NULL, error);
    return status == SG_OK ? sg_table_skip(table, attr[SKIP].i, error) : status;
}

/* One record into its places. */
static sg_status take(const dataset *set, const unsigned char *record, int64_t i, uint8_t *images,
                      void **labels, sg_error *error) {
    for (int k = 0; k < set->labels; k++) {
        if (record[k] >= set->classes[k])
            return sg_fail(error, SG_BAD_DATA, "%s %" PRId64 " of %s is %d, expected 0 to %d", set->column[k],
                           i, set->name, record[k], set->classes[k] - 1);
        ((int32_t *)labels[k])[i] = record[k];
    }
    memcpy(images + i * PIXELS, record + set->labels, PIXELS);
    return SG_OK;
}

static sg_status read_file(const dataset *set, const char *path, const sg_table *table, int64_t *at,
                           uint8_t *images, void **labels, sg_error *error) {
    sg_file_reader reader;
    unsigned char record[MOST_LABELS + PIXELS];
    size_t bytes = (size_t)(set->labels + PIXELS);
    sg_status status = sg_file_reader_init(&reader, path, error);
    if (status != SG_OK) return status;
    for (uint64_t from = 0; status == SG_OK && from + bytes <= reader.size && *at < table->count;
         from += bytes) {
        status = sg_file_reader_get(&reader, from, record, bytes, error);
        if (status == SG_OK) status = take(set, record, (*at)++, images, labels, error);
    }
    sg_file_reader_finish(&reader);
    return status;
}

static sg_status load(const dataset *set, const sg_attr *attr, sg_table *table, sg_error *error) {
    char path[PATH_BYTES];
    void *images, *labels[MOST_LABELS];
    int64_t at = 0;
    sg_status status = count(set, attr, &table->count, error);
    if (status == SG_OK) status = add_columns(set, table, &images, labels, error);
    for (const char *const *file = files_of(set, attr); *file && status == SG_OK; file++) {
        status = find_file(set, attr, *file, path, error);
        if (status == SG_OK) status = read_file(set, path, table, &at, images, labels, error);
    }
    if (status == SG_OK && at < table->count)
        status = sg_fail(error, SG_BAD_DATA, "`%s` is cut short", path); /* since it was counted */
    return status == SG_OK ? sg_table_skip(table, attr[SKIP].i, error) : status;
}

static sg_status load10(const sg_attr *attr, sg_table *table, sg_error *error) {
    return load(&cifar10, attr, table, error);
}

static sg_status describe10(const sg_attr *attr, sg_table *table, sg_error *error) {
    return describe(&cifar10, attr, table, error);
}

static sg_status load100(const sg_attr *attr, sg_table *table, sg_error *error) {
    return load(&cifar100, attr, table, error);
}

static sg_status describe100(const sg_attr *attr, sg_table *table, sg_error *error) {
    return describe(&cifar100, attr, table, error);
}

#define ATTRS(files)                                                                        \
    SG_ATTRS([PATH] = {.name = "path", .type = SG_ATTR_TEXT, .doc = "directory of " files}, \
             [PART] = {.name = "part",                                                      \
                       .type = SG_ATTR_TEXT,                                                \
                       .fallback = "train",                                                 \
                       .one_of = "train test",                                              \
                       .doc = "the 50,000 training or the 10,000 test images"},             \
             SG_RANGE_ATTRS(LIMIT, SKIP))

const sg_source sg_source_cifar10 = {
    .schema =
        {.kind = SG_KIND_SOURCE,
         .name = "cifar10",
         .doc = "50,000 + 10,000 colour images of ten kinds of things, 32 x 32, from the files of the binary "
                "version: columns image u8 [3, 32, 32], label i32 (0 to 9)",
         .attrs = ATTRS("data_batch_1.bin to data_batch_5.bin and test_batch.bin")},
    .load = load10,
    .describe = describe10};

const sg_source sg_source_cifar100 = {
    .schema = {.kind = SG_KIND_SOURCE,
               .name = "cifar100",
               .doc =
                   "50,000 + 10,000 colour images of a hundred kinds of things, 32 x 32, from the files of "
                   "the binary "
                   "version: columns image u8 [3, 32, 32], label i32 (0 to 99), coarse_label i32 (0 to 19)",
               .attrs = ATTRS("train.bin and test.bin")},
    .load = load100,
    .describe = describe100};
