/* draw_page.h - for tests of diagrams: what a page holds. */
#ifndef SG_TESTS_DRAW_PAGE_H
#define SG_TESTS_DRAW_PAGE_H

#include "draw_text.h"

#include <jansson.h>

static inline json_t *page_data(test_graph *t, sg_dot_options options) {
    char *html;
    sg_error error = {0};
    assert_ok(sg_draw_page(&html, t->graph, &options, &error));
    ck_assert(has(html, "</html>"));
    ck_assert(!has(html, "@DATA@") && !has(html, "@VARIABLES@"));
    static const char head[] = "id=\"data\">";
    const char *begin = strstr(html, head) + strlen(head), *end = strstr(begin, "</script>");
    json_error_t problem;
    json_t *data = json_loadb(begin, (size_t)(end - begin), 0, &problem);
    ck_assert_msg(data != NULL, "%d: %s", problem.line, problem.text);
    free(html);
    return data;
}

#endif
