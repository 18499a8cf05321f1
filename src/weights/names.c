/* Names of weights: the built-in files, files of the user's, and rules of the section `init`. */
#include "weights/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t builtin_count(void) {
    size_t count = 0;
    while (sg_names_files[count].name) count++;
    return count;
}

/* "graphs/names/hf.yaml" is "hf". */
static char *builtin_name(sg_bump *memory, const sg_embedded *file) {
    const char *slash = strrchr(file->name, '/'), *name = slash ? slash + 1 : file->name;
    return sg_bump_text_of(memory, name, strcspn(name, "."));
}

/* Ends the loading: what failed leaves nothing, and says so when memory was short. */
static sg_status end(sg_names **out, sg_status status, sg_diagnostics *diagnostics) {
    if (status == SG_OK) return SG_OK;
    sg_names_destroy(*out);
    *out = NULL;
    if (status == SG_OUT_OF_MEMORY)
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, (sg_mark){0}, 1, NULL, "out of memory");
    return status;
}

/* Reads one more family; text NULL: from the file `path`. */
static sg_status add(sg_names *names, const char *name, const char *path, const char *text, size_t length,
                     sg_diagnostics *diagnostics) {
    sg_name_family *family = &names->family[names->family_count];
    family->name = name;
    sg_status status = sg_document_load_plain(&family->document, path, text, length, diagnostics);
    if (status != SG_OK) return status;
    names->family_count++;
    return sg_name_family_read(family, names->memory, names->family, names->family_count - 1, diagnostics);
}

static sg_status create(sg_names **out, sg_diagnostics *diagnostics) {
    size_t count = builtin_count();
    sg_names *names = calloc(1, sizeof *names);
    *out = names;
    if (!names) return SG_OUT_OF_MEMORY;
    names->chosen = SG_NAMES_OURS;
    names->own.at = "";
    names->memory = sg_bump_create();
    if (names->memory) names->family = sg_bump_array(names->memory, count + 1, sizeof *names->family);
    if (!names->family) return SG_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const sg_embedded *file = &sg_names_files[i];
        const char *name = builtin_name(names->memory, file);
        if (!name) return SG_OUT_OF_MEMORY;
        sg_status status = add(names, name, file->name, file->text, file->length, diagnostics);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}

const sg_name_family *sg_names_family(const sg_names *names, const char *name) {
    for (size_t i = 0; i < names->family_count; i++)
        if (strcmp(names->family[i].name, name) == 0) return &names->family[i];
    return NULL;
}

static const char *word_at(const void *data, size_t i) {
    const sg_names *names = data;
    if (i < names->family_count) return names->family[i].name;
    return i == names->family_count ? "auto" : NULL;
}

static bool is_file(const char *word) {
    size_t length = strlen(word);
    return strchr(word, '/') || (length > 5 && strcmp(word + length - 5, ".yaml") == 0);
}

static sg_status unknown(const sg_names *names, const char *which, sg_mark mark, int length,
                         sg_diagnostics *diagnostics) {
    char hint[256] = "known: auto";
    const char *near = sg_nearest_name(which, word_at, names);
    for (size_t i = 0; i < names->family_count && !near; i++)
        snprintf(hint + strlen(hint), sizeof hint - strlen(hint), ", %s", names->family[i].name);
    if (near) snprintf(hint, sizeof hint, "did you mean `%s`?", near);
    if (!near) snprintf(hint + strlen(hint), sizeof hint - strlen(hint), ", or a file: names.yaml");
    sg_status status = sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, mark, length, hint,
                                          "there are no names `%s` of weights", which);
    return status == SG_BAD_GRAPH && !mark.line ? SG_BAD_USAGE : status;
}

static sg_status choose(sg_names *names, const char *which, sg_mark mark, int length,
                        sg_diagnostics *diagnostics) {
    if (strcmp(which, "auto") == 0) {
        names->chosen = SG_NAMES_AUTO;
        return SG_OK;
    }
    const sg_name_family *family = sg_names_family(names, which);
    if (family) {
        names->chosen = (int)(family - names->family);
        return SG_OK;
    }
    if (!is_file(which)) return unknown(names, which, mark, length, diagnostics);
    names->chosen = (int)names->family_count;
    const char *name = sg_bump_text(names->memory, which);
    return name ? add(names, name, name, NULL, 0, diagnostics) : SG_OUT_OF_MEMORY;
}

sg_status sg_names_load(sg_names **out, const char *which, sg_mark mark, int length,
                        sg_diagnostics *diagnostics) {
    sg_status status = create(out, diagnostics);
    if (status == SG_OK) status = choose(*out, which, mark, length, diagnostics);
    return end(out, status, diagnostics);
}

sg_status sg_names_load_text(sg_names **out, const char *name, const char *text, size_t length,
                             sg_diagnostics *diagnostics) {
    sg_status status = create(out, diagnostics);
    if (status == SG_OK) {
        (*out)->chosen = (int)(*out)->family_count;
        const char *copy = sg_bump_text((*out)->memory, name);
        status = copy ? add(*out, copy, copy, text, length, diagnostics) : SG_OUT_OF_MEMORY;
    }
    return end(out, status, diagnostics);
}

static sg_status read_section(sg_names *names, const sg_tree *which, const sg_tree *take,
                              sg_diagnostics *diagnostics) {
    sg_status status = SG_OK;
    if (which)
        status = choose(names, sg_tree_text(which), sg_tree_mark(which), sg_tree_length(which), diagnostics);
    sg_status rules = !take ? SG_OK
                            : sg_name_rules_read(&names->own.rule, &names->own.rule_count, names->memory,
                                                 take, false, diagnostics);
    return status == SG_OK ? rules : status;
}

sg_status sg_names_load_section(sg_names **out, const sg_tree *which, const sg_tree *take,
                                sg_diagnostics *diagnostics) {
    sg_status status = create(out, diagnostics);
    if (status == SG_OK) status = read_section(*out, which, take, diagnostics);
    return end(out, status, diagnostics);
}

void sg_names_destroy(sg_names *names) {
    if (!names) return;
    for (size_t i = 0; i < names->family_count; i++) sg_document_destroy(names->family[i].document);
    sg_bump_destroy(names->memory);
    free(names);
}
