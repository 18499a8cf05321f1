/* Recursive descent over the grammar in expr.h. */
#include "lang/expr.h"

#include "lang/foreign.h"
#include "lang/lexer.h"
#include "lang/syntax_hint.h"

#include <string.h>

enum { MAX_DEPTH = 64, MAX_ITEMS = 1024, MAX_LENGTH = 2000 };

typedef struct parser {
    sg_lexer lexer;
    sg_token token;        /* the one to look at */
    size_t last_end;       /* of the token before it */
    const char *last_word; /* the name that was read last, or "" */
    int depth;
    bool failed; /* reported; every function then returns NULL quickly */
} parser;

static const struct {
    const char *text, *op;
} operators[] = {
    [SG_ADD] = {"+", "add"},
    [SG_SUB] = {"-", "sub"},
    [SG_MUL] = {"*", "mul"},
    [SG_DIV] = {"/", "div"},
    [SG_FLOOR_DIV] = {"//", "floor_div"},
    [SG_MOD] = {"%", "mod"},
    [SG_POW] = {"**", "pow"},
    [SG_EQUAL] = {"==", "equal"},
    [SG_NOT_EQUAL] = {"!=", "not_equal"},
    [SG_LESS] = {"<", "less"},
    [SG_LESS_EQUAL] = {"<=", "less_equal"},
    [SG_GREATER] = {">", "greater"},
    [SG_GREATER_EQUAL] = {">=", "greater_equal"},
};

const char *sg_operator_text(sg_operator sign) {
    return operators[sign].text;
}

const char *sg_operator_op(sg_operator sign) {
    return operators[sign].op;
}

static sg_expr *parse_choice(parser *p);
static sg_expr *parse_unary(parser *p);

static void advance(parser *p, bool member) {
    p->last_end = p->token.end;
    p->token = sg_lexer_next(&p->lexer, p->token.end, member);
    if (p->token.kind == SG_TOKEN_WRONG) p->failed = true;
}

static bool is_mark(const parser *p, const char *mark) {
    return p->token.kind == SG_TOKEN_MARK && strcmp(p->token.is, mark) == 0;
}

static bool is_word(const parser *p, const char *word) {
    return p->token.kind == SG_TOKEN_NAME && strcmp(p->token.text, word) == 0;
}

static bool accept(parser *p, const char *mark) {
    if (p->failed || !is_mark(p, mark)) return false;
    advance(p, false);
    return true;
}

static sg_span token_span(const parser *p) {
    return sg_lexer_span(&p->lexer, p->token.start, p->token.end);
}

static const char *token_text(const parser *p) {
    if (p->token.kind == SG_TOKEN_END) return "the end";
    return sg_take_printf(p->lexer.work, "`%.*s`", (int)(p->token.end - p->token.start),
                          p->lexer.text + p->token.start);
}

static sg_expr *fail(parser *p, const char *expected) {
    sg_work *work = p->lexer.work;
    if (!p->failed) {
        const char *word = sg_take_text(work, p->lexer.text + p->token.start, p->token.end - p->token.start);
        sg_complain(work, token_span(p),
                    sg_syntax_hint(work, expected, p->token.kind, token_span(p), word, p->last_word),
                    "expected %s, but found %s", expected, token_text(p));
    }
    p->failed = true;
    return NULL;
}

static bool expect(parser *p, const char *mark, const char *expected) {
    if (accept(p, mark)) return true;
    fail(p, expected);
    return false;
}

static sg_expr *make(parser *p, sg_expr_kind kind, size_t start, sg_span at) {
    sg_expr *expr = SG_TAKE(p->lexer.work, sg_expr, 1);
    expr->kind = kind;
    expr->at = at;
    expr->span = sg_lexer_span(&p->lexer, start, p->last_end > start ? p->last_end : start + 1);
    return expr;
}

static void set_children(parser *p, sg_expr *expr, int count, sg_expr *const *child) {
    expr->count = count;
    expr->child = SG_TAKE(p->lexer.work, sg_expr *, count);
    memcpy(expr->child, child, sizeof *child * (size_t)count);
}

