/* The registry on a terminal: a list, and one entry in full. */
#include "ops.h"

#include <stdio.h>
#include <string.h>

#include "simgraph/train.h"

static void print_line(const sg_schema *schema) {
    printf("    %-20s %s\n", schema->name, schema->doc);
}

void cli_ops_list(void) {
    puts("ops");
    const char *family;
    for (size_t f = 0; (family = cli_op_family(f)) != NULL; f++) {
        printf("  %s\n", family);
        for (size_t i = 0; i < sg_registry_count(SG_KIND_OP); i++) {
            const sg_op *op = (const sg_op *)sg_registry_at(SG_KIND_OP, i);
            if (strcmp(op->family, family) == 0) print_line(&op->schema);
        }
    }
    for (int kind = SG_KIND_OP + 1; kind < SG_KIND_COUNT; kind++) {
        size_t count = sg_registry_count((sg_kind)kind);
        if (!count) continue;
        printf("\n%s\n", cli_kind_plural((sg_kind)kind));
        for (size_t i = 0; i < count; i++) print_line(sg_registry_at((sg_kind)kind, i));
    }
}

static void print_port(const sg_port *port) {
    printf("    %-12s %s%s\n", port->name, port->doc ? port->doc : "", cli_port_note(port));
}

static void print_ports(const char *title, const sg_port *ports) {
    if (ports[0].name) printf("  %s\n", title);
    for (; ports->name; ports++) print_port(ports);
}

static void print_attrs(const sg_schema *schema) {
    char type[CLI_WORDS], value[CLI_WORDS], range[CLI_WORDS];
    int count = sg_schema_attr_count(schema);
    if (count) puts("  attributes");
    for (int i = 0; i < count; i++) {
        const sg_attr_spec *spec = &schema->attrs[i];
        cli_attr_range(spec, range);
        printf("    %-12s %s (%s, %s%s%s)\n", spec->name, spec->doc ? spec->doc : "",
               cli_attr_type(spec, type), cli_attr_default(spec, value), range[0] ? ", " : "", range);
    }
}

static void print_op(const sg_op *op) {
    char types[CLI_WORDS], node[CLI_WORDS], shapes[CLI_WORDS];
    print_ports("inputs", op->in);
    print_ports("outputs", op->out);
    print_attrs(&op->schema);
    printf("  types        %s\n", cli_op_types(op, types));
    printf("  gradient     %s\n", cli_op_gradient(op));
    if (cli_op_example(op, node, shapes)) printf("  example\n    %s\n      %s\n", node, shapes);
}

void cli_ops_entry(const sg_schema *schema) {
    if (schema->kind == SG_KIND_OP)
        printf("%s: op, %s\n", schema->name, ((const sg_op *)schema)->family);
    else
        printf("%s: %s\n", schema->name, sg_kind_name(schema->kind));
    printf("  %s\n", schema->doc);
    if (schema->kind == SG_KIND_OP)
        print_op((const sg_op *)schema);
    else {
        if (schema->kind == SG_KIND_PICTURE) print_ports("inputs", sg_picture_inputs(schema));
        print_attrs(schema);
    }
}
