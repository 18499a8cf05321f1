/* What losses between an output and a target share: a sum of w * e(output, target) over all elements.
 *
 *   loss = sum(w * e) / (sum(w) + eps) / (elements of output / elements of w)
 *
 * which is SimMIM's loss (arXiv:2111.09886, official code: (|x - y| * mask).sum() / (mask.sum() + 1e-5) /
 * channels) for w [B, 1, H, W], and the plain mean where there is no w. Sums run in f64. */
#ifndef SG_OPS_LOSS_H
#define SG_OPS_LOSS_H

#include "kernel/loops.h"
#include "simgraph/op.h"

enum { SG_LOSS_OUTPUT, SG_LOSS_TARGET, SG_LOSS_WEIGHT };
enum { SG_LOSS_EPS, SG_LOSS_PARAMETER };

#define SG_LOSS_ATTR_EPS                                                                                    \
    {                                                                                                       \
        .name = "eps", .type = SG_ATTR_FLOAT, .fallback = "1e-5", .doc = "added to the sum of the weights", \
        .min = 0, .max = 1                                                                                  \
    }
#define SG_LOSS_ATTR_BETA                                                                               \
    {                                                                                                   \
        .name = "beta", .type = SG_ATTR_FLOAT, .fallback = "1", .doc = "where the square turns linear", \
        .min = 0, .max = 1e9                                                                            \
    }
#define SG_LOSS_INPUTS                                                                               \
    {"output", "the prediction", 0}, {"target", "of the same shape", 0}, {                           \
        "weight", "weight of each element, broadcast to output, without a gradient; 1 unless given", \
            SG_PORT_OPTIONAL | SG_PORT_NO_GRADIENT                                                   \
    }
#define SG_LOSS_OUTPUTS                                                         \
    {"loss", "a scalar", 0}, {                                                  \
        "norm", "the factor in front of the sum: a scalar", SG_PORT_NO_GRADIENT \
    }
#define SG_LOSS_GRAD_INPUTS                                                                          \
    {"output", "the prediction", 0}, {"target", "of the same shape", 0}, {"norm", "of the loss", 0}, \
        {"dy", "gradient of the loss", 0}, {                                                         \
        "weight", "as for the loss", SG_PORT_OPTIONAL                                                \
    }
#define SG_LOSS_GRAD_OUTPUTS                \
    {"doutput", "gradient of output", 0}, { \
        "dtarget", "gradient of target", 0  \
    }

sg_status sg_loss_infer(sg_infer *c);
/* Checks the type of input number `weight`, and that it broadcasts to `to`, which the message calls `name`.
 */
sg_status sg_loss_check_weight(sg_infer *c, int weight, sg_type type, const sg_shape *to, const char *name);
void sg_loss_domain(const sg_signature *s, sg_domain *d);
/* The kernels; the parameter is beta of smooth_l1. */
void sg_loss_run(const sg_task *task, sg_loss loss, double parameter);
void sg_loss_finish(const sg_task *task);
/* The same where the weights belong to something else than the elements of output, of which there are
 * `count`.
 */
void sg_loss_finish_over(const sg_task *task, double count);
/* Adds the node `grad_op` (same attributes as the loss). */
sg_status sg_loss_gradient(sg_backward *b, const char *grad_op);
/* The definition: the weighted mean of `errors`, a value that has one error for each of the weights. */
sg_status sg_loss_expand(sg_expansion *e, sg_value errors);

sg_status sg_loss_grad_infer(sg_infer *c);
/* The definition, from the slope of each element's error with respect to output and target. */
sg_status sg_loss_grad_expand(sg_expansion *e, sg_value by_output, sg_value by_target);
void sg_loss_grad_domain(const sg_signature *s, sg_domain *d);
void sg_loss_grad_run(const sg_task *task, sg_loss loss, double parameter);

#endif
