/* Reading a graph file: its base, what it includes, the library; one root with everything merged in. */
#include "lang/document.h"

#include "lang/diagnostics.h"
#include "lang/library.h"
#include "lang/source.h"
#include "lang/yaml.h"

#include <stdlib.h>
#include <string.h>

#define FILE_KEYS "simgraph doc include base set variants args let blocks nodes data init train evaluate save"

enum { MAX_FILES = 64 };

/* A file that is being read, and those that wait for it. */
typedef struct open_file {
    const struct open_file *outer;
    const char *identity, *path;
    const char *variant; /* that its user asks for, or NULL */
    bool all; /* errors of every variant matter, not only of those that are asked for from here out */
} open_file;

typedef struct loader {
    sg_work *work;
    sg_document *document;
    const sg_document_options *options;
    const char **seen; /* identities of the files whose blocks were taken */
    size_t seen_count, seen_room;
    int files;
} loader;

static bool check_version(sg_work *work, const sg_tree *root) {
    const sg_entry *version = sg_tree_entry(root, "simgraph");
    if (!version) {
        sg_span span = {{root->span.mark.file, 1, 1}, 1};
        sg_complain(work, span, "write `simgraph: 1` on the first line",
                    "this is not a graph file: the key `simgraph` is missing");
        return false;
    }
    if (version->value->kind == SG_TREE_NUMBER && version->value->number == 1) return true;
    if (version->value->kind != SG_TREE_BAD)
        sg_complain(work, version->value->span, NULL, "this program reads version 1 of the graph language");
    return version->value->kind == SG_TREE_BAD;
}

bool sg_document_check_root(sg_work *work, const sg_tree *root) {
    if (root->kind != SG_TREE_MAP) {
        sg_complain(work, root->span, "a graph file starts with `simgraph: 1`",
                    "a graph file is a mapping of keys, but this is %s", sg_tree_kind_text(root));
        return false;
    }
    if (!check_version(work, root)) return false;
    sg_check_keys(work, root, FILE_KEYS, "a graph file");
    sg_read_doc(work, root);
    return true;
}

static bool asked_for(const open_file *self, const char *variant) {
    bool asked = self->all;
    for (const open_file *f = self; f && !asked; f = f->outer)
        asked = f->variant && strcmp(f->variant, variant) == 0;
    return asked;
}

/* Forgets errors in the text of variants that nobody asked for. */
static void forget_variants(sg_work *work, const open_file *self, const sg_tree *root) {
    const sg_entry *variants = sg_tree_entry(root, "variants");
    if (!variants || variants->value->kind != SG_TREE_MAP) return;
    const sg_tree *all = variants->value;
    sg_mark behind = {0};
    if (variants + 1 < root->entry + root->count) behind = variants[1].key_span.mark;
    for (size_t i = 0; i < all->count; i++)
        if (!asked_for(self, all->entry[i].key))
            sg_diagnostics_forget(work->diagnostics, all->entry[i].key_span.mark,
                                  i + 1 < all->count ? all->entry[i + 1].key_span.mark : behind);
}

/* Takes out what no `FILE@name` can choose. */
static void check_variants(sg_work *work, const open_file *self, sg_tree *root) {
    sg_entry *variants = sg_tree_entry(root, "variants");
    if (!variants || variants->value->kind == SG_TREE_BAD) return;
    sg_tree *all = variants->value;
    if (all->kind != SG_TREE_MAP)
        sg_complain(work, all->span, "write `{name: {key.path: value}}`",
                    "`variants` must be a mapping of names, but is %s", sg_tree_kind_text(all));
    size_t kept = 0;
    for (size_t i = 0; all->kind == SG_TREE_MAP && i < all->count; i++) {
        const sg_entry *entry = &all->entry[i];
        if (asked_for(self, entry->key) ? sg_check_name(work, entry->key, entry->key_span)
                                        : sg_name_valid(entry->key) && !sg_tree_has_bad(entry->value))
            all->entry[kept++] = *entry;
    }
    all->count = all->kind == SG_TREE_MAP ? kept : all->count;
}

