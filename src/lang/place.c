#include "lang/place.h"

#include "lang/diagnostics.h"
#include "lang/tree.h"

#include <string.h>

static bool in_library(const sg_work *work, sg_mark mark) {
    for (const sg_chain *chain = work->chain; chain; chain = chain->outer)
        if (chain->library && mark.file && strcmp(chain->library, mark.file) == 0) return true;
    return false;
}

/* The next name in a text of the language; NULL past the last one. Texts in quotes do not matter here: they
 * hold no name that a call gives. */
static const char *next_name(const char *at, size_t *length) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_",
                      more[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    at += strcspn(at, letters);
    *length = strspn(at, more);
    return *at ? at : NULL;
}

/* The value of the only argument of the call that the text mentions; NULL where that is unclear. */
static const sg_tree *only_given(sg_work *work, const sg_tree *given, const char *text) {
    const sg_tree *found = NULL;
    size_t length;
    if (strchr(text, '[') || strchr(text, '{')) return NULL;
    for (const char *at = next_name(text, &length); at; at = next_name(at + length, &length)) {
        const sg_entry *entry = sg_tree_entry(given, sg_take_text(work, at, length));
        if (!entry || entry->value == found) continue;
        if (found) return NULL;
        found = entry->value;
    }
    return found;
}

/* Follows a value of the library outwards, from argument to argument, to where the user wrote it. */
static bool find_cause(sg_work *work, sg_span *span) {
    sg_span at = *span;
    for (const sg_chain *chain = work->chain; chain && in_library(work, at.mark); chain = chain->outer) {
        if (!chain->given) continue;
        const char *text = sg_diagnostics_quote(work->diagnostics, at.mark, at.length);
        const sg_tree *value = text ? only_given(work, chain->given, text) : NULL;
        bool found = value && value->span.mark.line;
        if (!found && at.mark.line == span->mark.line && at.mark.file == span->mark.file) return false;
        if (found) at = value->span; /* which may be text of a block further out than the next */
    }
    if (in_library(work, at.mark)) return false;
    *span = at;
    return true;
}

sg_span sg_place_of_user(sg_work *work, sg_span span) {
    if (!in_library(work, span.mark) || find_cause(work, &span)) return span;
    const sg_chain *chain = work->chain;
    while (chain->outer && in_library(work, chain->mark)) chain = chain->outer;
    return (sg_span){chain->mark, chain->length};
}

const char *sg_place_text(sg_work *work, sg_span span) {
    const char *text = sg_diagnostics_quote(work->diagnostics, span.mark, span.length);
    return text && *text ? sg_take_printf(work, "at `%s`", text) : "here";
}
