/* lang/tree.h - trees from the inside: what YAML gave, and what evaluation makes of it.
 *
 * One structure serves text as it was read, resolved sections, and values while the graph is expanded: those
 * may also be tensors, absent (an optional input that was not given) or bad (an error was reported: be
 * silent). */
#ifndef SG_LANG_TREE_H
#define SG_LANG_TREE_H

#include "lang/work.h"

/* The name of the file that values of the command line stand in. */
#define SG_SET_NAME "--set"

enum {
    SG_TREE_TENSOR = SG_TREE_BAD + 1, /* a value of the graph: `value`, and `instance` where a node gave it */
    SG_TREE_ABSENT,
};

typedef enum sg_style {
    SG_STYLE_PLAIN = 0, /* scalars without quotes; collections in block style */
    SG_STYLE_QUOTED,
    SG_STYLE_BLOCK, /* | or > */
    SG_STYLE_FLOW,  /* collections in [] or {} */
} sg_style;

struct sg_expr;
struct sg_setting;
struct sg_template;
struct sg_instance;

typedef struct sg_entry {
    const char *key; /* NULL in lists */
    sg_span key_span;
    struct sg_tree *value;
} sg_entry;

/* A division of whole numbers that leaves a part: whoever needs a whole number says which one it was. */
typedef struct sg_quotient {
    const struct sg_expr *expr;
    double dividend, divisor;
    const struct sg_setting *setting[2]; /* of each, or NULL */
    const struct sg_frame *frame;        /* whose names the expression has, or NULL */
} sg_quotient;

struct sg_tree {
    int kind; /* sg_tree_kind or one of the above */
    sg_style style;
    sg_span span;
    sg_span written; /* of a scalar that `$` inserted: where it stands itself; line 0 elsewhere */
    size_t count, room;
    sg_entry *entry;
    const char *text;      /* scalars: as written, without quotes */
    double number;         /* also of a truth value */
    sg_quotient *quotient; /* a number that is not whole: the division that it comes from, or NULL */

    const struct sg_expr *expr;         /* where an expression stands: what it says */
    const struct sg_template *template; /* a text with `$`: its pieces */
    const char *undollared;             /* a text that reads like a value: the hint to write it with `$` */
    struct sg_tree *override;           /* an argument of the file: what took the place of its default */
    const struct sg_setting *setting;   /* what put the value there, or what it was computed from; or NULL */
    struct sg_document *document;       /* resolved sections: where calls made from them live */

    sg_value value;
    const struct sg_instance *instance;
};

sg_tree *sg_tree_new(sg_work *work, int kind, sg_span span);
sg_tree *sg_tree_new_number(sg_work *work, double number, sg_span span);
sg_tree *sg_tree_new_bool(sg_work *work, bool truth, sg_span span);
sg_tree *sg_tree_new_text(sg_work *work, const char *text, sg_span span);
sg_tree *sg_tree_new_bad(sg_work *work, sg_span span);
/* What the word `absent` stands for; `text` is that word. */
sg_tree *sg_tree_new_absent(sg_work *work, const char *text, sg_span span);
/* Appends an entry; key NULL for lists. */
void sg_tree_append(sg_work *work, sg_tree *tree, const char *key, sg_span key_span, sg_tree *value);
sg_entry *sg_tree_entry(const sg_tree *tree, const char *key); /* NULL when absent */
/* A copy whose entries may be changed without changing the original's; the entries themselves are shared. */
sg_tree *sg_tree_copy(sg_work *work, const sg_tree *tree);
/* The same value at another place. */
sg_tree *sg_tree_at_span(sg_work *work, const sg_tree *tree, sg_span span);

bool sg_tree_is_call(const sg_tree *tree); /* a map with the key "op" */
bool sg_tree_has_bad(const sg_tree *tree); /* itself, or anything in it */
/* "a number", "a text", "a list", "a call", ... for messages. */
const char *sg_tree_kind_text(const sg_tree *tree);
bool sg_number_whole(double number);                       /* and exactly representable */
const char *sg_number_words(sg_work *work, double number); /* for messages: rounded */
/* The shortest text that reads back to the same number. */
enum { SG_NUMBER_ROOM = 40 };
void sg_number_write(char text[SG_NUMBER_ROOM], double number);
const char *sg_number_text(sg_work *work, double number);

bool sg_word_in(const char *word, const char *words); /* is it one of the words "a b c"? */
bool sg_name_valid(const char *name);                 /* [a-z_][a-z0-9_]* */

#endif
