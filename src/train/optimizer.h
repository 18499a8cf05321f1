/* train/optimizer.h - what an optimiser adds to the graph for each weight. */
#ifndef SG_TRAIN_OPTIMIZER_H
#define SG_TRAIN_OPTIMIZER_H

#include "simgraph/train.h"

/* One weight's update. */
typedef struct sg_weight_update {
    sg_graph *graph;
    sg_value weight;
    sg_value gradient;          /* sum over micro-batches */
    sg_value rate, corrections; /* fed, see sg_train_nodes */
    sg_value factor;            /* f64, one element: clip factor / micro-batches */
    sg_value ok;                /* i32 scalar */
    double lr, decay;           /* factors on learning rate and weight decay */
} sg_weight_update;

/* A constant `const sg_optimizer sg_optimizer_<name> = {...}` enters the registry. */
struct sg_optimizer {
    sg_schema schema;
    int rate, decay; /* indexes of attributes that may be schedules; decay -1: none */
    /* What is wrong with attributes that the schema lets pass, or NULL. */
    const char *(*check)(const sg_attr *attr);
    /* Factors 1 / (1 - beta^t) of the moments at update t, which counts from 1. */
    void (*corrections)(const sg_attr *attr, int64_t update, double out[2]);
    /* Adds moments (as states) and the update; returns its first output, the next weight. */
    sg_value (*add)(const sg_attr *attr, const sg_weight_update *update);
};

/* A state "<kind>/<path of the weight>" of zeros with the weight's shape and type. */
sg_value sg_optimizer_state(const sg_weight_update *update, const char *kind);

/* ---- what Adam and its kin share ---- */

#define SG_ADAM_ATTRS(eps_fallback)                                                                         \
    {.name = "lr",                                                                                          \
     .type = SG_ATTR_RATE,                                                                                  \
     .doc = "learning rate",                                                                                \
     .min = 0,                                                                                              \
     .max = 1e6,                                                                                            \
     .call_kind = SG_KIND_SCHEDULE},                                                                        \
        {.name = "betas",                                                                                   \
         .type = SG_ATTR_FLOATS,                                                                            \
         .fallback = "[0.9, 0.999]",                                                                        \
         .doc = "memory of the mean gradient and of the mean squared gradient",                             \
         .min = 0,                                                                                          \
         .max = 1},                                                                                         \
        {.name = "eps",                                                                                     \
         .type = SG_ATTR_FLOAT,                                                                             \
         .fallback = eps_fallback,                                                                          \
         .doc = "added to the root of the mean squared gradient",                                           \
         .min = 0,                                                                                          \
         .max = 1},                                                                                         \
    {                                                                                                       \
        .name = "decay", .type = SG_ATTR_RATE, .fallback = "0.01",                                          \
        .doc = "weight decay, times the learning rate", .min = 0, .max = 1e6, .call_kind = SG_KIND_SCHEDULE \
    }

const char *sg_adam_check(const sg_attr *attr);
void sg_adam_corrections(const sg_attr *attr, int64_t update, double out[2]);

#endif
