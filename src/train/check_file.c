/* Everything that is wrong with a graph file: its text, its sections, its graphs, and all of that for every
 * variant of it. */
#include "base/text.h"
#include "train/config.h"

#include <stdlib.h>
#include <string.h>

/* Sections and graphs of a document, which may have errors already. */
static sg_status check_document(const sg_document *document, sg_diagnostics *diagnostics) {
    sg_train_config *config = NULL;
    sg_bound *bound = NULL;
    sg_status status = sg_train_config_create(&config, document, diagnostics);
    if (status == SG_OK) status = sg_train_config_check(config, diagnostics);
    sg_train_config_destroy(config);
    if (status == SG_OUT_OF_MEMORY) return status;
    /* Whatever is wrong with the run, the graph is looked at as well. */
    sg_bind_options bind = {sizeof bind, SG_SYMBOLIC_BATCH, true, sg_train_float_type(document)};
    sg_status graph = sg_document_bind(&bound, document, &bind, diagnostics);
    sg_bound_destroy(bound);
    if (status == SG_OK || graph == SG_OUT_OF_MEMORY) status = graph;
    sg_status literals = sg_document_check_literals(document, diagnostics);
    return status == SG_OK || literals == SG_OUT_OF_MEMORY ? literals : status;
}

/* Loads and checks; the first of all errors is the status. */
static sg_status check(sg_document **out, const char *path, const sg_document_options *options,
                       sg_diagnostics *diagnostics) {
    sg_document_options partial = options ? *options : (sg_document_options){.size = sizeof partial};
    partial.partial = true;
    sg_status loaded = sg_document_load(out, path, &partial, diagnostics);
    if (!*out || loaded == SG_OUT_OF_MEMORY) return loaded;
    sg_status checked = check_document(*out, diagnostics);
    return loaded == SG_OK || checked == SG_OUT_OF_MEMORY ? checked : loaded;
}

/* A variant is loaded as if it had been chosen; what is said of the file already is not said again. */
static sg_status check_variant(const char *path, const char *name, sg_mark mark,
                               const sg_document_options *options, sg_diagnostics *diagnostics) {
    sg_diagnostics *aside = NULL;
    sg_document *document = NULL;
    sg_text chosen = {0}, link = {0};
    sg_text_printf(&chosen, "%s@%s", path, name);
    sg_text_printf(&link, "in variant `%s`", name);
    sg_status status = chosen.failed || link.failed ? SG_OUT_OF_MEMORY : sg_diagnostics_create(&aside, NULL);
    if (status == SG_OK) status = check(&document, sg_text_get(&chosen), options, aside);
    if (aside && status != SG_OUT_OF_MEMORY) {
        sg_status merged = sg_diagnostics_merge(diagnostics, aside, sg_text_get(&link), mark);
        if (merged == SG_OUT_OF_MEMORY) status = merged;
    }
    sg_document_destroy(document);
    sg_diagnostics_destroy(aside);
    sg_text_finish(&chosen);
    sg_text_finish(&link);
    return status;
}

sg_status sg_check_file(sg_document **out, const char *path, const sg_document_options *options,
                        sg_diagnostics *diagnostics) {
    *out = NULL;
    sg_document *document = NULL;
    sg_status status = check(&document, path, options, diagnostics);
    size_t variants = document && !sg_document_chosen(document) ? sg_document_variant_count(document) : 0;
    for (size_t i = 0; i < variants && status != SG_OUT_OF_MEMORY; i++) {
        sg_mark mark;
        const char *name = sg_document_variant(document, i, &mark);
        sg_status other = check_variant(path, name, mark, options, diagnostics);
        if (status == SG_OK || other == SG_OUT_OF_MEMORY) status = other;
    }
    if (status == SG_OK)
        *out = document;
    else
        sg_document_destroy(document);
    return status;
}
