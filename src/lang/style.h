/* lang/style.h - graph files with their comments, from the inside: read, put in order, written. */
#ifndef SG_LANG_STYLE_H
#define SG_LANG_STYLE_H

#include "base/text.h"
#include "lang/work.h"

/* What stands at a place of a graph file: it decides the order of keys, which text is an expression, and
 * what is always opened. */
typedef enum sg_place {
    SG_PLACE_VERBATIM = 0, /* names, references, settings: kept as they are */
    SG_PLACE_LITERAL,      /* text in which `$` inserts */
    SG_PLACE_EXPRESSION,
    SG_PLACE_DOC,
    SG_PLACE_FILE,
    SG_PLACE_ARGUMENTS,
    SG_PLACE_ARGUMENT,
    SG_PLACE_LET,
    SG_PLACE_BLOCKS,
    SG_PLACE_BLOCK,
    SG_PLACE_INPUTS,
    SG_PLACE_INPUT,
    SG_PLACE_NODES,
    SG_PLACE_NODE,
    SG_PLACE_SECTION, /* data, train, evaluate */
    SG_PLACE_VARIANTS,
} sg_place;

typedef struct sg_comment {
    const char *text; /* from the # on */
    int column;
    bool blank; /* a blank line stands before it */
} sg_comment;

typedef struct sg_comments {
    sg_comment *at;
    size_t count, room;
} sg_comments;

typedef enum sg_piece_kind { SG_PIECE_SCALAR = 0, SG_PIECE_LIST, SG_PIECE_MAP } sg_piece_kind;

/* A scalar or collection as it was written. */
typedef struct sg_styled {
    sg_piece_kind kind;
    bool plain; /* a scalar without quotes */
    const char *text;
    sg_mark mark; /* of the first character of the content */
    size_t count, room;
    struct sg_styled_entry *entry;
    sg_comments tail; /* behind the last entry */
    sg_comments head; /* of the file: before the first entry */
    sg_place place;
} sg_styled;

typedef struct sg_styled_entry {
    const char *key; /* NULL in lists */
    bool plain_key;
    bool blank; /* a blank line stands before it, behind its comments */
    sg_comments lead;
    const char *trail; /* a comment on its line */
    sg_styled *value;
} sg_styled_entry;

/* The file with its comments. The text must be one that sg_yaml_read took without a complaint. */
sg_styled *sg_style_read(sg_work *work, const char *name, const char *text, size_t length);

/* Gives every piece its place, puts keys in order and spaces into expressions; reports expressions that
 * cannot be parsed. */
void sg_style_arrange(sg_work *work, sg_styled *root);

/* An expression with canonical spaces; it must parse. */
const char *sg_style_expression(sg_work *work, const char *text);

/* A scalar, or a key, on one line: in [] and {} with `flow`. */
void sg_style_scalar(sg_text *out, const sg_styled *scalar, bool flow);
void sg_style_key(sg_text *out, const sg_styled_entry *entry);
/* A text for people that may go on over several lines, which are indented by `indent`. `column` characters
 * stand on the line already. */
void sg_style_doc(sg_text *out, const sg_styled *scalar, int indent, size_t column);

void sg_style_print(sg_text *out, const sg_styled *root);

/* Characters, not bytes. */
size_t sg_style_width(const char *text, size_t bytes);

#endif
