/* The JSON Schema of everything that a graph file can name. */
#include "schema.h"

#include <string.h>

#include "simgraph/train.h"

static const char *const reserved = "op in repeat when share shape recompute doc";

static void append_words(json_t *array, const char *words) {
    for (const char *at = words; *at;) {
        size_t length = strcspn(at, " ");
        json_array_append_new(array, json_stringn(at, length));
        at += length;
        while (*at == ' ') at++;
    }
}

/* One thing that can be called: what its schema says, whatever kind it is. */
typedef struct callable {
    const char *kind, *name, *doc;
    json_t *properties; /* attribute -> its schema */
    json_t *required;   /* names of attributes */
    json_t *in;         /* of a node: its inputs; NULL: it has none */
    bool needs_in;
} callable;

/* Its attributes, and that there are no other keys but these and the words of `extra`. */
static void define_attributes(json_t *definitions, const callable *c, const char *extra) {
    json_t *names = json_array(), *value;
    const char *attribute;
    char key[128];
    snprintf(key, sizeof key, "%s.%s", c->kind, c->name);
    append_words(names, extra);
    json_object_foreach(c->properties, attribute, value) json_array_append_new(names, json_string(attribute));
    json_object_set_new(definitions, key,
                        json_pack("{s:s, s:O, s:{s:o}}", "description", c->doc ? c->doc : "", "properties",
                                  c->properties, "propertyNames", "enum", names));
}

/* "only for this name": added to a list of such rules. */
static void add_rule(json_t *rules, const char *name, json_t *then) {
    json_array_append_new(rules, json_pack("{s:{s:[s], s:{s:{s:s}}}, s:o}", "if", "required", "op",
                                           "properties", "op", "const", name, "then", then));
}

static json_t *attributes_of(const callable *c) {
    return json_pack("{s:[o]}", "allOf", cli_schema_ref(c->kind, c->name));
}

static json_t *rule_of(const callable *c) {
    json_t *then = attributes_of(c), *required = json_copy(c->required);
    if (c->in) json_object_set_new(then, "properties", json_pack("{s:O}", "in", c->in));
    if (c->needs_in) json_array_append_new(required, json_string("in"));
    json_object_set_new(then, "required", required);
    return then;
}

/* ---- inputs ---- */

typedef struct input {
    const char *name, *doc;
    bool optional, variadic;
} input;

/* One reference, a list, or a mapping by name: as many as there are inputs. */
static void define_inputs(callable *c, const input *inputs, int count) {
    json_t *properties = json_object(), *required = json_array(), *forms = json_array();
    int needed = 0;
    bool variadic = count > 0 && inputs[count - 1].variadic;
    for (int i = 0; i < count; i++) {
        json_t *one = json_pack("{s:[o]}", "allOf", cli_schema_ref("reference", ""));
        if (inputs[i].doc) json_object_set_new(one, "description", json_string(inputs[i].doc));
        json_object_set_new(properties, inputs[i].name, one);
        if (!inputs[i].optional && !variadic) json_array_append_new(required, json_string(inputs[i].name));
        if (!inputs[i].optional) needed = i + 1;
    }
    if (needed <= 1) json_array_append_new(forms, cli_schema_ref("reference", ""));
    json_t *list = json_pack("{s:s, s:o, s:i}", "type", "array", "items", cli_schema_ref("reference", ""),
                             "minItems", needed);
    if (!variadic) json_object_set_new(list, "maxItems", json_integer(count));
    json_array_append_new(forms, list);
    json_array_append_new(forms, json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
                                           "required", required, "additionalProperties", 0));
    c->in = json_pack("{s:o}", "anyOf", forms);
    c->needs_in = needed > 0;
}

static int read_ports(const sg_port *ports, input inputs[SG_MAX_IN]) {
    int count = 0;
    for (; ports->name && count < SG_MAX_IN; ports++)
        inputs[count++] = (input){ports->name, ports->doc, ports->flags & SG_PORT_OPTIONAL,
                                  ports->flags & SG_PORT_VARIADIC};
    return count;
}

