/* The pages about runs. */
#include "simgraph/report.h"

#include "draw/dot_label.h"
#include "draw/page.h"
#include "simgraph/sheet.h"

#include <string.h>

/* What the pages share comes first; what is a page's own uses it. */
static const sg_page_parts one = {
    .style = "page/runs.css",
    .body = "page/report.html",
    .scripts = {"page/chart.js", "page/pictures.js", "page/table.js", "page/report.js"},
};
static const sg_page_parts several = {
    .style = "page/runs.css",
    .body = "page/compare.html",
    .scripts = {"page/chart.js", "page/pictures.js", "page/table.js", "page/compare.js"},
};

/* "<" would end the script that holds the text; in JSON it stands in strings alone. */
static void put_data(sg_text *html, const char *json) {
    for (size_t length; *json; json += length) {
        length = strcspn(json, "<");
        sg_text_append_bytes(html, json, length);
        if (json[length]) sg_text_append(html, "\\u003c"), length++;
    }
}

/* A page within the page: it keeps its own names, keys and colours. */
static void put_frame(sg_text *html, const char *title, const char *page) {
    if (!page) {
        sg_text_append(html, "<p class=\"dim\">It could not be drawn: simgraph check says what is wrong with "
                             "graph.yaml.</p>");
        return;
    }
    sg_text_printf(html, "<iframe title=\"%s\" srcdoc=\"", title);
    for (size_t length; *page; page += length) {
        length = strcspn(page, "&\"");
        sg_text_append_bytes(html, page, length);
        if (page[length]) sg_text_append(html, page[length++] == '&' ? "&amp;" : "&quot;");
    }
    sg_text_append(html, "\"></iframe>");
}

static bool put_marked(sg_text *html, const char *name, void *data) {
    static const uint8_t hidden[3] = SG_SHEET_HIDDEN;
    const sg_report_options *o = data;
    if (strcmp(name, "DATA") == 0)
        put_data(html, o->data);
    else if (strcmp(name, "VARIABLES") == 0)
        sg_page_put_colours(html, &(sg_dot_options){.follow = true});
    else if (strcmp(name, "HIDDEN") == 0)
        sg_text_printf(html, "[%d, %d, %d]", hidden[0], hidden[1], hidden[2]);
    else if (strcmp(name, "DIAGRAM") == 0)
        put_frame(html, "Diagram", o->diagram);
    else if (strcmp(name, "MEMORY") == 0)
        put_frame(html, "Memory of a step", o->memory);
    else
        return false;
    return true;
}

sg_status sg_draw_report(char **html, const sg_report_options *options, sg_error *error) {
    *html = NULL;
    if (!options || options->size != sizeof *options)
        return sg_fail(error, SG_BAD_USAGE, "sg_report_options has another size");
    if (!options->data) return sg_fail(error, SG_BAD_USAGE, "a report needs data");
    sg_report_options o = *options;
    sg_text text = {0};
    sg_page_fill(&text, o.compare ? &several : &one, put_marked, &o);
    *html = sg_text_take(&text);
    return *html ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a report");
}
