/* lang/block.h - declarations: what a block (or the file itself) says, before anything is evaluated. */
#ifndef SG_LANG_BLOCK_H
#define SG_LANG_BLOCK_H

#include "base/map.h"
#include "lang/expr.h"
#include "lang/template.h"
#include "lang/tree.h"

typedef enum sg_symbol_kind {
    SG_SYMBOL_INPUT = 0,
    SG_SYMBOL_SIZE, /* a name that a size pattern binds */
    SG_SYMBOL_PARAM,
    SG_SYMBOL_LET,
    SG_SYMBOL_NODE,
} sg_symbol_kind;

/* One name of a scope. */
typedef struct sg_symbol {
    sg_symbol_kind kind;
    const char *name;
    sg_span span;
    int index; /* into the inputs, params, lets or nodes */
    bool mentioned;
    const sg_tree *as_text; /* a literal text that is its name: the `$` may be missing */
} sg_symbol;

typedef struct sg_input {
    const char *name, *doc;
    sg_span span, shape_span;
    bool optional;
    int type;       /* an sg_type, or -1: any */
    bool any_shape; /* no pattern */
    bool leading;   /* the pattern starts with ... */
    int rank;       /* entries of the pattern, ... not counted */
    sg_tree **size;
    int *bind; /* per entry: the size symbol that it is, or -1 */
} sg_input;

typedef enum sg_param_type {
    SG_PARAM_ANY = 0, /* a computed default: not known before it is evaluated */
    SG_PARAM_INT,
    SG_PARAM_FLOAT,
    SG_PARAM_BOOL,
    SG_PARAM_TEXT,
    SG_PARAM_OP,
} sg_param_type;

/* What the language calls an argument. */
typedef struct sg_param {
    const char *name, *doc;
    sg_span span;
    sg_param_type type;
    bool is_list;
    bool long_form;    /* {type, default, ...} */
    sg_tree *fallback; /* NULL: required */
    sg_tree *override; /* of the file: what base, variant or --set put in the default's place */
    double min, max;
    sg_tree *least, *most; /* bounds that other arguments give (max: $depth), or NULL */
    sg_names one_of;
} sg_param;

typedef struct sg_let {
    const char *name;
    sg_span span;
    sg_tree *tree;
} sg_let;

typedef struct sg_repeat {
    const char *name;
    sg_span span;
    sg_tree *over;
} sg_repeat;

typedef struct sg_node_decl {
    const char *name, *doc;
    sg_span span;     /* of its name */
    sg_tree *formula; /* plain text; all that follows is for mappings */
    sg_tree *op, *in, *when, *shape, *recompute;
    sg_tree *share;   /* the node whose weights it uses */
    sg_tree *average; /* the share that a moving average of them keeps, or NULL: the weights themselves */
    sg_tree *next;    /* of a state: the node that becomes its value after the step */
    sg_span share_span;
    int repeat_count;
    sg_repeat *repeat;
    bool repeats;
    sg_tree *attributes; /* a map of the other keys */
} sg_node_decl;

typedef struct sg_output {
    const char *name;
    sg_span span;
    sg_tree *from; /* a reference */
} sg_output;

typedef struct sg_block {
    const char *name, *doc;
    sg_span span;
    const sg_chain *chain; /* the includes that led to it */
    bool is_file;
    bool library; /* comes with the program */
    bool broken;  /* something about it was reported */
    int input_count, param_count, let_count, node_count, output_count;
    sg_input *input;
    sg_param *param;
    sg_let *let;
    sg_node_decl *node;
    sg_output *output;
    sg_map names; /* name -> index of symbol */
    sg_symbol *symbol;
    size_t symbol_count, symbol_room;
} sg_block;

/* Fills a block from its mapping. Problems are reported. */
void sg_block_declare(sg_work *work, sg_block *block, const sg_tree *map);
/* The file's own args, let and nodes. */
void sg_block_declare_file(sg_work *work, sg_block *block, const sg_tree *root);
void sg_block_finish(sg_block *block);

sg_symbol *sg_block_symbol(const sg_block *block, const char *name);
const char *sg_symbol_kind_text(sg_symbol_kind kind); /* "an input", "a node", ... */

/* Parts of declaring. */
void sg_block_declare_inputs(sg_work *work, sg_block *block, const sg_tree *map);
void sg_block_declare_params(sg_work *work, sg_block *block, const sg_tree *map);
void sg_block_declare_nodes(sg_work *work, sg_block *block, const sg_tree *map);
void sg_block_declare_outputs(sg_work *work, sg_block *block, const sg_tree *tree);
/* Size names of patterns, once every other name is known. */
void sg_block_declare_sizes(sg_work *work, sg_block *block);
/* False after reporting a word that is no name. */
bool sg_check_name(sg_work *work, const char *name, sg_span span);
/* False after reporting a name that is taken or not well formed. */
bool sg_block_add_symbol(sg_work *work, sg_block *block, sg_symbol_kind kind, const char *name, sg_span span,
                         int index);

const char *sg_param_type_text(sg_work *work, const sg_param *param); /* "[int]" */

/* Reports keys of `map` that are not among the words; `what` is "a block". False when there is one. */
bool sg_check_keys(sg_work *work, const sg_tree *map, const char *known, const char *what);
/* A text under `key`, or NULL (after reporting anything else). */
const char *sg_read_doc(sg_work *work, const sg_tree *map);

#endif
