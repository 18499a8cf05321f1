/* The registry as docs/ops.md. */
#include "ops.h"

#include <stdio.h>
#include <string.h>

#include "simgraph/train.h"

/* A bar would end the cell of a table, and < could open a tag. */
static void print_cell(const char *text) {
    for (; text && *text; text++) {
        if (*text == '|' || *text == '<' || *text == '*' || *text == '_') putchar('\\');
        putchar(*text);
    }
}

static void print_attrs(const sg_schema *schema) {
    char type[CLI_WORDS], value[CLI_WORDS], range[CLI_WORDS];
    int count = sg_schema_attr_count(schema);
    if (!count) return;
    puts("\n| attribute | type | default | range | meaning |\n|---|---|---|---|---|");
    for (int i = 0; i < count; i++) {
        const sg_attr_spec *spec = &schema->attrs[i];
        cli_attr_default(spec, value);
        const char *shown = strncmp(value, "default ", 8) == 0 ? value + 8 : value;
        printf("| `%s` | %s | ", spec->name, cli_attr_type(spec, type));
        print_cell(shown);
        printf(" | ");
        print_cell(cli_attr_range(spec, range));
        printf(" | ");
        print_cell(spec->doc);
        puts(" |");
    }
}

static void print_ports(const char *what, const sg_port *ports) {
    for (; ports->name; ports++) {
        printf("| %s | `%s` | ", what, ports->name);
        print_cell(ports->doc ? ports->doc : "");
        printf("%s |\n", cli_port_note(ports));
    }
}

static void print_op(const sg_op *op) {
    char types[CLI_WORDS], node[CLI_WORDS], shapes[CLI_WORDS];
    puts("\n| | | |\n|---|---|---|");
    print_ports("in", op->in);
    print_ports("out", op->out);
    print_attrs(&op->schema);
    printf("\nTypes: %s. Gradient: %s.\n", cli_op_types(op, types), cli_op_gradient(op));
    if (cli_op_example(op, node, shapes)) printf("\n```yaml\n%s    # %s\n```\n", node, shapes);
}

static void print_title(const sg_schema *schema) {
    printf("\n### %s\n\n", schema->name);
    print_cell(schema->doc);
    putchar('\n');
}

static void print_block_tables(const sg_block_info *block) {
    char words[CLI_WORDS];
    puts("\n| | | |\n|---|---|---|");
    for (int i = 0; i < block->input_count; i++) {
        const sg_block_input *input = &block->inputs[i];
        printf("| in | `%s` | ", input->name);
        if (input->pattern) printf("`%s`", input->pattern);
        if (input->type) printf(" %s", input->type);
        printf("%s", input->doc ? " " : "");
        print_cell(input->doc);
        printf("%s |\n", input->optional ? " (optional)" : "");
    }
    for (int i = 0; i < block->output_count; i++) printf("| out | `%s` | |\n", block->outputs[i]);
    if (block->argument_count)
        puts("\n| argument | type | default | range | meaning |\n|---|---|---|---|---|");
    for (int i = 0; i < block->argument_count; i++) {
        const sg_argument *a = &block->arguments[i];
        printf("| `%s` | %s | ", a->name, a->type);
        if (a->fallback)
            printf("`%s`", a->fallback);
        else
            printf("required");
        printf(" | ");
        print_cell(cli_argument_range(a, words));
        printf(" | ");
        print_cell(a->doc);
        puts(" |");
    }
}

static void print_blocks(const cli_library *library) {
    const sg_block_info *block;
    puts("\n## Blocks of the library\n\n"
         "Blocks are written in the graph language itself, in the files of graphs/lib.");
    for (size_t i = 0; (block = cli_library_at(library, i)) != NULL; i++) {
        char node[CLI_WORDS];
        printf("\n### %s\n\n", block->name);
        print_cell(block->doc);
        putchar('\n');
        print_block_tables(block);
        cli_block_example(block, node);
        printf("\n```yaml\n%s    # %s:%d\n```\n", node, block->mark.file, block->mark.line);
    }
}

void cli_ops_markdown(const cli_library *library) {
    puts("# What a graph file can name\n\n"
         "This page is made by `simgraph ops --markdown` from the same structures that check a graph file; "
         "the\n"
         "tests fail when it is out of date.");
    print_blocks(library);
    const char *family;
    for (size_t f = 0; (family = cli_op_family(f)) != NULL; f++) {
        printf("\n## Ops: %s\n", family);
        for (size_t i = 0; i < sg_registry_count(SG_KIND_OP); i++) {
            const sg_op *op = (const sg_op *)sg_registry_at(SG_KIND_OP, i);
            if (strcmp(op->family, family) != 0) continue;
            print_title(&op->schema);
            print_op(op);
        }
    }
    for (int kind = SG_KIND_OP + 1; kind < SG_KIND_COUNT; kind++) {
        size_t count = sg_registry_count((sg_kind)kind);
        if (!count) continue;
        const char *title = cli_kind_plural((sg_kind)kind);
        printf("\n## %c%s\n", title[0] - 'a' + 'A', title + 1);
        for (size_t i = 0; i < count; i++) {
            const sg_schema *schema = sg_registry_at((sg_kind)kind, i);
            print_title(schema);
            if (kind == SG_KIND_PICTURE) {
                puts("\n| | | |\n|---|---|---|");
                print_ports("in", sg_picture_inputs(schema));
            }
            print_attrs(schema);
        }
    }
}
