/* Topological order, after nodes that are already there were made to read ones that were added. */
#include <stdlib.h>
#include <string.h>

#include "graph/rewrite_parts.h"

typedef struct settling {
    const sg_graph *graph;
    int first;
    int *order, count; /* the new order, as far as it is known */
    bool *placed, *asked;
} settling;

static int added_producer(const settling *s, sg_value value) {
    int node = value == SG_NO_VALUE ? -1 : s->graph->values[value].node;
    return node >= s->first && !s->placed[node] ? node : -1;
}

/* Asks for the added nodes that node `i` reads; the last one. */
static int ask_for_inputs(const settling *s, int i) {
    const sg_node *node = s->graph->nodes[i];
    int last = -1;
    for (int k = 0; k < node->in_count; k++) {
        int made = added_producer(s, node->in[k]);
        if (made < 0) continue;
        s->asked[made] = true;
        if (made > last) last = made;
    }
    return last;
}

static void place(settling *s, int i) {
    s->order[s->count++] = i;
    s->placed[i] = true;
}

/* Added nodes stand in order among themselves. */
static void place_with_inputs(settling *s, int i) {
    int last = ask_for_inputs(s, i);
    for (int n = last; n >= s->first; n--)
        if (s->asked[n] && !s->placed[n]) ask_for_inputs(s, n);
    for (int n = s->first; n <= last; n++)
        if (s->asked[n] && !s->placed[n]) place(s, n);
    place(s, i);
}

static sg_status apply(sg_graph *graph, const settling *s, sg_node **nodes, sg_error *error) {
    for (int i = 0; i < graph->node_count; i++) nodes[i] = graph->nodes[s->order[i]];
    memcpy(graph->nodes, nodes, sizeof *nodes * (size_t)graph->node_count);
    for (int i = 0; i < graph->node_count; i++) {
        for (int k = 0; k < nodes[i]->out_count; k++) graph->values[nodes[i]->out[k]].node = i;
        if (!sg_map_put_int(&graph->by_path, nodes[i]->path, i))
            return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    return SG_OK;
}

sg_status sg_graph_settle(sg_graph *graph, int first, sg_error *error) {
    size_t room = (size_t)graph->node_count + 1;
    settling s = {.graph = graph, .first = first};
    s.order = calloc(room, sizeof *s.order);
    s.placed = calloc(room, sizeof *s.placed);
    s.asked = calloc(room, sizeof *s.asked);
    sg_node **nodes = calloc(room, sizeof(sg_node *));
    sg_status status = SG_OK;
    if (!s.order || !s.placed || !s.asked || !nodes)
        status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; status == SG_OK && i < first; i++) place_with_inputs(&s, i);
    for (int i = first; status == SG_OK && i < graph->node_count; i++)
        if (!s.placed[i]) place(&s, i);
    if (status == SG_OK) status = apply(graph, &s, nodes, error);
    free(s.order);
    free(s.placed);
    free(s.asked);
    free(nodes);
    return status;
}
