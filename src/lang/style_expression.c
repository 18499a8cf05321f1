/* Expressions with canonical spaces: one around operators and behind commas, none inside brackets. */
#include "lang/style.h"

#include "lang/lexer.h"
#include "lang/tree.h"

#include <string.h>

static bool is_binary(const sg_token *token, bool operand) {
    if (token->kind == SG_TOKEN_NAME) return sg_word_in(token->text, "if else and or");
    if (token->kind != SG_TOKEN_MARK || !operand) return false;
    return !sg_word_in(token->is, "( ) [ ] , : = . ...");
}

static bool ends_operand(const sg_token *token, bool binary) {
    if (token->kind == SG_TOKEN_MARK) return sg_word_in(token->is, ") ] ...");
    return !binary && !(token->kind == SG_TOKEN_NAME && sg_word_in(token->text, "not"));
}

const char *sg_style_expression(sg_work *work, const char *text) {
    sg_lexer lexer = {work, text, {0}};
    const char *out = "";
    size_t done = 0;
    bool operand = false, member = false;
    for (;;) {
        sg_token token = sg_lexer_next(&lexer, done, member);
        if (token.kind == SG_TOKEN_END || token.kind == SG_TOKEN_WRONG) return out;
        bool dollar = token.start > done && text[token.start - 1] == '$'; /* it means nothing, but stays */
        bool binary = !member && is_binary(&token, operand);
        bool comma = strcmp(token.is, ",") == 0;
        bool not = !member && token.kind == SG_TOKEN_NAME && strcmp(token.text, "not") == 0;
        out = sg_take_printf(work, "%s%s%s%.*s%s", out, binary ? " " : "", dollar ? "$" : "",
                             (int)(token.end - token.start), text + token.start,
                             binary || comma || not ? " " : "");
        operand = ends_operand(&token, binary);
        member = strcmp(token.is, ".") == 0;
        done = token.end;
    }
}
