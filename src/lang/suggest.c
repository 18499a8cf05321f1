#include "lang/suggest.h"

#include "lang/diagnostics.h"
#include "lang/foreign.h"
#include "lang/scalar.h"

#include <string.h>

static const char *known_as(const sg_names *known, const char *name) {
    for (size_t i = 0; i < known->count; i++)
        if (strcmp(known->item[i], name) == 0) return known->item[i];
    return NULL;
}

const char *sg_suggest_attribute(sg_work *work, const sg_names *known, const char *name, const char **hint) {
    const char *foreign = sg_foreign_attribute(name), *meant = NULL;
    *hint = NULL;
    if (foreign && !*foreign) {
        *hint = "leave it out: it is not needed here";
        return NULL;
    }
    while (foreign && *foreign && !meant) {
        size_t length = strcspn(foreign, " ");
        meant = known_as(known, sg_take_text(work, foreign, length));
        foreign += length + strspn(foreign + length, " ");
    }
    if (meant)
        *hint = sg_take_printf(work, "it is called `%s` here", meant);
    else if ((meant = sg_names_nearest(known, name)) != NULL)
        *hint = sg_take_printf(work, "did you mean `%s`?", meant);
    return meant;
}

/* Dollars in front of names mean nothing within $(...). */
static const char *without_dollars(sg_work *work, const char *text) {
    char *out = sg_take_text(work, text, strlen(text)), *to = out;
    for (const char *from = text; *from; from++)
        if (*from != '$') *to++ = *from;
    *to = 0;
    return out;
}

const char *sg_suggest_value(sg_work *work, const sg_tree *value) {
    if (value->kind != SG_TREE_TEXT) return NULL;
    const char *text = value->text;
    size_t number = sg_number_length(text), length = strlen(text);
    if (number && number == length) return "write the number without quotes";
    if (number && number + 1 == length && text[number] == '%') return "a share of 1 is meant: 50% is 0.5";
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) return "write it without quotes";
    const char *written = sg_diagnostics_quote(work->diagnostics, value->span.mark, value->span.length);
    if (!written || strchr("'\"", *written)) written = text;
    if (strncmp(written, "$$", 2) == 0) return "`$$` is a plain dollar: `$name` inserts a value";
    if (strpbrk(written, "+-*/%()$ "))
        return sg_take_printf(work, "`$(%s)` would insert the value of the expression",
                              without_dollars(work, written));
    if (value->names_value)
        return sg_take_printf(work, "`$%s` would insert the value of the name `%s`", text, text);
    return NULL;
}
