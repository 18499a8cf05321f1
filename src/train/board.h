/* train/board.h - what TensorBoard shows of a run: one event file for each time that it is started. */
#ifndef SG_TRAIN_BOARD_H
#define SG_TRAIN_BOARD_H

#include "base/text.h"
#include "simgraph/tensor.h"
#include "train/log_file.h"
#include "train/metrics.h"

/* What is written: `save: {tensorboard}`. */
enum { SG_BOARD_SCALARS = 1, SG_BOARD_IMAGES = 2, SG_BOARD_HISTOGRAMS = 4 };
/* Evaluations whose pictures are written, at most: they cannot be taken back. */
enum { SG_BOARD_MOST_IMAGES = 50 };

/* Events wait in memory for some seconds: TensorBoard looks rarely. */
typedef struct sg_board {
    const char *directory; /* NULL: nothing is written */
    sg_log_file log;       /* made when there is something to write */
    int64_t step;          /* that the run went on from; 0: it began */
    sg_text pending;
    size_t head;    /* bytes of `pending` that say nothing but what the file is */
    double flushed; /* when, by the clock */
} sg_board;

void sg_board_init(sg_board *board);
void sg_board_finish(sg_board *board);
/* For a new file in the directory, whose name must stay. `step` above 0: a run goes on from there, and what
 * earlier files say of later steps is to be forgotten. Of a board that was not opened, the functions below do
 * nothing. */
void sg_board_open(sg_board *board, const char *directory, int64_t step);
sg_status sg_board_record(sg_board *board, const sg_record *record, sg_error *error);
/* The picture in a PNG file; anything else is left out. */
sg_status sg_board_image(sg_board *board, int64_t step, const char *name, const char *path, sg_error *error);
/* Appends the histogram of the finite elements times `factor` to the values of a summary, which
 * sg_board_values then takes, and lets go of. */
void sg_board_histogram(sg_text *values, const char *group, const char *name, const sg_tensor *tensor,
                        double factor);
sg_status sg_board_values(sg_board *board, int64_t step, sg_text *values, sg_error *error);
/* Writes what waits. */
sg_status sg_board_flush(sg_board *board, sg_error *error);

#endif
