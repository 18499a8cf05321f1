#include "data/shards.h"

#include "base/memory.h"
#include "base/text.h"
#include "data/paths.h"
#include "data/table.h"
#include "format/decode.h"
#include "format/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MOST_SHARDS = 1000000, MOST_DIGITS = 18 };

void sg_shards_finish(sg_shards *s) {
    for (size_t i = 0; i < s->path_count; i++) free(s->path[i]);
    free(s->path);
    free(s->item);
    free(s->names);
    *s = (sg_shards){0};
}

static sg_status no_memory(const char *path, sg_error *error) {
    return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", path);
}

/* ---- which archives ---- */

/* Takes over `path`. */
static sg_status add_path(sg_shards *s, char *path, sg_error *error) {
    if (path && s->path_count < MOST_SHARDS &&
        sg_array_grow(&s->path, &s->path_room, s->path_count + 1, sizeof *s->path)) {
        s->path[s->path_count++] = path;
        return SG_OK;
    }
    free(path);
    return s->path_count < MOST_SHARDS
               ? no_memory("path", error)
               : sg_fail(error, SG_BAD_DATA, "`path` stands for more than %d archives", MOST_SHARDS);
}

static sg_status expand(sg_shards *s, const char *head, size_t length, const char *insert, const char *tail,
                        sg_error *error);

/* "000..127": numbers as wide as the first. False: it is none. */
static bool read_range(const char *text, size_t length, int64_t *from, int64_t *to, int *width) {
    char *end;
    size_t digits = strspn(text, "0123456789"),
           more = digits + 2 < length ? strspn(text + digits + 2, "0123456789") : 0;
    if (digits == 0 || digits > MOST_DIGITS || more == 0 || more > MOST_DIGITS ||
        digits + 2 + more != length || strncmp(text + digits, "..", 2) != 0)
        return false;
    *from = strtoll(text, &end, 10);
    *to = strtoll(end + 2, NULL, 10);
    *width = text[0] == '0' ? (int)digits : 0;
    return true;
}

/* Expands the first braces of `pattern`. */
static sg_status add_pattern(sg_shards *s, const char *pattern, sg_error *error) {
    const char *open = strchr(pattern, '{'), *close = open ? strchr(open, '}') : NULL;
    int64_t from, to;
    int width;
    if (!close) return add_path(s, strdup(pattern), error);
    sg_status status = SG_OK;
    size_t head = (size_t)(open - pattern);
    if (read_range(open + 1, (size_t)(close - open - 1), &from, &to, &width)) {
        if (to < from)
            return sg_fail(error, SG_BAD_DATA, "`%.*s` counts downwards", (int)(close + 1 - open), open);
        for (int64_t i = from; i <= to && status == SG_OK; i++) {
            char number[32];
            snprintf(number, sizeof number, "%0*" PRId64, width, i);
            status = expand(s, pattern, head, number, close + 1, error);
        }
        return status;
    }
    for (const char *word = open + 1; word <= close && status == SG_OK;) {
        size_t length = strcspn(word, ",}");
        char *copy = strndup(word, length);
        status = copy ? expand(s, pattern, head, copy, close + 1, error) : no_memory(pattern, error);
        free(copy);
        word += length + 1;
    }
    return status;
}

static sg_status expand(sg_shards *s, const char *head, size_t length, const char *insert, const char *tail,
                        sg_error *error) {
    sg_text text = {0};
    sg_text_printf(&text, "%.*s%s%s", (int)length, head, insert, tail);
    sg_status status = text.failed ? no_memory(head, error) : add_pattern(s, sg_text_get(&text), error);
    sg_text_finish(&text);
    return status;
}

static sg_status add_directory(sg_shards *s, const char *path, sg_error *error) {
    static const char *const endings[] = {".tar", NULL};
    sg_paths paths;
    sg_status status = sg_paths_find(&paths, path, endings, error);
    for (size_t i = 0; i < paths.count && status == SG_OK; i++)
        status = add_path(s, sg_paths_get(&paths, i), error);
    sg_paths_finish(&paths);
    if (status == SG_OK && s->path_count == 0)
        return sg_fail(error, SG_BAD_DATA, "there is no .tar file in `%s`", path);
    return status;
}

/* ---- what is in them ---- */

static bool is_image(const char *kind) {
    for (const char *const *ending = sg_image_endings; *ending; ending++)
        if (strcasecmp(kind, *ending) == 0) return true;
    return false;
}

