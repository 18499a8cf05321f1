/* Any bytes as a graph file: it is refused with messages, or bound, printed and read again. */
#include "fuzz.h"

#include "simgraph/language.h"

/* `repeat: {i: 900000}` is legal and slow; it would only tell that large graphs take long. */
static int counts_far(const uint8_t *data, size_t size) {
    size_t digits = 0;
    for (size_t i = 0; i < size; i++) {
        int digit = data[i] >= '0' && data[i] <= '9';
        digits = digit ? digits + 1 : 0;
        if (digits > 3 || (digits && i + 1 < size && (data[i + 1] | 32) == 'e') || data[i] == '*') return 1;
    }
    return 0;
}

static sg_document *read(const char *text, size_t length, sg_diagnostics *diagnostics) {
    sg_document *document = NULL;
    sg_status status = sg_document_load_text(&document, "graph.yaml", text, length, NULL, diagnostics);
    FUZZ_ASSERT((status == SG_OK) == (document != NULL));
    FUZZ_ASSERT((status == SG_OK) == (sg_diagnostics_errors(diagnostics) == 0));
    return document;
}

/* What a document prints must be read again. */
static void read_again(char *text, size_t length) {
    sg_diagnostics *diagnostics = NULL;
    if (sg_diagnostics_create(&diagnostics, NULL) != SG_OK) return;
    sg_document *document = read(text, length, diagnostics);
    FUZZ_ASSERT(document);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
    free(text);
}

static size_t length_of(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sg_diagnostics *diagnostics = NULL;
    if (sg_diagnostics_create(&diagnostics, NULL) != SG_OK) return 0;
    sg_document *document = read((const char *)data, size, diagnostics);
    sg_bound *bound = NULL;
    const sg_bind_options options = {sizeof options, 3, true, SG_F32};
    if (document && !counts_far(data, size)) {
        sg_status status = sg_document_bind(&bound, document, &options, diagnostics);
        FUZZ_ASSERT((status == SG_OK) == (bound != NULL));
    }
    if (bound) {
        char *text = NULL;
        FUZZ_ASSERT(sg_document_text(document, &text, NULL) == SG_OK);
        read_again(text, length_of(text));
        if (sg_document_expand(document, true, &text, diagnostics) == SG_OK)
            read_again(text, length_of(text));
    }
    free(sg_diagnostics_text(diagnostics, true));
    sg_bound_destroy(bound);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
    return 0;
}
