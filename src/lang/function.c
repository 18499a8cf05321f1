#include "lang/function.h"

#include <math.h>
#include <string.h>

typedef enum function {
    ABS = 0,
    CEIL,
    COS,
    EXP,
    FLOOR,
    LEN,
    LOG,
    MAX,
    MIN,
    ROUND,
    SQRT,
    SUM,
    GIVEN,
    FUNCTION_COUNT
} function;

static const char *const names[] = {"abs", "ceil", "cos",   "exp",  "floor", "len",  "log",
                                    "max", "min",  "round", "sqrt", "sum",   "given"};

static function find(const char *name) {
    int i = 0;
    while (i < FUNCTION_COUNT && strcmp(names[i], name) != 0) i++;
    return (function)i;
}

bool sg_function_exists(const char *name) {
    return find(name) < FUNCTION_COUNT;
}

void sg_function_names(sg_work *work, sg_names *list) {
    for (int i = 0; i < FUNCTION_COUNT; i++) sg_names_add(work, list, names[i]);
}

static const sg_tree *result(sg_work *work, const sg_expr *expr, double number) {
    if (isfinite(number)) return sg_tree_new_number(work, number, expr->span);
    sg_complain(work, expr->at, NULL, "the result of `%s` is not a finite number",
                expr->kind == SG_EXPR_CALL ? expr->name : sg_operator_text(expr->sign));
    return sg_tree_new_bad(work, expr->span);
}

/* A result that is not whole remembers the division that left the part, in it or in an operand. */
static const sg_tree *arithmetic(sg_work *work, const sg_expr *expr, const sg_tree *a, const sg_tree *b,
                                 double number) {
    const sg_tree *value = result(work, expr, number);
    const struct sg_setting *setting = a->setting ? a->setting : b->setting;
    if (value->kind != SG_TREE_NUMBER || (sg_number_whole(number) && !setting)) return value;
    sg_tree *out = sg_tree_at_span(work, value, value->span);
    out->setting = setting;
    if (sg_number_whole(number)) return out;
    out->quotient = a->quotient ? a->quotient : b->quotient;
    if (!out->quotient && expr->sign == SG_DIV && sg_number_whole(a->number) && sg_number_whole(b->number)) {
        sg_quotient *quotient = SG_TAKE(work, sg_quotient, 1);
        *quotient = (sg_quotient){expr, a->number, b->number, {a->setting, b->setting}};
        out->quotient = quotient;
    }
    return out;
}

static bool is_number(sg_work *work, const char *where, const sg_tree *value) {
    if (value->kind == SG_TREE_NUMBER) return true;
    if (value->kind != SG_TREE_BAD)
        sg_complain(work, value->span, value->kind == SG_TREE_BOOL ? "write `1 if condition else 0`" : NULL,
                    "`%s` needs numbers, but this is %s", where, sg_tree_kind_text(value));
    return false;
}

static double apply(function f, double x) {
    switch (f) {
    case ABS:
        return fabs(x);
    case CEIL:
        return ceil(x);
    case COS:
        return cos(x);
    case EXP:
        return exp(x);
    case FLOOR:
        return floor(x);
    case LOG:
        return log(x);
    case ROUND:
        return nearbyint(x);
    case SQRT:
        return sqrt(x);
    default:
        return x;
    }
}

static double join(function f, double a, double b) {
    return f == MIN ? fmin(a, b) : f == MAX ? fmax(a, b) : a + b;
}

/* min, max and sum of several numbers, or of one list. */
static const sg_tree *reduce(sg_work *work, const sg_expr *call, function f, const sg_tree *const *argument) {
    bool list = call->count == 1 && argument[0]->kind == SG_TREE_LIST;
    size_t count = list ? argument[0]->count : (size_t)call->count;
    double total = 0;
    if (count == 0 && f != SUM) {
        sg_complain(work, call->at, NULL, "`%s` of nothing", call->name);
        return sg_tree_new_bad(work, call->span);
    }
    for (size_t i = 0; i < count; i++) {
        const sg_tree *value = list ? argument[0]->entry[i].value : argument[i];
        if (!is_number(work, call->name, value)) return sg_tree_new_bad(work, call->span);
        total = i == 0 ? value->number : join(f, total, value->number);
    }
    return result(work, call, total);
}

