/* simgraph schema: what editors need to complete and check graph files. */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "verbs.h"

enum { WIDTH = 118 };

static void indent_by(int indent) {
    for (int i = 0; i < indent; i++) putchar(' ');
}

/* What fits stands on one line: a page to read, not 20,000 lines. False when memory is short. */
static bool print(const json_t *value, int indent, size_t taken) {
    char *line = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    if (!line) return false;
    bool map = json_is_object(value), fits = indent > 0 && taken + strlen(line) <= WIDTH;
    if (fits || (!map && !json_is_array(value))) fputs(line, stdout);
    free(line);
    if (fits || (!map && !json_is_array(value))) return true;
    bool good = true, first = true;
    putchar(map ? '{' : '[');
    const char *key;
    json_t *below;
    size_t i;
    if (map) {
        json_object_foreach((json_t *)value, key, below) {
            puts(first ? "" : ",");
            first = false;
            indent_by(indent + 2);
            printf("\"%s\": ", key); /* names need no escapes */
            good = good && print(below, indent + 2, (size_t)indent + 7 + strlen(key));
        }
    } else {
        json_array_foreach(value, i, below) {
            puts(i ? "," : "");
            indent_by(indent + 2);
            good = good && print(below, indent + 2, (size_t)indent + 3);
        }
    }
    putchar('\n');
    indent_by(indent);
    putchar(map ? '}' : ']');
    return good;
}

static int run(const cli_args *args) {
    (void)args;
    cli_library library;
    int code = cli_library_open(&library);
    if (code != SG_OK) return code;
    const cli_file *frame = cli_file_find("files/schema.json");
    json_error_t error;
    json_t *schema = json_loadb(frame->text, frame->length, JSON_REJECT_DUPLICATES, &error);
    if (schema) cli_schema_define(json_object_get(schema, "definitions"), &library);
    cli_library_close(&library);
    bool good = schema && print(schema, 0, 0);
    if (good) putchar('\n');
    json_decref(schema);
    return good ? SG_OK : cli_fail(SG_OUT_OF_MEMORY, "out of memory");
}

static const cli_option options[] = {{.name = NULL}};

const cli_verb cli_verb_schema = {
    .name = "schema",
    .doc = "print the JSON Schema of graph files, for editors",
    .examples = "simgraph schema > simgraph.schema.json",
    .usage = "",
    .more = "An editor with a YAML language server completes and checks a graph file that begins with\n"
            "\n"
            "  # yaml-language-server: $schema=PATH/simgraph.schema.json\n"
            "\n"
            "A schema sees keys, names, types and ranges; simgraph check sees everything.",
    .options = options,
    .run = run,
};
