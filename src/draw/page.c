/* Fills the page for a browser: the graph with every block open as JSON, and the colours. */
#include "draw/page.h"

#include "draw/dot_label.h"
#include "draw/dot_style.h"
#include "draw/dot_write.h"

#include <inttypes.h>
#include <string.h>

/* Model and where its frames are in the list of blocks. */
typedef struct page {
    const sg_dot *dot;
    const bool *open; /* blocks that are open at first */
    int *place;       /* of each scope, or -1 */
    int updates;      /* the place of the block of updates, or -1 */
    sg_text *json;
} page;

/* ---- JSON ---- */

static void put_name(const page *p, const char *name) {
    sg_text_printf(p->json, "\"%s\":", name);
}

static void put_string(const page *p, const char *name, const char *words) {
    put_name(p, name);
    sg_dot_put_json(p->json, words);
    sg_text_append_char(p->json, ',');
}

/* What was made for a label, without its tags and entities. */
static void put_plain(const page *p, const char *name, const char *html) {
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
    put_string(p, name, sg_text_get(&plain));
    if (plain.failed) p->json->failed = true;
    sg_text_finish(&plain);
}

/* Whole numbers and seconds, whatever the locale says about decimal points. */
static void put_number(const page *p, const char *name, double value) {
    if (value > 0) sg_text_printf(p->json, "\"%s\":%.0f,", name, value);
}

static void put_seconds(const page *p, const char *name, double seconds) {
    if (seconds > 0) sg_text_printf(p->json, "\"%s\":%.0fe-9,", name, seconds * 1e9);
}

static void put_cost(const page *p, const sg_dot_cost *cost, double seconds) {
    put_number(p, "params", cost->parameters);
    put_number(p, "flops", cost->flops);
    put_number(p, "bytes", cost->bytes);
    put_seconds(p, "seconds", seconds);
}

static void put_link(const page *p, sg_mark mark) {
    if (!p->dot->options.links || !mark.file || mark.line <= 0) return;
    sg_text link = {0};
    sg_text_printf(&link, "%s%s#L%d", p->dot->options.links, mark.file, mark.line);
    put_string(p, "link", sg_text_get(&link));
    if (link.failed) p->json->failed = true;
    sg_text_finish(&link);
}

static const char *class_of(sg_dot_kind kind) {
    return sg_dot_theme_of(&(sg_dot_options){0})->kind[kind].name;
}

/* ---- blocks, boxes, edges ---- */

static void put_scope(const page *p, int index) {
    const sg_dot_scope *scope = &p->dot->scope[index];
    sg_text name = {0}, tip = {0};
    sg_dot_scope_name(&name, p->dot, index);
    sg_dot_scope_tooltip(&tip, p->dot, index);
    sg_text_append_char(p->json, '{');
    put_string(p, "id", scope->scope->path);
    put_string(p, "name", sg_text_get(&name));
    put_string(p, "block", scope->scope->block);
    put_string(p, "kind", class_of(sg_dot_kind_of_scope(p->dot, index)));
    put_string(p, "tip", sg_text_get(&tip));
    put_link(p, scope->scope->mark);
    put_cost(p, &scope->cost, scope->seconds);
    int times = scope->run >= 0 ? p->dot->run[scope->run].count : 1;
    sg_text_printf(p->json, "\"times\":%d,\"open\":%s,\"parent\":%d}", times,
                   p->open[index] ? "true" : "false", scope->parent >= 0 ? p->place[scope->parent] : -1);
    if (name.failed || tip.failed) p->json->failed = true;
    sg_text_finish(&name);
    sg_text_finish(&tip);
}

static void put_updates(const page *p) {
    sg_text_append_char(p->json, '{');
    put_string(p, "id", "update/");
    put_string(p, "name", "update");
    put_string(p, "block", "once a step");
    put_string(p, "kind", class_of(SG_DOT_KIND_UPDATE));
    put_string(p, "tip", "update\nonce a step, after the gradients");
    sg_text_append(p->json, "\"times\":1,\"open\":true,\"parent\":-1}");
}

static void put_scopes(page *p) {
    int count = 0;
    put_name(p, "scopes");
    sg_text_append_char(p->json, '[');
    for (int s = 0; s < p->dot->scope_count; s++) {
        p->place[s] = -1;
        if (!p->dot->scope[s].open) continue;
        if (count) sg_text_append(p->json, ",\n");
        p->place[s] = count++;
        put_scope(p, s);
    }
    p->updates = -1;
    for (size_t i = 0; i < p->dot->box_count && p->updates < 0; i++) {
        if (p->dot->box[i].part != SG_DOT_UPDATE) continue;
        if (count) sg_text_append(p->json, ",\n");
        p->updates = count;
        put_updates(p);
    }
    sg_text_append(p->json, "],\n");
}

static void put_box(const page *p, const sg_dot_box *box) {
    const char *what;
    sg_text name = {0}, tip = {0}, shape = {0};
    sg_dot_box_names(&name, p->dot, box, &what);
    sg_dot_box_tooltip(&tip, p->dot, box);
    sg_text_append_char(p->json, '{');
    put_string(p, "id", box->id);
    put_plain(p, "name", sg_text_get(&name));
    put_string(p, "what", what);
    put_string(p, "kind", class_of(box->kind));
    put_string(p, "tip", sg_text_get(&tip));
    if (box->kind == SG_DOT_KIND_STORED && box->scope < 0) {
        const sg_value_info *info =
            sg_graph_value(p->dot->graph, sg_graph_node(p->dot->graph, box->node)->out[0]);
        sg_dot_put_shape(&shape, p->dot, info);
        sg_text_printf(&shape, " %s", sg_type_name(info->type));
        put_string(p, "shape", sg_text_get(&shape));
    }
    put_link(p, sg_dot_mark_of(p->dot, box));
    put_cost(p, &box->cost, box->seconds);
    int parent = box->part == SG_DOT_UPDATE ? p->updates : box->parent >= 0 ? p->place[box->parent] : -1;
    sg_text_printf(p->json, "\"part\":%d,\"forward\":%d,\"parent\":%d}", (int)box->part, box->forward,
                   parent);
    if (name.failed || tip.failed || shape.failed) p->json->failed = true;
    sg_text_finish(&name);
    sg_text_finish(&tip);
    sg_text_finish(&shape);
}

