/* lang/document.h - a graph file with everything it includes, from the inside. */
#ifndef SG_LANG_DOCUMENT_H
#define SG_LANG_DOCUMENT_H

#include "base/map.h"
#include "base/text.h"
#include "lang/block.h"

typedef struct sg_source_text {
    const char *name, *text;
    size_t length;
} sg_source_text;

/* A block as it was found, for printing. */
typedef struct sg_block_text {
    const char *name;
    const sg_tree *tree;
    bool library; /* embedded in the program: needs no copy in a file that stands alone */
} sg_block_text;

enum { SG_SECTIONS = 5 };
extern const char *const sg_section_names[SG_SECTIONS];

struct sg_document {
    sg_bump *memory;
    const char *file;
    const char *variant; /* that was chosen with the file's name; NULL: none */
    sg_tree *root; /* base, variant and settings merged in; blocks of included files are in `text` only */
    sg_block main; /* the file's own scope */
    sg_block **block;
    size_t block_count, block_room;
    sg_map by_name;
    sg_block_text *text;
    size_t text_count, text_room;
    sg_source_text *source;
    size_t source_count, source_room;
    sg_tree *section[SG_SECTIONS];
    const struct sg_setting *settings; /* what variants, `set` and --set changed */
    bool incomplete; /* a file that it includes could not be read: names that are unknown may be in there */
    sg_argument *argument;
    size_t argument_count;
    sg_block_info *info; /* per block */
};

const sg_block *sg_document_block(const sg_document *document, const char *name);

/* Declares a block under its name unless that is taken, which is reported. */
void sg_document_add_block(sg_work *work, sg_document *document, const sg_entry *entry, const sg_chain *chain,
                           bool library);

/* A text that was read: messages may show its lines. */
void sg_document_add_source(sg_work *work, sg_document *document, const char *name, const char *text,
                            size_t length);

/* Reads the file (text NULL) or the text and whatever it is based on, and applies `set`: the merged root, and
 * every block of it and of what it includes declared. NULL after reporting. */
sg_tree *sg_document_read(sg_work *work, sg_document *document, const char *path, const char *text,
                          size_t length, const sg_document_options *options);

/* Whether the tree of a file is a mapping of version 1; unknown keys are reported as well. */
bool sg_document_check_root(sg_work *work, const sg_tree *root);

/* Sets the value at a key path of the root; a path that ends in "-" removes what is there, and the value is
 * ignored. */
void sg_document_set(sg_work *work, sg_tree *root, const char *path, sg_span span, sg_tree *value);
/* The texts "key.path=value" of the options. */
void sg_document_set_options(sg_work *work, sg_document *document, sg_tree *root,
                             const sg_document_options *options);

/* Gives a tree, and everything in it, what the accessors of language.h rely on. */
void sg_document_finish_tree(sg_work *work, sg_document *document, sg_tree *tree);

/* Resolves every name in a block, the file's scope or its sections, and reports what is unknown or never
 * used. */
void sg_resolve_block(sg_work *work, const sg_document *document, sg_block *block);
void sg_resolve_sections(sg_work *work, const sg_document *document, sg_tree *root);
/* Arguments that nobody mentions, nodes that nothing needs. */
void sg_resolve_unused(sg_work *work, const sg_document *document, const sg_block *block);

/* Makes lines of all files known to the messages. */
void sg_document_attach(sg_work *work, const sg_document *document);

/* What is known of an argument without its value, and of all blocks (describe.c). */
void sg_describe_param(sg_work *work, const sg_param *param, sg_argument *argument);
void sg_describe_blocks(sg_work *work, sg_document *document);

/* As sg_document_expand: the nodes alone. */
sg_status sg_document_expand_nodes(const sg_document *document, bool training, char **out,
                                   sg_diagnostics *diagnostics);

/* ---- printing (print.c) ---- */

/* A value on one line: 3, "text", [1, 2], {op: conv, out: 8}. */
void sg_print_flow(sg_text *out, const sg_tree *tree);
/* `key: value` with its line end; long mappings go on over several lines. */
void sg_print_entry(sg_text *out, const char *key, const sg_tree *value, int indent);
/* The value of a key as sg_print_flow writes it, in the work's memory. */
const char *sg_print_text(sg_work *work, const sg_tree *tree);

#endif
