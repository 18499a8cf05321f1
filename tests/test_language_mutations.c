/* Graph files against damage: two thousand changed copies, the same on every run. Each is refused with a
 * message or read; what is read prints, and what it prints is read again. Worth most under AddressSanitizer.
 */
#include "language.h"

#include "simgraph/style.h"

#include <stdint.h>

#ifdef SANITIZED
enum { COPIES = 600, ROOM = 8192 };
#else
enum { COPIES = 2000, ROOM = 8192 };
#endif

static const char original[] =
    "simgraph: 1\n"
    "doc: a graph that uses much of the language\n"
    "args: {widths: [6, 8], deep: 2, ratio: {default: 0.5, min: 0, max: 1, doc: share},\n"
    "  enc: {op: attention, heads: 2}, kind: {default: a, one_of: [a, b]}}\n"
    "let: {n: len(widths), k: \"min(n, deep)\"}\n"
    "blocks:\n"
    "  layer:\n"
    "    inputs: {x: [..., c], extra: {shape: [b, c], optional: true}}\n"
    "    args: {out: int, with_extra: $(out > 6), fn: {type: op, default: sigmoid}}\n"
    "    let: {half: out / 2}\n"
    "    nodes:\n"
    "      y: picked + 0 * half\n"
    "      picked: lin + extra if given(extra) and with_extra else act\n"
    "      act: {op: $fn, in: lin}\n"
    "      lin: {op: linear, in: x, out: $out}\n"
    "    outputs: {main: y, raw: lin}\n"
    "nodes:\n"
    "  x: {op: input, shape: [batch, 4]}\n"
    "  one: {op: layer, in: x, out: 5, fn: {op: linear, out: 7}}\n"
    "  many: {op: layer, in: one, repeat: {w: widths, j: deep}, out: $(w + j)}\n"
    "  none: {op: layer, in: many, repeat: {i: 0}, out: 3}\n"
    "  skipped: {op: layer, in: none, when: not training, out: 3}\n"
    "  same: {op: layer, in: x, out: 5, share: one, fn: {op: linear, out: 7}}\n"
    "  raw: one.raw + many.0.raw[:, :5]\n"
    "  last: {op: gelu, in: many.$(deep - 1).raw}\n"
    "  seq: reshape(concat(x, x, axis=1), shape=[batch, 2, n * 2])\n"
    "  att: {op: $enc, in: seq}\n"
    "  loss: mean((att[:, ::2, -1] - ratio * k) ** 2) if kind == 'a' else sum(att)\n"
    "train: {minimize: loss, epochs: 10, weights: [{match: block.<l>, lr: $(0.5 ** l)}], name: run-$kind}\n";

static const char *const pieces[] = {"{",           "}",
                                     "[",           "]",
                                     ":",           ", ",
                                     "$(",          ")",
                                     "(",           "\"",
                                     "'",           "batch",
                                     "...",         "1e9",
                                     "-1",          "0",
                                     "**",          "//",
                                     "%",           " if ",
                                     " else ",      "given(",
                                     "x",           "y",
                                     "\n  ",        "\n",
                                     "in: ",        "op: ",
                                     "linear",      "gelu",
                                     "args:",       "nodes:",
                                     "blocks:",     "let:",
                                     "$",           "$$",
                                     "\xc3\xa9",    "\t",
                                     "#",           "not ",
                                     " and ",       "<l>",
                                     "axis=",       "99999999999",
                                     "share: ",     "repeat: {i: 3}",
                                     "when: false", "set:",
                                     "base:",       "- "};

