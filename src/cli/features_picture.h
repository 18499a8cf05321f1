/* cli/features_picture.h - features as colours: the first principal components of all places of all images.
 */
#ifndef SG_CLI_FEATURES_PICTURE_H
#define SG_CLI_FEATURES_PICTURE_H

#include "gather.h"

typedef struct cli_principal {
    double *mean, *component; /* [size], [3, size] */
    double share[3];          /* of the variance */
    sg_tensor images, places; /* f32: all that the picture shows; the features [images, tokens, size] */
} cli_principal;

/* A cli_batch_function that keeps images and places; `data` is {use, principal}. */
typedef struct cli_keeping {
    const sg_use *use;
    cli_principal *principal;
} cli_keeping;
sg_status cli_principal_keep(void *data, const sg_use_batch *batch, int64_t first, sg_error *error);
/* Computes the components of the places of the first `count` images, of which the others are cut off. */
sg_status cli_principal_compute(cli_principal *p, int64_t count, sg_error *error);
/* One row an image, under its name: itself, and the three components of its places as red, green and blue,
 * each from its least (0) to its largest (255) over all images. Writes a PNG. */
sg_status cli_principal_save(const cli_principal *p, const sg_use *use, const char *const *names,
                             const char *path, sg_error *error);
void cli_principal_finish(cli_principal *p);

#endif