/* A picture's inputs are given by name alone. */
static void define_picture_inputs(callable *c, const sg_port *ports) {
    json_t *properties = json_object(), *required = json_array();
    for (; ports->name; ports++) {
        json_object_set_new(
            properties, ports->name,
            json_pack("{s:[o], s:s}", "allOf", cli_schema_ref("node_path", ""), "description", ports->doc));
        if (!(ports->flags & SG_PORT_OPTIONAL)) json_array_append_new(required, json_string(ports->name));
    }
    c->needs_in = true;
    c->in = json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required",
                      required, "additionalProperties", 0);
}

/* ---- callables ---- */

/* Entries of a node's shape may be expressions. */
static void open_shape(callable *c) {
    if (json_object_get(c->properties, "shape"))
        json_object_set_new(c->properties, "shape", cli_schema_ref("shape", ""));
}

static callable of_schema(const sg_schema *schema) {
    callable c = {
        cli_schema_kind(schema->kind), schema->name, schema->doc, json_object(), json_array(), NULL, false};
    for (int i = 0; i < sg_schema_attr_count(schema); i++) {
        const sg_attr_spec *spec = &schema->attrs[i];
        json_object_set_new(c.properties, spec->name, cli_schema_attr(spec));
        if (!spec->fallback) json_array_append_new(c.required, json_string(spec->name));
    }
    if (schema->kind == SG_KIND_PICTURE) define_picture_inputs(&c, sg_picture_inputs(schema));
    if (schema->kind != SG_KIND_OP) return c;
    input inputs[SG_MAX_IN];
    define_inputs(&c, inputs, read_ports(((const sg_op *)schema)->in, inputs));
    open_shape(&c);
    return c;
}

static callable of_block(const sg_block_info *block) {
    callable c = {"block", block->name, block->doc, json_object(), json_array(), NULL, false};
    for (int i = 0; i < block->argument_count; i++) {
        const sg_argument *a = &block->arguments[i];
        json_object_set_new(c.properties, a->name, cli_schema_argument(a));
        if (!a->fallback) json_array_append_new(c.required, json_string(a->name));
    }
    open_shape(&c);
    input inputs[64];
    int count = 0;
    for (; count < block->input_count && count < 64; count++)
        inputs[count] = (input){block->inputs[count].name, block->inputs[count].doc,
                                block->inputs[count].optional, false};
    define_inputs(&c, inputs, count);
    return c;
}

static void finish(callable *c) {
    json_decref(c->properties);
    json_decref(c->required);
    json_decref(c->in);
}

/* NAME, $NAME or {op: NAME, ...} of one kind; `extra` are keys that the place itself reads. */
static void define_kind(json_t *definitions, sg_kind kind, const char *extra, json_t *calls) {
    json_t *names = json_array(), *alone = json_array(), *rules = json_array();
    char own[32];
    snprintf(own, sizeof own, "op%s%s", *extra ? " " : "", extra);
    for (size_t i = 0; i < sg_registry_count(kind); i++) {
        callable c = of_schema(sg_registry_at(kind, i));
        define_attributes(definitions, &c, own);
        json_array_append_new(names, json_string(c.name));
        if (json_array_size(c.required) == 0 && !c.needs_in)
            json_array_append_new(alone, json_string(c.name));
        add_rule(rules, c.name, rule_of(&c));
        json_t *any = json_object_get(calls, c.name);
        if (!any) json_object_set_new(calls, c.name, any = json_array());
        json_array_append_new(any, cli_schema_ref(c.kind, c.name));
        finish(&c);
    }
    json_t *op = json_pack("{s:[{s:o}, o]}", "anyOf", "enum", names, cli_schema_ref("dollar", ""));
    json_t *object = json_pack("{s:s, s:[s], s:{s:o}, s:o}", "type", "object", "required", "op", "properties",
                               "op", op, "allOf", rules);
    json_t *text = json_pack("{s:[{s:o}, o]}", "anyOf", "enum", alone, cli_schema_ref("dollar", ""));
    json_object_set_new(
        definitions, cli_schema_kind(kind),
        json_pack("{s:{s:s}, s:o, s:o}", "if", "type", "string", "then", text, "else", object));
}

