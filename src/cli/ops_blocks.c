/* The blocks of graphs/lib, which every graph file can use. */
#include "ops.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cli_library_open(cli_library *library) {
    static const char empty[] = "simgraph: 1\n";
    sg_error error;
    *library = (cli_library){0};
    sg_status status = sg_diagnostics_create(&library->messages, &error);
    if (status != SG_OK) return cli_fail_with(&error);
    const sg_document_options all = {.size = sizeof all, .library = true};
    status =
        sg_document_load_text(&library->document, "library", empty, strlen(empty), &all, library->messages);
    if (status == SG_OK) return SG_OK;
    char *text = sg_diagnostics_text(library->messages, cli_colour(stderr));
    fputs(text ? text : "", stderr);
    free(text);
    cli_library_close(library);
    return (int)status;
}

void cli_library_close(cli_library *library) {
    sg_document_destroy(library->document);
    sg_diagnostics_destroy(library->messages);
    *library = (cli_library){0};
}

const sg_block_info *cli_library_at(const cli_library *library, size_t index) {
    return sg_document_block_info(library->document, index);
}

const sg_block_info *cli_library_find(const cli_library *library, const char *name) {
    const sg_block_info *block;
    for (size_t i = 0; (block = cli_library_at(library, i)) != NULL; i++)
        if (strcmp(block->name, name) == 0) return block;
    return NULL;
}

void cli_block_list(const cli_library *library) {
    const sg_block_info *block;
    puts("\nblocks of the library");
    for (size_t i = 0; (block = cli_library_at(library, i)) != NULL; i++)
        printf("    %-20s %s\n", block->name, block->doc ? block->doc : "");
}

const char *cli_argument_range(const sg_argument *argument, char buffer[CLI_WORDS]) {
    sg_attr_spec spec = {.one_of = argument->one_of, .min = argument->min, .max = argument->max};
    return cli_attr_range(&spec, buffer);
}

/* A list; a doc may show how long it is, [samples, rows, columns]. */
static void append_list(char node[CLI_WORDS], const char *doc, double least) {
    bool shown = doc && doc[0] == '[';
    int count = shown ? 1 : 2;
    for (const char *at = doc; shown && *at && *at != ']'; at++) count += *at == ',';
    for (int i = 0; i < count; i++)
        cli_append(node, "%s%g%s", i ? ", " : "[", least, i + 1 < count ? "" : "]");
}

/* Something to give an argument that must be given; a doc may show a call, {op: attention, heads: 4}. */
static void append_argument(char node[CLI_WORDS], const sg_argument *a) {
    const char *call = a->doc ? strstr(a->doc, "{op: ") : NULL, *end = call ? strchr(call, '}') : NULL;
    double least = a->min < a->max && a->min > 4 ? a->min : 4;
    cli_append(node, ", %s: ", a->name);
    if (strcmp(a->type, "op") == 0)
        cli_append(node, "%.*s", end ? (int)(end - call + 1) : 4, end ? call : "gelu");
    else if (strcmp(a->type, "bool") == 0)
        cli_append(node, "true");
    else if (strcmp(a->type, "text") == 0)
        cli_append(node, "%.*s", a->one_of ? (int)strcspn(a->one_of, " ") : 4,
                   a->one_of ? a->one_of : "text");
    else if (strcmp(a->type, "float") == 0)
        cli_append(node, "%g", a->min < a->max && a->max < 1 ? a->max : 1.0);
    else if (a->type[0] == '[')
        append_list(node, a->doc, least);
    else
        cli_append(node, "%g", least);
}

/* How a node of the block is written: inputs by name, and the arguments that must be given. */
void cli_block_example(const sg_block_info *block, char node[CLI_WORDS]) {
    node[0] = 0;
    int required = 0;
    for (int i = 0; i < block->input_count; i++) required += !block->inputs[i].optional;
    cli_append(node, "y: {op: %s%s%s", block->name, required ? ", in: " : "", required > 1 ? "{" : "");
    bool first = true;
    for (int i = 0; i < block->input_count; i++) {
        if (block->inputs[i].optional) continue;
        cli_append(node, "%s", first ? "" : ", ");
        if (required > 1) cli_append(node, "%s: ", block->inputs[i].name);
        cli_append(node, "%s", block->inputs[i].name);
        first = false;
    }
    cli_append(node, required > 1 ? "}" : "");
    for (int i = 0; i < block->argument_count; i++)
        if (!block->arguments[i].fallback) append_argument(node, &block->arguments[i]);
    cli_append(node, "}");
}

void cli_block_entry(const sg_block_info *block) {
    char range[CLI_WORDS], node[CLI_WORDS];
    printf("%s: block of the library, %s:%d\n  %s\n", block->name, block->mark.file, block->mark.line,
           block->doc ? block->doc : "");
    if (block->input_count) puts("  inputs");
    for (int i = 0; i < block->input_count; i++) {
        const sg_block_input *input = &block->inputs[i];
        printf("    %-12s %s%s%s%s%s%s\n", input->name, input->pattern ? input->pattern : "any shape",
               input->type ? " " : "", input->type ? input->type : "", input->doc ? ", " : "",
               input->doc ? input->doc : "", input->optional ? " (optional)" : "");
    }
    puts("  outputs");
    for (int i = 0; i < block->output_count; i++) printf("    %s\n", block->outputs[i]);
    if (block->argument_count) puts("  arguments");
    for (int i = 0; i < block->argument_count; i++) {
        const sg_argument *a = &block->arguments[i];
        cli_argument_range(a, range);
        printf("    %-12s %s%s(%s, %s%s%s%s)\n", a->name, a->doc ? a->doc : "", a->doc ? " " : "", a->type,
               a->fallback ? "default " : "required", a->fallback ? a->fallback : "", range[0] ? ", " : "",
               range);
    }
    cli_block_example(block, node);
    printf("  example\n    %s\n", node);
}
