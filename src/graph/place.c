/* Where nodes stand in the files of the user. */
#include "graph/graph.h"

#include <string.h>

sg_status sg_graph_keep_mark(sg_graph *graph, sg_mark *mark, sg_error *error) {
    if (!mark->file) return SG_OK;
    const sg_file_name *kept = graph->files;
    while (kept && kept->name != mark->file && strcmp(kept->name, mark->file) != 0) kept = kept->next;
    if (!kept) {
        sg_file_name *file = sg_bump_alloc(graph->memory, sizeof *file);
        if (!file || !(file->name = sg_bump_text(graph->memory, mark->file)))
            return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        file->next = graph->files;
        kept = graph->files = file;
    }
    mark->file = kept->name;
    return SG_OK;
}

const char *sg_path_origin(const char *path) {
    static const char *const made[] = {"grad/",   "again/",      "kept/",   "through/",
                                       "update/", "accumulate/", "average/"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        const size_t length = strlen(made[i]);
        if (strncmp(path, made[i], length) == 0) return sg_path_origin(path + length);
    }
    return path;
}

/* Whether `scope` is around a node. Its path is a part of the node's: "grad/codes.norm.y/mul" is in "codes".
 */
static bool is_around(const sg_scope *scope, const char *path) {
    size_t length = strlen(scope->path);
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, scope->path, length) == 0 && part[length] == '.') return true;
    }
    return false;
}

/* The innermost scope around a node whose path is shorter than `length`. */
static const sg_scope *scope_around(const sg_graph *graph, const char *path, size_t length) {
    const sg_scope *found = NULL;
    size_t longest = 0;
    for (int i = 0; i < graph->scope_count; i++) {
        const sg_scope *scope = &graph->scopes[i];
        size_t own = strlen(scope->path);
        if (own >= length || own <= longest || !is_around(scope, path)) continue;
        found = scope;
        longest = own;
    }
    return found;
}

sg_mark sg_graph_place(const sg_graph *graph, const sg_node *node) {
    sg_mark mark = node->mark;
    const sg_scope *scope = scope_around(graph, node->path, (size_t)-1);
    while (scope && scope->library) { /* so the mark lies in its text */
        mark = scope->mark;
        scope = scope_around(graph, node->path, strlen(scope->path));
    }
    return mark;
}

sg_status sg_fail_in_graph(sg_error *error, const sg_graph *graph, const sg_node *node) {
    if (!error) return SG_FAILURE;
    sg_mark mark = sg_graph_place(graph, node);
    if (!mark.file || !mark.line) return error->status;
    return sg_fail_prefix(error, "%s:%d:%d", mark.file, mark.line, mark.column);
}