static sg_tree *read_tree(loader *l, const open_file *self, const char *text, size_t length) {
    sg_work *work = l->work;
    sg_status status = work->status;
    size_t errors = sg_diagnostics_errors(work->diagnostics);
    sg_document_add_source(work, l->document, self->path, text, length);
    sg_tree *root = sg_yaml_read(work, &(sg_yaml_source){self->path, text, length, 1, 1});
    if (!root) return NULL;
    forget_variants(work, self, root);
    if (sg_diagnostics_errors(work->diagnostics) == errors) work->status = status;
    if (!sg_document_check_root(work, root)) return NULL;
    check_variants(work, self, root);
    return root;
}

static sg_tree *read_file(loader *l, const open_file *self, const char *text, size_t length, sg_span from);

/* Says where the file was looked for. */
static void complain_missing(loader *l, const open_file *user, const char *name, sg_span from) {
    const sg_document_options *o = l->options;
    const char *slash = strrchr(user->path, '/'), *where = "", *message;
    for (int i = 0; i < o->include_count; i++)
        where = sg_take_printf(l->work, "%s, %s", where, o->include[i]);
    message = sg_take_printf(l->work, "cannot find the file `%s`", name);
    if (*where && name[0] != '/')
        message = sg_take_printf(l->work, "%s in %.*s%s", message, slash ? (int)(slash - user->path) : 1,
                                 slash ? user->path : ".", where);
    sg_complain_with(l->work, from, SG_IO_ERROR, message, strchr(name, '\\') ? "write paths with `/`" : NULL,
                     NULL, 0);
}

/* Reads another file, unless it is being read already. */
static sg_tree *read_other(loader *l, const open_file *user, const char *name, sg_span from, const char *what,
                           const char *variant, bool all) {
    const sg_document_options *o = l->options;
    const char *path = sg_source_find(l->work, name, user->path, o->include, o->include_count);
    if (!path) {
        l->document->incomplete = true;
        complain_missing(l, user, name, from);
        return NULL;
    }
    open_file self = {user, sg_source_identity(l->work, path), path, variant, all};
    for (const open_file *f = user; f; f = f->outer) {
        if (strcmp(f->identity, self.identity) != 0) continue;
        const char *way = path;
        for (const open_file *g = user; g; g = g->outer) {
            way = sg_take_printf(l->work, "%s -> %s", g->path, way);
            if (g == f) break;
        }
        sg_complain(l->work, from, NULL, "the file leads back to itself: %s", way);
        return NULL;
    }
    if (++l->files > MAX_FILES) {
        sg_complain(l->work, from, NULL, "more than %d files", MAX_FILES);
        return NULL;
    }
    sg_chain *chain = SG_TAKE(l->work, sg_chain, 1);
    *chain = (sg_chain){l->work->chain, what, from.mark, from.length};
    l->work->chain = chain;
    sg_tree *root = read_file(l, &self, NULL, 0, from);
    l->work->chain = chain->outer;
    return root;
}

static bool seen(loader *l, const char *identity) {
    for (size_t i = 0; i < l->seen_count; i++)
        if (strcmp(l->seen[i], identity) == 0) return true;
    *(const char **)sg_take_more(l->work, &l->seen, &l->seen_count, &l->seen_room, sizeof *l->seen) =
        identity;
    return false;
}

static bool in_library(const char *name) {
    for (const sg_embedded *file = sg_library_files; file->name; file++) {
        const char *slash = strrchr(file->name, '/');
        if (strcmp(slash ? slash + 1 : file->name, name) == 0) return true;
    }
    return false;
}

