/* What ops on [samples, channels, ...] share: the numbers of one channel of one sample are a row. */
#ifndef SG_OPS_CHANNEL_H
#define SG_OPS_CHANNEL_H

#include "kernel/loops.h"
#include "simgraph/op.h"

/* x must be [samples, channels, ...] and f32 or f64. */
sg_status sg_channel_check(sg_infer *c, int x);
/* Input k, where present, must be [channels] of the type of input x; `name` is for the message. */
sg_status sg_channel_check_vector(sg_infer *c, int x, int k, const char *name);
/* Input k, where present, must be [samples, 1, ...] of the type and the other sizes of input x. */
sg_status sg_channel_check_map(sg_infer *c, int x, int k, const char *name);

/* Elements of a row, and of one channel in all samples. */
int64_t sg_channel_row(const sg_shape *x);
int64_t sg_channel_count(const sg_shape *x);

/* Number `channel` of a vector; `otherwise` where it is absent. */
double sg_channel_number(const sg_tensor *vector, int64_t channel, double otherwise);

/* y = (x - centre) * factor + shift, n elements of `type`; y may be x. */
void sg_channel_affine(const sg_loops *loops, sg_type type, int64_t n, const void *x, double centre,
                       double factor, double shift, void *y);
/* y = x * weight, n elements of `type`; y may be x. */
void sg_channel_product(const sg_loops *loops, sg_type type, int64_t n, const void *x, const void *weight,
                        void *y);
double sg_channel_sum(const sg_loops *loops, sg_type type, int64_t n, const void *x);
double sg_channel_dot(const sg_loops *loops, sg_type type, int64_t n, const void *x, const void *y);

/* For expansions: vector [channels] as [1, channels, 1, ...] for x. */
sg_value sg_channel_spread(sg_graph *graph, sg_value vector, sg_value x);

#endif
