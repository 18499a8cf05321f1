/* simgraph/use.h - using a trained model: images in, reconstructions or features out.
 *
 *     sg_use *use;
 *     sg_use_batch batch;
 *     sg_use_open(&use, context, &options, messages, &error);
 *     while ((status = sg_use_next(use, &batch, &error)) == SG_OK && batch.count > 0) ...
 *     sg_use_destroy(use);
 *
 * Images are cropped, resized and normalised as the run's data are, without the steps that draw at random.
 * The graph is that of evaluation. */
#ifndef SIMGRAPH_USE_H
#define SIMGRAPH_USE_H

#include "simgraph/arrays.h"
#include "simgraph/context.h"
#include "simgraph/language.h"

SG_BEGIN_C

typedef struct sg_use sg_use;

typedef enum sg_pool { SG_POOL_MEAN = 0, SG_POOL_MAX, SG_POOL_CLASS, SG_POOL_NONE } sg_pool;

typedef struct sg_use_options {
    size_t size;            /* sizeof(sg_use_options) */
    const char *path;       /* a run directory, or a graph file */
    const char *const *set; /* set_count settings, and include_count directories, as in sg_document_options */
    int set_count;
    const char *const *include;
    int include_count;
    const char
        *init; /* weights: a run directory or a file; NULL: those of the run, the best where there are any */

    bool features; /* a value of every image, with nothing hidden; else its reconstruction */
    const char
        *node; /* which value; NULL: what the encoder gives, or what the loss holds against the image */
    sg_pool
        pool; /* features of tokens or of the places of a map become one of the image; NONE: all of them */

    /* What is hidden from a reconstruction: */
    bool has_ratio;
    double ratio;     /* with has_ratio, in place of the attribute `ratio` of the nodes that draw masks */
    const char *mask; /* an image, white where hidden, in place of what is drawn. It is cropped as the images
                         are; a cell is hidden where more than half of it is white */
    uint64_t seed;    /* of masks: that of image i is the one of sample i in epoch 0 */

    /* What is looked at: */
    const char *const *files; /* file_count images, and directories of them */
    int file_count;
    bool stretch;     /* images are squeezed into the model's shape instead of cropped */
    const char *data; /* in place of files: an entry of the section `data` */
    int64_t limit;    /* the first so many samples; 0: all */
    int64_t batch;    /* samples at a time, at most 1024; 0: 32 */

    void (*note)(void *data,
                 const char *text); /* what is worth a line: images that were skipped. May be NULL */
    void *user;                     /* handed to `note` */
    bool places;                    /* with features: those of all places as well */
    const char *other_data;         /* what takes another entry than `data`, for the message where there is no
                                       such one: "--test NAME". May be NULL */
    const char *next_data;          /* an entry that is opened next, so that its name is checked before work
                                       begins. May be NULL */
} sg_use_options;

/* Binds the graph, finds the values, loads the weights. Problems of the document go to `diagnostics`
 * (SG_BAD_GRAPH with the message "the graph file has errors"), others to `error`: SG_BAD_USAGE (names,
 * neither files nor data, a node without a ratio), SG_BAD_GRAPH (what is predicted is no image, no encoder is
 * found), SG_BAD_DATA (a mask that hides nothing, no images), SG_BAD_CHECKPOINT, SG_IO_ERROR (no such run or
 * file), SG_OUT_OF_MEMORY. Context and diagnostics must outlive it. */
sg_status sg_use_open(sg_use **out, sg_context *context, const sg_use_options *options,
                      sg_diagnostics *diagnostics, sg_error *error);
void sg_use_destroy(sg_use *use);

typedef struct sg_use_info {
    const char *weights; /* the file or directory that they were read from */
    const char *value;   /* name of the value that is computed */
    const char *block;   /* the block that makes it; NULL: none */
    const char *mask;    /* what hides, "mask, judge"; NULL: nothing */
    int64_t samples;     /* that are looked at, broken ones included */
    sg_shape
        shape; /* of one result: an image [channels, height, width]; features [size], or [tokens, size] */
    int64_t rows, columns;       /* places of which tokens are one each, in rows; 0: the result has none */
    const double *scale, *shift; /* a value v of channel c of an image is the pixel v * scale[c] + shift[c] */
    int class_count;
    const char *const *classes; /* names of the directories that the labels stand for */
} sg_use_info;
const sg_use_info *sg_use_about(const sg_use *use);
/* Where image `sample` was read from; NULL: not from a file. */
const char *sg_use_path(const sg_use *use, int64_t sample);

typedef struct sg_use_batch {
    int64_t count;         /* 0: there are no more */
    const int64_t *sample; /* numbers of the images: those that cannot be read are left out */
    const int32_t *label;  /* NULL: there are none */
    sg_tensor image;       /* f32 [count, channels, height, width] */
    sg_tensor result;      /* f32: reconstructions as `image`, or features [count, shape...] */
    sg_tensor mask;        /* f32 [count, rows, columns], 1 hidden; data NULL: nothing can be hidden */
    sg_tensor places;      /* with `places`: f32 [count, tokens, size], whatever `result` makes of them */
} sg_use_batch;

/* Memory of the batch is good until the next call. SG_BAD_DATA where no image at all can be read. */
sg_status sg_use_next(sg_use *use, sg_use_batch *batch, sg_error *error);

/* ---- what features are worth ---- */

/* The share of rows of `test` [m, d] whose label is told right by their neighbours among those of `train` [n,
 * d]: the `k` with the largest cosines vote with weight exp(cosine / temperature) (Wu et al.,
 * arXiv:1805.01978; DINO, arXiv:2104.14294, has k 20, temperature .07). Labels lie in 0..classes-1. */
sg_status sg_probe_neighbours(double *accuracy, sg_context *context, const sg_tensor *train,
                              const int32_t *train_label, const sg_tensor *test, const int32_t *test_label,
                              int classes, int64_t k, double temperature, sg_error *error);

typedef struct sg_linear_probe {
    double train, test; /* shares that are told right */
    double loss;        /* cross-entropy and penalty at the end */
    int steps;          /* of L-BFGS */
} sg_linear_probe;

/* A linear classifier on features that are moved and scaled to mean 0 and deviation 1 over `train`: minimises
 * the mean cross-entropy plus penalty / 2 times the squares of the weights, in f64, by L-BFGS from zeros. */
sg_status sg_probe_linear(sg_linear_probe *out, sg_context *context, const sg_tensor *train,
                          const int32_t *train_label, const sg_tensor *test, const int32_t *test_label,
                          int classes, double penalty, sg_error *error);

/* The first three principal components of n rows of d f32 features (Pearson 1901): `mean` [d], `component`
 * [3, d] of length 1, of which the entry that is farthest from 0 is positive, and the share of the variance
 * that each explains. Fewer where n or d are smaller: the others are 0. */
sg_status sg_principal(const float *rows, int64_t n, int64_t d, double *mean, double *component,
                       double share[3], sg_error *error);

SG_END_C

#endif
