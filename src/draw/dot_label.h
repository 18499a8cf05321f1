/* Words of a diagram: escapes, numbers, shapes, labels and tooltips. */
#ifndef SG_DRAW_DOT_LABEL_H
#define SG_DRAW_DOT_LABEL_H

#include "base/text.h"
#include "draw/dot_model.h"

/* Each appends to `text`; what is no valid UTF-8, and control characters, become U+FFFD. */
void sg_dot_put_id(sg_text *text, const char *prefix,
                   const char *path);                     /* in quotes; odd characters as %XX */
void sg_dot_put_html(sg_text *text, const char *words);   /* inside an HTML-like label */
void sg_dot_put_json(sg_text *text, const char *words);   /* a string of JSON, in quotes */
void sg_dot_put_quoted(sg_text *text, const char *words); /* inside quotes; '\n' breaks the line */

void sg_dot_put_count(sg_text *text, double count, const char *unit); /* "3.1k params"; unit may be "" */
void sg_dot_put_bytes(sg_text *text, double bytes);                   /* "12.3 KiB" */
void sg_dot_put_seconds(sg_text *text, double seconds);               /* "1.2 ms" */
/* A bar, as an HTML-like table, whose filled part is part / whole; on the left of its cell, or in the middle.
 */
void sg_dot_put_bar(sg_text *text, const sg_dot *dot, double part, double whole, const char *colour,
                    bool left);
void sg_dot_put_share(sg_text *text, double part, double whole); /* " (98%)", as HTML */
/* "3.1k params · 0.4 MFLOP · 12 KiB", without what is nothing, or too little to matter; `times` > 1: "4 ×
 * ...". */
void sg_dot_put_cost(sg_text *text, const sg_dot *dot, const sg_dot_cost *cost, int times);

/* What stands below the name of a box: whose weights it uses, and what it costs. As HTML. */
void sg_dot_put_note_and_cost(sg_text *text, const sg_dot *dot, const sg_dot_box *box);

/* About how wide the words are in Helvetica of `size` points. */
int sg_dot_words_width(const char *words, int size);

/* All of these live as long as the diagram; NULL when out of memory. */
const char *sg_dot_flow_label(sg_dot *dot, sg_value source, sg_value read);         /* "batch×49×64 f32" */
void sg_dot_put_shape(sg_text *text, const sg_dot *dot, const sg_value_info *info); /* "batch×49×64" */
const char *sg_dot_value_name(sg_dot *dot, sg_value value);

/* The rounds that a closed or open scope stands for: 1 when none are folded into it. */
int sg_dot_times(const sg_dot *dot, int scope);
/* How often the other graph repeats the block; 0 when it does not draw it. */
int sg_dot_times_before(const sg_dot *dot, int scope);
/* "block.0–11" */
void sg_dot_scope_name(sg_text *text, const sg_dot *dot, int scope);
void sg_dot_box_label(sg_text *text, const sg_dot *dot, const sg_dot_box *box); /* HTML */
/* What it is called in the diagram, as HTML; *what is its block or op, "" where that is its name. */
void sg_dot_box_names(sg_text *text, const sg_dot *dot, const sg_dot_box *box, const char **what);
/* Attributes that are not the default and say what it does, as HTML: "stride 4, pad 1"; little or nothing. */
void sg_dot_put_settings(sg_text *text, const sg_dot *dot, const sg_dot_box *box);
void sg_dot_put_attrs(sg_text *text, const sg_dot *dot, int node); /* "\neps = 1e-05" for each */
/* "\nwas ratio = 0.6" for each line that the other graph has of a node, and this one has not. */
void sg_dot_put_before(sg_text *text, const sg_dot *dot, int node);
sg_mark sg_dot_mark_of(const sg_dot *dot, const sg_dot_box *box);
void sg_dot_box_tooltip(sg_text *text, const sg_dot *dot, const sg_dot_box *box); /* plain */
void sg_dot_scope_tooltip(sg_text *text, const sg_dot *dot, int scope);           /* plain */

#endif
