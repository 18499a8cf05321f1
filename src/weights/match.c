/* Laying maps of names on the instances of blocks, and finding the arrays of a file. */
#include "weights/report.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "simgraph/op.h"

/* ---- the file ---- */

/* Bytes of a prefix with its dot that stands before every name, or 0. */
static size_t common_wrapper(const sg_match *m, size_t skip) {
    for (int w = 0; w < m->family->wrapper_count; w++) {
        const char *wrapper = m->family->wrapper[w];
        size_t length = strlen(wrapper), i = 0;
        while (i < m->from->count && strlen(m->from->items[i].name) > skip + length &&
               strncmp(m->from->items[i].name + skip, wrapper, length) == 0 &&
               m->from->items[i].name[skip + length] == '.')
            i++;
        if (i == m->from->count && i > 0) return length + 1;
    }
    return 0;
}

static bool index_file(sg_match *m) {
    size_t skip = 0, more = 0;
    if (!m->from) return true;
    if (m->family)
        while ((more = common_wrapper(m, skip)) > 0) skip += more;
    for (size_t i = 0; i < m->from->count; i++)
        if (!sg_map_put_int(&m->by_name, m->from->items[i].name + skip, (int64_t)i)) return false;
    return true;
}

/* The index of the array of that name; or, where there is none, of the name without `at`. */
static int find_array(const sg_match *m, const char *name, const char *at) {
    int index = (int)sg_map_get_int(&m->by_name, name, -1);
    size_t prefix = strlen(at);
    return index < 0 && prefix ? (int)sg_map_get_int(&m->by_name, name + prefix + 1, -1) : index;
}

/* ---- one weight ---- */

static bool write_way(const sg_match *m, sg_match_way *way, const sg_name_way *from, const char *at,
                      const sg_captures *captures, const char *rest) {
    way->count = from->count;
    way->name = sg_bump_array(m->memory, (size_t)way->count, sizeof *way->name);
    way->index = sg_bump_array(m->memory, (size_t)way->count, sizeof *way->index);
    if (!way->name || !way->index) return false;
    for (int i = 0; i < way->count; i++) {
        way->index[i] = -1;
        if (!from->part[i]) continue;
        way->name[i] = sg_name_write(m->memory, m->bare ? "" : at, from->part[i], captures, rest);
        if (!way->name[i]) return false;
        way->index[i] = find_array(m, way->name[i], m->bare ? "" : at);
    }
    return true;
}

static void find_way(sg_match_weight *w) {
    w->found = -1;
    for (int k = 0; k < w->way_count && w->found < 0; k++) {
        bool whole = true;
        for (int i = 0; i < w->way[k].count; i++)
            whole = whole && (!w->way[k].name[i] || w->way[k].index[i] >= 0);
        if (whole) w->found = k;
    }
}

static bool within(const char *name, const char *path) {
    size_t length = strlen(path);
    return !length || (strncmp(name, path, length) == 0 && name[length] == '.');
}

/* Applies the map's rule for the weight; *ruled tells whether it has one. */
static bool apply(const sg_match *m, sg_match_weight *w, const sg_name_map *map, const char *path,
                  bool *ruled) {
    sg_captures captures = {0};
    const char *rest = "", *inner = w->node->path + strlen(path) + (*path != 0);
    const sg_name_rule *rule = sg_name_rule_find(map, inner, &captures, &rest);
    *ruled = rule != NULL;
    if (!rule) return true;
    w->rule = rule;
    w->scope = path;
    w->way_count = rule->way_count;
    for (int k = 0; k < rule->way_count; k++)
        if (!write_way(m, &w->way[k], &rule->way[k], map->at, &captures, rest)) return false;
    find_way(w);
    return true;
}

static bool keep_name(const sg_match *m, sg_match_weight *w) {
    static const sg_captures none;
    const char *part[1] = {w->node->path};
    w->way_count = 1;
    bool good = write_way(m, &w->way[0], &(sg_name_way){1, part}, "", &none, "");
    if (good) find_way(w);
    return good;
}

/* Tables keep our names, too, and are resized as theirs are. */
static void borrow_table(const sg_match *m, sg_match_weight *w) {
    for (size_t i = 0; i < m->laid_count && !w->rule; i++) {
        const sg_laid_map *laid = &m->laid[i];
        sg_captures captures = {0};
        const char *rest;
        if (!within(w->node->path, laid->path)) continue;
        const sg_name_rule *rule = sg_name_rule_find(
            laid->map, w->node->path + strlen(laid->path) + (*laid->path != 0), &captures, &rest);
        if (!rule || rule->resize == SG_RESIZE_NONE) continue;
        w->rule = rule;
        w->scope = laid->path;
    }
}

