/* lang/callee.h - what a node may call: an op of the registry or a block of the language. */
#ifndef SG_LANG_CALLEE_H
#define SG_LANG_CALLEE_H

#include "lang/document.h"

enum { SG_MAX_INPUTS = 64 }; /* that a variadic op takes */

typedef struct sg_callee {
    const char *name;
    const sg_op *op; /* one of the two */
    const sg_block *block;
} sg_callee;

/* False after reporting, with the nearest name, where there is neither. */
bool sg_callee_find(sg_work *work, const sg_document *document, const char *name, sg_span span,
                    sg_callee *callee);
bool sg_callee_exists(const sg_document *document, const char *name);
/* Whether anything at all that calls may name exists: ops, blocks, initialisers, sources, ... */
bool sg_callable(const sg_document *document, const char *name);
/* Hints with names of all callables, or of ops, blocks and functions. */
const char *sg_callable_hint(sg_work *work, const sg_document *document, const char *name);
const char *sg_callee_hint(sg_work *work, const sg_document *document, const char *name, bool functions);

int sg_callee_input_count(const sg_callee *callee);
const char *sg_callee_input_name(const sg_callee *callee, int index);
bool sg_callee_input_optional(const sg_callee *callee, int index);
bool sg_callee_variadic(const sg_callee *callee); /* its last input takes any number of values */
int sg_callee_input_index(const sg_callee *callee, const char *name); /* -1 when unknown */
int sg_callee_output_count(const sg_callee *callee);
const char *sg_callee_output_name(const sg_callee *callee, int index);

/* "attributes are given by name: low=..., high=...", or NULL without attributes. */
const char *sg_callee_attributes_text(sg_work *work, const sg_callee *callee);
/* The attribute, argument or key of a node that an unknown attribute most likely stands for, or NULL; the
 * words for it. */
const char *sg_callee_meant(sg_work *work, const sg_callee *callee, const char *name, const char **hint);
/* Reports an attribute, or an input, that the callee does not have. False then. */
bool sg_callee_check_attribute(sg_work *work, const sg_callee *callee, const char *name, sg_span span);
bool sg_callee_check_input(sg_work *work, const sg_callee *callee, const char *name, sg_span span);

#endif
