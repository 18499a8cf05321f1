/* Literal attributes of all nodes, against what their ops and blocks take: also in blocks that nobody calls,
 * in those whose call is wrong, and of nodes that are left out. */
#include "lang/document.h"
#include "lang/expand.h"

#include <string.h>

/* Whether a `$` inserts something anywhere in it. */
static bool inserts(const sg_tree *tree) {
    for (size_t i = 0; i < tree->count; i++)
        if (inserts(tree->entry[i].value)) return true;
    return tree->kind == SG_TREE_TEXT && tree->template;
}

/* The attributes of a node; those that are not known yet are left to the evaluation. */
static const sg_tree *literal_attributes(sg_work *work, const sg_node_decl *node) {
    sg_tree *literal = sg_tree_new(work, SG_TREE_MAP, node->attributes->span);
    for (size_t i = 0; i < node->attributes->count; i++) {
        const sg_entry *entry = &node->attributes->entry[i];
        sg_tree *value = inserts(entry->value) ? sg_tree_new_bad(work, entry->value->span) : entry->value;
        sg_tree_append(work, literal, entry->key, entry->key_span, value);
    }
    return literal;
}

static void check_node(sg_frame *frame, const sg_node_decl *node) {
    sg_expander *x = frame->expander;
    bool known = node->attributes && node->op && node->op->kind == SG_TREE_TEXT && !node->op->template;
    if (!known || !sg_callee_exists(x->document, node->op->text)) return;
    sg_callee callee;
    if (!sg_callee_find(x->work, x->document, node->op->text, node->op->span, &callee)) return;
    sg_context context = {.frame = frame};
    sg_call_site site = {.context = &context,
                         .callee = &callee,
                         .name = node->name,
                         .round = -1,
                         .path = node->name,
                         .at = node->op->span,
                         .attributes = literal_attributes(x->work, node)};
    if (node->shape) site.shape = sg_tree_new_bad(x->work, node->shape->span);
    sg_call_check(&site);
}

static void check_block(sg_expander *x, const sg_block *block) {
    sg_frame *frame = sg_frame_new(x, block, "");
    x->work->chain = block->chain;
    for (int i = 0; i < block->node_count; i++) check_node(frame, &block->node[i]);
    x->work->chain = NULL;
}

typedef struct checking {
    sg_work *work;
    const sg_document *document;
} checking;

static void check_all(void *data) {
    checking *c = data;
    sg_expander expander = {.work = c->work, .document = c->document, .training = true};
    sg_document_attach(c->work, c->document);
    for (size_t i = 0; i < c->document->block_count; i++)
        if (!c->document->block[i]->library) check_block(&expander, c->document->block[i]);
    check_block(&expander, &c->document->main);
}

sg_status sg_document_check_literals(const sg_document *document, sg_diagnostics *diagnostics) {
    sg_work work = {.memory = sg_bump_create(), .diagnostics = diagnostics, .settings = document->settings};
    checking c = {&work, document};
    if (!work.memory) return SG_OUT_OF_MEMORY;
    sg_work_run(&work, check_all, &c);
    sg_bump_destroy(work.memory);
    return work.status;
}
