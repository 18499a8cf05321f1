/* What a resume goes on with: the run's own graph, unless the caller asks for something else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "simgraph/file.h"
#include "train/trainer.h"

enum { GRAPH_LIMIT = 1 << 26 };

typedef struct resuming {
    const sg_resume_options *options;
    char *directory, *graph; /* of the run; its graph.yaml */
    char **set;              /* all settings: those of the run, then those given now */
    int set_count;
    size_t set_room;
    sg_document *then, *now;
    char *text;            /* of `now` */
    sg_diagnostics *aside; /* what the documents say that are only compared */
    sg_diagnostics *diagnostics;
} resuming;

static bool is_same_file(const char *a, const char *b) {
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* Does a setting add to a list or remove a key, so that doing it twice is something else than doing it once?
 */
static bool counts(const char *text, size_t length) {
    const char *equals = memchr(text, '=', length), *plus = strstr(text, ".+");
    return !equals || (plus && plus < equals);
}

static sg_status add_setting(resuming *r, const char *text, size_t length, sg_error *error) {
    const char *last = r->set_count ? r->set[r->set_count - 1] : NULL;
    bool again = last && strlen(last) == length && memcmp(last, text, length) == 0;
    if (again && !counts(text, length)) return SG_OK;
    if (!sg_array_grow(&r->set, &r->set_room, (size_t)r->set_count + 1, sizeof *r->set))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    r->set[r->set_count] = strndup(text, length);
    return r->set[r->set_count++] ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

/* Whether the settings of now begin with all those of the run: the command was given again, perhaps with
 * more. */
static bool given_again(const resuming *r) {
    const sg_resume_options *o = r->options;
    bool again = o->set_count >= r->set_count;
    for (int i = 0; again && i < r->set_count; i++) again = strcmp(o->set[i], r->set[i]) == 0;
    return again;
}

/* Those at the head of the run's graph.yaml, then those of now. Adding to a list or removing a key happens
 * once, however often the same command is given. */
static sg_status list_settings(resuming *r, sg_error *error) {
    const sg_resume_options *o = r->options;
    const size_t prefix = strlen(SG_SETTING_PREFIX);
    char *text = NULL;
    size_t bytes;
    sg_status status = sg_file_load(r->graph, GRAPH_LIMIT, &text, &bytes, error);
    for (const char *at = text; status == SG_OK && strncmp(at, SG_SETTING_PREFIX, prefix) == 0;) {
        size_t length = strcspn(at, "\n");
        status = add_setting(r, at + prefix, length - prefix, error);
        at += length + (at[length] != 0);
    }
    free(text);
    int known = given_again(r) ? r->set_count : 0;
    for (int i = known; status == SG_OK && i < o->set_count; i++)
        status = add_setting(r, o->set[i], strlen(o->set[i]), error);
    return status;
}

static void free_settings(char **set, int count) {
    for (int i = 0; i < count; i++) free(set[i]);
    free(set);
}

/* A document to compare; what is wrong with it is told, its warnings are not. */
static sg_status load(const resuming *r, sg_document **out, const char *path, const char *const *set,
                      int count, sg_error *error) {
    sg_document_options options = {.size = sizeof options,
                                   .set = set,
                                   .set_count = count,
                                   .include = r->options->include,
                                   .include_count = r->options->include_count};
    sg_status status = sg_document_load(out, path, &options, r->aside);
    if (status == SG_OK) return SG_OK;
    sg_document *again = NULL;
    sg_document_load(&again, path, &options, r->diagnostics);
    sg_document_destroy(again);
    return sg_fail(error, status, "the graph file has errors");
}

static sg_status load_text(const resuming *r, sg_document **out, sg_diagnostics *diagnostics,
                           sg_error *error) {
    sg_document_options options = {.size = sizeof options};
    sg_status status = sg_document_load_text(out, r->graph, r->text, strlen(r->text), &options, diagnostics);
    return status == SG_OK ? SG_OK : sg_fail(error, status, "the graph file has errors");
}

/* What is asked for now, written and read back as the run's graph was, so that the two can be compared. */
static sg_status load_now(resuming *r, sg_error *error) {
    const sg_resume_options *o = r->options;
    bool own = is_same_file(o->path, r->graph); /* holds what was set then */
    sg_document *given = NULL;
    sg_status status = own ? load(r, &given, o->path, o->set, o->set_count, error)
                           : load(r, &given, o->path, (const char *const *)r->set, r->set_count, error);
    if (status == SG_OK) status = sg_document_text(given, &r->text, error);
    if (status == SG_OK) status = load_text(r, &r->now, r->aside, error);
    sg_document_destroy(given);
    return status;
}

/* ---- differences ---- */

enum { MOST_BYTES = 60, MOST_LISTED = 8 };

typedef struct listing {
    sg_text text;
    int count;
} listing;

static void list_value(sg_text *text, const char *value) {
    if (!value)
        sg_text_append(text, "nothing");
    else if (strlen(value) <= MOST_BYTES)
        sg_text_append(text, value);
    else
        sg_text_printf(text, "%.*s...", MOST_BYTES - 3, value);
}

static void list_difference(void *data, const char *part, const char *path, const char *then,
                            const char *now) {
    listing *list = data;
    (void)part; /* the path says it */
    if (++list->count > MOST_LISTED) return;
    sg_text_printf(&list->text, "%s%s: ", list->count > 1 ? "; " : "", path);
    list_value(&list->text, then);
    sg_text_append(&list->text, " -> ");
    list_value(&list->text, now);
}

static sg_status compare(resuming *r, char **note, sg_error *error) {
    listing list = {{0}, 0};
    sg_status status = sg_document_compare(r->then, r->now, list_difference, &list, error);
    if (list.count > MOST_LISTED) sg_text_printf(&list.text, "; and %d more", list.count - MOST_LISTED);
    if (status == SG_OK && list.count) {
        if (!r->options->force && !sg_document_same_training(r->then, r->now))
            status = sg_fail(error, SG_BAD_CHECKPOINT,
                             "%s was trained otherwise (then -> now): %s; to go on as it was, run %s with "
                             "--resume; to go on all the same, add --force",
                             r->directory, sg_text_get(&list.text), r->graph);
        else {
            *note = sg_text_take(&list.text);
            if (!*note) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        }
    }
    sg_text_finish(&list.text);
    return status;
}

/* ---- the whole ---- */

static sg_status resume(resuming *r, sg_resume *out, sg_error *error) {
    const sg_resume_options *o = r->options;
    sg_status status = sg_run_find(&r->directory, o->path, o->directory, &out->runs, error);
    if (status != SG_OK) return status;
    sg_text graph = {0};
    sg_text_printf(&graph, "%s/graph.yaml", r->directory);
    r->graph = sg_text_take(&graph);
    if (!r->graph) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    status = sg_diagnostics_create(&r->aside, error);
    if (status == SG_OK) status = list_settings(r, error);
    if (status == SG_OK) status = load(r, &r->then, r->graph, NULL, 0, error);
    if (status == SG_OK) status = load_now(r, error);
    if (status == SG_OK) status = compare(r, &out->differences, error);
    if (status != SG_OK) return status;
    status = out->differences ? load_text(r, &out->document, r->diagnostics, error)
                              : sg_document_load(&out->document, r->graph, NULL, r->diagnostics);
    if (status != SG_OK) return status;
    out->directory = r->directory;
    r->directory = NULL;
    out->set = r->set;
    out->set_count = r->set_count;
    r->set = NULL;
    r->set_count = 0;
    return SG_OK;
}

sg_status sg_resume_find(sg_resume *out, const sg_resume_options *options, sg_diagnostics *diagnostics,
                         sg_error *error) {
    *out = (sg_resume){0};
    resuming r = {.options = options, .diagnostics = diagnostics};
    sg_status status = resume(&r, out, error);
    sg_document_destroy(r.then);
    sg_document_destroy(r.now);
    sg_diagnostics_destroy(r.aside);
    free(r.text);
    free_settings(r.set, r.set_count);
    free(r.graph);
    free(r.directory);
    if (status != SG_OK) sg_resume_finish(out);
    return status;
}

void sg_resume_finish(sg_resume *resume) {
    sg_document_destroy(resume->document);
    free(resume->directory);
    free_settings(resume->set, resume->set_count);
    free(resume->differences);
    *resume = (sg_resume){0};
}
