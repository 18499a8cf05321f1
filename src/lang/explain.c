#include "lang/explain.h"

#include "base/numeric.h"

#include <string.h>

enum { LONGEST = 60 }; /* an expression that is shown again with numbers in it */

static bool is_word(char c) {
    return sg_is_word(c) || c == '_';
}

/* The number that a name stands for, where that is known by now. */
static const sg_tree *number_of(const sg_frame *frame, const char *name) {
    const sg_symbol *symbol = sg_block_symbol(frame->block, name);
    if (!symbol) return NULL;
    const sg_slot *slot = &frame->slot[symbol - frame->block->symbol];
    bool known = slot->state == SG_DONE && slot->value->kind == SG_TREE_NUMBER;
    return known ? slot->value : NULL;
}

/* "h / patch" -> "28 / 4"; NULL where no name of it has a number. */
static const char *with_numbers(const sg_frame *frame, const char *text) {
    sg_work *work = frame->expander->work;
    const char *out = "";
    bool any = false;
    if (strlen(text) > LONGEST || strchr(text, '\'')) return NULL;
    for (size_t length; *text; text += length) {
        length = 1;
        if (!is_word(*text)) {
            out = sg_take_printf(work, "%s%c", out, *text);
            continue;
        }
        while (is_word(text[length])) length++;
        const sg_tree *number = number_of(frame, sg_take_text(work, text, length));
        out = number ? sg_take_printf(work, "%s%s", out, sg_number_words(work, number->number))
                     : sg_take_printf(work, "%s%.*s", out, (int)length, text);
        any = any || number;
    }
    return any ? out : NULL;
}

/* The axis that bound a size, of the first input that was given and has it; NULL for other names. */
static const sg_input *input_of(const sg_frame *frame, const sg_symbol *symbol, int *axis,
                                const sg_shape **shape) {
    const sg_block *block = frame->block;
    int index = (int)(symbol - block->symbol);
    for (int i = 0; i < block->input_count; i++) {
        const sg_input *input = &block->input[i];
        if (frame->input[i]->kind != SG_TREE_TENSOR) continue;
        *shape = &sg_graph_value(frame->expander->graph, frame->input[i]->value)->shape;
        for (int k = 0; k < input->rank; k++) {
            *axis = (*shape)->rank - input->rank + k;
            if (input->bind[k] == index) return input;
        }
    }
    return NULL;
}

static const char *axis_words(const sg_frame *frame, const sg_symbol *symbol, bool with_shape) {
    sg_work *work = frame->expander->work;
    const sg_shape *shape;
    int axis;
    char text[SG_SHAPE_TEXT];
    const sg_input *input = input_of(frame, symbol, &axis, &shape);
    if (!input) return NULL;
    const char *words = sg_take_printf(work, "axis %d of `%s`", axis, input->name);
    return with_shape ? sg_take_printf(work, "%s %s", words, sg_shape_text(shape, 0, text)) : words;
}

/* An expression and what it is with numbers: "h / patch = 28 / 4". */
static const char *equation(const sg_frame *frame, const char *text) {
    const char *numbers = with_numbers(frame, text);
    return numbers ? sg_take_printf(frame->expander->work, "%s = %s", text, numbers) : text;
}

static const char *explain(const sg_frame *frame, const sg_symbol *symbol, bool whole) {
    sg_work *work = frame->expander->work;
    const char *axis;
    switch (symbol->kind) {
    case SG_SYMBOL_SIZE:
        axis = axis_words(frame, symbol, whole);
        return axis && whole ? sg_take_printf(work, "`%s` is %s", symbol->name, axis) : axis;
    case SG_SYMBOL_PARAM:
        return sg_take_printf(work, "`%s` is an argument of `%s`", symbol->name, frame->block->name);
    case SG_SYMBOL_LET:
        if (!frame->block->let[symbol->index].tree->expr) return NULL;
        return sg_take_printf(work, "`%s` = %s", symbol->name,
                              equation(frame, frame->block->let[symbol->index].tree->text));
    default:
        return NULL;
    }
}

const char *sg_explain_size(const sg_frame *frame, const char *text) {
    const sg_symbol *symbol = sg_block_symbol(frame->block, text);
    if (frame->block->is_file) return NULL;
    if (symbol) return explain(frame, symbol, false);
    return with_numbers(frame, text);
}

