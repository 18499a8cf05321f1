/* Finding the rule for a name of ours, and writing the name of theirs. */
#include "weights/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const sg_name_rule *sg_name_rule_find(const sg_name_map *map, const char *name, sg_captures *captures,
                                      const char **rest) {
    const sg_name_rule *best = NULL;
    for (size_t i = 0; i < map->rule_count; i++) {
        const sg_name_rule *rule = &map->rule[i];
        if (best && rule->segments <= best->segments) continue;
        if (sg_path_match_front(rule->ours, name, captures, rest)) best = rule;
    }
    return best;
}

/* "l", "l+1" or "l-1", of `length` characters. */
static bool captured(const sg_captures *captures, const char *text, size_t length, int64_t *value) {
    size_t name = 0;
    while (name < length && text[name] != '+' && text[name] != '-') name++;
    for (int i = 0; i < captures->count; i++) {
        if (strlen(captures->name[i]) != name || strncmp(captures->name[i], text, name) != 0) continue;
        *value = captures->value[i] + (name < length ? strtoll(text + name, NULL, 10) : 0);
        return true;
    }
    return false;
}

char *sg_name_write(sg_bump *memory, const char *at, const char *part, const sg_captures *captures,
                    const char *rest) {
    sg_text text = {0};
    if (*at) sg_text_printf(&text, "%s.", at);
    for (const char *from = part; *from;) {
        size_t plain = strcspn(from, "<"), inner = from[plain] ? strcspn(from + plain + 1, ">") : 0;
        int64_t number;
        sg_text_append_bytes(&text, from, plain);
        from += plain;
        if (!*from) break;
        if (captured(captures, from + 1, inner, &number)) sg_text_printf(&text, "%lld", (long long)number);
        from += inner + 2; /* the reader has seen that the bracket ends, and that the name is captured */
    }
    sg_text_append(&text, rest);
    char *copy = text.failed ? NULL : sg_bump_text(memory, sg_text_get(&text));
    sg_text_finish(&text);
    return copy;
}
