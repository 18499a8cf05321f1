/* The graph of a page as JSON: blocks, boxes and edges. Of two graphs that are compared, all of the newer
 * one, and behind it what only the older one has. */
#include "draw/page_json.h"

#include "draw/dot_label.h"
#include "draw/dot_style.h"
#include "draw/dot_write.h"

#include <inttypes.h>
#include <string.h>

/* ---- JSON ---- */

static void put_name(sg_text *json, const char *name) {
    sg_text_printf(json, "\"%s\":", name);
}

static void put_string(sg_text *json, const char *name, const char *words) {
    put_name(json, name);
    sg_dot_put_json(json, words);
    sg_text_append_char(json, ',');
}

/* What was made for a label, without its tags and entities. */
static void put_plain(sg_text *json, const char *name, const char *html) {
    static const char *const entity[][2] = {
        {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
    sg_text plain = {0};
    while (*html) {
        size_t length = 1;
        const char *as = NULL;
        for (size_t k = 0; k < sizeof entity / sizeof *entity; k++)
            if (strncmp(html, entity[k][0], strlen(entity[k][0])) == 0)
                as = entity[k][1], length = strlen(entity[k][0]);
        if (*html == '<')
            length = strcspn(html, ">") + 1;
        else if (as)
            sg_text_append(&plain, as);
        else
            sg_text_append_char(&plain, *html);
        html += length;
    }
    put_string(json, name, sg_text_get(&plain));
    if (plain.failed) json->failed = true;
    sg_text_finish(&plain);
}

/* Whole numbers and seconds, whatever the locale says about decimal points. */
static void put_number(sg_text *json, const char *name, double value) {
    if (value > 0) sg_text_printf(json, "\"%s\":%.0f,", name, value);
}

static void put_seconds(sg_text *json, const char *name, double seconds) {
    if (seconds > 0) sg_text_printf(json, "\"%s\":%.0fe-9,", name, seconds * 1e9);
}

static void put_cost(sg_text *json, const sg_dot_cost *cost, double seconds) {
    put_number(json, "params", cost->parameters);
    put_number(json, "flops", cost->flops);
    put_number(json, "bytes", cost->bytes);
    put_seconds(json, "seconds", seconds);
}

static void put_link(sg_text *json, const sg_dot *dot, sg_mark mark) {
    if (!dot->options.links || !mark.file || mark.line <= 0) return;
    sg_text link = {0};
    sg_text_printf(&link, "%s%s#L%d", dot->options.links, mark.file, mark.line);
    put_string(json, "link", sg_text_get(&link));
    if (link.failed) json->failed = true;
    sg_text_finish(&link);
}

static const char *class_of(sg_dot_kind kind) {
    return sg_dot_theme_of(&(sg_dot_options){0})->kind[kind].name;
}

/* ---- which of the older graph are listed ---- */

static bool lists_scope(const sg_page_graph *g, int s) {
    const sg_dot_scope *scope = &g->dot->scope[s];
    return scope->open && (!g->dot->removed || scope->change == SG_DOT_REMOVED);
}

static bool lists_box(const sg_page_graph *g, const sg_dot_box *box) {
    return !g->dot->removed || (box->change == SG_DOT_REMOVED && box->part != SG_DOT_UPDATE);
}

/* The place of the newer graph's block of this path. */
static int same_scope(const sg_page *p, const char *path) {
    const sg_map_value *found = sg_map_find(&p->now.dot->scopes_by_path, path);
    return found ? p->now.scope_place[p->now.dot->scope[found->i].drawn] : -1;
}

/* The newer graph's box for a box of the older one that it has as well, or -1. */
static int same_box(const sg_page *p, const sg_dot_box *box) {
    const sg_dot *now = p->now.dot;
    if (box->part == SG_DOT_UPDATE) return -1;
    if (box->part == SG_DOT_GRADIENT) {
        int forward = box->forward >= 0 ? same_box(p, &p->before.dot->box[box->forward]) : -1;
        return forward >= 0 ? now->box[forward].gradient : -1;
    }
    if (box->scope >= 0) {
        const sg_map_value *found = sg_map_find(&now->scopes_by_path, box->id);
        return found ? now->scope[now->scope[found->i].drawn].box : -1;
    }
    int node = (int)sg_map_get_int(&now->paths, box->id, -1);
    return node >= 0 ? sg_dot_box_of(now, now->node_drawn[node]) : -1;
}

/* ---- blocks ---- */

static void put_scope(const sg_page *p, const sg_page_graph *g, int index) {
    const sg_dot_scope *scope = &g->dot->scope[index];
    sg_text name = {0}, tip = {0};
    sg_dot_scope_name(&name, g->dot, index);
    sg_dot_scope_tooltip(&tip, g->dot, index);
    sg_text_append_char(p->json, '{');
    put_string(p->json, "id", scope->scope->path);
    put_string(p->json, "name", sg_text_get(&name));
    put_string(p->json, "block", scope->scope->block);
    put_string(p->json, "kind", class_of(sg_dot_kind_of_scope(g->dot, index)));
    put_string(p->json, "tip", sg_text_get(&tip));
    if (scope->note) put_string(p->json, "note", scope->note);
    if (g->dot->minimised >= 0 && sg_dot_inside(g->dot, g->dot->node_scope[g->dot->minimised], index))
        sg_text_append(p->json, "\"aim\":true,\"settings\":\"minimised\",");
    put_link(p->json, g->dot, scope->scope->mark);
    put_cost(p->json, &scope->cost, scope->seconds);
    put_number(p->json, "change", scope->change);
    put_number(p->json, "was", sg_dot_times_before(g->dot, index));
    int times = scope->run >= 0 ? g->dot->run[scope->run].count : 1;
    int parent = scope->parent < 0 ? -1 : g->scope_place[scope->parent];
    sg_text_printf(p->json, "\"times\":%d,\"open\":%s,\"parent\":%d}", times,
                   g->open[index] ? "true" : "false", parent);
    if (name.failed || tip.failed) p->json->failed = true;
    sg_text_finish(&name);
    sg_text_finish(&tip);
}

static int put_scopes(const sg_page *p, const sg_page_graph *g, int count) {
    for (int s = 0; s < g->dot->scope_count; s++) {
        g->scope_place[s] = g->dot->removed ? same_scope(p, g->dot->scope[s].scope->path) : -1;
        if (!lists_scope(g, s)) continue;
        if (count) sg_text_append(p->json, ",\n");
        g->scope_place[s] = count++;
        put_scope(p, g, s);
    }
    return count;
}

/* The block of updates, where there is one; its place, or -1. */
static int put_updates(const sg_page *p, int count) {
    const sg_dot *dot = p->now.dot;
    const sg_dot_edge *edge = sg_dot_into_update(dot);
    bool any = false;
    for (size_t i = 0; i < dot->box_count && !any; i++) any = dot->box[i].part == SG_DOT_UPDATE;
    if (!any) return -1;
    if (count) sg_text_append(p->json, ",\n");
    sg_text_append_char(p->json, '{');
    put_string(p->json, "id", "update/");
    put_string(p->json, "name", "update");
    put_string(p->json, "block", "once a step");
    if (edge) put_string(p->json, "note", edge->label);
    put_string(p->json, "kind", class_of(SG_DOT_KIND_UPDATE));
    put_string(p->json, "tip", "update\nonce a step, after the gradients");
    sg_text_append(p->json, "\"update\":true,\"times\":1,\"open\":true,\"parent\":-1}");
    return count;
}

/* ---- boxes ---- */

static void put_words(const sg_page *p, const sg_dot *dot, const sg_dot_box *box) {
    const char *what;
    sg_text name = {0}, tip = {0}, shape = {0}, settings = {0};
    sg_dot_box_names(&name, dot, box, &what);
    sg_dot_box_tooltip(&tip, dot, box);
    sg_dot_put_settings(&settings, dot, box);
    put_plain(p->json, "name", sg_text_get(&name));
    put_string(p->json, "what", what);
    put_string(p->json, "tip", sg_text_get(&tip));
    const char *note = box->scope >= 0 && box->part == SG_DOT_FORWARD ? dot->scope[box->scope].note : NULL;
    if (note) put_string(p->json, "note", note);
    if (settings.length && !box->cut) put_plain(p->json, "settings", sg_text_get(&settings));
    if (box->kind == SG_DOT_KIND_STORED && box->scope < 0) {
        const sg_value_info *info = sg_graph_value(dot->graph, sg_graph_node(dot->graph, box->node)->out[0]);
        sg_dot_put_shape(&shape, dot, info);
        sg_text_printf(&shape, " %s", sg_type_name(info->type));
        put_string(p->json, "shape", sg_text_get(&shape));
    }
    if (name.failed || tip.failed || shape.failed || settings.failed) p->json->failed = true;
    sg_text_finish(&name);
    sg_text_finish(&tip);
    sg_text_finish(&shape);
    sg_text_finish(&settings);
}

static void put_box(const sg_page *p, const sg_page_graph *g, const sg_dot_box *box) {
    int parent = box->part == SG_DOT_UPDATE ? p->updates
                 : box->parent >= 0         ? g->scope_place[box->parent]
                                            : -1;
    sg_text_append_char(p->json, '{');
    put_string(p->json, "id", box->id);
    put_string(p->json, "kind", class_of(box->kind));
    put_words(p, g->dot, box);
    put_link(p->json, g->dot, sg_dot_mark_of(g->dot, box));
    put_cost(p->json, &box->cost, box->seconds);
    put_number(p->json, "change", box->change);
    put_number(p->json, "cut", box->cut);
    if (box->aim || box->minimised) sg_text_append(p->json, "\"aim\":true,");
    sg_text_printf(p->json, "\"part\":%d,\"forward\":%d,\"parent\":%d}", (int)box->part,
                   box->forward < 0 ? -1 : g->box_place[box->forward], parent);
}

static int put_boxes(const sg_page *p, const sg_page_graph *g, int count) {
    for (size_t i = 0; i < g->dot->box_count; i++) {
        const sg_dot_box *box = &g->dot->box[i];
        g->box_place[i] = g->dot->removed ? same_box(p, box) : -1;
        if (!lists_box(g, box)) continue;
        g->box_place[i] = count++;
    }
    return count;
}

static void put_all_boxes(sg_page *p) {
    const sg_page_graph *both[] = {&p->now, &p->before};
    const char *between = "";
    int count = put_boxes(p, &p->now, 0);
    if (p->before.dot) put_boxes(p, &p->before, count);
    for (int k = 0; k < (p->before.dot ? 2 : 1); k++)
        for (size_t i = 0; i < both[k]->dot->box_count; i++) {
            if (!lists_box(both[k], &both[k]->dot->box[i])) continue;
            sg_text_append(p->json, between);
            put_box(p, both[k], &both[k]->dot->box[i]);
            between = ",\n";
        }
}

/* ---- edges ---- */

static const char *put_edges(const sg_page *p, const sg_page_graph *g, const char *between) {
    for (size_t i = 0; i < g->dot->edge_count; i++) {
        const sg_dot_edge *edge = &g->dot->edge[i];
        int from = g->box_place[edge->from], to = g->box_place[edge->to];
        if (from < 0 || to < 0 || (g->dot->removed && edge->change != SG_DOT_REMOVED)) continue;
        bool labelled = g->dot->box[edge->from].kind != SG_DOT_KIND_STORED || edge->shared;
        sg_text_printf(p->json, "%s[%d,%d,", between, from, to);
        sg_dot_put_json(p->json, labelled ? edge->label : "");
        sg_text_printf(p->json, ",%d,%d,", edge->count,
                       edge->loop | edge->shared << 1 | edge->indirect << 2 |
                           sg_dot_on_spine(g->dot, edge) << 3);
        sg_dot_put_json(p->json, edge->name);
        sg_text_printf(p->json, ",%d]", (int)edge->change);
        between = ",\n";
    }
    return between;
}

static void put_kinds(const sg_page *p) {
    const char *between = "";
    sg_text_append_char(p->json, '[');
    for (int k = 0; k < SG_DOT_KIND_COUNT; k++) {
        sg_text_printf(p->json, "%s\"%s\"", between, class_of((sg_dot_kind)k));
        between = ",";
    }
    sg_text_append_char(p->json, ']');
}

void sg_page_put_graph(sg_page *p) {
    const sg_dot *dot = p->now.dot;
    sg_text totals = {0};
    sg_dot_write_totals(&totals, dot);
    sg_text_append_char(p->json, '{');
    put_string(p->json, "title", dot->options.title);
    put_string(p->json, "totals", sg_text_get(&totals));
    put_string(p->json, "note", dot->options.note ? dot->options.note : "");
    put_string(p->json, "rankdir", dot->options.rankdir);
    sg_text_printf(p->json, "\"compared\":%s,", p->before.dot ? "true" : "false");
    put_cost(p->json, &dot->total[SG_DOT_FORWARD], dot->seconds);
    put_seconds(p->json, "hottest", dot->hottest);
    put_name(p->json, "kinds");
    put_kinds(p);
    sg_text_append(p->json, ",\n\"scopes\":[");
    int count = put_scopes(p, &p->now, 0);
    p->updates = put_updates(p, count);
    if (p->before.dot) put_scopes(p, &p->before, count + (p->updates >= 0));
    sg_text_append(p->json, "],\n\"boxes\":[");
    put_all_boxes(p);
    sg_text_append(p->json, "],\n\"edges\":[");
    const char *between = put_edges(p, &p->now, "");
    if (p->before.dot) put_edges(p, &p->before, between);
    sg_text_append(p->json, "]}");
    if (totals.failed) p->json->failed = true;
    sg_text_finish(&totals);
}