/* Where a file has no blocks of its own, the names that stand in arguments are known. */
static json_t *known_arguments(const sg_block_info *block) {
    json_t *properties = json_object();
    for (int i = 0; i < block->argument_count; i++)
        if (strcmp(block->arguments[i].type, "op") == 0)
            json_object_set_new(properties, block->arguments[i].name, cli_schema_ref("known_call", ""));
    return json_pack("{s:o}", "properties", properties);
}

/* A key that the text has, and the op does not: see docs/language.md. */
static void add_next(callable *c) {
    json_t *next = json_pack("{s:[o]}", "allOf", cli_schema_ref("reference", ""));
    json_object_set_new(next, "description", json_string("the node that becomes the value, step by step"));
    json_object_set_new(c->properties, "next", next);
    json_array_append_new(c->required, json_string("next"));
}

static void define_nodes(json_t *definitions, const cli_library *library, json_t *calls) {
    json_t *op_names = json_array(), *block_names = json_array(), *rules = json_array(),
           *known = json_array();
    size_t ops = sg_registry_count(SG_KIND_OP);
    const sg_block_info *block;
    for (size_t i = 0; i < ops || cli_library_at(library, i - ops); i++) {
        block = i < ops ? NULL : cli_library_at(library, i - ops);
        callable c = block ? of_block(block) : of_schema(sg_registry_at(SG_KIND_OP, i));
        if (!block && strcmp(c.name, "state") == 0) add_next(&c);
        define_attributes(definitions, &c, reserved);
        json_array_append_new(block ? block_names : op_names, json_string(c.name));
        add_rule(rules, c.name, rule_of(&c));
        if (block) add_rule(known, c.name, known_arguments(block));
        json_t *any = json_object_get(calls, c.name);
        if (!any) json_object_set_new(calls, c.name, any = json_array());
        json_array_append_new(any, cli_schema_ref(c.kind, c.name));
        finish(&c);
    }
    json_object_set_new(definitions, "op_name", json_pack("{s:o}", "enum", op_names));
    json_object_set_new(
        definitions, "node_name",
        json_pack("{s:[o, {s:o}]}", "anyOf", cli_schema_ref("op_name", ""), "enum", block_names));
    json_object_set_new(definitions, "known_arguments", json_pack("{s:o}", "allOf", known));
    json_object_set_new(definitions, "node_attributes", json_pack("{s:o}", "allOf", rules));
}

/* A call that stands as an argument may be of any kind, and the node that uses it may add attributes. */
static void define_calls(json_t *definitions, json_t *calls) {
    json_t *rules = json_array(), *forms, *names = json_array();
    const char *name;
    json_object_foreach(calls, name, forms) {
        json_array_append_new(names, json_string(name));
        add_rule(rules, name, json_pack("{s:O}", "anyOf", forms));
    }
    json_object_set_new(definitions, "call_attributes", json_pack("{s:o}", "allOf", rules));
    json_object_set_new(definitions, "call_name", json_pack("{s:o}", "enum", names));
}

void cli_schema_define(json_t *definitions, const cli_library *library) {
    json_t *calls = json_object();
    define_nodes(definitions, library, calls);
    for (int kind = SG_KIND_OP + 1; kind < SG_KIND_COUNT; kind++)
        define_kind(definitions, (sg_kind)kind,
                    kind == SG_KIND_SOURCE    ? "fields split"
                    : kind == SG_KIND_PICTURE ? "in"
                                              : "",
                    calls);
    define_calls(definitions, calls);
    json_decref(calls);
}
