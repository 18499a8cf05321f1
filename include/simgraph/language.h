/* simgraph/language.h - the graph language: YAML files, diagnostics, binding to sizes, run sections.
 *
 *     sg_diagnostics *messages;            every error and warning, with its place
 *     sg_document *document;               a graph file, checked, with arguments set
 *     sg_bound *bound;                     its graph for one batch size and mode
 *     sg_diagnostics_create(&messages, NULL);
 *     sg_document_load(&document, "graphs/simmim.yaml", NULL, messages);
 *     sg_document_bind(&bound, document, &(sg_bind_options){sizeof(sg_bind_options), 64, true, SG_F32},
 * messages); sg_graph *graph = sg_bound_graph(bound); sg_value loss = sg_bound_find(bound, "loss");
 *
 * A document is read-only after loading, but it keeps the calls made from its sections, so that one thread
 * uses a document at a time. Marks in graphs, trees and calls point into the document: destroy it last. */
#ifndef SIMGRAPH_LANGUAGE_H
#define SIMGRAPH_LANGUAGE_H

#include "simgraph/graph.h"

SG_BEGIN_C

/* ---- diagnostics ---- */

typedef struct sg_diagnostics sg_diagnostics;

typedef enum sg_severity { SG_SEVERITY_ERROR = 0, SG_SEVERITY_WARNING } sg_severity;

/* One step on the way that led to a message: "in block `vit_block`, round 3 of `block`", an include, or where
 * a value came from that the message speaks of: "`codes` is [batch, 64, 7, 7]". */
typedef struct sg_link {
    const char *text;
    sg_mark mark;
} sg_link;

typedef struct sg_diagnostic {
    sg_severity severity;
    sg_mark mark; /* line 0: the message has no place in a file; file NULL as well: no file. Never in the
                   * library where it was the user's file that led there: the place in the library is then
                   * the first link */
    int length;   /* characters that the caret line underlines, >= 1 */
    const char *message; /* one lower-case line */
    const char *hint;    /* a second line, "did you mean `layer_norm`?", or NULL */
    const char *source;  /* the line of text at the mark, or NULL */
    int link_count;
    const sg_link *link; /* innermost first */
} sg_diagnostic;

enum { SG_MAX_ERRORS = 20 }; /* the first by place are kept, further errors counted */

sg_status sg_diagnostics_create(sg_diagnostics **out, sg_error *error);
void sg_diagnostics_destroy(sg_diagnostics *diagnostics);
/* Adds a message (for checks that the caller makes on sections). `hint` may be NULL. The same message at
 * the same place is dropped. Returns SG_BAD_GRAPH for errors, SG_OK for warnings, or
 * SG_OUT_OF_MEMORY. */
sg_status sg_diagnostics_add(sg_diagnostics *diagnostics, sg_severity severity, sg_mark mark, int length,
                             const char *hint, const char *format, ...) SG_PRINTF(6, 7);
/* Adds the messages of `from`, but for those at places of which something is said already, with one more link
 * at the end of their chains: "in variant `large`". SG_OUT_OF_MEMORY, or the status of the messages. */
sg_status sg_diagnostics_merge(sg_diagnostics *diagnostics, const sg_diagnostics *from, const char *text,
                               sg_mark mark);
/* Sorted by file (in the order of loading), line and column. */
size_t sg_diagnostics_count(const sg_diagnostics *diagnostics);
const sg_diagnostic *sg_diagnostics_at(const sg_diagnostics *diagnostics, size_t index);
/* Errors so far, those beyond SG_MAX_ERRORS included. */
size_t sg_diagnostics_errors(const sg_diagnostics *diagnostics);
/* All messages as the user sees them, to be freed with free():
 *     graph.yaml:7:14: error: unknown op `layer_nrm`
 *       norm: {op: layer_nrm, in: x}
 *                  ^~~~~~~~~
 *       did you mean `layer_norm`?
 *       in block `vit_block`, round 3 of `block` (graph.yaml:12)
 * With `colour`, severity and caret carry terminal colours. NULL when there is no memory. */
char *sg_diagnostics_text(const sg_diagnostics *diagnostics, bool colour);

/* ---- trees: the run sections ---- */

/* A section after `$` substitution: maps with ordered keys, lists, numbers, truth values, texts. A call stays
 * a map with the key "op". Accessors take NULL, and a tree of another kind, and then return the neutral
 * value. */
