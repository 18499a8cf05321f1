/* Graph files in canonical style: the entry, and the check that nothing else was changed. */
#include "lang/style.h"

#include "lang/document.h"
#include "lang/yaml.h"
#include "simgraph/style.h"

#include <string.h>

typedef struct task {
    sg_work *work;
    const char *name, *text;
    size_t length;
    sg_text *out;
} task;

static size_t comments(const sg_styled *piece) {
    size_t count = piece->tail.count + piece->head.count;
    for (size_t i = 0; i < piece->count; i++)
        count +=
            piece->entry[i].lead.count + (piece->entry[i].trail != NULL) + comments(piece->entry[i].value);
    return count;
}

static bool same(const sg_styled *a, const sg_styled *b) {
    if (a->kind != b->kind || a->count != b->count) return false;
    if (a->kind == SG_PIECE_SCALAR) return strcmp(a->text, b->text) == 0;
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == SG_PIECE_MAP && strcmp(a->entry[i].key, b->entry[i].key) != 0) return false;
        if (!same(a->entry[i].value, b->entry[i].value)) return false;
    }
    return true;
}

static sg_styled *read(task *t, const char *text, size_t length) {
    sg_tree *tree = sg_yaml_read(t->work, &(sg_yaml_source){t->name, text, length, 1, 1});
    if (!tree || t->work->status != SG_OK) return NULL;
    return sg_document_check_root(t->work, tree) ? sg_style_read(t->work, t->name, text, length) : NULL;
}

static void restyle(void *data) {
    task *t = data;
    sg_work_source(t->work, t->name, t->text, t->length);
    sg_styled *root = read(t, t->text, t->length);
    if (!root) return;
    sg_style_arrange(t->work, root);
    if (t->work->status != SG_OK) return;
    sg_style_print(t->out, root);
    if (t->out->failed) sg_work_escape(t->work);
    /* Nobody's file is to suffer from a mistake here. */
    const sg_styled *again = read(t, sg_text_get(t->out), t->out->length);
    if (!again || !same(root, again) || comments(root) != comments(again))
        sg_complain(t->work, (sg_span){{t->name, 0, 0}, 1}, "please report it with the file",
                    "the file cannot be brought into canonical style without a change of its meaning");
}

sg_status sg_style_text(char **out, const char *name, const char *text, size_t length,
                        sg_diagnostics *diagnostics) {
    *out = NULL;
    sg_work work = {.memory = sg_bump_create(), .diagnostics = diagnostics};
    sg_text result = {0};
    if (!work.memory) return SG_OUT_OF_MEMORY;
    task t = {&work, name, text, length, &result};
    sg_work_run(&work, restyle, &t);
    if (work.status == SG_OK && !(*out = sg_text_take(&result))) work.status = SG_OUT_OF_MEMORY;
    sg_text_finish(&result);
    sg_bump_destroy(work.memory);
    return work.status;
}