static void put_edge(const page *p, const sg_dot_edge *edge) {
    sg_text_printf(p->json, "[%d,%d,", edge->from, edge->to);
    bool labelled = p->dot->box[edge->from].kind != SG_DOT_KIND_STORED;
    sg_dot_put_json(p->json, labelled ? edge->label : "");
    sg_text_printf(p->json, ",%d,%d,", edge->count,
                   edge->loop | edge->shared << 1 | edge->indirect << 2 | sg_dot_on_spine(p->dot, edge) << 3);
    sg_dot_put_json(p->json, edge->name);
    sg_text_append_char(p->json, ']');
}

static void put_graph(page *p) {
    const sg_dot *dot = p->dot;
    bool occurs[SG_DOT_KIND_COUNT] = {false};
    const char *between = "";
    sg_text totals = {0};
    sg_dot_write_totals(&totals, dot);
    sg_text_append_char(p->json, '{');
    put_string(p, "title", dot->options.title);
    put_string(p, "totals", sg_text_get(&totals));
    put_string(p, "note", dot->options.note ? dot->options.note : "");
    put_cost(p, &dot->total[SG_DOT_FORWARD], dot->seconds);
    put_seconds(p, "hottest", dot->hottest);
    put_scopes(p);
    put_name(p, "boxes");
    for (size_t i = 0; i < dot->box_count; i++) {
        sg_text_append(p->json, i ? ",\n" : "[");
        put_box(p, &dot->box[i]);
        occurs[dot->box[i].kind] = true;
    }
    sg_text_append(p->json, dot->box_count ? "],\n" : "[],\n");
    put_name(p, "edges");
    for (size_t i = 0; i < dot->edge_count; i++) {
        sg_text_append(p->json, i ? ",\n" : "[");
        put_edge(p, &dot->edge[i]);
    }
    sg_text_append(p->json, dot->edge_count ? "],\n" : "[],\n");
    put_name(p, "kinds");
    sg_text_append_char(p->json, '[');
    for (int k = 0; k < SG_DOT_KIND_COUNT; k++)
        if (occurs[k]) {
            sg_text_printf(p->json, "%s\"%s\"", between, class_of((sg_dot_kind)k));
            between = ",";
        }
    sg_text_append(p->json, "]}");
    if (totals.failed) p->json->failed = true;
    sg_text_finish(&totals);
}

/* ---- the page ---- */

static bool put_marked(sg_text *html, const char *name, void *data) {
    page *p = data;
    bool graph = strcmp(name, "DATA") == 0;
    if (graph)
        put_graph(p);
    else if (strcmp(name, "VARIABLES") == 0)
        sg_page_put_colours(html, &p->dot->options);
    else
        return false;
    return true;
}

/* Which blocks the diagram of the same options opens. */
static sg_status find_open(bool **open, const sg_graph *graph, const sg_dot_options *options, sg_bump *memory,
                           sg_error *error) {
    sg_dot dot;
    sg_status status = sg_dot_init(&dot, graph, options, NULL, error);
    *open = sg_bump_array(memory, (size_t)dot.scope_count, sizeof **open);
    for (int s = 0; *open && s < dot.scope_count; s++) (*open)[s] = dot.scope[s].open;
    sg_dot_finish(&dot);
    return status != SG_OK ? status
           : *open         ? SG_OK
                           : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the graph");
}

static sg_status draw(char **html, const sg_graph *graph, const sg_dot_options *options, sg_bump *memory,
                      sg_error *error) {
    sg_dot dot = {0};
    bool *open = NULL;
    sg_status status = find_open(&open, graph, options, memory, error);
    if (status != SG_OK) return status;
    sg_dot_options all = *options;
    all.depth = SG_DOT_DEEPEST;
    status = sg_dot_init(&dot, graph, &all, NULL, error);
    if (status == SG_OK) {
        sg_text text = {0};
        page p = {.dot = &dot,
                  .open = open,
                  .place = sg_bump_array(memory, (size_t)dot.scope_count, sizeof *p.place),
                  .json = &text};
        if (p.place)
            sg_page_fill(&text, "page/page.html", put_marked, &p);
        else
            text.failed = true;
        status = sg_dot_take(html, &text, error);
    }
    sg_dot_finish(&dot);
    return status;
}

sg_status sg_draw_page(char **html, const sg_graph *graph, const sg_dot_options *options, sg_error *error) {
    sg_dot_options given;
    *html = NULL;
    sg_status status = sg_dot_read_options(&given, options, error);
    if (status != SG_OK) return status;
    if (given.before) return sg_fail(error, SG_BAD_USAGE, "a page shows one graph, not a comparison");
    sg_bump *memory = sg_bump_create();
    if (!memory) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the graph");
    status = draw(html, graph, &given, memory, error);
    sg_bump_destroy(memory);
    return status;
}
