/* Reading a file of names. */
#include "weights/names.h"

#include <stdio.h>
#include <string.h>

typedef struct reader {
    sg_name_family *family;
    sg_bump *memory;
    const sg_name_family *base;
    sg_diagnostics *diagnostics;
    bool short_of_memory;
} reader;

static bool complain(reader *r, const sg_tree *tree, const char *hint, const char *message) {
    sg_tree_complain(r->diagnostics, tree, hint, "%s", message);
    return false;
}

static bool no_memory(reader *r) {
    r->short_of_memory = true;
    return false;
}

static bool read_rules(reader *r, const sg_tree *tree, bool computed, sg_name_rule **rules, size_t *count) {
    sg_status status = sg_name_rules_read(rules, count, r->memory, tree, computed, r->diagnostics);
    return status == SG_OK || (status == SG_OUT_OF_MEMORY && no_memory(r));
}

/* A text or a list of texts. */
static bool read_texts(reader *r, const sg_tree *map, const char *key, const char ***out, int *count) {
    const sg_tree *tree = sg_tree_find(map, key);
    bool list = sg_tree_kind_of(tree) == SG_TREE_LIST;
    size_t entries = !tree ? 0 : list ? sg_tree_count(tree) : 1;
    *out = sg_bump_array(r->memory, entries + 1, sizeof **out);
    *count = 0;
    if (!*out) return no_memory(r);
    for (size_t i = 0; i < entries; i++) {
        const sg_tree *entry = list ? sg_tree_at(tree, i) : tree;
        if (sg_tree_kind_of(entry) != SG_TREE_TEXT) {
            sg_tree_complain(r->diagnostics, entry, NULL, "`%s` takes a name or a list of names", key);
            return false;
        }
        (*out)[(*count)++] = sg_tree_text(entry);
    }
    return true;
}

/* The rules of `from` behind those that the map has. */
static bool append_rules(reader *r, sg_name_map *map, const sg_name_map *from) {
    sg_name_rule *all = sg_bump_array(r->memory, map->rule_count + from->rule_count + 1, sizeof *all);
    if (!all) return no_memory(r);
    if (map->rule_count) memcpy(all, map->rule, map->rule_count * sizeof *all);
    if (from->rule_count) memcpy(all + map->rule_count, from->rule, from->rule_count * sizeof *all);
    map->rule = all;
    map->rule_count += from->rule_count;
    if (!map->at) map->at = from->at;
    if (!map->ignore_count) {
        map->ignore = from->ignore;
        map->ignore_count = from->ignore_count;
    }
    if (!map->computed_count) {
        map->computed = from->computed;
        map->computed_count = from->computed_count;
    }
    return true;
}

/* Adds `own` for every map of the block, at most `most`, with the rules of that behind its own. */
static bool copy_alike(reader *r, const sg_name_map *own, const char *block, const sg_name_map *from,
                       size_t count, size_t most) {
    sg_name_family *f = r->family;
    for (size_t i = 0; i < count && most; i++) {
        if (!from[i].of || strcmp(from[i].of, block) != 0) continue;
        f->map[f->map_count] = *own;
        if (!append_rules(r, &f->map[f->map_count++], &from[i])) return false;
        most--;
    }
    return true;
}

/* `like` names a block that has a map above, or else maps in the base. */
static bool add_alike(reader *r, const sg_name_map *own, const sg_tree *like) {
    size_t above = r->family->map_count;
    const char *block = sg_tree_text(like);
    if (!copy_alike(r, own, block, r->family->map, above, 1)) return false;
    if (r->family->map_count == above && r->base &&
        !copy_alike(r, own, block, r->base->map, r->base->map_count, r->base->map_count))
        return false;
    if (r->family->map_count > above) return true;
    sg_tree_complain(r->diagnostics, like, NULL, "there is no map of the block `%s` above, nor in a base",
                     block);
    return false;
}

