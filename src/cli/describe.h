/* cli/describe.h - words about ops, initialisers, data sources and whatever else the registry holds. */
#ifndef SG_CLI_DESCRIBE_H
#define SG_CLI_DESCRIBE_H

#include "simgraph/op.h"

enum { CLI_WORDS = 512 };

/* Appends to a text of CLI_WORDS bytes, cutting what does not fit. */
void cli_append(char buffer[CLI_WORDS], const char *format, ...) SG_PRINTF(2, 3);

/* "int", "[float]", "initialiser", ... */
const char *cli_attr_type(const sg_attr_spec *spec, char buffer[CLI_WORDS]);
/* "required", "optional" or "default 1e-5". */
const char *cli_attr_default(const sg_attr_spec *spec, char buffer[CLI_WORDS]);
/* "0 to 1", "at least 1", "one of: a, b"; empty where everything goes. */
const char *cli_attr_range(const sg_attr_spec *spec, char buffer[CLI_WORDS]);
/* " (optional)" and the like; empty for an ordinary port. */
const char *cli_port_note(const sg_port *port);
/* "yes", "zero by definition" or "none". */
const char *cli_op_gradient(const sg_op *op);
/* "f32, f64", "any" or "none: it is a view": what its kernels read. */
const char *cli_op_types(const sg_op *op, char buffer[CLI_WORDS]);

/* The first good sample of an op as a node of a graph file, "y: {op: layer_norm, in: [x, weight, bias]}", and
 * the types and shapes that go in and come out. Returns false where the op has no sample. */
bool cli_op_example(const sg_op *op, char node[CLI_WORDS], char shapes[CLI_WORDS]);

/* The families of the ops in alphabetical order: family `index`, NULL past the end. */
const char *cli_op_family(size_t index);
/* "initialisers": what several things of a kind are called. */
const char *cli_kind_plural(sg_kind kind);

#endif