static uint32_t next_word(uint64_t *state) { /* Knuth's MMIX generator */
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static size_t insert(char *text, size_t length, size_t at, const char *piece, size_t size) {
    if (length + size + 1 > ROOM) return length;
    memmove(text + at + size, text + at, length - at);
    memcpy(text + at, piece, size);
    return length + size;
}

static size_t mutate(char *text, size_t length, uint64_t *state) {
    size_t at = next_word(state) % length;
    const char *piece = pieces[next_word(state) % (sizeof pieces / sizeof *pieces)];
    char copy[32];
    switch (next_word(state) % 4) {
    case 0:
        text[at] = (char)(32 + next_word(state) % 95);
        return length;
    case 1: {
        size_t size = next_word(state) % 16;
        if (at + size >= length) return length;
        memmove(text + at, text + at + size, length - at - size);
        return length - size;
    }
    case 2:
        return insert(text, length, at, piece, strlen(piece));
    default: {
        size_t size = next_word(state) % sizeof copy, from = next_word(state) % length;
        if (from + size > length) return length;
        memcpy(copy, text + from, size);
        return insert(text, length, at, copy, size);
    }
    }
}

static void assert_reads(const char *text, const char *from) {
    char *messages = messages_of(text, 0, NULL);
    ck_assert_msg(*messages == 0 || strstr(messages, "error: ") == NULL, "%s\n%s\nfrom\n%s", messages, text,
                  from);
    free(messages);
}

/* The text as `expand` prints it; NULL where it does not load. */
static char *expansion_of(const char *text) {
    sg_diagnostics *diagnostics;
    sg_document *document = NULL;
    char *expanded = NULL;
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    if (sg_document_load_text(&document, "graph.yaml", text, strlen(text), NULL, diagnostics) == SG_OK)
        sg_document_expand(document, true, &expanded, diagnostics);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
    return expanded;
}

static char *styled(const char *text, const char *from) {
    sg_diagnostics *diagnostics;
    char *out = NULL;
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    sg_status status = sg_style_text(&out, "graph.yaml", text, strlen(text), diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_msg((status == SG_OK) == (sg_diagnostics_errors(diagnostics) == 0), "status %d\n%s", status,
                  text);
    ck_assert_msg(!strstr(messages, "canonical style"), "%s\nfrom\n%s", messages, from);
    free(messages);
    sg_diagnostics_destroy(diagnostics);
    return out;
}

/* Styling again changes nothing, and what the text means stays. */
static bool check_style(const char *text) {
    char *once = styled(text, text), *twice = once ? styled(once, text) : NULL;
    if (once) {
        ck_assert_msg(twice && strcmp(once, twice) == 0, "%s\nbecomes\n%s\nbecomes\n%s", text, once, twice);
        char *before = expansion_of(text), *after = expansion_of(once);
        ck_assert_msg(!before == !after, "%s\nbecomes\n%s", text, once);
        ck_assert_msg(!before || strcmp(before, after) == 0, "%s\nbecomes\n%s", text, once);
        free(before);
        free(after);
    }
    bool good = once != NULL;
    free(once);
    free(twice);
    return good;
}

static bool check_one(const char *text) {
    sg_diagnostics *diagnostics;
    sg_document *document = NULL;
    sg_bound *bound = NULL;
    sg_bind_options options = {sizeof options, 3, true, SG_F32};
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    sg_status status = sg_document_load_text(&document, "graph.yaml", text, strlen(text), NULL, diagnostics);
    if (status == SG_OK) status = sg_document_bind(&bound, document, &options, diagnostics);
    ck_assert_msg((status == SG_OK) == (sg_diagnostics_errors(diagnostics) == 0), "status %d\n%s", status,
                  text);
    if (status == SG_OK) {
        char *printed = NULL, *expanded = NULL;
        ck_assert(sg_document_text(document, &printed, NULL) == SG_OK);
        assert_reads(printed, text);
        if (sg_document_expand(document, true, &expanded, diagnostics) == SG_OK) assert_reads(expanded, text);
        free(printed);
        free(expanded);
    }
    free(sg_diagnostics_text(diagnostics, true));
    sg_bound_destroy(bound);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
    return status == SG_OK;
}

START_TEST(damaged_graphs_are_refused_or_read) {
    uint64_t state = 1;
    int good = 0, styles = 0;
    ck_assert(check_one(original));
    for (int i = 0; i < COPIES; i++) {
        char text[ROOM] = {0};
        size_t length = strlen(original);
        memcpy(text, original, length);
        for (uint32_t edits = 1 + next_word(&state) % 3; edits > 0; edits--)
            length = mutate(text, length, &state);
        text[length] = 0;
        good += check_one(text);
        styles += check_style(text);
    }
    ck_assert_int_gt(good, COPIES / 50); /* enough got past the reader */
    ck_assert_int_gt(styles, COPIES / 10);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {damaged_graphs_are_refused_or_read, NULL};
    return unit_run(unit_suite("language_mutations", tests));
}
