/* train/ridders.h - the derivative of a function of one number, and how far it can be trusted. */
#ifndef SG_TRAIN_RIDDERS_H
#define SG_TRAIN_RIDDERS_H

#include "simgraph/error.h"

typedef sg_status (*sg_scalar_function)(void *data, double x, double *y, sg_error *error);

/* Central differences with steps first_h, first_h / 2, ..., extrapolated to 0 (Ridders 1982). `*doubt` is how
 * far the best entry of the table lies from its neighbours; the table ends early once this is below `enough`.
 * Where the function has a kink within the smallest step, the doubt stays large. */
sg_status sg_ridders(double *derivative, double *doubt, sg_scalar_function function, void *data, double x,
                     double first_h, double enough, sg_error *error);

#endif
