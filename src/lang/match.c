/* Patterns of weight paths. */
#include "simgraph/language.h"

#include <stdlib.h>
#include <string.h>

/* A star stands for any characters. Both texts end where their lengths say. */
static bool match_stars(const char *pattern, size_t m, const char *text, size_t n) {
    size_t i = 0, k = 0, star = m, resume = 0;
    while (k < n) {
        if (i < m && pattern[i] == '*') {
            star = i++;
            resume = k;
        } else if (i < m && pattern[i] == text[k]) {
            i++;
            k++;
        } else if (star < m) { /* let the last star take one more */
            i = star + 1;
            k = ++resume;
        } else {
            return false;
        }
    }
    while (i < m && pattern[i] == '*') i++;
    return i == m;
}

static bool capture(const char *name, size_t length, const char *segment, size_t digits,
                    sg_captures *captures) {
    if (digits == 0 || digits > 18 || strspn(segment, "0123456789") != digits) return false;
    if (!captures || captures->count >= SG_MAX_CAPTURES || length >= SG_CAPTURE_NAME) return true;
    int at = captures->count++;
    memcpy(captures->name[at], name, length);
    captures->name[at][length] = 0;
    captures->value[at] = strtoll(segment, NULL, 10);
    return true;
}

static bool match_segment(const char *pattern, size_t m, const char *segment, size_t n,
                          sg_captures *captures) {
    if (m > 2 && pattern[0] == '<' && pattern[m - 1] == '>')
        return capture(pattern + 1, m - 2, segment, n, captures);
    return match_stars(pattern, m, segment, n);
}

bool sg_path_match_front(const char *pattern, const char *path, sg_captures *captures, const char **rest) {
    sg_captures found = {0};
    for (;;) {
        size_t m = strcspn(pattern, "."), n = strcspn(path, ".");
        if (!match_segment(pattern, m, path, n, &found)) return false;
        pattern += m;
        path += n;
        if (*pattern == 0) break;
        if (*path == 0) return false;
        pattern++;
        path++;
    }
    if (captures) *captures = found;
    if (rest) *rest = path;
    return true;
}

bool sg_path_match(const char *pattern, const char *path, sg_captures *captures) {
    while (path) {
        if (sg_path_match_front(pattern, path, captures, NULL)) return true;
        path = strchr(path, '.');
        if (path) path++;
    }
    return false;
}
