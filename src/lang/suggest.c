#include "lang/suggest.h"

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

const char *sg_suggest_value(const sg_tree *value) {
    if (value->kind != SG_TREE_TEXT) return NULL;
    const char *text = value->text;
    size_t sign = *text == '-', number = sg_number_length(text + sign), length = strlen(text);
    if (number) number += sign;
    bool truth = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    if (truth || (number && number == length)) return "quoted text; remove the quotes";
    if (number && (strcmp(text + number, "%") == 0 || strcmp(text + number, " %") == 0))
        return "a share of 1 is meant: 50% is 0.5";
    return value->undollared;
}

const char *sg_suggest_quotes(const sg_tree *value) {
    if (value->span.mark.file && strcmp(value->span.mark.file, SG_SET_NAME) == 0)
        return "put it in quotes, and these in those of the shell: --set 'key=\"text\"'";
    return "put it in quotes";
}
