/* Resolving names once, before anything is evaluated: so that wrong names are found in blocks that nobody
 * uses and in branches that are not taken. */
#include "lang/resolve.h"

#include "lang/callee.h"
#include "lang/reference.h"
#include "lang/undollared.h"

#include <string.h>

/* What `$name` would insert here. */
static const char *value_words(const void *data, const char *name) {
    const sg_resolver *r = data;
    for (int i = 0; r->node && i < r->node->repeat_count; i++)
        if (strcmp(r->node->repeat[i].name, name) == 0) return "its value";
    const sg_symbol *symbol = sg_block_symbol(r->block, name);
    if (!symbol) return sg_word_in(name, "batch training") ? "its value" : NULL;
    if (symbol->kind == SG_SYMBOL_NODE || symbol->kind == SG_SYMBOL_INPUT) return NULL;
    return symbol->kind == SG_SYMBOL_PARAM ? "the argument" : "its value";
}

/* An argument that nothing else mentions was meant by this. */
static void note_text(const sg_resolver *r, const sg_tree *tree) {
    sg_symbol *symbol = sg_block_symbol(r->block, tree->text);
    if (symbol && symbol->kind == SG_SYMBOL_PARAM && !symbol->as_text) symbol->as_text = tree;
}

/* Literal text: only what `$` inserts is an expression. */
static void resolve_literal(sg_resolver *r, sg_tree *tree) {
    for (size_t i = 0; i < tree->count; i++) resolve_literal(r, tree->entry[i].value);
    if (tree->kind != SG_TREE_TEXT) return;
    tree->undollared = sg_undollared(r->work, tree->text, value_words, r);
    note_text(r, tree);
    if (!strchr(tree->text, '$')) return;
    sg_template *template = sg_template_parse(r->work, tree);
    tree->template = template;
    if (!template) tree->kind = SG_TREE_BAD;
    for (size_t i = 0; template && i < template->count; i++) sg_resolve_expr(r, template->piece[i].expr);
}

/* Places that are always expressions. */
static void resolve_value(sg_resolver *r, sg_tree *tree) {
    if (tree->kind == SG_TREE_MAP && sg_tree_is_call(tree)) {
        resolve_literal(r, tree);
        return;
    }
    if (tree->kind == SG_TREE_MAP) {
        sg_complain(r->work, tree->span, NULL, "an expression is expected here, not a mapping");
        tree->kind = SG_TREE_BAD;
        return;
    }
    for (size_t i = 0; i < tree->count; i++) resolve_value(r, tree->entry[i].value);
    if (tree->kind != SG_TREE_TEXT) return;
    sg_expr *expr = sg_expr_parse(r->work, tree->text, sg_scalar_start(tree));
    tree->expr = expr;
    if (!expr) tree->kind = SG_TREE_BAD;
    sg_resolve_expr(r, expr);
}

/* In `block.$(l - 1)` the node is known before the round is. */
static void mention_front(sg_resolver *r, const char *text) {
    size_t length = strcspn(text, ".$");
    if (text[length] != '.') return;
    sg_symbol *symbol = sg_block_symbol(r->block, sg_take_text(r->work, text, length));
    if (symbol) symbol->mentioned = true;
}

/* So are those of `$('first' if l == 0 else 'others')`. */
static void mention_texts(sg_resolver *r, const sg_expr *expr) {
    sg_symbol *symbol = expr->kind == SG_EXPR_TEXT ? sg_block_symbol(r->block, expr->name) : NULL;
    if (symbol) symbol->mentioned = true;
    for (int i = 0; i < expr->count; i++) mention_texts(r, expr->child[i]);
}

/* Entries of `in`, `share` and `outputs`: names of nodes and inputs. */
static void resolve_reference(sg_resolver *r, sg_tree *tree, const char *where) {
    for (size_t i = 0; i < tree->count; i++) resolve_reference(r, tree->entry[i].value, where);
    if (tree->kind == SG_TREE_BOOL)
        sg_complain(r->work, tree->span, NULL, "`%s` takes names of nodes, but this is a truth value", where);
    if (tree->kind != SG_TREE_TEXT) return;
    if (strchr(tree->text, '$') && strcmp(where, "share") == 0) {
        sg_complain(r->work, tree->span, NULL, "`share` takes the name of a node as it stands, without `$`");
        tree->kind = SG_TREE_BAD;
        return;
    }
    if (strchr(tree->text, '$')) {
        bool formula = r->formula;
        r->formula = false;
        resolve_literal(r, tree);
        r->formula = formula;
        mention_front(r, tree->text);
        for (size_t i = 0; tree->template && i < tree->template->count; i++)
            if (tree->template->piece[i].expr) mention_texts(r, tree->template->piece[i].expr);
        return;
    }
    sg_expr *expr = sg_reference_parse(r->work, tree->text, sg_scalar_start(tree), where);
    tree->expr = expr;
    if (!expr) {
        tree->kind = SG_TREE_BAD;
        return;
    }
    sg_resolve_expr(r, expr);
    const sg_expr *base = expr;
    while (base->kind == SG_EXPR_MEMBER) base = base->child[0];
    if (base->binding == SG_BINDING_NONE) return;
    if (base->binding == SG_BINDING_ABSENT) {
        if (base != expr || strcmp(where, "in") != 0)
            sg_complain(r->work, base->span, NULL, "`%s` takes names of nodes, not `absent`", where);
        return;
    }
    bool symbol = base->binding == SG_BINDING_SYMBOL;
    sg_symbol_kind kind = symbol ? r->block->symbol[base->index].kind : SG_SYMBOL_LET;
    if (kind == SG_SYMBOL_NODE || kind == SG_SYMBOL_INPUT) return;
    sg_complain(r->work, base->span, sg_take_printf(r->work, "its value is inserted by `$%s`", base->name),
                "`%s` takes names of nodes, but `%s` is %s", where, base->name,
                symbol ? sg_symbol_kind_text(kind) : "a number");
}