/* ---- maps ---- */

/* How well a map fits the weights of an instance: how many have no rule, and of how many all names are there.
 */
static bool try_map(const sg_match *m, const sg_name_map *map, const char *path, size_t *unruled,
                    size_t *found) {
    *unruled = *found = 0;
    for (size_t i = 0; i < m->count; i++) {
        sg_match_weight w = {.node = m->weight[i].node, .found = -1};
        bool ruled;
        if (!within(w.node->path, path)) continue;
        if (!apply(m, &w, map, path, &ruled)) return false;
        *unruled += !ruled;
        *found += w.found >= 0;
    }
    return true;
}

/* Puts a map behind those of instances that are not longer: so outer ones come before inner ones. */
static void lay(sg_match *m, const char *path, const sg_name_map *map) {
    size_t at = m->laid_count++;
    while (at > 0 && strlen(m->laid[at - 1].path) > strlen(path)) {
        m->laid[at] = m->laid[at - 1];
        at--;
    }
    m->laid[at] = (sg_laid_map){path, map};
}

/* Of the maps of the instance's block the one that fits best. */
static bool lay_best(sg_match *m, const sg_scope *scope) {
    const sg_name_map *best = NULL;
    size_t best_unruled = 0, best_found = 0;
    for (size_t i = 0; i < m->maps->map_count; i++) {
        const sg_name_map *map = &m->maps->map[i];
        size_t unruled, found;
        if (!map->of || strcmp(map->of, scope->block) != 0) continue;
        if (!try_map(m, map, scope->path, &unruled, &found)) return false;
        if (best && (unruled > best_unruled || (unruled == best_unruled && found <= best_found))) continue;
        best = map;
        best_unruled = unruled;
        best_found = found;
    }
    if (best) lay(m, scope->path, best);
    return true;
}

static bool lay_maps(sg_match *m) {
    size_t scopes = (size_t)sg_graph_scope_count(m->graph);
    m->laid = sg_bump_array(m->memory, scopes + m->maps->map_count + 1, sizeof *m->laid);
    if (!m->laid) return false;
    for (size_t i = 0; i < m->maps->map_count; i++)
        if (!m->maps->map[i].of) lay(m, "", &m->maps->map[i]);
    for (size_t i = 0; i < scopes; i++)
        if (!lay_best(m, sg_graph_scope(m->graph, (int)i))) return false;
    return true;
}

/* ---- all weights ---- */

/* What training added has a slash in its path. */
static bool collect(sg_match *m) {
    int nodes = sg_graph_node_count(m->graph);
    m->weight = sg_bump_array(m->memory, (size_t)nodes + 1, sizeof *m->weight);
    if (!m->weight) return false;
    for (int i = 0; i < nodes; i++) {
        const sg_node *node = sg_graph_node(m->graph, i);
        if (!(node->op->flags & SG_OP_STORED) || strchr(node->path, '/')) continue;
        const sg_value_info *value = sg_graph_value(m->graph, node->out[0]);
        m->weight[m->count++] = (sg_match_weight){
            .node = node, .shape = &value->shape, .type = value->type, .scope = "", .found = -1};
    }
    return true;
}

static bool name_weight(sg_match *m, sg_match_weight *w, const sg_names *names) {
    bool ruled = false;
    if (names && !apply(m, w, &names->own, "", &ruled)) return false;
    for (size_t i = 0; i < m->laid_count && m->family && !ruled; i++)
        if (within(w->node->path, m->laid[i].path) && !apply(m, w, m->laid[i].map, m->laid[i].path, &ruled))
            return false;
    if (!ruled && !m->family) {
        if (!keep_name(m, w)) return false;
        borrow_table(m, w);
    }
    m->found += w->found >= 0;
    return true;
}

void sg_match_finish(sg_match *match) {
    sg_map_finish(&match->by_name);
    *match = (sg_match){0};
}

bool sg_match_ignores(const sg_match *match, const char *name) {
    if (!match->family) return false;
    if (sg_matches_any(match->family->ignore, match->family->ignore_count, name)) return true;
    for (size_t i = 0; i < match->laid_count; i++)
        if (sg_matches_any(match->laid[i].map->ignore, match->laid[i].map->ignore_count, name)) return true;
    return false;
}

