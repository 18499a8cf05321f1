/* The nearest known name to one that is misspelt. */
#include "simgraph/schema.h"
#include "base/numeric.h"

#include <string.h>

enum { LONGEST = 64 }; /* longer names get no suggestion */

/* Case and the choice between - and _ do not count as differences. */
static char folded(char c) {
    return c == '-' ? '_' : sg_to_lower(c);
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap of neighbours) between a and b: the optimal string alignment distance.
 */
static int distance(const char *a, int m, const char *b, int n) {
    int rows[3][LONGEST + 1];
    int *before = rows[0], *above = rows[1], *row = rows[2];
    for (int j = 0; j <= n; j++) above[j] = before[j] = j;
    for (int i = 1; i <= m; i++) {
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            char x = folded(a[i - 1]), y = folded(b[j - 1]);
            int best = smaller(smaller(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == folded(b[j - 2]) && y == folded(a[i - 2]))
                best = smaller(best, before[j - 2] + 1);
            row[j] = best;
        }
        int *reuse = before;
        before = above;
        above = row;
        row = reuse;
    }
    return above[n];
}

/* Whether a name is the first words of another: "spread" of "spread_mask". */
static bool begins(const char *name, size_t length, const char *other) {
    for (size_t i = 0; i < length; i++)
        if (folded(name[i]) != folded(other[i])) return false;
    return folded(other[length]) == '_';
}

const char *sg_nearest_name(const char *name, const char *(*candidate)(const void *data, size_t i),
                            const void *data) {
    size_t length = strlen(name);
    if (length < 2 || length > LONGEST) return NULL;
    int allowed = length < 6 ? 1 : length < 9 ? 2 : 3; /* more edits would turn a short name into any other */
    const char *best = NULL, *longer = NULL, *other;
    int beginnings = 0;
    for (size_t i = 0; (other = candidate(data, i)) != NULL; i++) {
        size_t n = strlen(other);
        if (n < 2 || n > LONGEST) continue;
        if (length >= 4 && n > length && begins(name, length, other) && beginnings++ == 0) longer = other;
        int edits = distance(name, (int)length, other, (int)n);
        if (edits <= allowed - (best != NULL)) { /* an equally near one later does not replace the first */
            best = other;
            allowed = edits;
        }
    }
    return best || beginnings != 1 ? best : longer; /* of several, any would be a guess */
}
