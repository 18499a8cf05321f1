/* What dot_attention and its gradient share. */
#ifndef SG_OPS_ATTENTION_H
#define SG_OPS_ATTENTION_H

#include "ops/product.h"

enum { SG_ATTENTION_QUERY, SG_ATTENTION_KEY, SG_ATTENTION_VALUE, SG_ATTENTION_BIAS, SG_ATTENTION_MASK };

/* Checks query [..., n, d], key [..., m, d], value [..., m, e], bias and mask (broadcast to [..., n, m]). */
sg_status sg_attention_check(sg_infer *c);
/* The attribute, or 1 / sqrt(d) where it is absent. */
double sg_attention_scale(const sg_attr *scale, int64_t d);
/* Operands cut along axis 0 as far as they have it: sets d->in for the five inputs. */
void sg_attention_domain(const sg_signature *s, sg_domain *d);
/* Elements from a row of scores [n, m] to the next: a multiple of 16 at least m, so that loops over short
 * rows end with whole vectors. */
int64_t sg_attention_pitch(int64_t m);
/* How many rows of scores [n, m] are worked on at a time: all, or parts as even as can be where those of one
 * matrix would not stay in a CPU's second cache. */
int64_t sg_attention_rows(int64_t n, int64_t m, sg_type type);
/* Bytes of so many rows of `count` matrices; SIZE_MAX, which no plan grants, where they do not fit. */
size_t sg_attention_scratch(const sg_signature *s, size_t count);

/* probabilities[n, m] = softmax(scale * q k^T + bias, masked) for one matrix of each operand, rows at the
 * pitch, zeros behind them. A row that is hidden as a whole is NaN from end to end. */
void sg_attention_probabilities(const sg_task *task, double scale, const sg_tensor *query,
                                const sg_tensor *key, const sg_tensor *bias, const sg_tensor *mask,
                                void *probabilities);

/* Rows [begin, begin + count) of a matrix; data stays NULL where it is. */
sg_tensor sg_attention_part(const sg_tensor *matrix, int64_t begin, int64_t count);
/* Matrix number `i` of an operand whose leading axes broadcast to those of `like` (the query): a view [n, m]
 * with the strides of its last two axes, 0 where they have size 1. data stays NULL where the operand is
 * absent. */
sg_tensor sg_attention_matrix(const sg_tensor *operand, const sg_shape *like, int64_t i, int64_t n,
                              int64_t m);

#endif