/* What is said of the names of some expressions. */
typedef struct told {
    const sg_frame *frame;
    bool *symbol;      /* which of them */
    const char *words; /* of axes and `let` values */
    const char *arguments;
    int argument_count;
} told;

static void collect(told *t, const sg_expr *expr) {
    sg_work *work = t->frame->expander->work;
    bool named = expr->kind == SG_EXPR_NAME && expr->binding == SG_BINDING_SYMBOL;
    for (int i = 0; i < expr->count; i++)
        if (expr->child[i]) collect(t, expr->child[i]);
    if (!named || t->symbol[expr->index]) return;
    t->symbol[expr->index] = true;
    const sg_symbol *symbol = &t->frame->block->symbol[expr->index];
    if (symbol->kind == SG_SYMBOL_PARAM) {
        t->arguments =
            sg_take_printf(work, "%s%s`%s`", t->arguments, t->argument_count ? ", " : "", symbol->name);
        t->argument_count++;
        return;
    }
    const char *why = explain(t->frame, symbol, true);
    if (why) t->words = sg_take_printf(work, "%s%s%s", t->words, *t->words ? ", " : "", why);
}

typedef struct tensors {
    const sg_frame *frame;
    bool *seen; /* symbols */
    sg_value *found;
    int count;
} tensors;

static void collect_tensors(tensors *t, const sg_expr *expr) {
    const sg_block *block = t->frame->block;
    for (int i = 0; i < expr->count; i++)
        if (expr->child[i]) collect_tensors(t, expr->child[i]);
    if (expr->kind != SG_EXPR_NAME || expr->binding != SG_BINDING_SYMBOL || t->seen[expr->index]) return;
    t->seen[expr->index] = true;
    const sg_symbol *symbol = &block->symbol[expr->index];
    const sg_shape *shape;
    int axis;
    const sg_input *input = symbol->kind == SG_SYMBOL_SIZE ? input_of(t->frame, symbol, &axis, &shape) : NULL;
    const sg_expr *let = symbol->kind == SG_SYMBOL_LET ? block->let[symbol->index].tree->expr : NULL;
    if (let) collect_tensors(t, let);
    if (input) t->found[t->count++] = t->frame->input[input - block->input]->value;
}

int sg_explain_tensors(const sg_frame *frame, const sg_expr *expr, const sg_value **tensor) {
    sg_work *work = frame->expander->work;
    int symbols = frame->block->symbol_count;
    tensors t = {frame, SG_TAKE(work, bool, symbols), SG_TAKE(work, sg_value, symbols), 0};
    collect_tensors(&t, expr);
    *tensor = t.found;
    return t.count;
}

/* A quotient below 1 of sizes of two inputs: "; are `like` and `codes` swapped?" */
static const char *swapped(const sg_frame *frame, const sg_expr *expr) {
    const sg_input *input[2];
    const sg_tree *number[2];
    const sg_shape *shape;
    int axis;
    if (expr->kind != SG_EXPR_BINARY || expr->sign != SG_DIV) return "";
    for (int i = 0; i < 2; i++) {
        const sg_expr *side = expr->child[i];
        if (side->kind != SG_EXPR_NAME || side->binding != SG_BINDING_SYMBOL) return "";
        input[i] = input_of(frame, &frame->block->symbol[side->index], &axis, &shape);
        number[i] = number_of(frame, side->name);
        if (!input[i] || !number[i]) return "";
    }
    if (input[0] == input[1] || number[0]->number >= number[1]->number) return "";
    return sg_take_printf(frame->expander->work, "; are `%s` and `%s` swapped?", input[0]->name,
                          input[1]->name);
}

const char *sg_explain_names(const sg_frame *frame, int count, const sg_expr *const *expr) {
    if (!frame || frame->block->is_file) return NULL;
    sg_work *work = frame->expander->work;
    told t = {frame, SG_TAKE(work, bool, frame->block->symbol_count), "", "", 0};
    for (int i = 0; i < count; i++)
        if (expr[i]) collect(&t, expr[i]);
    if (t.argument_count)
        t.words =
            sg_take_printf(work, "%s%s%s %s of `%s`", t.words, *t.words ? ", " : "", t.arguments,
                           t.argument_count == 1 ? "is an argument" : "are arguments", frame->block->name);
    if (!*t.words) return NULL;
    return count == 1 ? sg_take_printf(work, "%s%s", t.words, swapped(frame, expr[0])) : t.words;
}