/* Takes the blocks of an included file. Two files may include the same third one. */
static void include_file(loader *l, const open_file *user, const sg_tree *entry) {
    if (entry->kind != SG_TREE_TEXT) {
        if (entry->kind != SG_TREE_BAD)
            sg_complain(l->work, entry->span, NULL, "include takes names of files, but this is %s",
                        sg_tree_kind_text(entry));
        return;
    }
    const sg_document_options *o = l->options;
    const char *path = sg_source_find(l->work, entry->text, user->path, o->include, o->include_count);
    if (!path && in_library(entry->text)) return; /* its blocks are known without an include */
    if (path && seen(l, sg_source_identity(l->work, path))) {
        bool cycle = false;
        for (const open_file *f = user; f; f = f->outer)
            cycle = cycle || strcmp(f->identity, sg_source_identity(l->work, path)) == 0;
        if (!cycle) return;
    }
    const sg_tree *root = read_other(l, user, entry->text, entry->span, "in an included file", NULL, true);
    const sg_entry *blocks = sg_tree_entry(root, "blocks");
    if (!blocks || blocks->value->kind != SG_TREE_MAP) return;
    sg_chain *chain = SG_TAKE(l->work, sg_chain, 1);
    *chain = (sg_chain){l->work->chain, "in an included file", entry->span.mark, entry->span.length};
    for (size_t i = 0; i < blocks->value->count; i++)
        sg_document_add_block(l->work, l->document, &blocks->value->entry[i], chain, false);
}

static void include_files(loader *l, const open_file *self, const sg_tree *root) {
    const sg_entry *include = sg_tree_entry(root, "include");
    if (!include) return;
    if (include->value->kind != SG_TREE_LIST) {
        include_file(l, self, include->value);
        return;
    }
    for (size_t i = 0; i < include->value->count; i++) include_file(l, self, include->value->entry[i].value);
}

/* {key.path: value} */
static void apply_settings(loader *l, sg_tree *root, const sg_tree *settings, const char *what) {
    if (settings->kind != SG_TREE_MAP) {
        if (settings->kind != SG_TREE_BAD)
            sg_complain(l->work, settings->span, "write `{key.path: value}`",
                        "%s must be a mapping, but is %s", what, sg_tree_kind_text(settings));
        return;
    }
    for (size_t i = 0; i < settings->count; i++) {
        const sg_entry *entry = &settings->entry[i];
        size_t length = strlen(entry->key);
        bool removes = length > 0 && entry->key[length - 1] == '-';
        bool marked = entry->value->kind == SG_TREE_BOOL && entry->value->number != 0;
        if (removes && !marked)
            sg_complain(l->work, entry->value->span, NULL,
                        "a key that is removed takes the value true: write `%s: true`", entry->key);
        else
            sg_document_set(l->work, root, entry->key, entry->key_span, entry->value);
    }
}

static void apply_variant(loader *l, sg_tree *root, const char *name, sg_span span) {
    const sg_entry *variants = sg_tree_entry(root, "variants");
    const sg_entry *variant = variants ? sg_tree_entry(variants->value, name) : NULL;
    if (variant) {
        apply_settings(l, root, variant->value, "a variant");
        return;
    }
    sg_names names = {0};
    for (size_t i = 0; variants && i < variants->value->count; i++)
        sg_names_add(l->work, &names, variants->value->entry[i].key);
    const char *hint = sg_names_hint(l->work, &names, name);
    if (!hint && names.count) hint = sg_take_printf(l->work, "known: %s", sg_names_text(l->work, &names, 16));
    sg_complain(l->work, span, hint, "there is no variant `%s`", name);
}

/* "file@variant" cut in two; *variant is NULL without one, and where a file has that very name. */
static const char *cut_variant(sg_work *work, const char *name, const char **variant) {
    const char *at = strrchr(name, '@');
    *variant = at && sg_name_valid(at + 1) && !sg_source_exists(name) ? at + 1 : NULL;
    return *variant ? sg_take_text(work, name, (size_t)(at - name)) : name;
}

