/* lang/yaml_words.h - what libyaml means, in words that help. */
#ifndef SG_LANG_YAML_WORDS_H
#define SG_LANG_YAML_WORDS_H

#include "lang/work.h"

/* Where libyaml stopped: its own words, the lines of the text around, all counted from 0. */
typedef struct sg_yaml_problem {
    const char *problem, *context; /* of libyaml; either may be NULL */
    size_t line, column;           /* characters */
    size_t context_line, context_column;
    bool at_end;    /* of the text */
    bool swallowed; /* a value that starts its line goes on to the problem: from swallowed_line on */
    size_t swallowed_line;
    bool is_open; /* the innermost collection has a bracket, which stands there: */
    size_t open_line, open_column;
    const char *text;
    size_t length;
} sg_yaml_problem;

typedef struct sg_yaml_words {
    const char *message, *hint;
    size_t line, column; /* where the caret belongs: the problem's place, or a better one */
    int length;
} sg_yaml_words;

sg_yaml_words sg_yaml_explain(sg_work *work, const sg_yaml_problem *problem);

#endif
