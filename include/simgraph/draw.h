/* simgraph/draw.h - the diagram of a graph: as text for Graphviz and through it as SVG, PNG or PDF, as text
 * for Mermaid, as a page to walk through in a browser; and the chart of its memory.
 *
 * Blocks become frames that carry their share of parameters and work; rounds of a repeat that are equal but
 * for their values are drawn once with "× 12"; weights are counted in the box that reads them; reshapes,
 * slices and what is constant vanish into the edges. The text depends on the graph and the options alone, and
 * its identifiers are paths, so that two versions of a diagram can be compared line by line. */
#ifndef SIMGRAPH_DRAW_H
#define SIMGRAPH_DRAW_H

#include "simgraph/graph.h"
#include "simgraph/program.h"

SG_BEGIN_C

enum { SG_DOT_AUTOMATIC = -1 };

typedef struct sg_dot_options {
    size_t size; /* sizeof(sg_dot_options) */
    int depth; /* blocks nested deeper than this are one box each: 0 opens no block; SG_DOT_AUTOMATIC opens as
                  many levels as are readable on one screen */
    bool all;  /* draw every node: weights, views and constants as well, no round folded */
    bool backward; /* draw the gradients beside what they differentiate, and the updates, gathered by op */
    bool dark;     /* for a dark background */
    const char *rankdir; /* "TB", from top to bottom (also NULL), or "LR", from left to right */
    const char *title;   /* NULL: "graph" */
    const char *note;    /* a line below the title; NULL: none */
    bool follow;         /* in SVG: light or dark as the reader's system asks for; then `dark` is ignored */
    const char
        *links; /* what stands before "file#L12" in the links of boxes to their lines; NULL: no links */
    const char *focus; /* only this node or block, and what is near: a path; NULL: everything */
    int radius;        /* how many edges away is near */
    const char *only;  /* only nodes whose path matches this pattern (sg_path_match); NULL: everything */
    const double
        *seconds;  /* one a node of the graph: boxes are coloured by their time; NULL: by their kind */
    int64_t batch; /* samples for which work and bytes are counted where the graph is bound to
                      SG_SYMBOLIC_BATCH; 0: 1 */
    const sg_graph *before; /* another graph: what this one has more, less or other than it is marked; NULL */
    const char *minimised;  /* the name of the value that training minimises: the box that shows it is marked;
                               NULL, or a name that the graph has not: none */
} sg_dot_options;

/* Makes the text of the diagram, to be freed with free. `options` may be NULL: automatic depth, forward pass
 * only. Sizes that are multiples of the graph's batch are written "batch" where they belong to values that
 * depend on an input, and operations are given per sample: those of a batch, divided by it. Bind the graph to
 * SG_SYMBOLIC_BATCH, of which no other size is a multiple, to have no size mistaken; with another batch, only
 * the outermost multiple in each shape counts.
 * Fails with SG_BAD_USAGE (options; a `focus` or `only` that nothing has), the graph's own error, or
 * SG_OUT_OF_MEMORY. */
sg_status sg_draw_dot(char **text, const sg_graph *graph, const sg_dot_options *options, sg_error *error);

/* Turns the text of a diagram into `format`: "svg", "png" or "pdf" by the program `dot` of Graphviz, "dot" by
 * copying it. SVG of a diagram that was made with `follow` gets a style sheet for dark systems. *data (to be
 * freed with free) holds *bytes bytes and a zero byte after its end. Fails with SG_BAD_USAGE (an unknown
 * format), SG_FAILURE (Graphviz is missing or refuses the text), SG_IO_ERROR (no room for temporary files) or
 * SG_OUT_OF_MEMORY. */
sg_status sg_draw_convert(char **data, size_t *bytes, const char *dot, const char *format, sg_error *error);

/* As sg_draw_convert, into a file that is replaced in one piece. `format` NULL: by the end of the path's
 * name. */
sg_status sg_draw_render(const char *dot, const char *format, const char *path, sg_error *error);

/* As sg_draw_dot for Mermaid, which draws in Markdown: a flowchart with the same boxes, frames and edges.
 * Where `before` or `seconds` are given, fails with SG_BAD_USAGE. */
sg_status sg_draw_mermaid(char **text, const sg_graph *graph, const sg_dot_options *options, sg_error *error);

/* As sg_draw_dot for a browser: one HTML file that needs no other, in which blocks open and close, a search
 * finds nodes, and a panel shows all that is known about one. At first the same blocks are open as in the
 * text of sg_draw_dot. `rankdir` is the direction at first; a key turns it. */
sg_status sg_draw_page(char **html, const sg_graph *graph, const sg_dot_options *options, sg_error *error);

/* The chart of the arena over one step, as SVG to be freed with free: what lies where (y, in bytes) while
 * which nodes run (x, in the order of the plan), coloured by what it is for; the peak and the largest are
 * named. Plans the part of the graph that `program` asks for, as sg_program_create does; nothing runs. Of the
 * options, `title`, `note`, `dark` and `follow` count. Fails with SG_BAD_USAGE, the errors of planning, or
 * SG_OUT_OF_MEMORY. */
sg_status sg_draw_memory(char **svg, const sg_graph *graph, const sg_program_options *program,
                         const sg_dot_options *options, sg_error *error);
/* The same as text for Graphviz with every place fixed, of which sg_draw_render makes PNG and PDF. */
sg_status sg_draw_memory_dot(char **text, const sg_graph *graph, const sg_program_options *program,
                             const sg_dot_options *options, sg_error *error);
/* The same as a page for a browser: the pointer on the chart tells what lies in the arena while a node runs.
 */
sg_status sg_draw_memory_page(char **html, const sg_graph *graph, const sg_program_options *program,
                              const sg_dot_options *options, sg_error *error);

SG_END_C

#endif
