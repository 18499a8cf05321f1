/* use/use.h - using a trained model, from the inside. */
#ifndef SG_USE_USE_H
#define SG_USE_USE_H

#include "data/images.h"
#include "data/split.h"
#include "simgraph/program.h"
#include "simgraph/use.h"
#include "train/config.h"
#include "train/masks.h"

enum { SG_USE_MOST = 1024 }; /* images at a time */

/* What the images come from. */
typedef struct sg_use_source {
    char **file; /* count of them; NULL: samples of a split */
    int32_t *label;
    char **class_name;
    int class_count;
    int64_t count, next;
    sg_image_frame frame;
    sg_split **splits; /* of the config, where samples are its data */
    int split_count;
    const sg_split *split; /* of the data, or a buffer of a batch of images */
    sg_split *buffer;
    int label_field; /* -1: there are no labels */
    int64_t *sample;
    int32_t *batch_label;
    int64_t good;    /* images read so far */
    int64_t missing; /* files that the system did not give */
} sg_use_source;

struct sg_use {
    sg_context *context;
    sg_use_options options;
    sg_diagnostics *diagnostics;
    char *graph_path, *weights, *value_name, *mask_names, *block_name; /* of info */
    sg_use_info info;
    char **settings; /* found here, behind those of the options */
    int setting_count;

    sg_document *document;
    sg_train_config *config;
    sg_bound *bound;
    sg_graph *graph; /* of bound */
    int64_t batch;

    sg_value input;                   /* what images are fed to */
    sg_value image, target;           /* what is shown beside it; what is computed */
    const sg_picture_config *picture; /* of the file; NULL: none */
    sg_value pictured;                /* its image, or SG_NO_VALUE */
    sg_value mask;                    /* as pictures show it, or SG_NO_VALUE */
    bool token;                       /* the first of the tokens stands for the class */
    sg_masks masks;                   /* all of the graph */
    sg_mask_counter *counter;
    bool *on_way;           /* per mask: the target looks at it */
    unsigned char **hidden; /* per mask: given cells, rows * columns; NULL: as it is drawn */
    sg_value *fed_mask, *fed_keep, *fed_restore; /* per mask: the inputs in its place */

    sg_store *store;
    sg_arena *arena;
    sg_program *program;
    sg_use_source source;
    double *scale;                          /* channels, then shifts */
    sg_tensor shown, result, cells, places; /* of a batch */
};

/* ---- finding ---- */

/* Which nodes a value depends on, but for what lies behind masks; to be freed, NULL: no memory. */
bool *sg_use_way(const sg_use *use, sg_value of);
/* Finds input, image, target and mask in the bound graph, and the masks on the way. */
sg_status sg_use_find(sg_use *use, sg_error *error);
/* Adds nodes that make an image of what is predicted, where the loss holds it against what was made of one.
 */
sg_status sg_use_restore(sg_use *use, sg_error *error);
/* The value that some loss holds `output` against, or SG_NO_VALUE; *loss is its node. */
sg_value sg_use_held_against(const sg_graph *graph, sg_value output, const sg_node **loss);

/* ---- hiding ---- */

/* What has to be set in the text for the options: *more tells whether the document must be loaded again. */
sg_status sg_use_settings(sg_use *use, bool *more, sg_error *error);
/* Decides which cells are given, by the options. */
sg_status sg_use_hide(sg_use *use, sg_error *error);
/* Puts inputs in the place of the masks that are given; and fills them. */
sg_status sg_use_replace_masks(sg_use *use, sg_error *error);
sg_status sg_use_feed_masks(sg_use *use, sg_error *error);

/* ---- images ---- */

/* Lists the files; before anything is bound, so that a batch is not larger than what there is. */
sg_status sg_use_source_list(sg_use *use, sg_error *error);
sg_status sg_use_source_open(sg_use *use, sg_error *error);
void sg_use_source_finish(sg_use_source *source);
/* Fills the program's input with the next images; *count of them, 0 at the end. */
sg_status sg_use_source_next(sg_use *use, int64_t *count, sg_error *error);

/* ---- features ---- */

/* Shape of one result for a value of that shape, and where its tokens lie; *places is that of all tokens. */
sg_status sg_use_pool_shape(sg_use *use, sg_shape *places, sg_error *error);
void sg_use_pool(const sg_use *use, sg_pool pool, const sg_tensor *value, int64_t count, float *to);

/* A shape whose first size is that of the batch. */
const char *sg_use_words(const sg_shape *shape, char buffer[SG_SHAPE_TEXT]);

void sg_use_note(const sg_use *use, const char *format, ...) SG_PRINTF(2, 3);

#endif
