#include "lang/template.h"

#include <string.h>

sg_mark sg_scalar_start(const sg_tree *text) {
    sg_mark mark = text->span.mark;
    if (text->style == SG_STYLE_QUOTED) mark.column++;
    return mark;
}

static sg_mark mark_at(const sg_tree *text, size_t offset) {
    sg_mark mark = sg_scalar_start(text);
    for (size_t i = 0; i < offset; i++) mark.column += ((unsigned char)text->text[i] & 0xc0) != 0x80;
    return mark;
}

static void add_text(sg_work *work, sg_template *template, const char *text, size_t length) {
    if (length == 0) return;
    sg_piece *piece = sg_take_more(work, &template->piece, &template->count, &template->room, sizeof *piece);
    piece->text = sg_take_text(work, text, length);
}

static bool add_expr(sg_work *work, sg_template *template, sg_expr *expr) {
    if (!expr) return false;
    sg_piece *piece = sg_take_more(work, &template->piece, &template->count, &template->room, sizeof *piece);
    piece->expr = expr;
    return true;
}

/* The expression behind the dollar at text[at]; moves *at behind it. */
static bool parse_insert(sg_work *work, sg_template *template, const sg_tree *text, size_t *at) {
    const char *rest = text->text + *at + 1;
    sg_mark mark = mark_at(text, *at + 1);
    if (*rest == '(') {
        size_t length;
        sg_expr *expr = sg_expr_parse_group(work, rest, mark, &length);
        *at += 1 + length;
        return add_expr(work, template, expr);
    }
    size_t length = strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (length == 0 || (*rest >= '0' && *rest <= '9')) {
        sg_span span = {mark_at(text, *at), 1};
        sg_complain(work, span,
                    *rest == '{' ? "write $name or $(expression)" : "a plain dollar is written $$",
                    "`$` must stand before a name or a parenthesis");
        *at += 1;
        return false;
    }
    *at += 1 + length;
    return add_expr(work, template, sg_expr_parse(work, sg_take_text(work, rest, length), mark));
}

sg_template *sg_template_parse(sg_work *work, const sg_tree *text) {
    sg_template *template = SG_TAKE(work, sg_template, 1);
    const char *all = text->text;
    size_t start = 0, at = 0;
    bool good = true;
    while (all[at]) {
        if (all[at] != '$') {
            at++;
            continue;
        }
        add_text(work, template, all + start, at - start);
        if (all[at + 1] == '$') { /* keep one of the two */
            start = at + 1;
            at += 2;
            continue;
        }
        good = parse_insert(work, template, text, &at) && good;
        start = at;
    }
    add_text(work, template, all + start, at - start);
    template->alone = template->count == 1 && template->piece[0].expr;
    return good ? template : NULL;
}