static void resolve_inputs(sg_resolver *r, const sg_node_decl *node, const sg_callee *callee) {
    if (!node->in) return;
    r->formula = true;
    resolve_reference(r, node->in, "in");
    r->formula = false;
    if (node->in->kind != SG_TREE_MAP || !callee) return;
    for (size_t i = 0; i < node->in->count; i++)
        sg_callee_check_input(r->work, callee, node->in->entry[i].key, node->in->entry[i].key_span);
}

/* A node in the place of an op is told of in words of its own. */
static bool find_op(sg_resolver *r, const sg_tree *op, sg_callee *callee) {
    const sg_symbol *symbol = sg_block_symbol(r->block, op->text);
    if (!symbol || r->document->incomplete || sg_callable(r->document, op->text))
        return sg_callee_find(r->work, r->document, op->text, op->span, callee);
    bool value = symbol->kind == SG_SYMBOL_PARAM;
    sg_complain(r->work, op->span,
                value ? sg_take_printf(r->work, "`$%s` inserts its value", op->text)
                      : "inputs are given as `in: ...`",
                "op must be the name of an op or block, but `%s` is %s", op->text,
                sg_symbol_kind_text(symbol->kind));
    return false;
}

/* True with the callee where it is known before anything is evaluated. */
static bool resolve_op(sg_resolver *r, sg_node_decl *node, sg_callee *callee) {
    if (!node->op || node->op->kind == SG_TREE_BAD) return false;
    bool text = node->op->kind == SG_TREE_TEXT;
    if (text && !strchr(node->op->text, '$')) return find_op(r, node->op, callee);
    if (text || node->op->kind == SG_TREE_MAP) {
        resolve_literal(r, node->op);
        return false;
    }
    sg_complain(r->work, node->op->span, NULL, "op must be a name or `$argument`, but is %s",
                sg_tree_kind_text(node->op));
    node->op = NULL;
    return false;
}

/* What a repeat goes over does not see its names. */
static void resolve_repeat(sg_resolver *r, const sg_node_decl *node) {
    for (int i = 0; i < node->repeat_count; i++) {
        const sg_repeat *repeat = &node->repeat[i];
        const sg_symbol *other = sg_block_symbol(r->block, repeat->name);
        if (!sg_name_valid(repeat->name) ||
            sg_word_in(repeat->name, "batch training if else and or not true false"))
            sg_complain(r->work, repeat->span, NULL, "`%s` is not a name", repeat->name);
        if (other)
            sg_complain(r->work, repeat->span, "choose another name", "`%s` is already %s, at line %d",
                        repeat->name, sg_symbol_kind_text(other->kind), other->span.mark.line);
        resolve_value(r, repeat->over);
    }
}

static void resolve_mapping(sg_resolver *r, sg_node_decl *node) {
    sg_callee callee;
    resolve_repeat(r, node);
    r->node = node;
    bool known = resolve_op(r, node, &callee);
    if (node->when) resolve_value(r, node->when);
    if (node->shape) resolve_value(r, node->shape);
    if (node->recompute) resolve_value(r, node->recompute);
    resolve_inputs(r, node, known ? &callee : NULL);
    if (node->share) {
        r->formula = true;
        resolve_reference(r, node->share, "share");
        r->formula = false;
    }
    if (node->average) resolve_literal(r, node->average);
    if (node->next) {
        r->formula = true;
        resolve_reference(r, node->next, "next");
        r->formula = false;
    }
    resolve_literal(r, node->attributes);
    for (size_t i = 0; known && i < node->attributes->count; i++)
        sg_callee_check_attribute(r->work, &callee, node->attributes->entry[i].key,
                                  node->attributes->entry[i].key_span);
    r->node = NULL;
}

static void resolve_formula(sg_resolver *r, sg_node_decl *node) {
    r->formula = true;
    resolve_value(r, node->formula);
    r->formula = false;
}

