#include "lang/setting.h"

#include "base/numeric.h"
#include "lang/frame.h"
#include "lang/place.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void sg_setting_note(sg_work *work, sg_tree *value, const char *path) {
    sg_setting *setting = SG_TAKE(work, sg_setting, 1);
    *setting = (sg_setting){path, value->span, value->kind == SG_TREE_NUMBER, value->number, work->settings};
    work->settings = setting;
    value->setting = setting;
    for (size_t i = 0; i < value->count; i++) {
        const sg_entry *entry = &value->entry[i];
        const char *inner = entry->key ? sg_take_printf(work, "%s.%s", path, entry->key)
                                       : sg_take_printf(work, "%s.%zu", path, i);
        sg_setting_note(work, entry->value, inner);
    }
}

static bool same_place(sg_mark a, sg_mark b) {
    return a.line == b.line && a.column == b.column && a.file && b.file && strcmp(a.file, b.file) == 0;
}

static int add_link(sg_work *work, sg_span at, const sg_setting *s, sg_link *link, int links) {
    if (!s->is_number || links >= SG_MAX_SETTINGS || same_place(at.mark, s->span.mark)) return links;
    for (int i = 0; i < links; i++)
        if (same_place(link[i].mark, s->span.mark)) return links;
    link[links++] = (sg_link){sg_take_printf(work, "`%s` is %s", s->path, sg_number_words(work, s->number)),
                              s->span.mark};
    return links;
}

void sg_setting_use(sg_expander *x, const sg_tree *value) {
    if (!value || !x->work->settings) return;
    for (size_t i = 0; i < value->count; i++) sg_setting_use(x, value->entry[i].value);
    if (!value->setting) return;
    sg_use *use = sg_take_more(x->work, &x->use, &x->use_count, &x->use_room, sizeof *use);
    *use = (sg_use){sg_graph_node_count(x->graph) - 1, value->setting};
}

/* How far each node is from those that make some values; INT_MAX where they do not need it. */
static const int *distances(const sg_expander *x, const sg_told_number *n) {
    if (!x || !x->graph || n->tensor_count < 1) return NULL;
    const sg_graph *graph = x->graph;
    int nodes = sg_graph_node_count(graph);
    int *far = SG_TAKE(x->work, int, nodes + 1);
    for (int i = 0; i < nodes; i++) far[i] = INT_MAX;
    for (int i = 0; i < n->tensor_count; i++)
        if (n->tensor[i] != SG_NO_VALUE) far[sg_graph_value(graph, n->tensor[i])->node] = 0;
    for (int i = nodes - 1; i >= 0; i--) { /* inputs stand in front of those who read them */
        const sg_node *node = sg_graph_node(graph, i);
        for (int k = 0; far[i] < INT_MAX && k < node->in_count; k++) {
            if (node->in[k] == SG_NO_VALUE) continue;
            int *in = &far[sg_graph_value(graph, node->in[k])->node];
            if (far[i] + 1 < *in) *in = far[i] + 1;
        }
    }
    return far;
}

static bool is_of(const sg_setting *setting, double number) {
    return setting->is_number && setting->number == number;
}

/* Links to the settings of that number with which the nearest nodes were made: what lies further back took
 * part in other sizes. */
static int guess_links(sg_work *work, const sg_expander *x, sg_span at, const sg_told_number *n,
                       sg_link link[SG_MAX_SETTINGS], int links) {
    const int *far = work->settings && n->number >= 2 ? distances(x, n) : NULL;
    int nearest = INT_MAX;
    if (!far) return links;
    for (size_t i = 0; i < x->use_count; i++)
        if (is_of(x->use[i].setting, n->number) && far[x->use[i].node] < nearest)
            nearest = far[x->use[i].node];
    for (size_t i = 0; nearest < INT_MAX && i < x->use_count; i++)
        if (is_of(x->use[i].setting, n->number) && far[x->use[i].node] == nearest)
            links = add_link(work, at, x->use[i].setting, link, links);
    return links;
}

int sg_setting_links(sg_work *work, const sg_expander *x, sg_span at, int count, const sg_told_number *number,
                     sg_link link[SG_MAX_SETTINGS]) {
    int links = 0;
    for (int i = 0; i < count; i++)
        links = number[i].setting ? add_link(work, at, number[i].setting, link, links)
                                  : guess_links(work, x, at, &number[i], link, links);
    return links;
}

int sg_written_link(sg_work *work, sg_span at, const sg_tree *value, sg_link *link) {
    sg_mark mark = value->written.mark;
    if (!mark.line || !value->text || same_place(mark, sg_place_of_user(work, at).mark)) return 0;
    *link = (sg_link){sg_take_printf(work, "`%s` is written there", value->text), mark};
    return 1;
}

void sg_complain_value(sg_work *work, const sg_tree *value, const char *hint, const char *format, ...) {
    char text[SG_MESSAGE_MAX];
    sg_link link[SG_MAX_SETTINGS];
    va_list arguments;
    va_start(arguments, format);
    sg_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const sg_told_number number = {value->number, value->setting, 0, NULL};
    int links = sg_setting_links(work, NULL, value->span, 1, &number, link);
    if (!links) links = sg_written_link(work, value->span, value, link);
    sg_complain_with(work, value->span, SG_BAD_GRAPH, text, hint, link, links);
}
