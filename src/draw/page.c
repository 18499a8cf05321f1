/* The page for a browser. */
#include "draw/page.h"

#include "draw/page_json.h"

#include <string.h>

static const sg_page_parts parts = {
    .style = "page/page.css",
    .body = "page/page.html",
    .scripts = {"page/model.js", "page/simplex.js", "page/blocks.js", "page/layout.js", "page/route.js",
                "page/view.js", "page/main.js"},
};

static bool put_marked(sg_text *html, const char *name, void *data) {
    sg_page *page = data;
    if (strcmp(name, "DATA") == 0)
        sg_page_put_graph(page);
    else if (strcmp(name, "VARIABLES") == 0)
        sg_page_put_colours(html, &page->now.dot->options);
    else
        return false;
    return true;
}

static bool *copy_open(const sg_dot *dot, sg_bump *memory) {
    bool *open = sg_bump_array(memory, (size_t)dot->scope_count, sizeof *open);
    for (int s = 0; open && s < dot->scope_count; s++) open[s] = dot->scope[s].open;
    return open;
}

/* Which blocks the diagram of the same options opens. */
static sg_status find_open(sg_page *page, const sg_graph *graph, const sg_dot_options *options,
                           sg_bump *memory, sg_error *error) {
    sg_dot now, before = {0};
    sg_status status = sg_dot_init(&now, graph, options, NULL, error);
    if (status == SG_OK && options->before)
        status = sg_dot_init_before(&before, &now, options->before, error);
    if (status == SG_OK) {
        page->now.open = copy_open(&now, memory);
        page->before.open = copy_open(&before, memory);
    }
    sg_dot_finish(&before);
    sg_dot_finish(&now);
    return status;
}

static bool make_places(sg_page_graph *graph, sg_bump *memory) {
    graph->scope_place = sg_bump_array(memory, (size_t)graph->dot->scope_count, sizeof(int));
    graph->box_place = sg_bump_array(memory, graph->dot->box_count, sizeof(int));
    return graph->open && graph->scope_place && graph->box_place;
}

/* With both graphs in place. */
static sg_status write_page(char **html, sg_page *page, sg_bump *memory, sg_error *error) {
    sg_text text = {0};
    page->json = &text;
    if (make_places(&page->now, memory) && (!page->before.dot || make_places(&page->before, memory)))
        sg_page_fill(&text, &parts, put_marked, page);
    else
        text.failed = true;
    return sg_dot_take(html, &text, error);
}

static sg_status draw(char **html, const sg_graph *graph, const sg_dot_options *options, sg_bump *memory,
                      sg_error *error) {
    sg_page page = {0};
    sg_dot now = {0}, before = {0};
    sg_status status = find_open(&page, graph, options, memory, error);
    if (status != SG_OK) return status;
    sg_dot_options all = *options;
    all.depth = SG_DOT_DEEPEST;
    status = sg_dot_init(&now, graph, &all, NULL, error);
    page.now.dot = &now;
    if (status == SG_OK && options->before) {
        status = sg_dot_init_before(&before, &now, options->before, error);
        page.before.dot = &before;
        if (status == SG_OK) sg_dot_compare(&now, &before);
        if (now.failed) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the graph");
    }
    if (status == SG_OK) status = write_page(html, &page, memory, error);
    sg_dot_finish(&before);
    sg_dot_finish(&now);
    return status;
}

sg_status sg_draw_page(char **html, const sg_graph *graph, const sg_dot_options *options, sg_error *error) {
    sg_dot_options given;
    *html = NULL;
    sg_status status = sg_dot_read_options(&given, options, error);
    if (status != SG_OK) return status;
    sg_bump *memory = sg_bump_create();
    if (!memory) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the graph");
    status = draw(html, graph, &given, memory, error);
    sg_bump_destroy(memory);
    return status;
}