static sg_expr *make_two(parser *p, sg_expr_kind kind, size_t start, sg_span at, sg_expr *a, sg_expr *b) {
    if (p->failed) return NULL;
    sg_expr *expr = make(p, kind, start, at);
    set_children(p, expr, 2, (sg_expr *[]){a, b});
    return expr;
}

/* Lists grow in the parser's memory. */
typedef struct items {
    struct {
        sg_expr *expr;
        const char *key;
        sg_span key_span;
    } * item;
    size_t count, room;
} items;

static void add_item(parser *p, items *list, sg_expr *expr, const char *key, sg_span key_span) {
    sg_take_more(p->lexer.work, &list->item, &list->count, &list->room, sizeof *list->item);
    list->item[list->count - 1].expr = expr;
    list->item[list->count - 1].key = key;
    list->item[list->count - 1].key_span = key_span;
    if (list->count > MAX_ITEMS) fail(p, "fewer entries");
}

static void take_items(parser *p, sg_expr *expr, const items *list) {
    expr->count = (int)list->count;
    expr->child = SG_TAKE(p->lexer.work, sg_expr *, list->count);
    expr->key = SG_TAKE(p->lexer.work, const char *, list->count);
    expr->key_span = SG_TAKE(p->lexer.work, sg_span, list->count);
    for (size_t i = 0; i < list->count; i++) {
        expr->child[i] = list->item[i].expr;
        expr->key[i] = list->item[i].key;
        expr->key_span[i] = list->item[i].key_span;
    }
}

static sg_expr *parse_arguments(parser *p, size_t start, const char *name, sg_span at) {
    items list = {0};
    bool named = false;
    while (!p->failed && !is_mark(p, ")")) {
        sg_span span = token_span(p);
        sg_expr *value = parse_choice(p);
        const char *key = NULL;
        if (p->failed) return NULL;
        if (is_mark(p, "=")) {
            if (value->kind != SG_EXPR_NAME) {
                sg_complain(p->lexer.work, token_span(p), "`=` gives an attribute, `==` compares",
                            "expected the name of an attribute before `=`");
                p->failed = true;
                return NULL;
            }
            key = value->name;
            advance(p, false);
            value = parse_choice(p);
            named = true;
        } else if (named) {
            sg_complain(p->lexer.work, value->span, NULL,
                        "inputs stand before attributes: move it to the front");
            p->failed = true;
        }
        if (p->failed) return NULL;
        add_item(p, &list, value, key, span);
        if (!accept(p, ",")) break;
    }
    if (!expect(p, ")", "`,` or `)`")) return NULL;
    sg_expr *call = make(p, SG_EXPR_CALL, start, at);
    call->name = name;
    take_items(p, call, &list);
    return call;
}

static sg_expr *parse_list(parser *p, size_t start, sg_span at) {
    items list = {0};
    while (!p->failed && !is_mark(p, "]")) {
        sg_expr *value = parse_choice(p);
        if (p->failed) return NULL;
        add_item(p, &list, value, NULL, value->span);
        if (!accept(p, ",")) break;
    }
    if (!expect(p, "]", "`,` or `]`")) return NULL;
    sg_expr *expr = make(p, SG_EXPR_LIST, start, at);
    take_items(p, expr, &list);
    return expr;
}

static bool is_reserved(const char *name) {
    static const char *const words[] = {"if", "else", "and", "or", "not"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0) return true;
    return false;
}

static sg_expr *parse_name(parser *p, size_t start, sg_span at) {
    const char *name = p->token.text;
    if (is_reserved(name)) return fail(p, "a value");
    p->last_word = name;
    advance(p, false);
    if (strcmp(name, "true") == 0 || strcmp(name, "false") == 0) {
        sg_expr *truth = make(p, SG_EXPR_TRUTH, start, at);
        truth->number = name[0] == 't';
        return truth;
    }
    if (accept(p, "(")) return parse_arguments(p, start, name, at);
    if (p->failed) return NULL;
    sg_expr *expr = make(p, SG_EXPR_NAME, start, at);
    expr->name = name;
    return expr;
}

