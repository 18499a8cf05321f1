#include "simgraph/draw.h"
sg_status sg_draw_page(char **html, const sg_graph *graph, const sg_dot_options *options, sg_error *error) {
    return sg_draw_dot(html, graph, options, error);
}
