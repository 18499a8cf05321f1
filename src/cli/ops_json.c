/* The registry as JSON, for editors and other tools. */
#include "ops.h"

#include <string.h>

#include "json.h"
#include "simgraph/train.h"

static json_t *attrs_json(const sg_schema *schema) {
    json_t *list = json_array();
    char type[CLI_WORDS], words[CLI_WORDS];
    for (int i = 0; i < sg_schema_attr_count(schema); i++) {
        const sg_attr_spec *spec = &schema->attrs[i];
        json_t *attr = json_object();
        json_object_set_new(attr, "name", json_string(spec->name));
        json_object_set_new(attr, "type", json_string(cli_attr_type(spec, type)));
        json_object_set_new(attr, "doc", json_string(spec->doc ? spec->doc : ""));
        json_object_set_new(attr, "required", json_boolean(!spec->fallback));
        if (spec->fallback && *spec->fallback)
            json_object_set_new(attr, "default", json_string(spec->fallback));
        if (*cli_attr_range(spec, words)) json_object_set_new(attr, "range", json_string(words));
        json_array_append_new(list, attr);
    }
    return list;
}

static json_t *ports_json(const sg_port *ports) {
    json_t *list = json_array();
    for (; ports->name; ports++) {
        json_t *port = json_object();
        json_object_set_new(port, "name", json_string(ports->name));
        json_object_set_new(port, "doc", json_string(ports->doc ? ports->doc : ""));
        json_object_set_new(port, "optional", json_boolean(ports->flags & SG_PORT_OPTIONAL));
        json_object_set_new(port, "variadic", json_boolean(ports->flags & SG_PORT_VARIADIC));
        json_array_append_new(list, port);
    }
    return list;
}

static json_t *entry_json(const sg_schema *schema) {
    json_t *entry = json_object();
    json_object_set_new(entry, "name", json_string(schema->name));
    json_object_set_new(entry, "kind", json_string(sg_kind_name(schema->kind)));
    json_object_set_new(entry, "doc", json_string(schema->doc));
    json_object_set_new(entry, "attributes", attrs_json(schema));
    if (schema->kind == SG_KIND_PICTURE)
        json_object_set_new(entry, "inputs", ports_json(sg_picture_inputs(schema)));
    if (schema->kind != SG_KIND_OP) return entry;
    const sg_op *op = (const sg_op *)schema;
    char words[CLI_WORDS], shapes[CLI_WORDS];
    json_object_set_new(entry, "family", json_string(op->family));
    json_object_set_new(entry, "inputs", ports_json(op->in));
    json_object_set_new(entry, "outputs", ports_json(op->out));
    json_object_set_new(entry, "types", json_string(cli_op_types(op, words)));
    json_object_set_new(entry, "gradient", json_string(cli_op_gradient(op)));
    if (cli_op_example(op, words, shapes)) {
        json_object_set_new(entry, "example", json_string(words));
        json_object_set_new(entry, "example_shapes", json_string(shapes));
    }
    return entry;
}

static json_t *block_json(const sg_block_info *block) {
    json_t *entry = json_object(), *inputs = json_array(), *outputs = json_array(), *arguments = json_array();
    char words[CLI_WORDS];
    for (int i = 0; i < block->input_count; i++) {
        const sg_block_input *input = &block->inputs[i];
        json_t *port = json_object();
        json_object_set_new(port, "name", json_string(input->name));
        json_object_set_new(port, "doc", json_string(input->doc ? input->doc : ""));
        if (input->pattern) json_object_set_new(port, "shape", json_string(input->pattern));
        if (input->type) json_object_set_new(port, "type", json_string(input->type));
        json_object_set_new(port, "optional", json_boolean(input->optional));
        json_array_append_new(inputs, port);
    }
    for (int i = 0; i < block->output_count; i++)
        json_array_append_new(outputs, json_string(block->outputs[i]));
    for (int i = 0; i < block->argument_count; i++) {
        const sg_argument *a = &block->arguments[i];
        json_t *argument = json_object();
        json_object_set_new(argument, "name", json_string(a->name));
        json_object_set_new(argument, "type", json_string(a->type));
        json_object_set_new(argument, "doc", json_string(a->doc ? a->doc : ""));
        json_object_set_new(argument, "required", json_boolean(!a->fallback));
        if (a->fallback) json_object_set_new(argument, "default", json_string(a->fallback));
        if (*cli_argument_range(a, words)) json_object_set_new(argument, "range", json_string(words));
        json_array_append_new(arguments, argument);
    }
    json_object_set_new(entry, "name", json_string(block->name));
    json_object_set_new(entry, "kind", json_string("block"));
    json_object_set_new(entry, "doc", json_string(block->doc ? block->doc : ""));
    json_object_set_new(entry, "inputs", inputs);
    json_object_set_new(entry, "outputs", outputs);
    json_object_set_new(entry, "attributes", arguments);
    cli_block_example(block, words);
    json_object_set_new(entry, "example", json_string(words));
    return entry;
}

json_t *cli_ops_entry_json(const sg_schema *schema, const sg_block_info *block) {
    return schema ? entry_json(schema) : block_json(block);
}

int cli_ops_json(const cli_library *library, const char *only) {
    json_t *all = json_array();
    for (int kind = 0; kind < SG_KIND_COUNT; kind++)
        for (size_t i = 0; i < sg_registry_count((sg_kind)kind); i++) {
            const sg_schema *schema = sg_registry_at((sg_kind)kind, i);
            if (!only || strcmp(schema->name, only) == 0) json_array_append_new(all, entry_json(schema));
        }
    const sg_block_info *block;
    for (size_t i = 0; (block = cli_library_at(library, i)) != NULL; i++)
        if (!only || strcmp(block->name, only) == 0) json_array_append_new(all, block_json(block));
    return cli_json_print(all);
}