static sg_expr *parse_atom(parser *p) {
    size_t start = p->token.start;
    sg_span at = token_span(p);
    sg_expr *expr = NULL;
    if (p->failed) return NULL;
    switch (p->token.kind) {
    case SG_TOKEN_NUMBER: {
        double number = p->token.number;
        advance(p, false);
        expr = make(p, SG_EXPR_NUMBER, start, at);
        expr->number = number;
        return expr;
    }
    case SG_TOKEN_TEXT: {
        const char *text = p->token.text;
        advance(p, false);
        expr = make(p, SG_EXPR_TEXT, start, at);
        expr->name = text;
        return expr;
    }
    case SG_TOKEN_NAME:
        return parse_name(p, start, at);
    default:
        break;
    }
    if (accept(p, "(")) {
        expr = parse_choice(p);
        return expect(p, ")", "`)`") ? expr : NULL;
    }
    if (accept(p, "[")) return parse_list(p, start, at);
    return fail(p, "a value");
}

/* One item between brackets; NULL with p->failed unset never happens. */
static sg_expr *parse_item(parser *p) {
    size_t start = p->token.start;
    sg_span at = token_span(p);
    if (accept(p, "...")) return make(p, SG_EXPR_ELLIPSIS, start, at);
    sg_expr *part[3] = {NULL, NULL, NULL};
    int colons = 0;
    for (;;) {
        if (!p->failed && !is_mark(p, ":") && !is_mark(p, ",") && !is_mark(p, "]"))
            part[colons] = parse_choice(p);
        if (p->failed) return NULL;
        if (colons == 2 || !accept(p, ":")) break;
        colons++;
    }
    if (colons == 0) return part[0] ? part[0] : fail(p, "an index");
    sg_expr *range = make(p, SG_EXPR_RANGE, start, at);
    set_children(p, range, 3, part);
    return range;
}

static sg_expr *parse_index(parser *p, size_t start, sg_expr *base, sg_span at) {
    items list = {0};
    add_item(p, &list, base, NULL, base->span);
    do {
        sg_expr *item = parse_item(p);
        if (p->failed) return NULL;
        add_item(p, &list, item, NULL, item->span);
    } while (accept(p, ","));
    if (!expect(p, "]", "`,` or `]`")) return NULL;
    sg_expr *expr = make(p, SG_EXPR_INDEX, start, at);
    take_items(p, expr, &list);
    return expr;
}

static sg_expr *parse_member(parser *p, size_t start, sg_expr *base) {
    advance(p, true); /* the dot: digits behind it are a round, never the fraction of a number */
    bool round = p->token.kind == SG_TOKEN_NUMBER;
    if (p->failed || (!round && p->token.kind != SG_TOKEN_NAME))
        return fail(p, "an output or a round after `.`");
    sg_span at = token_span(p);
    double number = p->token.number;
    const char *name = p->token.text;
    advance(p, false);
    if (p->failed) return NULL;
    sg_expr *expr = make(p, SG_EXPR_MEMBER, start, at);
    expr->is_round = round;
    expr->number = number;
    expr->name = name;
    set_children(p, expr, 1, &base);
    return expr;
}

static sg_expr *fail_method(parser *p, const sg_expr *member) {
    const sg_expr *base = member->child[0], *root = base;
    while (root->kind == SG_EXPR_MEMBER) root = root->child[0];
    bool module = root->kind == SG_EXPR_NAME && sg_foreign_module(root->name);
    sg_complain_method(p->lexer.work, member->at, member->name,
                       base->kind == SG_EXPR_NAME ? base->name : NULL, module);
    p->failed = true;
    return NULL;
}