void sg_resolve_block(sg_work *work, const sg_document *document, sg_block *block) {
    sg_resolver r = {.work = work, .document = document, .block = block};
    const sg_chain *chain = work->chain;
    size_t errors = sg_diagnostics_errors(work->diagnostics);
    work->chain = block->chain;
    for (int i = 0; i < block->input_count; i++)
        for (int k = 0; k < block->input[i].rank; k++) resolve_value(&r, block->input[i].size[k]);
    for (int i = 0; i < block->param_count; i++) {
        if (block->param[i].fallback) resolve_literal(&r, block->param[i].fallback);
        if (block->param[i].override) resolve_literal(&r, block->param[i].override);
        if (block->param[i].least) resolve_literal(&r, block->param[i].least);
        if (block->param[i].most) resolve_literal(&r, block->param[i].most);
    }
    for (int i = 0; i < block->let_count; i++) resolve_value(&r, block->let[i].tree);
    for (int i = 0; i < block->node_count; i++) {
        if (block->node[i].formula)
            resolve_formula(&r, &block->node[i]);
        else if (block->node[i].attributes)
            resolve_mapping(&r, &block->node[i]);
    }
    r.formula = true;
    for (int i = 0; i < block->output_count; i++) resolve_reference(&r, block->output[i].from, "outputs");
    if (sg_diagnostics_errors(work->diagnostics) > errors) block->broken = true;
    work->chain = chain;
}

/* <l> in the patterns of a rule's `match`. */
static void collect_captures(sg_work *work, const sg_tree *match, sg_names *names) {
    for (size_t i = 0; i < match->count; i++) collect_captures(work, match->entry[i].value, names);
    if (match->kind != SG_TREE_TEXT) return;
    for (const char *at = strchr(match->text, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        if (end && end > at + 1)
            sg_names_add(work, names, sg_take_text(work, at + 1, (size_t)(end - at - 1)));
    }
}

static void resolve_section(sg_resolver *r, sg_tree *tree) {
    const sg_entry *match = sg_tree_entry(tree, "match");
    sg_names captures = {0};
    const sg_names *outer = r->captures;
    if (match) {
        collect_captures(r->work, match->value, &captures);
        r->captures = &captures;
    }
    for (size_t i = 0; i < tree->count; i++) resolve_section(r, tree->entry[i].value);
    if (tree->count == 0) resolve_literal(r, tree);
    r->captures = outer;
}

void sg_resolve_sections(sg_work *work, const sg_document *document, sg_tree *root) {
    sg_resolver r = {.work = work, .document = document, .block = (sg_block *)&document->main};
    for (int i = 0; i < SG_SECTIONS; i++) {
        sg_entry *entry = sg_tree_entry(root, sg_section_names[i]);
        if (!entry || entry->value->kind == SG_TREE_BAD) continue;
        if (entry->value->kind == SG_TREE_MAP)
            resolve_section(&r, entry->value);
        else
            sg_complain(work, entry->value->span, NULL, "`%s` must be a mapping, but is %s",
                        sg_section_names[i], sg_tree_kind_text(entry->value));
    }
}

/* A file cannot take arguments away from its base, so one of those may stay without a use. */
static bool of_base(const sg_document *document, const sg_symbol *symbol) {
    const char *file = symbol->span.mark.file;
    size_t length = file ? strlen(file) : 0;
    if (!file || !document->file) return false;
    /* The document may be FILE@variant. */
    return strncmp(document->file, file, length) != 0 || !strchr("@", document->file[length]);
}

void sg_resolve_unused(sg_work *work, const sg_document *document, const sg_block *block) {
    const sg_chain *chain = work->chain;
    work->chain = block->chain;
    for (size_t i = 0; i < block->symbol_count; i++) {
        const sg_symbol *symbol = &block->symbol[i];
        if (symbol->mentioned || (block->is_file && of_base(document, symbol))) continue;
        const char *hint =
            symbol->as_text
                ? sg_take_printf(work, "line %d says `%s`, which is text: `$%s` inserts the value",
                                 symbol->as_text->span.mark.line, symbol->name, symbol->name)
                : "remove it, or use it";
        /* `--set train.epochs=5` may leave the file's own argument without a use. */
        if (symbol->kind == SG_SYMBOL_PARAM && block->is_file)
            sg_warn(work, symbol->span, hint, "the argument `%s` is never used", symbol->name);
        else if (symbol->kind == SG_SYMBOL_PARAM)
            sg_complain(work, symbol->span, hint, "the argument `%s` is never used", symbol->name);
        bool state = symbol->kind == SG_SYMBOL_NODE && block->node[symbol->index].next;
        if (symbol->kind == SG_SYMBOL_NODE && !block->is_file && !state)
            sg_warn(work, symbol->span, NULL, "nothing needs the node `%s`: it will not be built",
                    symbol->name);
    }
    work->chain = chain;
}