typedef struct sg_tree sg_tree;

typedef enum sg_tree_kind {
    SG_TREE_MAP = 0,
    SG_TREE_LIST,
    SG_TREE_NUMBER,
    SG_TREE_BOOL,
    SG_TREE_TEXT,
    SG_TREE_DEFERRED, /* an expression that uses captures of its rule's patterns: see sg_tree_number_with */
    SG_TREE_BAD,      /* wrong, and told already: only in documents that were loaded with `partial` */
} sg_tree_kind;

sg_tree_kind sg_tree_kind_of(const sg_tree *tree);
sg_mark sg_tree_mark(const sg_tree *tree);
int sg_tree_length(const sg_tree *tree);   /* of the caret span */
size_t sg_tree_count(const sg_tree *tree); /* entries of a map or list */
const sg_tree *sg_tree_at(const sg_tree *tree, size_t index);
const char *sg_tree_key(const sg_tree *tree, size_t index); /* of a map, in the order of the file */
sg_mark sg_tree_key_mark(const sg_tree *tree, size_t index);
const sg_tree *sg_tree_find(const sg_tree *tree, const char *key); /* NULL when absent */
double sg_tree_number(const sg_tree *tree);                        /* 0 */
bool sg_tree_bool(const sg_tree *tree);                            /* false */
const char *sg_tree_text(const sg_tree *tree);                     /* NULL; numbers and deferred
                                                                    * expressions give their text */

/* Reports an error at a tree's place. `hint` may be NULL. */
void sg_tree_complain(sg_diagnostics *diagnostics, const sg_tree *tree, const char *hint, const char *format,
                      ...) SG_PRINTF(4, 5);

/* Checked reading of one key of a map, reporting what does not fit. A key that is absent leaves *out alone
 * and is no error unless `required`. Returns true when *out was written. */
bool sg_tree_read_number(const sg_tree *map, const char *key, bool required, double min, double max,
                         double *out, sg_diagnostics *diagnostics);
bool sg_tree_read_int(const sg_tree *map, const char *key, bool required, int64_t min, int64_t max,
                      int64_t *out, sg_diagnostics *diagnostics);
bool sg_tree_read_bool(const sg_tree *map, const char *key, bool required, bool *out,
                       sg_diagnostics *diagnostics);
bool sg_tree_read_text(const sg_tree *map, const char *key, bool required, const char **out,
                       sg_diagnostics *diagnostics);
/* "10 epochs", "500 steps" (also "1 epoch"): the number and its unit, "epochs" or "steps". */
bool sg_tree_read_span(const sg_tree *map, const char *key, bool required, double *number, const char **unit,
                       sg_diagnostics *diagnostics);

/* Reports every key of `map` that is not among the words of `known` ("minimize data epochs"), with the
 * nearest one; `what` names the map: "`train`". Reports anything but a map too. Returns true when all is
 * well. */
bool sg_tree_check_keys(const sg_tree *map, const char *what, const char *known, sg_diagnostics *diagnostics);

/* A call ({op: NAME, attribute: value} or NAME alone) checked against the registry: unknown names and
 * attributes with the nearest, wrong types, ranges, words, missing attributes. Defaults are filled in. NULL
 * after reporting. Keys that are among the words of `extra` (NULL: none) are left to the caller: "fields" of
 * a data source. The call lives as long as the document. */
const sg_call *sg_tree_call(const sg_tree *tree, sg_kind kind, const char *extra,
                            sg_diagnostics *diagnostics);
/* A value that may be a number or a schedule, with its range: the parts of a call for one attribute of type
 * SG_ATTR_RATE. Returns false after reporting. */
bool sg_tree_rate(const sg_tree *tree, double min, double max, sg_attr *out, sg_diagnostics *diagnostics);

/* ---- patterns of weight paths ---- */

enum { SG_MAX_CAPTURES = 8, SG_CAPTURE_NAME = 32 };

typedef struct sg_captures {
    int count;
    char name[SG_MAX_CAPTURES][SG_CAPTURE_NAME];
    int64_t value[SG_MAX_CAPTURES];
} sg_captures;

/* Whether `pattern` matches consecutive segments of `path` anywhere: "bias", "norm*", "encoder.block.<l>". A
 * star stands for any characters of one segment, <l> for a round number, which is captured. `captures` may be
 * NULL. */
