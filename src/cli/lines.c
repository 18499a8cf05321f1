/* A unified difference of two texts. */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { AROUND = 3, MAX_CELLS = 1 << 24 };

typedef struct lines {
    size_t count;
    const char **at; /* count + 1: line i reaches from at[i] to at[i + 1] */
} lines;

typedef enum edit { KEEP = 0, REMOVE, ADD } edit;

static bool cut(lines *out, const char *text) {
    size_t count = 0;
    for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') count++;
    *out = (lines){count, malloc((count + 1) * sizeof *out->at)};
    if (!out->at) return false;
    for (size_t i = 0; i <= count; i++) {
        out->at[i] = text;
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return true;
}

static bool equal(const lines *a, size_t i, const lines *b, size_t k) {
    size_t length = (size_t)(a->at[i + 1] - a->at[i]);
    return length == (size_t)(b->at[k + 1] - b->at[k]) && memcmp(a->at[i], b->at[k], length) == 0;
}

/* The edits between a[from..a_end) and b[from..b_end), by the longest common subsequence; where that table
 * would be huge, everything is replaced. */
static bool compare(const lines *a, const lines *b, size_t from, size_t a_end, size_t b_end, edit *out,
                    size_t *count) {
    size_t rows = a_end - from, columns = b_end - from, width = columns + 1;
    bool huge = rows && columns > MAX_CELLS / rows;
    unsigned *length = huge ? NULL : calloc((rows + 1) * width, sizeof *length);
    if (!huge && !length) return false;
    for (size_t i = rows; !huge && i-- > 0;)
        for (size_t k = columns; k-- > 0;) {
            unsigned below = length[(i + 1) * width + k], right = length[i * width + k + 1];
            length[i * width + k] = equal(a, from + i, b, from + k) ? length[(i + 1) * width + k + 1] + 1
                                    : below > right                 ? below
                                                                    : right;
        }
    for (size_t i = 0, k = 0; i < rows || k < columns;) {
        bool keep = !huge && i < rows && k < columns && equal(a, from + i, b, from + k);
        bool removes =
            i < rows && (k == columns || huge || length[(i + 1) * width + k] >= length[i * width + k + 1]);
        out[(*count)++] = keep ? KEEP : removes ? REMOVE : ADD;
        i += keep || removes;
        k += keep || !removes;
    }
    free(length);
    return true;
}

static void print_line(char mark, const lines *of, size_t i) {
    size_t length = (size_t)(of->at[i + 1] - of->at[i]);
    bool ends = length && of->at[i][length - 1] == '\n';
    printf("%c%.*s%s", mark, (int)length, of->at[i], ends ? "" : "\n\\ No newline at end of file\n");
}

static void print_hunk(const lines *a, const lines *b, const edit *edits, size_t start, size_t end, size_t i,
                       size_t k) {
    size_t removed = 0, added = 0;
    for (size_t e = start; e < end; e++) {
        removed += edits[e] != ADD;
        added += edits[e] != REMOVE;
    }
    printf("@@ -%zu,%zu +%zu,%zu @@\n", i + (removed > 0), removed, k + (added > 0), added);
    for (size_t e = start; e < end; e++) {
        if (edits[e] == ADD)
            print_line('+', b, k++);
        else
            print_line(edits[e] == KEEP ? ' ' : '-', a, i++);
        k += edits[e] == KEEP;
    }
}

static void print_hunks(const lines *a, const lines *b, const edit *edits, size_t count) {
    size_t i = 0, k = 0; /* lines before edits[e] */
    for (size_t e = 0; e < count;) {
        if (edits[e] == KEEP) {
            e++, i++, k++;
            continue;
        }
        size_t start = e > AROUND ? e - AROUND : 0, end = e, last = e;
        while (start < e && edits[start] != KEEP) start++;
        for (; end < count && end - last <= 2 * AROUND; end++)
            if (edits[end] != KEEP) last = end;
        end = last + 1 + AROUND < count ? last + 1 + AROUND : count;
        print_hunk(a, b, edits, start, end, i - (e - start), k - (e - start));
        for (; e < end; e++) {
            i += edits[e] != ADD;
            k += edits[e] != REMOVE;
        }
    }
}

int cli_lines_diff(const char *name, const char *old_text, const char *new_text) {
    lines a = {0}, b = {0};
    edit *edits = NULL;
    bool good = cut(&a, old_text) && cut(&b, new_text);
    if (good) good = (edits = malloc((a.count + b.count + 1) * sizeof *edits)) != NULL;
    if (good) {
        size_t from = 0, a_end = a.count, b_end = b.count, count = 0;
        while (from < a_end && from < b_end && equal(&a, from, &b, from)) edits[count++] = KEEP, from++;
        while (a_end > from && b_end > from && equal(&a, a_end - 1, &b, b_end - 1)) a_end--, b_end--;
        good = compare(&a, &b, from, a_end, b_end, edits, &count);
        for (size_t i = a_end; good && i < a.count; i++) edits[count++] = KEEP;
        bool differs = from < a.count || from < b.count;
        if (good && differs) printf("--- %s\n+++ %s\n", name, name);
        if (good) print_hunks(&a, &b, edits, count);
    }
    free(edits);
    free(a.at);
    free(b.at);
    return good ? SG_OK : cli_fail(SG_OUT_OF_MEMORY, "out of memory");
}
