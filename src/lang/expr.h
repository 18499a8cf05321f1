/* lang/expr.h - expressions: text -> syntax tree with places.
 *
 *     expr = or ["if" or "else" expr]      or   = and {"or" and}         and  = not {"and" not}
 *     not  = "not" not | cmp               cmp  = sum [("=="|"!="|"<"|"<="|">"|">=") sum]
 *     sum  = term {("+"|"-") term}         term = unary {("*"|"/"|"//"|"%") unary}
 *     unary = "-" unary | post ["**" unary]
 *     post = atom {"." (NAME|INT) | "[" item {"," item} "]"}
 *     item = "..." | expr | [expr] ":" [expr] [":" [expr]]
 *     atom = NUMBER | "'" text "'" | "true" | "false" | ["$"] NAME | NAME "(" [arg {"," arg}] ")"
 *          | ["$"] "(" expr ")" | "[" [expr {"," expr}] "]"               arg = expr | NAME "=" expr
 */
#ifndef SG_LANG_EXPR_H
#define SG_LANG_EXPR_H

#include "lang/work.h"

typedef enum sg_expr_kind {
    SG_EXPR_NUMBER = 0,
    SG_EXPR_TEXT,
    SG_EXPR_TRUTH,
    SG_EXPR_LIST,
    SG_EXPR_NAME,
    SG_EXPR_MEMBER,   /* child 0, then .name or .round */
    SG_EXPR_CALL,     /* name(children), key[i] non-NULL where name=child */
    SG_EXPR_INDEX,    /* child 0, then items */
    SG_EXPR_ELLIPSIS, /* an item */
    SG_EXPR_RANGE,    /* an item: start, stop, step; each may be NULL */
    SG_EXPR_MINUS,
    SG_EXPR_NOT,
    SG_EXPR_BINARY, /* sign */
    SG_EXPR_AND,
    SG_EXPR_OR,
    SG_EXPR_CHOICE, /* value, condition, other */
} sg_expr_kind;

typedef enum sg_operator {
    SG_ADD = 0,
    SG_SUB,
    SG_MUL,
    SG_DIV,
    SG_FLOOR_DIV,
    SG_MOD,
    SG_POW,
    SG_EQUAL,
    SG_NOT_EQUAL,
    SG_LESS,
    SG_LESS_EQUAL,
    SG_GREATER,
    SG_GREATER_EQUAL,
} sg_operator;

/* What a name turned out to be; written when names are resolved. */
typedef enum sg_binding {
    SG_BINDING_NONE = 0, /* unknown: it was reported */
    SG_BINDING_SYMBOL,   /* index: of the block's symbols */
    SG_BINDING_REPEAT,   /* index: of the node's repeat names */
    SG_BINDING_BATCH,
    SG_BINDING_TRAINING,
    SG_BINDING_ABSENT,  /* `absent`: what an optional input has that was not given */
    SG_BINDING_CAPTURE, /* of a rule's pattern */
} sg_binding;

typedef struct sg_expr {
    sg_expr_kind kind;
    sg_operator sign;
    sg_span span; /* all of it */
    sg_span at;   /* where the caret belongs: the operator, the name */
    int id;       /* order in the text; 0 for the whole expression. Names nodes made from formulas */
    const char *name;
    double number;
    bool is_round; /* MEMBER: .3, with the number in `number` */
    int count;
    struct sg_expr **child;
    const char **key;
    sg_span *key_span;
    sg_binding binding;
    int index;
} sg_expr;

/* Parses a whole text. `start` is the place of its first character. NULL after reporting. */
sg_expr *sg_expr_parse(sg_work *work, const char *text, sg_mark start);
/* Parses what stands in parentheses at text[0] == '(' and sets *end behind the closing one. */
sg_expr *sg_expr_parse_group(sg_work *work, const char *text, sg_mark start, size_t *end);

const char *sg_operator_text(sg_operator sign); /* "//" */
const char *sg_operator_op(sg_operator sign);   /* "floor_div" */

#endif