bool sg_path_match(const char *pattern, const char *path, sg_captures *captures);
/* Whether it matches the first segments of `path`; *rest is what follows them (".weight", or ""). */
bool sg_path_match_front(const char *pattern, const char *path, sg_captures *captures, const char **rest);

/* The number of an entry of a rule, with the captures of the pattern that matched; plain numbers need none.
 * False after reporting. */
bool sg_tree_number_with(const sg_tree *tree, const sg_captures *captures, double *out,
                         sg_diagnostics *diagnostics);

/* ---- documents ---- */

typedef struct sg_document sg_document;

typedef struct sg_document_options {
    size_t size;            /* sizeof(sg_document_options) */
    const char *const *set; /* set_count texts "key.path=value", applied in order */
    int set_count;
    const char *const
        *include; /* include_count directories, searched after the directory of the including file */
    int include_count;
    bool partial; /* give the document where it has errors as well: for looking at what else is wrong, not for
                     running it */
    bool library; /* know every block that comes with the program, not only those that the file could name */
} sg_document_options;

/* Reads a file ("graph.yaml" or "graph.yaml@variant"), what it includes and its base, applies variant, `set`
 * and the options, and checks names and run sections. Messages go to `diagnostics`, as many as can be found;
 * the status is that of the first error (SG_BAD_GRAPH, SG_IO_ERROR for a file that cannot be read,
 * SG_OUT_OF_MEMORY) and *out is then NULL, or with `partial` what could be read. When sections are wrong,
 * errors of the nodes are looked for as well. Options may be NULL. */
sg_status sg_document_load(sg_document **out, const char *path, const sg_document_options *options,
                           sg_diagnostics *diagnostics);
/* The same from memory; `name` stands for the file in messages, and its directory is where includes are
 * searched. */
sg_status sg_document_load_text(sg_document **out, const char *name, const char *text, size_t length,
                                const sg_document_options *options, sg_diagnostics *diagnostics);
void sg_document_destroy(sg_document *document);

/* A YAML file that is no graph, in the same subset, and its tree: what else is kept in such files. `text`
 * NULL: the file is read; else `path` stands for it in messages. SG_BAD_GRAPH, SG_IO_ERROR, SG_OUT_OF_MEMORY.
 */
sg_status sg_document_load_plain(sg_document **out, const char *path, const char *text, size_t length,
                                 sg_diagnostics *diagnostics);
const sg_tree *sg_document_tree(const sg_document *document);

const char *sg_document_doc(const sg_document *document);  /* may be NULL */
const char *sg_document_file(const sg_document *document); /* as it was given */
/* "data", "init", "train", "evaluate" or "save" after substitution; NULL when the file has none. */
const sg_tree *sg_document_section(const sg_document *document, const char *name);

/* The variants that a document can be loaded with, as "FILE@variant"; `mark` may be NULL. */
size_t sg_document_variant_count(const sg_document *document);
const char *sg_document_variant(const sg_document *document, size_t index, sg_mark *mark);
const char *sg_document_chosen(const sg_document *document); /* the one that it was loaded with, or NULL */

/* Reports what neither loading nor binding looks at: literal attributes of nodes in blocks that nobody calls,
 * and of nodes that are left out. */
sg_status sg_document_check_literals(const sg_document *document, sg_diagnostics *diagnostics);

/* An argument of the file, for help and reports. */
typedef struct sg_argument {
    const char *name;
    const char *type;     /* "int", "float", "bool", "text", "op", "[int]", ... */
    const char *doc;      /* may be NULL */
    const char *value;    /* as YAML */
    const char *fallback; /* the default as YAML; NULL: it had to be set */
    const char *one_of;   /* "mse bce", or NULL */
    double min, max;      /* a range when min < max; an open side is infinite */
    bool set;             /* changed by a base's child, a variant or --set */
} sg_argument;
size_t sg_document_argument_count(const sg_document *document);
const sg_argument *sg_document_argument(const sg_document *document, size_t index);

/* How an op, layer or function of PyTorch or NumPy is written in a graph, whatever its module and case
 * ("nn.Linear", "torch.cat", "mse_loss"): "write concat(a, b, axis=1)". NULL for names that mean nothing
 * there.
 */
const char *sg_foreign_op(const char *name);

/* A block that the document can name: its own, of the files that it includes, or of the library. Of the last
 * some may be missing that are no word of its files, unless the option `library` asks for all. */
