/* The page of the chart of memory: the chart itself, and as JSON what the pointer finds on it. */
#include "draw/memory_chart.h"

#include "draw/dot_label.h"
#include "draw/page.h"

#include <string.h>

static void put_words(sg_text *json, const char *const *words, int count) {
    sg_text_append_char(json, '[');
    for (int i = 0; i < count; i++) {
        if (i) sg_text_append_char(json, ',');
        sg_dot_put_json(json, words[i]);
    }
    sg_text_append_char(json, ']');
}

static void put_data(sg_text *json, const sg_memory_drawing *drawing) {
    const sg_memory_rows *rows = &drawing->rows;
    sg_text_append(json, "{\"title\":");
    sg_dot_put_json(json, drawing->options.title);
    sg_text_printf(json, ",\"plot\":[%d,%d,%d,%d]", SG_CHART_LEFT, SG_CHART_TOP,
                   SG_CHART_WIDTH - SG_CHART_LEFT - SG_CHART_RIGHT, SG_CHART_PLOT);
    sg_text_printf(json, ",\"arena\":%zu,\"peak\":%d,\n\"uses\":", rows->arena, rows->peak);
    put_words(json, sg_memory_use_name, SG_MEMORY_USES);
    sg_text_append(json, ",\n\"nodes\":");
    put_words(json, rows->node, rows->node_count);
    sg_text_append(json, ",\n\"live\":[");
    for (int o = 0; o < rows->node_count; o++) sg_text_printf(json, "%s%zu", o ? "," : "", rows->live[o]);
    sg_text_append(json, "],\n\"places\":[");
    for (int o = 0; o <= rows->node_count; o++) /* whatever the locale says about decimal points */
        sg_text_printf(json, "%s%.0fe-2", o ? "," : "", 100 * sg_memory_x(rows, o));
    sg_text_append(json, "],\n\"pieces\":[");
    for (int i = 0; i < rows->piece_count; i++) {
        const sg_memory_piece *piece = &rows->piece[i];
        sg_text_append(json, i ? ",\n[" : "[");
        sg_dot_put_json(json, piece->name);
        sg_text_printf(json, ",%d,%zu,%zu,%d,%d,%d]", piece->use, piece->offset, piece->bytes, piece->first,
                       piece->last, piece->pinned);
    }
    sg_text_append(json, "]}");
}

static const sg_page_parts parts = {
    .style = "page/memory.css",
    .body = "page/memory.html",
    .scripts = {"page/memory.js"},
};

static bool put_marked(sg_text *html, const char *name, void *data) {
    sg_memory_drawing *drawing = data;
    if (strcmp(name, "CHART") == 0)
        sg_text_append(html, sg_text_get(&drawing->text));
    else if (strcmp(name, "DATA") == 0)
        put_data(html, drawing);
    else if (strcmp(name, "VARIABLES") == 0)
        sg_page_put_colours(html, &drawing->options);
    else
        return false;
    return true;
}

sg_status sg_draw_memory_page(char **html, const sg_graph *graph, const sg_program_options *program,
                              const sg_dot_options *options, sg_error *error) {
    sg_memory_drawing drawing;
    *html = NULL;
    sg_status status = sg_memory_drawing_init(&drawing, false, graph, program, options, error);
    if (status == SG_OK) {
        sg_text text = {0};
        sg_page_fill(&text, &parts, put_marked, &drawing);
        status = sg_dot_take(html, &text, error);
    }
    sg_memory_drawing_finish(&drawing);
    return status;
}
