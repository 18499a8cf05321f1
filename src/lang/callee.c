#include "lang/callee.h"

#include "lang/foreign.h"
#include "lang/function.h"
#include "lang/library.h"
#include "lang/suggest.h"

#include <string.h>

bool sg_callee_exists(const sg_document *document, const char *name) {
    return sg_op_find(name) || sg_document_block(document, name);
}

bool sg_callable(const sg_document *document, const char *name) {
    if (sg_callee_exists(document, name)) return true;
    for (int kind = 0; kind < SG_KIND_COUNT; kind++)
        if (sg_registry_find((sg_kind)kind, name)) return true;
    return false;
}

static void add_kind(sg_work *work, sg_names *names, sg_kind kind) {
    for (size_t i = 0; i < sg_registry_count(kind); i++)
        sg_names_add(work, names, sg_registry_at(kind, i)->name);
}

static void add_callees(sg_work *work, sg_names *names, const sg_document *document) {
    sg_library_names(work, names);
    for (size_t i = 0; i < document->block_count; i++)
        if (!document->block[i]->library) sg_names_add(work, names, document->block[i]->name);
    add_kind(work, names, SG_KIND_OP);
}

static const char *hint_for_op(sg_work *work, const sg_names *names, const char *name) {
    const char *foreign = sg_foreign_op(name);
    return foreign ? foreign : sg_names_hint(work, names, sg_foreign_base(name));
}

const char *sg_callable_hint(sg_work *work, const sg_document *document, const char *name) {
    sg_names names = {0};
    add_callees(work, &names, document);
    for (int kind = 1; kind < SG_KIND_COUNT; kind++) add_kind(work, &names, (sg_kind)kind);
    return hint_for_op(work, &names, name);
}

const char *sg_callee_hint(sg_work *work, const sg_document *document, const char *name, bool functions) {
    sg_names names = {0};
    if (functions) sg_function_names(work, &names);
    add_callees(work, &names, document);
    return hint_for_op(work, &names, name);
}

bool sg_callee_find(sg_work *work, const sg_document *document, const char *name, sg_span span,
                    sg_callee *callee) {
    *callee = (sg_callee){.name = name, .op = sg_op_find(name), .block = sg_document_block(document, name)};
    if (callee->op || callee->block) return true;
    for (int kind = 1; kind < SG_KIND_COUNT; kind++) {
        if (!sg_registry_find((sg_kind)kind, name)) continue;
        sg_complain(work, span, NULL, "`%s` is of the kind %s: it cannot be a node", name,
                    sg_kind_name((sg_kind)kind));
        return false;
    }
    if (!document->incomplete)
        sg_complain(work, span, sg_callee_hint(work, document, name, false), "unknown op `%s`", name);
    return false;
}

int sg_callee_input_count(const sg_callee *callee) {
    int count = 0;
    if (callee->block) return callee->block->input_count;
    while (sg_op_in_port(callee->op, count)) count++;
    return count;
}

const char *sg_callee_input_name(const sg_callee *callee, int index) {
    return callee->block ? callee->block->input[index].name : sg_op_in_port(callee->op, index)->name;
}

bool sg_callee_input_optional(const sg_callee *callee, int index) {
    if (callee->block) return callee->block->input[index].optional;
    return sg_op_in_port(callee->op, index)->flags & SG_PORT_OPTIONAL;
}

bool sg_callee_variadic(const sg_callee *callee) {
    int count = sg_callee_input_count(callee);
    return callee->op && count > 0 && (sg_op_in_port(callee->op, count - 1)->flags & SG_PORT_VARIADIC);
}

int sg_callee_input_index(const sg_callee *callee, const char *name) {
    int count = sg_callee_input_count(callee);
    for (int i = 0; i < count; i++)
        if (strcmp(sg_callee_input_name(callee, i), name) == 0) return i;
    return -1;
}

int sg_callee_output_count(const sg_callee *callee) {
    int count = 0;
    if (callee->block) return callee->block->output_count;
    while (sg_op_out_port(callee->op, count)) count++;
    return count;
}

const char *sg_callee_output_name(const sg_callee *callee, int index) {
    return callee->block ? callee->block->output[index].name : sg_op_out_port(callee->op, index)->name;
}