static sg_expr *parse_post(parser *p) {
    size_t start = p->token.start;
    sg_expr *expr = parse_atom(p);
    while (!p->failed) {
        sg_span at = token_span(p);
        if (is_mark(p, "."))
            expr = parse_member(p, start, expr);
        else if (is_mark(p, "(") && expr->kind == SG_EXPR_MEMBER && !expr->is_round)
            expr = fail_method(p, expr);
        else if (accept(p, "["))
            expr = parse_index(p, start, expr, at);
        else
            break;
    }
    return p->failed ? NULL : expr;
}

static bool too_deep(parser *p) {
    if (p->depth <= MAX_DEPTH) return false;
    if (!p->failed)
        sg_complain(p->lexer.work, token_span(p), NULL, "the expression is nested more than %d deep",
                    MAX_DEPTH);
    p->failed = true;
    return true;
}

static sg_expr *parse_unary(parser *p) {
    size_t start = p->token.start;
    sg_span at = token_span(p);
    sg_expr *expr;
    p->depth++;
    if (too_deep(p)) return NULL;
    if (accept(p, "-")) {
        expr = parse_unary(p);
        if (expr) {
            sg_expr *minus = make(p, SG_EXPR_MINUS, start, at);
            set_children(p, minus, 1, &expr);
            expr = minus;
        }
    } else {
        expr = parse_post(p);
        at = token_span(p);
        if (accept(p, "**")) {
            expr = make_two(p, SG_EXPR_BINARY, start, at, expr, parse_unary(p));
            if (expr) expr->sign = SG_POW;
        }
    }
    p->depth--;
    return p->failed ? NULL : expr;
}

static bool accept_operator(parser *p, sg_operator first, sg_operator last, sg_operator *found) {
    for (int o = first; o <= (int)last; o++) {
        if (!accept(p, operators[o].text)) continue;
        *found = (sg_operator)o;
        return true;
    }
    return false;
}

static sg_expr *parse_term(parser *p) {
    size_t start = p->token.start;
    sg_expr *expr = parse_unary(p);
    sg_operator sign;
    for (sg_span at = token_span(p); !p->failed && accept_operator(p, SG_MUL, SG_MOD, &sign);
         at = token_span(p)) {
        expr = make_two(p, SG_EXPR_BINARY, start, at, expr, parse_unary(p));
        if (expr) expr->sign = sign;
    }
    return p->failed ? NULL : expr;
}

static sg_expr *parse_sum(parser *p) {
    size_t start = p->token.start;
    sg_expr *expr = parse_term(p);
    sg_operator sign;
    for (sg_span at = token_span(p); !p->failed && accept_operator(p, SG_ADD, SG_SUB, &sign);
         at = token_span(p)) {
        expr = make_two(p, SG_EXPR_BINARY, start, at, expr, parse_term(p));
        if (expr) expr->sign = sign;
    }
    return p->failed ? NULL : expr;
}

static sg_expr *parse_comparison(parser *p) {
    size_t start = p->token.start;
    sg_expr *expr = parse_sum(p);
    sg_span at = token_span(p);
    sg_operator sign;
    if (!p->failed && accept_operator(p, SG_EQUAL, SG_GREATER_EQUAL, &sign)) {
        expr = make_two(p, SG_EXPR_BINARY, start, at, expr, parse_sum(p));
        if (expr) expr->sign = sign;
        at = token_span(p);
        if (!p->failed && accept_operator(p, SG_EQUAL, SG_GREATER_EQUAL, &sign)) {
            sg_complain(p->lexer.work, at, "write `a < b and b < c`", "comparisons cannot be chained");
            p->failed = true;
        }
    }
    return p->failed ? NULL : expr;
}

static sg_expr *parse_not(parser *p) {
    size_t start = p->token.start;
    sg_span at = token_span(p);
    if (p->failed || !is_word(p, "not")) return parse_comparison(p);
    p->depth++;
    if (too_deep(p)) return NULL;
    advance(p, false);
    sg_expr *operand = parse_not(p);
    p->depth--;
    if (p->failed) return NULL;
    sg_expr *expr = make(p, SG_EXPR_NOT, start, at);
    set_children(p, expr, 1, &operand);
    return expr;
}