typedef struct sg_block_input {
    const char *name, *doc; /* doc may be NULL */
    const char *pattern;    /* "[b, n, c]"; NULL: any shape */
    const char *type;       /* "i32"; NULL: any */
    bool optional;
} sg_block_input;

typedef struct sg_block_info {
    const char *name, *doc; /* doc may be NULL */
    sg_mark mark;
    bool library;
    int input_count, argument_count, output_count;
    const sg_block_input *inputs;
    const sg_argument *arguments; /* `value` is NULL */
    const char *const *outputs;
} sg_block_info;
size_t sg_document_block_count(const sg_document *document);
const sg_block_info *sg_document_block_info(const sg_document *document, size_t index);

/* The document as YAML that stands alone: arguments as set, base and includes merged in. To be freed with
 * free(). */
sg_status sg_document_text(const sg_document *document, char **out, sg_error *error);

/* Tells every argument and every key in which two documents differ: the part of the file that it is in
 * ("args", "blocks", "let", "nodes", or the name of a section), its path ("train.steps"; of an argument, its
 * name), and both values as YAML on one line, NULL where there is none. Arguments and sections differ where
 * their values do, however these are written; the rest where the text does. */
typedef void (*sg_difference_function)(void *data, const char *part, const char *path, const char *then,
                                       const char *now);
/* Fails with SG_OUT_OF_MEMORY. */
sg_status sg_document_compare(const sg_document *then, const sg_document *now, sg_difference_function each,
                              void *data, sg_error *error);
/* Whether training is the same, bit for bit and as far as both go: both bind to the same graphs, and say the
 * same of the run but for its length (train.epochs, train.steps) and for what is looked at and kept
 * (train.report, evaluate, save). */
bool sg_document_same_training(const sg_document *then, const sg_document *now);

/* ---- binding ---- */

enum { SG_MAX_NODES = 1000000, SG_MAX_BLOCK_DEPTH = 64 };

typedef struct sg_bind_options {
    size_t size; /* sizeof(sg_bind_options) */
    int64_t batch;
    bool training;
    sg_type float_type; /* SG_F32 or SG_F64 */
} sg_bind_options;

typedef struct sg_bound sg_bound;

/* Expands every block and repeat with these sizes. */
sg_status sg_document_bind(sg_bound **out, const sg_document *document, const sg_bind_options *options,
                           sg_diagnostics *diagnostics);
/* Destroys the graph as well, unless it was taken. */
void sg_bound_destroy(sg_bound *bound);
sg_graph *sg_bound_graph(const sg_bound *bound);
sg_graph *sg_bound_take(sg_bound *bound); /* the graph now belongs to the caller */

/* A name of the file or of a block in it -> value: "loss" (a block instance gives its first output),
 * "mixed.target", "codes.block.3", "codes.block.3.mix.qkv.weight". SG_NO_VALUE when there is none. */
sg_value sg_bound_find(const sg_bound *bound, const char *name);
/* As sg_bound_find for a text in a section, reporting unknown names at their place with the nearest one. */
sg_value sg_bound_find_at(const sg_bound *bound, const sg_tree *name, sg_diagnostics *diagnostics);
/* Whether a name stands for a node of the file that is wrong, or for something in it: of a document that was
 * loaded with `partial`. NULL asks whether there is any such node. sg_bound_find_at is silent about these. */
bool sg_bound_broken(const sg_bound *bound, const char *name);
/* The same where the graph cannot be built: only the node of the file with which the name begins is looked
 * up. False after reporting; NULL is good. */
bool sg_document_check_node(const sg_document *document, const sg_tree *name, sg_diagnostics *diagnostics);
/* The known name that is nearest to `name`, or NULL. */
const char *sg_bound_nearest(const sg_bound *bound, const char *name);
/* Names of the file's nodes, in the order of the file, with their values. */
size_t sg_bound_name_count(const sg_bound *bound);
const char *sg_bound_name(const sg_bound *bound, size_t index, sg_value *value);

/* The document with every block opened, as YAML that loads again to the same graph (same paths, so weights
 * and random numbers agree). Batch stays symbolic. To be freed with free(). */
sg_status sg_document_expand(const sg_document *document, bool training, char **out,
                             sg_diagnostics *diagnostics);

SG_END_C

#endif
