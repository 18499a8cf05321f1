/* The JSON Schema of attributes and arguments. */
#include "schema.h"

#include <math.h>
#include <string.h>

const char *cli_schema_kind(sg_kind kind) {
    return kind == SG_KIND_SOURCE ? "source" : sg_kind_name(kind);
}

json_t *cli_schema_ref(const char *definition, const char *name) {
    return json_pack("{s:o}", "$ref",
                     json_sprintf("#/definitions/%s%s%s", definition, *name ? "." : "", name));
}

static json_t *words(const char *list) {
    json_t *array = json_array();
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, " ");
        json_array_append_new(array, json_stringn(at, length));
        at += length;
        while (*at == ' ') at++;
    }
    return json_pack("{s:o}", "enum", array);
}

/* {"type": "integer", "minimum": 1}: whole bounds are written as such, and far ones not at all. */
static json_t *number(const char *type, double min, double max) {
    const double far = 1e15;
    json_t *schema = json_pack("{s:s}", "type", type);
    if (!(min < max)) return schema;
    if (min > -far)
        json_object_set_new(schema, "minimum",
                            min == floor(min) ? json_integer((json_int_t)min) : json_real(min));
    if (max < far)
        json_object_set_new(schema, "maximum",
                            max == floor(max) ? json_integer((json_int_t)max) : json_real(max));
    return schema;
}

/* What may also be inserted by a dollar. */
static json_t *or_dollar(json_t *schema) {
    return json_pack("{s:[o, o]}", "anyOf", schema, cli_schema_ref("dollar", ""));
}

/* A list of them, or one alone; entries may be inserted. */
static json_t *list(json_t *item) {
    json_t *entry = or_dollar(item);
    return json_pack("{s:[{s:s, s:o}, O]}", "anyOf", "type", "array", "items", entry, entry);
}

static json_t *infinite(json_t *schema) {
    return json_pack("{s:[o, {s:[s, s]}, o]}", "anyOf", schema, "enum", "inf", "-inf",
                     cli_schema_ref("dollar", ""));
}

static json_t *describe(json_t *schema, const char *doc, const char *fallback) {
    if (doc && *doc) json_object_set_new(schema, "description", json_string(doc));
    if (!fallback || !*fallback) return schema;
    json_t *value = json_loads(fallback, JSON_DECODE_ANY, NULL);
    json_object_set_new(schema, "default", value ? value : json_string(fallback));
    return schema;
}

static json_t *attr_type(const sg_attr_spec *spec) {
    switch (spec->type) {
    case SG_ATTR_INT:
        return or_dollar(number("integer", spec->min, spec->max));
    case SG_ATTR_FLOAT:
        return infinite(number("number", spec->min, spec->max));
    case SG_ATTR_BOOL:
        return or_dollar(json_pack("{s:s}", "type", "boolean"));
    case SG_ATTR_TEXT:
        return spec->one_of ? or_dollar(words(spec->one_of)) : json_pack("{s:s}", "type", "string");
    case SG_ATTR_INTS:
        return list(number("integer", spec->min, spec->max));
    case SG_ATTR_FLOATS:
        return list(number("number", spec->min, spec->max));
    case SG_ATTR_DTYPE:
        return cli_schema_ref("type", "");
    case SG_ATTR_CALL:
        return cli_schema_ref(cli_schema_kind(spec->call_kind), "");
    case SG_ATTR_RATE:
        return json_pack("{s:{s:s}, s:o, s:o}", "if", "type", "number", "then",
                         number("number", spec->min, spec->max), "else",
                         cli_schema_ref(cli_schema_kind(SG_KIND_SCHEDULE), ""));
    case SG_ATTR_SPAN:
        return cli_schema_ref("span", "");
    }
    return json_object();
}

json_t *cli_schema_attr(const sg_attr_spec *spec) {
    json_t *type = attr_type(spec);
    /* What stands beside a $ref is not looked at. */
    if (json_object_get(type, "$ref")) type = json_pack("{s:[o]}", "allOf", type);
    return describe(type, spec->doc, spec->fallback);
}

static json_t *argument_type(const sg_argument *a, const char *type) {
    if (strcmp(type, "int") == 0) return or_dollar(number("integer", a->min, a->max));
    if (strcmp(type, "float") == 0) return or_dollar(number("number", a->min, a->max));
    if (strcmp(type, "bool") == 0) return or_dollar(json_pack("{s:s}", "type", "boolean"));
    if (strcmp(type, "text") == 0)
        return a->one_of ? or_dollar(words(a->one_of)) : json_pack("{s:s}", "type", "string");
    if (strcmp(type, "op") == 0) return cli_schema_ref("call", "");
    return cli_schema_ref("literal", "");
}

json_t *cli_schema_argument(const sg_argument *a) {
    size_t length = strlen(a->type);
    bool is_list = a->type[0] == '[';
    char type[32];
    snprintf(type, sizeof type, "%.*s", (int)(is_list ? length - 2 : length), a->type + is_list);
    json_t *schema = argument_type(a, type);
    if (is_list)
        schema = or_dollar(json_pack("{s:s, s:o}", "type", "array", "items", schema));
    else if (json_object_get(schema, "$ref"))
        schema = json_pack("{s:[o]}", "allOf", schema);
    return describe(schema, a->doc, a->fallback);
}
