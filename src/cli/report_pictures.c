/* Pictures of a run as data URIs. */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report.h"
#include "simgraph/file.h"

enum { MOST_BYTES = 4 << 20, MOST_PICTURE = 24 << 20 }; /* of all pictures together; of one that is alone */

typedef struct picture {
    char *file; /* below the run's directory */
    char *name;
    int64_t step; /* -1: that of the last evaluation */
    size_t bytes;
} picture;

typedef struct pictures {
    size_t count, room;
    picture *at;
    bool failed;
} pictures;

/* "NAME-STEP.png" below pictures/, or "NAME.png". */
static bool read_name(picture *p, const char *file, bool kept) {
    size_t length = strlen(file), end = length - 4;
    if (length < 5 || strcmp(file + end, ".png") != 0) return false;
    p->step = -1;
    if (kept) {
        size_t digits = end;
        while (digits && file[digits - 1] >= '0' && file[digits - 1] <= '9') digits--;
        if (digits < 2 || file[digits - 1] != '-' || digits == end || end - digits > 18) return false;
        p->step = strtoll(file + digits, NULL, 10);
        end = digits - 1;
    }
    p->name = strndup(file, end);
    return true;
}

static void add(pictures *list, const cli_run *run, const char *file, bool kept) {
    char below[512];
    picture found = {0};
    struct stat info;
    if (!read_name(&found, file, kept)) return;
    snprintf(below, sizeof below, "%s%s", kept ? "pictures/" : "", file);
    char *path = cli_run_path(run, below);
    bool there = path && stat(path, &info) == 0 && S_ISREG(info.st_mode);
    free(path);
    if (there && list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        picture *grown = realloc(list->at, room * sizeof *grown);
        if (grown) list->at = grown, list->room = room;
    }
    found.file = strdup(below);
    if (there && list->count < list->room && found.file && found.name) {
        found.bytes = (size_t)info.st_size;
        list->at[list->count++] = found;
        return;
    }
    list->failed = list->failed || there || !found.file || !found.name;
    free(found.file);
    free(found.name);
}

static void list_directory(pictures *list, const cli_run *run, bool kept) {
    char *path = cli_run_path(run, kept ? "pictures" : ".");
    DIR *files = path ? opendir(path) : NULL;
    free(path);
    for (const struct dirent *entry; files && (entry = readdir(files));) add(list, run, entry->d_name, kept);
    if (files) closedir(files);
}

static int by_name(const void *a, const void *b) {
    const picture *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->step < y->step ? -1 : x->step > y->step;
}

/* Room is there for the line end of a text. */
static char *encode(const unsigned char *data, size_t bytes) {
    static const char head[] = "data:image/png;base64,";
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc(sizeof head + (bytes + 2) / 3 * 4), *to = text;
    if (!text) return NULL;
    to = stpcpy(to, head);
    for (size_t i = 0; i < bytes; i += 3) {
        size_t left = bytes - i;
        unsigned three =
            (unsigned)data[i] << 16 | (left > 1 ? data[i + 1] : 0u) << 8 | (left > 2 ? data[i + 2] : 0u);
        *to++ = digit[three >> 18];
        *to++ = digit[three >> 12 & 63];
        *to++ = left > 1 ? digit[three >> 6 & 63] : '=';
        *to++ = left > 2 ? digit[three & 63] : '=';
    }
    *to = 0;
    return text;
}

static bool add_frame(json_t *frames, const cli_run *run, const picture *p) {
    char *path = cli_run_path(run, p->file), *data = NULL, *text = NULL;
    size_t bytes;
    /* One that is gone was thinned out by the run. */
    sg_status status = path ? sg_file_load(path, MOST_PICTURE, &data, &bytes, NULL) : SG_OUT_OF_MEMORY;
    if (status == SG_OK) text = encode((const unsigned char *)data, bytes);
    int64_t step = p->step >= 0 ? (int64_t)p->step : cli_whole(cli_run_last(run, "evaluations", "step"));
    if (text) json_array_append_new(frames, json_pack("[I, s]", (json_int_t)(step >= 0 ? step : 0), text));
    free(text);
    free(data);
    free(path);
    return status != SG_OUT_OF_MEMORY && (status != SG_OK || text);
}

/* Every k-th of these, counted from the last, which fit into `room` bytes; the last one at least. */
static size_t choose_stride(const picture *first, size_t count, size_t room) {
    for (size_t stride = 1;; stride++) {
        size_t sum = 0;
        for (size_t i = count; i > 0; i = i > stride ? i - stride : 0) sum += first[i - 1].bytes;
        if (sum <= room || stride >= count) return stride;
    }
}

static size_t count_names(const pictures *list) {
    size_t names = 0;
    for (size_t i = 0; i < list->count; i++)
        names += !i || strcmp(list->at[i].name, list->at[i - 1].name) != 0;
    return names;
}

/* Those of one name: kept ones, or else the latest, whose step is -1 and which stands first. */
static bool add_frames(json_t *all, const cli_run *run, const picture *first, size_t count, size_t room,
                       bool every) {
    if (count > 1 && first->step < 0) first++, count--;
    if (!every) first += count - 1, count = 1;
    json_t *frames = json_array();
    bool good = true;
    size_t stride = choose_stride(first, count, room);
    for (size_t i = 0; i < count; i++)
        if ((count - 1 - i) % stride == 0) good = add_frame(frames, run, &first[i]) && good;
    if (json_array_size(frames)) json_object_set(all, first->name, frames);
    json_decref(frames);
    return good;
}

int cli_run_read_pictures(cli_run *run, bool every) {
    pictures list = {0};
    json_t *all = json_object();
    list_directory(&list, run, true);
    list_directory(&list, run, false);
    if (list.count) qsort(list.at, list.count, sizeof *list.at, by_name);
    size_t names = count_names(&list);
    for (size_t i = 0, end; i < list.count; i = end) {
        for (end = i + 1; end < list.count && strcmp(list.at[end].name, list.at[i].name) == 0;) end++;
        list.failed |= !add_frames(all, run, &list.at[i], end - i, MOST_BYTES / names, every);
    }
    for (size_t i = 0; i < list.count; i++) {
        free(list.at[i].file);
        free(list.at[i].name);
    }
    free(list.at);
    json_object_set_new(run->json, "pictures", all);
    return list.failed ? cli_fail(SG_OUT_OF_MEMORY, "out of memory") : SG_OK;
}
