/* train/evaluation.h - the parts of an evaluation: feeds, names, the run. */
#ifndef SG_TRAIN_EVALUATION_H
#define SG_TRAIN_EVALUATION_H

#include "simgraph/evaluate.h"
#include "simgraph/program.h"

typedef struct sg_evaluation {
    const sg_document *document;
    const sg_evaluate_options *options;
    sg_diagnostics *diagnostics;
    int64_t batch;
    sg_bound *bound;
    sg_graph *graph;   /* of bound */
    int node_count;    /* of the graph as it was bound */
    sg_value *instead; /* per value of it: the input that replaces it, or itself */
    bool *fed;         /* per value of it: is there a feed? */
    bool loaded;       /* weights come from a file */
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
    sg_value *fetch; /* what is computed, with its name in the result */
    char **name;
    int count, room;
} sg_evaluation;

void sg_evaluation_note(const sg_evaluation *e, const char *format, ...) SG_PRINTF(2, 3);

/* Binds the document: to the batch of the options, or the one that the feeds show. */
sg_status sg_evaluation_bind(sg_evaluation *e, sg_error *error);
/* The value of that name, with a message that names the nearest. */
sg_status sg_evaluation_name(const sg_bound *bound, const char *name, sg_value *value, sg_error *error);
/* The same, or the input that replaces it. */
sg_status sg_evaluation_find(const sg_evaluation *e, const char *name, sg_value *value, sg_error *error);
/* Puts inputs in the place of what the feeds replace, and weights into the store. */
sg_status sg_evaluation_replace(sg_evaluation *e, sg_error *error);
/* Writes the feeds into the program's inputs, and complains of inputs that are needed but were not fed. */
sg_status sg_evaluation_feed(sg_evaluation *e, sg_error *error);
/* Adds what is to be fetched, gradients included, to the list of the evaluation. */
sg_status sg_evaluation_choose(sg_evaluation *e, sg_error *error);
void sg_evaluation_finish(sg_evaluation *e);

#endif
