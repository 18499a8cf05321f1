/* What the tests of graphs in several files share. */
#ifndef SG_TESTS_LANGUAGE_FILES_H
#define SG_TESTS_LANGUAGE_FILES_H

#include "language.h"
#include "scratch.h"

static inline void write_text(const char *path, const char *text) {
    scratch_write(path, text, strlen(text));
}

static inline sg_document *load_with(const char *path, int include_count, const char *const *include,
                                     int set_count, const char *const *set) {
    sg_diagnostics *diagnostics;
    sg_document *document;
    sg_document_options options = {sizeof options, set, set_count, include, include_count};
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    sg_status status = sg_document_load(&document, path, &options, diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_msg(status == SG_OK, "%s", messages);
    free(messages);
    sg_diagnostics_destroy(diagnostics);
    return document;
}

#endif
