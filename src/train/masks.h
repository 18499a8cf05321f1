/* train/masks.h - the parts of drawing a file's masks. */
#ifndef SG_TRAIN_MASKS_H
#define SG_TRAIN_MASKS_H

#include "simgraph/masks.h"
#include "simgraph/program.h"
#include "train/config.h"

/* Counting the masks of one value. */
typedef struct sg_mask_counter {
    sg_mask_info *info;
    sg_value value;
    int64_t a_run;         /* masks in one run of the program */
    unsigned char *hidden; /* the mask at hand, a token each */
    unsigned char *first;  /* the first mask */
    unsigned char *pixels; /* the mask at hand, a pixel each */
    int32_t *near;         /* scratch, a pixel each */
    int64_t *line;         /* scratch, two a column of pixels */
    bool *split;           /* [side]: some square of so many tokens was hidden in part */
    int64_t largest;       /* such a square that fits */
    bool differs;          /* from the first mask */
    double hidden_sum, distance_sum;
} sg_mask_counter;

/* Lists values that are masks, or the one of the options: fills `name` and `kind` of out->mask and *counters,
 * one each, to be freed. */
sg_status sg_masks_find(sg_masks *out, sg_mask_counter **counters, const sg_bound *bound,
                        const sg_masks_options *options, sg_error *error);
/* Rows, columns, image and pixels of a token; the memory that counting needs. */
sg_status sg_mask_lay(sg_mask_counter *counter, const sg_graph *graph, int64_t shown, sg_error *error);
/* Counts the masks of one run, as many as are still to be drawn. */
sg_status sg_mask_add(sg_mask_counter *counter, const sg_tensor *masks, int64_t draws, sg_error *error);
void sg_mask_conclude(sg_mask_counter *counter);
void sg_mask_counter_finish(sg_mask_counter *counter);

/* The data behind the inputs, as far as it is at hand. */
typedef struct sg_mask_data {
    sg_split **splits; /* one per split of the config */
    int split_count;
    const sg_split *split; /* NULL: there is none */
    uint64_t seed;
} sg_mask_data;

/* Loads the split of training, or the first; what prevents it goes to out->note. */
sg_status sg_mask_data_open(sg_mask_data *data, const sg_train_config *config, sg_masks *out,
                            sg_error *error);
/* Writes samples ids[0 .. count) into the program's inputs that `needed` nodes are; random numbers where no
 * field has their name and shape. */
sg_status sg_mask_data_feed(const sg_mask_data *data, const sg_graph *graph, const bool *needed,
                            sg_program *program, const int64_t *ids, int64_t count, sg_masks *out,
                            sg_error *error);
/* The images of the masks that are shown. */
sg_status sg_mask_data_picture(const sg_mask_data *data, const sg_graph *graph, sg_mask_counter *counter,
                               sg_error *error);
void sg_mask_data_finish(sg_mask_data *data);

#endif