static sg_expr *parse_and(parser *p) {
    size_t start = p->token.start;
    sg_expr *expr = parse_not(p);
    while (!p->failed && is_word(p, "and")) {
        sg_span at = token_span(p);
        advance(p, false);
        expr = make_two(p, SG_EXPR_AND, start, at, expr, parse_not(p));
    }
    return p->failed ? NULL : expr;
}

static sg_expr *parse_or(parser *p) {
    size_t start = p->token.start;
    sg_expr *expr = parse_and(p);
    while (!p->failed && is_word(p, "or")) {
        sg_span at = token_span(p);
        advance(p, false);
        expr = make_two(p, SG_EXPR_OR, start, at, expr, parse_and(p));
    }
    return p->failed ? NULL : expr;
}

static sg_expr *parse_choice(parser *p) {
    size_t start = p->token.start;
    p->depth++;
    if (too_deep(p)) return NULL;
    sg_expr *value = parse_or(p);
    if (!p->failed && is_word(p, "if")) {
        sg_span at = token_span(p);
        advance(p, false);
        sg_expr *condition = parse_or(p);
        if (!p->failed && !is_word(p, "else")) fail(p, "`else`");
        if (!p->failed) advance(p, false);
        sg_expr *other = parse_choice(p);
        if (!p->failed) {
            sg_expr *choice = make(p, SG_EXPR_CHOICE, start, at);
            set_children(p, choice, 3, (sg_expr *[]){value, condition, other});
            value = choice;
        }
    }
    p->depth--;
    return p->failed ? NULL : value;
}

static void number_nodes(sg_expr *expr, int *next) {
    expr->id = (*next)++;
    for (int i = 0; i < expr->count; i++)
        if (expr->child[i]) number_nodes(expr->child[i], next);
}

/* Long chains of operators make deep trees, which are walked recursively. */
static bool too_long(sg_work *work, const char *text, sg_mark start) {
    if (strlen(text) <= MAX_LENGTH) return false;
    sg_complain(work, (sg_span){start, 1}, "cut it into several nodes or let entries",
                "the expression has more than %d characters", MAX_LENGTH);
    return true;
}

static parser start_parser(sg_work *work, const char *text, sg_mark start) {
    parser p = {.lexer = {work, text, start}, .last_word = ""};
    p.token = sg_lexer_next(&p.lexer, 0, false);
    p.failed = p.token.kind == SG_TOKEN_WRONG;
    return p;
}

sg_expr *sg_expr_parse(sg_work *work, const char *text, sg_mark start) {
    if (too_long(work, text, start)) return NULL;
    parser p = start_parser(work, text, start);
    sg_expr *expr = parse_choice(&p);
    if (!p.failed && p.token.kind != SG_TOKEN_END) fail(&p, "the expression to end here or an operator");
    int next = 0;
    if (p.failed) return NULL;
    number_nodes(expr, &next);
    return expr;
}

sg_expr *sg_expr_parse_group(sg_work *work, const char *text, sg_mark start, size_t *end) {
    parser p = start_parser(work, text, start);
    size_t depth = 0;
    if (!p.failed && too_long(work, text, start)) p.failed = true;
    for (*end = 0; text[*end]; ++*end) { /* where to go on after an error */
        depth += text[*end] == '(';
        if (text[*end] == ')' && --depth == 0) break;
    }
    if (text[*end]) ++*end;
    sg_expr *expr = NULL;
    if (accept(&p, "(")) {
        /* What follows the closing parenthesis is text: it must not be read as a token. */
        expr = parse_choice(&p);
        if (!p.failed && !is_mark(&p, ")")) fail(&p, "`)`");
    }
    int next = 0;
    if (p.failed || !expr) return NULL;
    *end = p.token.end;
    number_nodes(expr, &next);
    return expr;
}
