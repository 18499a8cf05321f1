#include "lang/syntax_hint.h"

#include "lang/diagnostics.h"
#include "lang/foreign.h"
#include "simgraph/graph.h"

#include <limits.h>
#include <string.h>

/* YAML ends a plain text where a `#` follows a space. */
static bool cut_by_comment(sg_work *work, sg_span at) {
    const char *rest = sg_diagnostics_quote(work->diagnostics, at.mark, INT_MAX);
    return rest && *rest == ' ' && rest[strspn(rest, " ")] == '#';
}

const char *sg_syntax_hint(sg_work *work, const char *expected, sg_token_kind kind, sg_span at,
                           const char *word, const char *last_name) {
    const char *hint = sg_foreign_word(word);
    bool value = kind == SG_TOKEN_NAME || kind == SG_TOKEN_NUMBER, end = kind == SG_TOKEN_END;
    if (end && cut_by_comment(work, at)) return "a `#` after a space starts a comment";
    if (!hint) hint = sg_foreign_word(last_name);
    if (hint) return hint;
    if (kind == SG_TOKEN_TEXT && strcmp(last_name, "f") == 0)
        return "values are inserted into plain text by $name, without f and quotes";
    if (value && sg_op_find(last_name))
        return sg_take_printf(work, "an op is called with parentheses: %s(%s)", last_name, word);
    if (value && strstr(expected, "operator")) return "an operator or a comma is missing before it";
    if (strcmp(word, ")") == 0) return "there is one `)` too many, or a `(` is missing";
    if (end && strstr(expected, "`)`")) return "a `(` is not closed";
    if (end && strstr(expected, "`]`")) return "a `[` is not closed";
    return NULL;
}

void sg_complain_method(sg_work *work, sg_span at, const char *name, const char *base, bool module) {
    const char *hint = sg_foreign_op(name);
    if (!hint && !module && base) hint = sg_take_printf(work, "write %s(%s, ...)", name, base);
    if (!hint) hint = sg_take_printf(work, "write %s(...)", name);
    sg_complain(work, at, hint,
                module ? "`%s` is called without the name of a module"
                       : "`%s` is called here like a method, but ops are functions",
                name);
}
