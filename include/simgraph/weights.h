/* simgraph/weights.h - weights under the names of other programs: in and out.
 *
 *     sg_names *names;                     what other programs call the weights of our blocks
 *     sg_weights_report report = {0};      what became of every weight
 *     sg_names_load(&names, "hf", (sg_mark){0}, 1, messages);
 *     sg_weights_options options = {.size = sizeof options, .names = names};
 *     sg_weights_import(&ours, &report, graph, &theirs, &options, &error);
 *
 * docs/weights.md describes the files of names. The same rules serve both directions: on the way in, the
 * arrays that a rule names are joined along axis 0, and tables of positions brought to the size of the
 * graph's; on the way out the weight is cut into parts of equal size. */
#ifndef SIMGRAPH_WEIGHTS_H
#define SIMGRAPH_WEIGHTS_H

#include "simgraph/arrays.h"
#include "simgraph/graph.h"
#include "simgraph/language.h"

SG_BEGIN_C

/* ---- names ---- */

/* Rules that say what weights are called elsewhere. */
typedef struct sg_names sg_names;

/* `which` is the name of a built-in file ("official", "hf", "timm"), "auto" (that of them which fits best),
 * or a file of the user's (a path with a slash or .yaml at its end). Problems go to `diagnostics`: an unknown
 * word at `mark`, of `length` characters, the others in the file. SG_BAD_GRAPH, SG_BAD_USAGE for an unknown
 * word without a mark, SG_IO_ERROR, SG_OUT_OF_MEMORY. */
sg_status sg_names_load(sg_names **out, const char *which, sg_mark mark, int length,
                        sg_diagnostics *diagnostics);
/* The same from memory; `name` stands for the file in messages. */
sg_status sg_names_load_text(sg_names **out, const char *name, const char *text, size_t length,
                             sg_diagnostics *diagnostics);
/* Names of the graph file's own section `init`: those of its key `names`, after the rules of its key `take`,
 * which must be NULL or a map that outlives them. `which` NULL: the names of a file are ours but for those
 * rules. */
sg_status sg_names_load_section(sg_names **out, const sg_tree *which, const sg_tree *take,
                                sg_diagnostics *diagnostics);
void sg_names_destroy(sg_names *names);

/* ---- what became of the weights ---- */

typedef enum sg_weight_fate {
    SG_WEIGHT_TAKEN = 0, /* as it is, or joined from several */
    SG_WEIGHT_RESIZED,   /* interpolated, or rows of it left out */
    SG_WEIGHT_COMPUTED,  /* an array of theirs that holds what the graph computes, such as fixed positions */
    SG_WEIGHT_FRESH,     /* not there, or of another shape, which a pattern allows: it stays as it was */
    SG_WEIGHT_MISSING,   /* what it needs is not there */
    SG_WEIGHT_MISFIT,    /* of another shape; on the way out, it cannot be written */
    SG_WEIGHT_NAMELESS,  /* no rule says what it is called there */
    SG_WEIGHT_IGNORED,   /* an array of theirs that a pattern allows to be left over */
    SG_WEIGHT_LEFT,      /* an array of theirs that nothing needs */
    SG_WEIGHT_FATES,
} sg_weight_fate;

typedef struct sg_weight_line {
    sg_weight_fate fate;
    const char *ours; /* NULL for arrays of theirs; of what is computed, the node */
    int theirs_count;
    const char *const
        *theirs;          /* names of theirs, in the order in which they are joined; NULL stands for zeros */
    sg_shape here, there; /* shapes of ours and of theirs (joined), as far as they are known: else rank -1 */
    const char *note;     /* how it was resized, or why it does not fit; may be NULL */
    const char *near;     /* the nearest name of theirs to one that is missing; may be NULL */
} sg_weight_line;

/* Zero-initialise it before use. Texts live until sg_weights_report_finish. */
typedef struct sg_weights_report {
    const char *names; /* what the names are called that were used: "hf", "simgraph", or a file */
    const char *fits;  /* other names that fit better; NULL: none do */
    size_t fits_count; /* weights whose names are all there after those */
    size_t weights;    /* of the graph */
    bool out;          /* of an export */
    size_t count[SG_WEIGHT_FATES];
    size_t line_count, line_room;
    sg_weight_line *line; /* in the order of the graph, then in that of the file */
    void *memory;
} sg_weights_report;
void sg_weights_report_finish(sg_weights_report *report);
const char *sg_weight_fate_name(sg_weight_fate fate); /* "taken", "resized", ... */
/* One line that lists all that stands in the way; to be freed with free(), NULL without memory. */
char *sg_weights_report_text(const sg_weights_report *report);

/* ---- in and out ---- */

/* Reads the weights of a run directory (its model.safetensors) or of a .safetensors, .npz or .npy file into a
 * zeroed list. Fails as sg_arrays_load does. */
sg_status sg_weights_read(sg_arrays *out, const char *from, sg_error *error);

typedef struct sg_weights_options {
    size_t size;              /* sizeof(sg_weights_options) */
    const sg_names *names;    /* NULL: the names are ours */
    const char *const *fresh; /* patterns of our weights that may be missing, or have another shape */
    int fresh_count;
    const char *const *ignore; /* patterns of arrays of theirs that may be left over; on the way out, of
                                  weights of ours that have no name there */
    int ignore_count;
    const char *resize; /* "bicubic" or "geometric" for all tables of offsets; NULL: as the names say */
    bool bare;          /* on the way out: without the prefix that may be missing ("encoder.", "vit.") */
} sg_weights_options;

/* Adds to `out` every stored value of the graph (weights and states, but for what training added) under its
 * name and with its shape, from the arrays in `from`, which must outlive `out`: what needs no change is a
 * view of theirs. Types stay as they are there. SG_BAD_CHECKPOINT where something is missing, left over or of
 * another shape: `report` has it all, and `out` is empty. */
sg_status sg_weights_import(sg_arrays *out, sg_weights_report *report, const sg_graph *graph,
                            const sg_arrays *from, const sg_weights_options *options, sg_error *error);

/* The way back: `from` holds every stored value of the graph under its own name. What needs no change is a
 * view of it. Two weights with one name, parts that cannot be cut or are not zero where they must be, and
 * weights without a name there are SG_BAD_CHECKPOINT. */
sg_status sg_weights_export(sg_arrays *out, sg_weights_report *report, const sg_graph *graph,
                            const sg_arrays *from, const sg_weights_options *options, sg_error *error);

SG_END_C

#endif
