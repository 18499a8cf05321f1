#include "train/take.h"

#include <stdio.h>
#include <string.h>

/* Whether all segments of `pattern` match those at the beginning of `name`; *rest is what follows them. */
static bool match_front(const char *pattern, const char *name, sg_captures *captures, int *segments,
                        const char **rest) {
    captures->count = *segments = 0;
    for (;; pattern++, name++) {
        char p[SG_MESSAGE_MAX], n[SG_MESSAGE_MAX];
        size_t m = strcspn(pattern, "."), k = strcspn(name, ".");
        snprintf(p, sizeof p, "%.*s", (int)m, pattern);
        snprintf(n, sizeof n, "%.*s", (int)k, name);
        sg_captures found = {0};
        if (!sg_path_match(p, n, &found)) return false;
        if (found.count && captures->count < SG_MAX_CAPTURES) {
            memcpy(captures->name[captures->count], found.name[0], SG_CAPTURE_NAME);
            captures->value[captures->count++] = found.value[0];
        }
        ++*segments;
        pattern += m;
        name += k;
        *rest = name;
        if (!*pattern) return true;
        if (!*name) return false;
    }
}

/* Appends to a buffer of SG_MESSAGE_MAX. */
static void append(char *to, const char *text, size_t length) {
    size_t used = strlen(to);
    if (length > SG_MESSAGE_MAX - 1 - used) length = SG_MESSAGE_MAX - 1 - used;
    memcpy(to + used, text, length);
    to[used + length] = 0;
}

static void substitute(const char *theirs, const sg_captures *captures, char *to) {
    while (*theirs) {
        size_t plain = strcspn(theirs, "<"), inner = theirs[plain] ? strcspn(theirs + plain + 1, ">") : 0;
        append(to, theirs, plain);
        theirs += plain;
        if (!*theirs) return;
        char number[32] = "";
        for (int i = 0; i < captures->count; i++)
            if (strlen(captures->name[i]) == inner && strncmp(captures->name[i], theirs + 1, inner) == 0)
                snprintf(number, sizeof number, "%lld", (long long)captures->value[i]);
        bool known = number[0] && theirs[1 + inner] == '>';
        append(to, known ? number : theirs, known ? strlen(number) : 1);
        theirs += known ? inner + 2 : 1;
    }
}

void sg_take_name(const sg_train_config *config, const char *name, char theirs[SG_MESSAGE_MAX]) {
    int most = 0;
    snprintf(theirs, SG_MESSAGE_MAX, "%s", name);
    for (int i = 0; config && i < config->take_count; i++) {
        sg_captures captures;
        const char *rest;
        int segments;
        if (!match_front(config->take[i].name, name, &captures, &segments, &rest) || segments <= most)
            continue;
        most = segments;
        theirs[0] = 0;
        substitute(sg_tree_text(config->take[i].tree), &captures, theirs);
        append(theirs, rest, strlen(rest));
    }
}

bool sg_take_matches(const char *ours, const char *name) {
    sg_captures captures;
    const char *rest;
    int segments;
    return match_front(ours, name, &captures, &segments, &rest);
}
