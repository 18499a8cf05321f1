/* Any bytes as a file of names: it is refused with messages, or weights go in and out after it. */
#include "fuzz.h"

#include "weights/names.h"

static const char graph_text[] = "simgraph: 1\n"
                                 "nodes:\n"
                                 "  x: {op: input, shape: [batch, 3]}\n"
                                 "  enc: {op: linear, in: x, repeat: {l: 2}, out: 3}\n"
                                 "  table: {op: weight, shape: [9, 3]}\n"
                                 "  fixed: {op: iota, shape: [4, 1], axis: 0}\n"
                                 "  y: enc + sum(table) + sum(fixed)\n";

static sg_arrays a_file(void) {
    static const char *const names[] = {"l0.q",         "l0.k",       "l1.v", "model.table",
                                        "enc.0.weight", "enc.1.bias", "w",    "b"};
    static const sg_shape shapes[] = {{2, {1, 3}}, {2, {1, 3}}, {2, {1, 3}}, {3, {1, 25, 3}},
                                      {2, {3, 3}}, {1, {3}},    {2, {3, 3}}, {1, {3}}};
    sg_arrays file = {0};
    for (int i = 0; i < 8; i++) {
        sg_tensor x;
        if (sg_tensor_init(&x, SG_F32, shapes[i], NULL) != SG_OK) abort();
        if (sg_arrays_add(&file, names[i], &x, NULL) != SG_OK) abort();
    }
    return file;
}

static void use(const sg_names *names) {
    static const char *const everything[] = {"*"};
    sg_diagnostics *diagnostics = NULL;
    sg_document *document = NULL;
    sg_bound *bound = NULL;
    const sg_bind_options bind = {sizeof bind, 1, true, SG_F32};
    if (sg_diagnostics_create(&diagnostics, NULL) != SG_OK) return;
    FUZZ_ASSERT(sg_document_load_text(&document, "g", graph_text, sizeof graph_text - 1, NULL, diagnostics) ==
                SG_OK);
    FUZZ_ASSERT(sg_document_bind(&bound, document, &bind, diagnostics) == SG_OK);
    const sg_weights_options options = {.size = sizeof options,
                                        .names = names,
                                        .fresh = everything,
                                        .fresh_count = 1,
                                        .ignore = everything,
                                        .ignore_count = 1};
    sg_arrays file = a_file(), in = {0}, out = {0};
    sg_weights_report report = {0};
    sg_status status = sg_weights_import(&in, &report, sg_bound_graph(bound), &file, &options, NULL);
    FUZZ_ASSERT(status == SG_OK || status == SG_BAD_CHECKPOINT || status == SG_BAD_GRAPH ||
                status == SG_OUT_OF_MEMORY);
    FUZZ_ASSERT(status == SG_OK || in.count == 0);
    free(sg_weights_report_text(&report));
    sg_weights_report_finish(&report);
    const sg_weights_options plain = {.size = sizeof plain, .names = names};
    status = sg_weights_export(&out, &report, sg_bound_graph(bound), &in, &plain, NULL);
    FUZZ_ASSERT(status == SG_OK || out.count == 0);
    sg_weights_report_finish(&report);
    sg_arrays_finish(&out);
    sg_arrays_finish(&in);
    sg_arrays_finish(&file);
    sg_bound_destroy(bound);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sg_diagnostics *diagnostics = NULL;
    sg_names *names = NULL;
    if (sg_diagnostics_create(&diagnostics, NULL) != SG_OK) return 0;
    sg_status status = sg_names_load_text(&names, "names.yaml", (const char *)data, size, diagnostics);
    FUZZ_ASSERT((status == SG_OK) == (names != NULL));
    FUZZ_ASSERT((status == SG_OK) == (sg_diagnostics_errors(diagnostics) == 0));
    if (names) use(names);
    free(sg_diagnostics_text(diagnostics, true));
    sg_names_destroy(names);
    sg_diagnostics_destroy(diagnostics);
    return 0;
}