const sg_tree *sg_function_call(sg_work *work, const sg_expr *call, const sg_tree *const *argument) {
    function f = find(call->name);
    if (f == MIN || f == MAX || f == SUM) return reduce(work, call, f, argument);
    if (call->count != 1) {
        sg_complain(work, call->at, NULL, "`%s` takes one value, but got %d", call->name, call->count);
        return sg_tree_new_bad(work, call->span);
    }
    if (f == LEN) {
        if (argument[0]->kind == SG_TREE_LIST) return result(work, call, (double)argument[0]->count);
        sg_complain(work, argument[0]->span, NULL, "`len` needs a list, but this is %s",
                    sg_tree_kind_text(argument[0]));
        return sg_tree_new_bad(work, call->span);
    }
    if (!is_number(work, call->name, argument[0])) return sg_tree_new_bad(work, call->span);
    const sg_tree *value = result(work, call, apply(f, argument[0]->number));
    if (!argument[0]->setting) return value;
    sg_tree *out = sg_tree_at_span(work, value, value->span);
    out->setting = argument[0]->setting;
    return out;
}

static const sg_tree *compare(sg_work *work, const sg_expr *expr, const sg_tree *a, const sg_tree *b) {
    double difference;
    if (a->kind != b->kind ||
        (a->kind != SG_TREE_NUMBER && a->kind != SG_TREE_TEXT && a->kind != SG_TREE_BOOL)) {
        sg_complain(work, expr->at, NULL, "%s cannot be compared with %s", sg_tree_kind_text(a),
                    sg_tree_kind_text(b));
        return sg_tree_new_bad(work, expr->span);
    }
    bool ordered = expr->sign != SG_EQUAL && expr->sign != SG_NOT_EQUAL;
    if (ordered && a->kind != SG_TREE_NUMBER) {
        sg_complain(work, expr->at, NULL, "`%s` needs numbers, but this is %s", sg_operator_text(expr->sign),
                    sg_tree_kind_text(a));
        return sg_tree_new_bad(work, expr->span);
    }
    difference = a->kind == SG_TREE_TEXT ? strcmp(a->text, b->text)
                                         : (a->number > b->number) - (a->number < b->number);
    bool truth = false;
    switch (expr->sign) {
    case SG_EQUAL:
        truth = difference == 0;
        break;
    case SG_NOT_EQUAL:
        truth = difference != 0;
        break;
    case SG_LESS:
        truth = difference < 0;
        break;
    case SG_LESS_EQUAL:
        truth = difference <= 0;
        break;
    case SG_GREATER:
        truth = difference > 0;
        break;
    default:
        truth = difference >= 0;
    }
    return sg_tree_new_bool(work, truth, expr->span);
}

const sg_tree *sg_function_binary(sg_work *work, const sg_expr *expr, const sg_tree *a, const sg_tree *b) {
    if (expr->sign >= SG_EQUAL) return compare(work, expr, a, b);
    const char *text = sg_operator_text(expr->sign);
    if (!is_number(work, text, a) || !is_number(work, text, b)) return sg_tree_new_bad(work, expr->span);
    double x = a->number, y = b->number;
    bool divides = expr->sign == SG_DIV || expr->sign == SG_FLOOR_DIV || expr->sign == SG_MOD;
    if (divides && y == 0) {
        sg_complain(work, expr->at, NULL, "division by zero");
        return sg_tree_new_bad(work, expr->span);
    }
    switch (expr->sign) {
    case SG_ADD:
        return arithmetic(work, expr, a, b, x + y);
    case SG_SUB:
        return arithmetic(work, expr, a, b, x - y);
    case SG_MUL:
        return arithmetic(work, expr, a, b, x * y);
    case SG_DIV:
        return arithmetic(work, expr, a, b, x / y);
    case SG_FLOOR_DIV:
        return arithmetic(work, expr, a, b, floor(x / y));
    case SG_MOD:
        return arithmetic(work, expr, a, b, x - y * floor(x / y));
    default:
        return arithmetic(work, expr, a, b, pow(x, y));
    }
}
