/* Diagrams for Mermaid. Its identifiers hold letters, digits and _ alone, so boxes are numbered by their
 * path's place in the drawing and named by their label. */
#include "draw/dot_label.h"
#include "draw/dot_style.h"

#include <string.h>

static void indent(sg_text *text, int level) {
    for (int i = 0; i <= level; i++) sg_text_append(text, "  ");
}

/* A path as an identifier: what is no letter or digit as _XX, so that no two are the same. */
static void put_id(sg_text *text, const char *prefix, const char *path) {
    sg_text_append(text, prefix);
    for (const unsigned char *s = (const unsigned char *)path; *s; s++) {
        bool plain = (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
        if (plain)
            sg_text_append_char(text, (char)*s);
        else
            sg_text_printf(text, "_%02x", *s);
    }
}

/* Names come as HTML with entities; Mermaid writes entities as #quot; and takes tags as they are. */
static void put_words(sg_text *text, const char *html) {
    for (; *html; html++) {
        if (*html == '&')
            sg_text_append_char(text, '#');
        else if (strncmp(html, "#39;", 4) == 0 || *html != '"')
            sg_text_append_char(text, *html);
        else
            sg_text_append(text, "#quot;");
    }
}

/* The outline of each kind, in Mermaid's brackets. */
static const char *const outline[SG_DOT_KIND_COUNT][2] = {
    [SG_DOT_KIND_INPUT] = {"[/", "/]"},      [SG_DOT_KIND_STORED] = {"[(", ")]"},
    [SG_DOT_KIND_RANDOM] = {"[\\", "\\]"},   [SG_DOT_KIND_PRODUCT] = {"[", "]"},
    [SG_DOT_KIND_ELEMENTWISE] = {"(", ")"},  [SG_DOT_KIND_NORM] = {"([", "])"},
    [SG_DOT_KIND_REDUCTION] = {"[\\", "/]"}, [SG_DOT_KIND_INDEX] = {"[/", "\\]"},
    [SG_DOT_KIND_VIEW] = {"[", "]"},         [SG_DOT_KIND_LOSS] = {"{{", "}}"},
    [SG_DOT_KIND_BLOCK] = {"[[", "]]"},      [SG_DOT_KIND_GRADIENT] = {"(", ")"},
    [SG_DOT_KIND_UPDATE] = {"[[", "]]"},
};

static void put_box(sg_text *text, const sg_dot *dot, const sg_dot_box *box, int level) {
    const char *what, *const *bracket = outline[box->kind];
    sg_text names = {0}, cost = {0}, settings = {0};
    int times = box->scope >= 0 && box->part == SG_DOT_FORWARD ? sg_dot_times(dot, box->scope) : 1;
    sg_dot_box_names(&names, dot, box, &what);
    if (*what) sg_text_printf(&names, " %s", what);
    if (!box->cut) sg_dot_put_settings(&settings, dot, box);
    if (settings.length) sg_text_printf(&names, " <small>%s</small>", sg_text_get(&settings));
    if (times > 1) sg_text_printf(&names, " <b>× %d</b>", times);
    if (box->cut)
        sg_text_printf(&cost, "… %d more", box->cut);
    else
        sg_dot_put_note_and_cost(&cost, dot, box);
    if (cost.length) sg_text_printf(&names, "<br/><small>%s</small>", sg_text_get(&cost));
    indent(text, level);
    put_id(text, "n_", box->id);
    sg_text_printf(text, "%s\"", bracket[0]);
    put_words(text, sg_text_get(&names));
    sg_text_printf(text, "\"%s:::%s\n", bracket[1], sg_dot_theme_of(&dot->options)->kind[box->kind].name);
    if (names.failed || cost.failed || settings.failed) text->failed = true;
    sg_text_finish(&names);
    sg_text_finish(&cost);
    sg_text_finish(&settings);
}

static bool is_filled(const sg_dot *dot, int scope) {
    for (size_t i = 0; i < dot->box_count; i++)
        if (sg_dot_inside(dot, dot->box[i].parent, scope)) return true;
    return false;
}

static void put_inside(sg_text *text, const sg_dot *dot, int parent, int level) {
    for (size_t i = 0; i < dot->box_count; i++)
        if (dot->box[i].parent == parent && dot->box[i].part != SG_DOT_UPDATE)
            put_box(text, dot, &dot->box[i], level);
    for (int s = 0; s < dot->scope_count; s++) {
        const sg_dot_scope *scope = &dot->scope[s];
        if (scope->parent != parent || !scope->open || !is_filled(dot, s)) continue;
        sg_text title = {0}, html = {0};
        sg_dot_scope_name(&title, dot, s);
        sg_text_printf(&title, ": %s", scope->scope->block);
        sg_dot_put_html(&html, sg_text_get(&title));
        if (scope->run >= 0 && dot->run[scope->run].count > 1)
            sg_text_printf(&html, " <b>× %d</b>", dot->run[scope->run].count);
        indent(text, level);
        put_id(text, "subgraph s_", scope->scope->path);
        sg_text_append(text, "[\"");
        put_words(text, sg_text_get(&html));
        sg_text_append(text, "\"]\n");
        put_inside(text, dot, s, level + 1);
        indent(text, level);
        sg_text_append(text, "end\n");
        indent(text, level);
        put_id(text, "class s_", scope->scope->path);
        sg_text_printf(text, " frame%d\n", scope->level % 2);
        if (title.failed || html.failed) text->failed = true;
        sg_text_finish(&title);
        sg_text_finish(&html);
    }
}

static void put_update(sg_text *text, const sg_dot *dot) {
    bool any = false;
    for (size_t i = 0; i < dot->box_count; i++) {
        if (dot->box[i].part != SG_DOT_UPDATE) continue;
        if (!any) sg_text_append(text, "  subgraph s__update[\"update, once a step\"]\n");
        any = true;
        put_box(text, dot, &dot->box[i], 1);
    }
    if (any) sg_text_append(text, "  end\n  class s__update frame1\n");
}

static void put_edge(sg_text *text, const sg_dot *dot, const sg_dot_edge *edge) {
    bool dotted = edge->loop || edge->shared || edge->indirect;
    put_id(text, "  n_", dot->box[edge->from].id);
    sg_text_append(text, dotted ? " -.->" : " -->");
    sg_text label = {0};
    if (edge->loop)
        sg_text_printf(&label, "× %d", dot->run[edge->run].count);
    else if (edge->count > 1)
        sg_text_printf(&label, "%d × %s", edge->count, edge->label);
    else
        sg_text_append(&label, edge->label);
    if (label.length) {
        sg_text_append(text, "|\"");
        put_words(text, sg_text_get(&label));
        sg_text_append(text, "\"|");
    }
    put_id(text, " n_", dot->box[edge->to].id);
    sg_text_append_char(text, '\n');
    if (label.failed) text->failed = true;
    sg_text_finish(&label);
}

static void put_classes(sg_text *text, const sg_dot *dot) {
    bool occurs[SG_DOT_KIND_COUNT] = {false};
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    for (size_t i = 0; i < dot->box_count; i++) occurs[dot->box[i].kind] = true;
    for (int k = 0; k < 2; k++)
        sg_text_printf(text, "  classDef frame%d fill:%s,stroke:%s,color:%s\n", k, theme->frame[k],
                       theme->frame_line, theme->text);
    for (int k = 0; k < SG_DOT_KIND_COUNT; k++) {
        const sg_dot_style *style = &theme->kind[k];
        if (occurs[k])
            sg_text_printf(text, "  classDef %s fill:%s,stroke:%s,color:%s\n", style->name, style->fill,
                           style->line, style->text);
    }
}

sg_status sg_draw_mermaid(char **text, const sg_graph *graph, const sg_dot_options *options,
                          sg_error *error) {
    sg_dot dot;
    *text = NULL;
    if (options && options->size == sizeof *options && (options->before || options->seconds))
        return sg_fail(error, SG_BAD_USAGE, "a Mermaid diagram shows neither changes nor times");
    sg_status status = sg_dot_init(&dot, graph, options, NULL, error);
    if (status == SG_OK) {
        sg_text out = {0}, title = {0};
        sg_dot_put_json(&title, dot.options.title); /* which YAML reads as well */
        sg_text_printf(&out,
                       "---\ntitle: %s\nconfig:\n  flowchart:\n    wrappingWidth: 400\n---\nflowchart %s\n",
                       sg_text_get(&title), dot.options.rankdir);
        put_inside(&out, &dot, -1, 0);
        put_update(&out, &dot);
        for (size_t i = 0; i < dot.edge_count; i++) put_edge(&out, &dot, &dot.edge[i]);
        put_classes(&out, &dot);
        if (title.failed) out.failed = true;
        sg_text_finish(&title);
        status = sg_dot_take(text, &out, error);
    }
    sg_dot_finish(&dot);
    return status;
}