/* Everything of the base, with this file's doc, set, variants and blocks over it. */
static sg_tree *merge_base(loader *l, const open_file *self, const sg_tree *root) {
    const sg_entry *base = sg_tree_entry(root, "base"), *set = sg_tree_entry(root, "set");
    if (base->value->kind != SG_TREE_TEXT) {
        sg_complain(l->work, base->value->span, NULL, "base must be the name of a file");
        return NULL;
    }
    const char *variant;
    const char *name = cut_variant(l->work, base->value->text, &variant);
    sg_tree *below =
        read_other(l, self, name, base->value->span, "in the base of a file", variant, self->all);
    if (!below) return NULL;
    if (variant) apply_variant(l, below, variant, base->value->span);
    for (size_t i = 0; i < root->count; i++) {
        sg_entry *entry = &root->entry[i], *old = sg_tree_entry(below, entry->key);
        if (sg_word_in(entry->key, "simgraph base set include")) continue;
        if (!sg_word_in(entry->key, "doc variants blocks")) {
            sg_complain(l->work, entry->key_span, "change what the base holds with `set: {key.path: value}`",
                        "a file with a base may not have the key `%s`", entry->key);
        } else if (strcmp(entry->key, "blocks") == 0 && old && old->value->kind == SG_TREE_MAP &&
                   entry->value->kind == SG_TREE_MAP) {
            for (size_t k = 0; k < entry->value->count; k++)
                sg_tree_append(l->work, old->value, entry->value->entry[k].key,
                               entry->value->entry[k].key_span, entry->value->entry[k].value);
        } else if (old) {
            old->value = entry->value;
        } else {
            sg_tree_append(l->work, below, entry->key, entry->key_span, entry->value);
        }
    }
    if (set) apply_settings(l, below, set->value, "set");
    return below;
}

static sg_tree *read_file(loader *l, const open_file *self, const char *text, size_t length, sg_span from) {
    if (!text) text = sg_source_read(l->work, self->path, from, &length);
    sg_tree *root = text ? read_tree(l, self, text, length) : NULL;
    if (!root) {
        l->document->incomplete = true;
        return NULL;
    }
    seen(l, self->identity);
    include_files(l, self, root);
    const sg_entry *base = sg_tree_entry(root, "base"), *set = sg_tree_entry(root, "set");
    if (base && base->value->kind != SG_TREE_BAD) return merge_base(l, self, root);
    if (set)
        sg_complain(l->work, set->key_span, "change the values where they stand",
                    "`set` changes a base, but there is none");
    return root;
}

static void add_own_blocks(loader *l, const sg_tree *root) {
    const sg_entry *blocks = sg_tree_entry(root, "blocks");
    if (!blocks || blocks->value->kind == SG_TREE_BAD) return;
    if (blocks->value->kind != SG_TREE_MAP) {
        sg_complain(l->work, blocks->value->span, NULL, "`blocks` must be a mapping of names, but is %s",
                    sg_tree_kind_text(blocks->value));
        return;
    }
    for (size_t i = 0; i < blocks->value->count; i++)
        sg_document_add_block(l->work, l->document, &blocks->value->entry[i], NULL, false);
}

sg_tree *sg_document_read(sg_work *work, sg_document *document, const char *path, const char *text,
                          size_t length, const sg_document_options *options) {
    loader l = {.work = work, .document = document, .options = options};
    const char *variant = NULL, *file = text ? path : cut_variant(work, path, &variant);
    sg_span nowhere = {{file, 0, 0}, 1};
    open_file self = {NULL, text ? file : sg_source_identity(work, file), file, variant, !variant};
    sg_tree *root = read_file(&l, &self, text, length, nowhere);
    sg_library_add(work, document, options);
    if (!root) return NULL;
    document->variant = variant;
    if (variant) apply_variant(&l, root, variant, nowhere);
    sg_document_set_options(work, document, root, options);
    add_own_blocks(&l, root);
    return root;
}