/* The value of a node of an instance. */
static sg_value find_value(const sg_match *m, const char *scope, const char *node) {
    char name[SG_MESSAGE_MAX];
    snprintf(name, sizeof name, "%s%s%s", scope, *scope ? "." : "", node);
    return sg_graph_find(m->graph, name);
}

bool sg_match_grid(const sg_match *m, const sg_match_weight *w, int64_t grid[2]) {
    if (!w->rule || !w->rule->grid) return false;
    sg_value value = find_value(m, w->scope, w->rule->grid);
    const sg_shape *shape = value == SG_NO_VALUE ? NULL : &sg_graph_value(m->graph, value)->shape;
    if (!shape || shape->rank < 2) return false;
    grid[0] = shape->dim[shape->rank - 2];
    grid[1] = shape->dim[shape->rank - 1];
    return true;
}

static bool add_computed(sg_match *m, const sg_laid_map *laid, const sg_name_rule *rule) {
    static const sg_captures none;
    const char *at = m->bare ? "" : laid->map->at;
    sg_value value = find_value(m, laid->path, rule->ours);
    if (value == SG_NO_VALUE) return true;
    sg_match_computed *c = &m->computed[m->computed_count++];
    c->value = value;
    c->path = sg_graph_node(m->graph, sg_graph_value(m->graph, value)->node)->path;
    c->rule = rule;
    c->name = sg_name_write(m->memory, at, rule->way[0].part[0], &none, "");
    if (!c->name) return false;
    c->index = find_array(m, c->name, at);
    return true;
}

static bool find_computed(sg_match *m) {
    size_t count = 0;
    if (!m->family) return true;
    for (size_t i = 0; i < m->laid_count; i++) count += m->laid[i].map->computed_count;
    m->computed = sg_bump_array(m->memory, count + 1, sizeof *m->computed);
    if (!m->computed) return false;
    for (size_t i = 0; i < m->laid_count; i++)
        for (size_t k = 0; k < m->laid[i].map->computed_count; k++)
            if (!add_computed(m, &m->laid[i], &m->laid[i].map->computed[k])) return false;
    return true;
}

sg_status sg_match_init(sg_match *match, sg_bump *memory, const sg_graph *graph, const sg_arrays *from,
                        const sg_names *names, const sg_name_family *family, bool bare, sg_error *error) {
    *match = (sg_match){.memory = memory, .graph = graph, .from = from, .family = family, .bare = bare};
    match->maps = family || !names ? family : sg_names_family(names, "official");
    bool good = index_file(match) && collect(match) && (!match->maps || lay_maps(match));
    for (size_t i = 0; good && i < match->count; i++) good = name_weight(match, &match->weight[i], names);
    if (good && find_computed(match)) return SG_OK;
    sg_match_finish(match);
    return sg_no_memory(error);
}

/* ---- choosing a family ---- */

size_t sg_match_score(const sg_match *m) {
    size_t named = 0;
    for (size_t i = 0; i < m->count; i++) named += m->weight[i].way_count > 0;
    return m->from ? m->found : named;
}

sg_status sg_match_choose(sg_match *match, sg_match *other, sg_bump *memory, const sg_graph *graph,
                          const sg_arrays *from, const sg_weights_options *options, sg_error *error) {
    const sg_names *names = options->names;
    sg_match best = {0};
    *match = *other = (sg_match){0};
    /* The names of ours come first: a file that has them is one of ours. */
    for (int i = SG_NAMES_OURS; i < (names ? (int)names->family_count : 0); i++) {
        sg_match m;
        bool ours = i == SG_NAMES_OURS, chosen = names ? i == names->chosen : ours;
        /* On the way out no names are looked for, but where it is to be found which they are. */
        if (!from && !chosen && (ours || names->chosen != SG_NAMES_AUTO)) continue;
        sg_status status = sg_match_init(&m, memory, graph, from, names, ours ? NULL : &names->family[i],
                                         options->bare, error);
        if (status != SG_OK) {
            sg_match_finish(match);
            sg_match_finish(&best);
            return status;
        }
        if (chosen) {
            *match = m;
        } else if (!best.memory || sg_match_score(&m) > sg_match_score(&best)) {
            sg_match_finish(&best);
            best = m;
        } else {
            sg_match_finish(&m);
        }
    }
    if (!match->memory) {
        *match = best;
    } else if (best.memory && sg_match_score(&best) > sg_match_score(match)) {
        *other = best;
    } else {
        sg_match_finish(&best);
    }
    return SG_OK;
}