/* Keeps a name; gives where it begins. */
static sg_status keep_name(sg_shards *s, const char *name, size_t *at, sg_error *error) {
    size_t bytes = strlen(name) + 1;
    *at = s->names_used;
    if (!sg_array_grow(&s->names, &s->names_room, s->names_used + bytes, 1)) return no_memory(name, error);
    memcpy(s->names + *at, name, bytes);
    s->names_used += bytes;
    return SG_OK;
}

/* A whole number and nothing else but space. */
static sg_status read_label(const sg_tar *tar, int32_t *label, sg_error *error) {
    char text[32] = "", *end;
    size_t bytes = tar->size < sizeof text ? (size_t)tar->size : sizeof text - 1;
    sg_status status = sg_file_reader_get(tar->file, tar->offset, text, bytes, error);
    if (status != SG_OK) return status;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || end[strspn(end, " \r\n")] || errno || value < 0 || value > INT32_MAX ||
        tar->size >= sizeof text)
        return sg_fail(error, SG_BAD_DATA, "`%s`: `%s` holds no label, which is a number from 0 on",
                       tar->file->path, tar->name);
    *label = (int32_t)value;
    return SG_OK;
}

/* What is known of the sample whose members are being read. */
typedef struct sample {
    char key[4096];
    sg_shard_item item;
    bool has_image;
} sample;

static sg_status end_sample(sg_shards *s, sample *now, sg_error *error) {
    if (now->has_image) {
        if (!sg_array_grow(&s->item, &s->room, s->count + 1, sizeof *s->item))
            return no_memory(now->key, error);
        s->item[s->count++] = now->item;
        s->labelled += now->item.label >= 0;
    }
    now->key[0] = 0;
    now->has_image = false;
    now->item = (sg_shard_item){.label = -1};
    return SG_OK;
}

/* The first image of a sample is its image. */
static sg_status take_member(sg_shards *s, const sg_tar *tar, sample *now, sg_error *error) {
    const char *slash = strrchr(tar->name, '/'), *base = slash ? slash + 1 : tar->name,
               *dot = strchr(base, '.');
    if (!dot || dot == base) return SG_OK; /* no sample, as in WebDataset */
    size_t length = (size_t)(dot - tar->name);
    if (strlen(now->key) != length || strncmp(now->key, tar->name, length) != 0) {
        sg_status status = end_sample(s, now, error);
        if (status != SG_OK) return status;
        memcpy(now->key, tar->name, length);
        now->key[length] = 0;
    }
    if (strcasecmp(dot, ".cls") == 0) return read_label(tar, &now->item.label, error);
    if (now->has_image || !is_image(dot)) return SG_OK;
    now->has_image = true;
    now->item.offset = tar->offset;
    now->item.size = tar->size;
    return keep_name(s, tar->name, &now->item.name, error);
}

static sg_status read_shard(sg_shards *s, size_t index, sample *now, sg_error *error) {
    sg_file_reader file;
    sg_tar tar;
    bool found = true;
    size_t first = s->count;
    sg_status status = sg_source_look(s->path[index], false, error);
    if (status == SG_OK) status = sg_file_reader_init(&file, s->path[index], error);
    if (status != SG_OK) return status;
    sg_tar_init(&tar, &file);
    while (status == SG_OK && found) {
        status = sg_tar_next(&tar, &found, error);
        if (status == SG_OK && found) status = take_member(s, &tar, now, error);
    }
    if (status == SG_OK) status = end_sample(s, now, error);
    for (size_t i = first; i < s->count; i++) s->item[i].shard = (int32_t)index;
    sg_tar_finish(&tar);
    sg_file_reader_finish(&file);
    return status;
}

static sg_status check_labels(const sg_shards *s, sg_error *error) {
    for (size_t i = 0; s->labelled > 0 && s->labelled < s->count && i < s->count; i++)
        if (s->item[i].label < 0)
            return sg_fail(error, SG_BAD_DATA, "`%s`: `%s` has no label beside it (.cls), as others have",
                           s->path[s->item[i].shard], s->names + s->item[i].name);
    return SG_OK;
}

sg_status sg_shards_find(sg_shards *s, const char *spec, sg_error *error) {
    struct stat info;
    *s = (sg_shards){0};
    sample *now = calloc(1, sizeof *now);
    sg_status status = now ? SG_OK : no_memory(spec, error);
    bool directory = stat(spec, &info) == 0 && S_ISDIR(info.st_mode);
    if (status == SG_OK) status = directory ? add_directory(s, spec, error) : add_pattern(s, spec, error);
    if (status == SG_OK) status = end_sample(s, now, error);
    for (size_t i = 0; i < s->path_count && status == SG_OK; i++) status = read_shard(s, i, now, error);
    if (status == SG_OK) status = check_labels(s, error);
    free(now);
    if (status != SG_OK) sg_shards_finish(s);
    return status;
}
