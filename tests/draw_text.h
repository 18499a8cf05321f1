/* draw_text.h - for tests of diagrams: the text of one, and what is in it. */
#ifndef SG_TESTS_DRAW_TEXT_H
#define SG_TESTS_DRAW_TEXT_H

#include "draw_graph.h"
#include "simgraph/draw.h"

#include <stdbool.h>
#include <stdlib.h>

static inline sg_dot_options defaults(void) {
    return (sg_dot_options){.size = sizeof(sg_dot_options), .depth = SG_DOT_AUTOMATIC, .radius = 2};
}

/* Draws twice and compares: the text depends on the graph and the options alone. */
static inline char *draw(test_graph *t, sg_dot_options options) {
    sg_error error = {0};
    char *text, *again;
    assert_ok(sg_draw_dot(&text, t->graph, &options, &error));
    assert_ok(sg_draw_dot(&again, t->graph, &options, &error));
    ck_assert_str_eq(text, again);
    free(again);
    return text;
}

static inline bool has(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

static inline int count(const char *text, const char *part) {
    int found = 0;
    for (; (text = strstr(text, part)); text += strlen(part)) found++;
    return found;
}

#endif
