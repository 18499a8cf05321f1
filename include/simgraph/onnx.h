/* simgraph/onnx.h - graphs as models of ONNX (onnx.ai), for programs that run such models.
 *
 * A model holds what its outputs need: nodes, weights, and as inputs what the graph is fed. Masks and other
 * numbers that the graph draws at random are inputs as well: a model draws nothing. The samples of a batch
 * are a symbolic size, "batch". */
#ifndef SIMGRAPH_ONNX_H
#define SIMGRAPH_ONNX_H

#include "simgraph/context.h"
#include "simgraph/language.h"

SG_BEGIN_C

/* An input or output of a model. */
typedef struct sg_onnx_port {
    const char *name;
    sg_type type;
    sg_shape shape; /* SG_SYMBOLIC_BATCH stands for samples, unless the batch is fixed */
    const char *op; /* of an input that the graph draws at random: by which op; else NULL */
} sg_onnx_port;

/* Zero-initialise it before use. */
typedef struct sg_onnx_ports {
    int in_count, out_count;
    sg_onnx_port *in, *out;
    bool beside; /* weights lie in a file of their own */
    void *memory;
} sg_onnx_ports;
void sg_onnx_ports_finish(sg_onnx_ports *ports);

typedef struct sg_onnx_options {
    size_t size;      /* sizeof(sg_onnx_options) */
    const char *init; /* weights: a run directory or a file of named arrays */
    /* The outputs, by the names of values. Without any: those of the file's nodes "recon", "codes" and
     * "scores" that there are. */
    const char *const *fetch;
    int fetch_count;
    int64_t batch; /* samples; 0: any number */
    bool beside;   /* weights go to a file of their own, "PATH.data", as they do in any case above 2 GiB */
} sg_onnx_options;

/* Writes the graph of evaluation to `path`, and tells what the model takes and gives. Problems of the
 * document go to `diagnostics` (SG_BAD_GRAPH with the message "the graph file has errors"), others to
 * `error`: SG_BAD_GRAPH (an op that has no form in ONNX, with its place), SG_BAD_USAGE (unknown names, no
 * outputs), what reading weights and writing files says. */
sg_status sg_document_save_onnx(const char *path, sg_onnx_ports *ports, sg_context *context,
                                const sg_document *document, const sg_onnx_options *options,
                                sg_diagnostics *diagnostics, sg_error *error);

SG_END_C

#endif
