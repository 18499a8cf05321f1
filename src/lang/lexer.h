/* lang/lexer.h - expression text -> tokens. */
#ifndef SG_LANG_LEXER_H
#define SG_LANG_LEXER_H

#include "lang/work.h"

typedef enum sg_token_kind {
    SG_TOKEN_END = 0,
    SG_TOKEN_NUMBER,
    SG_TOKEN_TEXT,
    SG_TOKEN_NAME,  /* and the words: if else and or not true false */
    SG_TOKEN_MARK,  /* operators and brackets; `is` tells which */
    SG_TOKEN_WRONG, /* reported */
} sg_token_kind;

typedef struct sg_token {
    sg_token_kind kind;
    size_t start, end;
    char is[4]; /* of a mark: "**" */
    double number;
    const char *text; /* of names and texts */
} sg_token;

typedef struct sg_lexer {
    sg_work *work;
    const char *text;
    sg_mark start; /* of text[0] */
} sg_lexer;

/* The token at or after `at`. With `member`, digits give a whole number however they go on: the 3 of
 * block.3.out. */
sg_token sg_lexer_next(const sg_lexer *lexer, size_t at, bool member);
sg_span sg_lexer_span(const sg_lexer *lexer, size_t start, size_t end);

#endif
