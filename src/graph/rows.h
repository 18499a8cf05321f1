/* graph/rows.h - the rows of a value: where the cells of a grid lie in its axes, and computing some of them.
 *
 * A masked model cuts every sample into the cells of a grid. A cell is a row of tokens [b, n, c], a place of
 * a map [b, c, gh, gw], a square of an image [b, c, h, w]. `sg_rows` says where in the axes of a value the
 * cells lie. The *compact* form of a value holds chosen cells alone: [samples, chosen, inner 1, .., inner r -
 * 1], where inner d is what one cell has along axis d of the value, all of the axis where it has no cells.
 *
 * A rule (sg_op.rows) tells for an op which rows of its inputs given rows of output 0 are made of, and how
 * the compact output is computed from compact inputs. */
#ifndef SG_GRAPH_ROWS_H
#define SG_GRAPH_ROWS_H

#include "graph/graph.h"

/* The grid, and how many cells of each sample are chosen. */
typedef struct sg_grid {
    int64_t samples, rows, columns, chosen;
} sg_grid;

/* The coordinates of a cell. One of which there is a single value is no coordinate. */
enum { SG_CELL_ROW = 1, SG_CELL_COLUMN = 2 };

/* Entry j of a cell lies at lead + place * inner + j, where place counts the cells along the coordinates that
 * this axis has, rows before columns. */
typedef struct sg_row_axis {
    unsigned cells; /* coordinates of a cell that this axis has */
    int64_t lead;   /* entries in front of the first cell; others may follow the last one */
    int64_t inner;  /* entries of one cell; of the axis, where it has no cells */
} sg_row_axis;

/* Axis 0 is the samples and nothing else, but in tables (SG_NEED_TABLE). */
typedef struct sg_rows {
    int rank;
    sg_row_axis axis[SG_MAX_RANK];
} sg_rows;

unsigned sg_grid_coordinates(const sg_grid *grid);
/* Places along the coordinates `cells`; 1 for none. */
int64_t sg_grid_places(const sg_grid *grid, unsigned cells);
unsigned sg_rows_coordinates(const sg_rows *rows); /* of all axes */
bool sg_rows_equal(const sg_rows *a, const sg_rows *b);
/* Whether these are rows of a value of this shape: axis 0 is the samples, each coordinate is there once, and
 * there are few enough axes to work with. */
bool sg_rows_fit(const sg_grid *grid, const sg_rows *rows, const sg_shape *shape);
bool sg_rows_fit_table(const sg_grid *grid, const sg_rows *rows);
/* The rows of the same elements in row-major order under another shape; false where cells are torn apart. */
bool sg_rows_reshape(const sg_grid *grid, const sg_rows *from, const sg_shape *shape, sg_rows *to);
/* Of the compact form. One axis more than the value: `rank` must be below SG_MAX_RANK. */
sg_shape sg_rows_compact(const sg_grid *grid, const sg_rows *rows);

/* ---- rules ---- */

typedef enum sg_need_kind {
    SG_NEED_NOTHING = 0,
    SG_NEED_ROWS,  /* the rows `rows` */
    SG_NEED_TABLE, /* rows of a value that all samples share: no axis is the samples */
    SG_NEED_ALL,
} sg_need_kind;

typedef struct sg_need {
    sg_need_kind kind;
    sg_rows rows;
} sg_need;

typedef struct sg_row_query {
    const sg_graph *graph;
    const sg_node *node;
    const sg_grid *grid;
    const sg_rows *out; /* wanted of output 0 */
} sg_row_query;

typedef struct sg_row_step {
    sg_graph *graph;
    const sg_node *node;
    const sg_grid *grid;
    const sg_rows *out;
    const sg_need *need; /* per input, as the rule said */
    const sg_value *in;  /* per input: compact for ROWS and TABLE, else the node's own */
    const char *path;    /* of the node that sg_rows_add adds */
} sg_row_step;

struct sg_row_rule {
    /* Fills need[k] for every input, all SG_NEED_NOTHING at first; false where the op is not computed row by
     * row. Output 0 has the rank and the sizes that `out` fits. */
    bool (*need)(const sg_row_query *q, sg_need *need);
    /* The compact output. Errors are kept by the graph. */
    sg_value (*emit)(const sg_row_step *s);
};

const sg_shape *sg_row_shape(const sg_row_query *q, int input);
/* Adds the step's node anew, over other inputs and with other attributes (NULL: its own). It draws the random
 * numbers of the original. */
sg_value sg_rows_add(const sg_row_step *s, const sg_value *in, const sg_attr *attr);
/* `value` under another shape; itself where it has that shape. */
sg_value sg_rows_view(sg_graph *graph, sg_value value, const sg_shape *shape);

#endif