static void attribute_names(sg_work *work, const sg_callee *callee, sg_names *names) {
    if (callee->block)
        for (int i = 0; i < callee->block->param_count; i++)
            sg_names_add(work, names, callee->block->param[i].name);
    if (callee->op) {
        const sg_schema *schema = sg_op_schema(callee->op);
        for (int i = 0; i < sg_schema_attr_count(schema); i++)
            sg_names_add(work, names, schema->attrs[i].name);
        if (strcmp(callee->name, "state") == 0) sg_names_add(work, names, "next"); /* read apart: a node */
    }
}

static const char *hint_of(sg_work *work, sg_names *names, const char *name, const char *none) {
    const char *hint = sg_names_hint(work, names, name);
    if (hint) return hint;
    return names->count ? sg_take_printf(work, "known: %s", sg_names_text(work, names, 16)) : none;
}

const char *sg_callee_attributes_text(sg_work *work, const sg_callee *callee) {
    sg_names names = {0};
    const char *text = NULL;
    attribute_names(work, callee, &names);
    for (size_t i = 0; i < names.count; i++)
        text =
            sg_take_printf(work, "%s%s=...", text ? sg_take_printf(work, "%s, ", text) : "", names.item[i]);
    return text ? sg_take_printf(work, "attributes are given by name: %s", text) : NULL;
}

/* The block that was meant where an op has its name: ops take weights as inputs, blocks make them. */
static const char *block_meant(sg_work *work, const sg_callee *callee, const char *name) {
    if (!callee->op || sg_callee_input_index(callee, "weight") < 0) return NULL;
    return sg_library_around(work, callee->name, name);
}

/* A key of the node itself that was meant; NULL where none is near. */
static const char *node_key(const char *name) {
    static const char *const keys[] = {"op", "in", "repeat", "when", "share", "shape", "recompute", "doc"};
    sg_names names = {.item = (const char **)keys, .count = sizeof keys / sizeof *keys};
    if (sg_word_in(name, "input inputs")) return "in";
    if (sg_word_in(name, "if condition enabled")) return "when";
    if (sg_word_in(name, "loop for times")) return "repeat";
    return sg_names_nearest(&names, name);
}

const char *sg_callee_meant(sg_work *work, const sg_callee *callee, const char *name, const char **hint) {
    sg_names names = {0};
    attribute_names(work, callee, &names);
    const char *meant = sg_suggest_attribute(work, &names, name, hint);
    if (meant) return meant;
    if (sg_callee_input_index(callee, name) >= 0) {
        *hint = sg_take_printf(work, "`%s` is an input: write in: {%s: ...}", name, name);
        return "in";
    }
    const char *block = *hint ? NULL : block_meant(work, callee, name);
    if (block) {
        *hint = sg_take_printf(work, "did you mean the block `%s`, which makes its own weights?", block);
        return NULL;
    }
    const char *key = node_key(name);
    if (key) *hint = sg_take_printf(work, "did you mean the key `%s`?", key);
    if (key && strcmp(key, "in") == 0) *hint = "inputs are given as `in: ...`";
    if (!*hint)
        *hint =
            names.count ? sg_take_printf(work, "known: %s", sg_names_text(work, &names, 16)) : "it has none";
    return key;
}

bool sg_callee_check_attribute(sg_work *work, const sg_callee *callee, const char *name, sg_span span) {
    sg_names names = {0};
    const char *hint;
    attribute_names(work, callee, &names);
    for (size_t i = 0; i < names.count; i++)
        if (strcmp(names.item[i], name) == 0) return true;
    sg_callee_meant(work, callee, name, &hint);
    sg_complain(work, span, hint, "`%s` has no %s `%s`", callee->name,
                callee->block ? "argument" : "attribute", name);
    return false;
}

bool sg_callee_check_input(sg_work *work, const sg_callee *callee, const char *name, sg_span span) {
    sg_names names = {0};
    for (int i = 0; i < sg_callee_input_count(callee); i++)
        sg_names_add(work, &names, sg_callee_input_name(callee, i));
    if (sg_callee_input_index(callee, name) >= 0) return true;
    sg_complain(work, span, hint_of(work, &names, name, "it has none"), "`%s` has no input `%s`",
                callee->name, name);
    return false;
}