static bool read_map(reader *r, const sg_tree *tree) {
    sg_name_map map = {0};
    const char *like = NULL;
    size_t errors = sg_diagnostics_errors(r->diagnostics);
    if (!sg_tree_check_keys(tree, "a map of names", "of like at weights computed ignore", r->diagnostics))
        return false;
    sg_tree_read_text(tree, "of", false, &map.of, r->diagnostics);
    sg_tree_read_text(tree, "at", false, &map.at, r->diagnostics);
    sg_tree_read_text(tree, "like", false, &like, r->diagnostics);
    const sg_tree *weights = sg_tree_find(tree, "weights"), *computed = sg_tree_find(tree, "computed");
    if (weights && sg_tree_kind_of(weights) != SG_TREE_MAP)
        return complain(r, weights, NULL, "`weights` maps our names to theirs, as in {norm: encoder.norm}");
    if (computed && sg_tree_kind_of(computed) != SG_TREE_MAP)
        return complain(r, computed, NULL, "`computed` maps nodes of ours to names of theirs");
    if (!weights && !like) return complain(r, tree, NULL, "the key `weights` is missing here");
    if (sg_diagnostics_errors(r->diagnostics) > errors ||
        !read_texts(r, tree, "ignore", &map.ignore, &map.ignore_count))
        return false;
    if (weights && !read_rules(r, weights, false, &map.rule, &map.rule_count)) return false;
    if (computed && !read_rules(r, computed, true, &map.computed, &map.computed_count)) return false;
    if (like) return add_alike(r, &map, sg_tree_find(tree, "like"));
    if (!map.at) map.at = "";
    r->family->map[r->family->map_count++] = map;
    return true;
}

/* What a file takes over from its base: maps of blocks that it has none of, and the lists that it does not
 * give. */
static void take_base(sg_name_family *f, const sg_name_family *base, const sg_tree *root) {
    size_t own = f->map_count;
    for (size_t i = 0; i < base->map_count; i++) {
        bool has = false;
        for (size_t k = 0; k < own; k++)
            has = has || (f->map[k].of && base->map[i].of && strcmp(f->map[k].of, base->map[i].of) == 0);
        if (!has) f->map[f->map_count++] = base->map[i];
    }
    if (!sg_tree_find(root, "prefixes")) {
        f->wrapper = base->wrapper;
        f->wrapper_count = base->wrapper_count;
    }
    if (!sg_tree_find(root, "ignore")) {
        f->ignore = base->ignore;
        f->ignore_count = base->ignore_count;
    }
}

static bool find_base(reader *r, const sg_tree *root, const sg_name_family *known, size_t count) {
    const char *base = NULL;
    const sg_tree *tree = sg_tree_find(root, "base");
    if (!tree) return true;
    if (!sg_tree_read_text(root, "base", false, &base, r->diagnostics)) return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(known[i].name, base) == 0) r->base = &known[i];
    return r->base || complain(r, tree, NULL, "a base is one of the built-in names");
}

static bool read_root(reader *r, const sg_tree *root, const sg_name_family *known, size_t known_count) {
    const sg_tree *maps = sg_tree_find(root, "maps"), *version = sg_tree_find(root, "names");
    if (sg_tree_kind_of(root) != SG_TREE_MAP || !version)
        return complain(r, root, "write `names: 1` on the first line",
                        "this is not a file of names: the key `names` is missing");
    if (sg_tree_kind_of(version) != SG_TREE_NUMBER || sg_tree_number(version) != 1)
        return complain(r, version, NULL, "this program reads version 1 of files of names");
    if (!sg_tree_check_keys(root, "a file of names", "names doc base prefixes ignore maps", r->diagnostics))
        return false;
    if (sg_tree_kind_of(maps) != SG_TREE_LIST)
        return complain(r, maps ? maps : root, NULL, "`maps` is missing: a list of maps, one for each block");
    if (!find_base(r, root, known, known_count) ||
        !read_texts(r, root, "prefixes", &r->family->wrapper, &r->family->wrapper_count) ||
        !read_texts(r, root, "ignore", &r->family->ignore, &r->family->ignore_count))
        return false;
    size_t based = r->base ? r->base->map_count : 0;
    r->family->map =
        sg_bump_array(r->memory, sg_tree_count(maps) * (based + 1) + based + 1, sizeof *r->family->map);
    if (!r->family->map) return no_memory(r);
    bool good = true;
    for (size_t i = 0; i < sg_tree_count(maps); i++) good = read_map(r, sg_tree_at(maps, i)) && good;
    if (good && r->base) take_base(r->family, r->base, root);
    return good;
}

sg_status sg_name_family_read(sg_name_family *family, sg_bump *memory, const sg_name_family *known,
                              size_t known_count, sg_diagnostics *diagnostics) {
    reader r = {.family = family, .memory = memory, .diagnostics = diagnostics};
    if (read_root(&r, sg_document_tree(family->document), known, known_count)) return SG_OK;
    return r.short_of_memory ? SG_OUT_OF_MEMORY : SG_BAD_GRAPH;
}
