#include "graph/attr.h"

#include "base/numeric.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static bool word_in_list(const char *word, const char *list) {
    size_t length = strlen(word);
    for (const char *at = list; *at;) {
        size_t span = strcspn(at, " ");
        if (span == length && memcmp(at, word, span) == 0) return true;
        at += span;
        while (*at == ' ') at++;
    }
    return false;
}

/* Reads "[1, 2.5]" or "1"; returns the number of numbers, at most `room`. */
static int parse_numbers(const char *text, double *numbers, int room) {
    int count = 0;
    while (*text && count < room) {
        char *end;
        double number = sg_strtod(text, &end);
        if (end == text) {
            text++;
            continue;
        }
        numbers[count++] = number;
        text = end;
    }
    return count;
}

/* Defaults are written in the op tables, so they are well formed; tests load every table. */
static bool parse_fallback(const sg_attr_spec *spec, sg_attr *attr, sg_bump *memory) {
    double numbers[16];
    int count = parse_numbers(spec->fallback, numbers, 16);
    attr->present = true;
    switch (spec->type) {
    case SG_ATTR_INT:
        attr->i = count ? (int64_t)numbers[0] : 0;
        attr->f = (double)attr->i;
        return true;
    case SG_ATTR_FLOAT:
    case SG_ATTR_RATE:
        attr->f = strcmp(spec->fallback, "inf") == 0 ? INFINITY : count ? numbers[0] : 0;
        return true;
    case SG_ATTR_BOOL:
        attr->i = strcmp(spec->fallback, "true") == 0;
        return true;
    case SG_ATTR_TEXT:
        attr->text = spec->fallback;
        return true;
    case SG_ATTR_SPAN: {
        attr->f = count ? numbers[0] : 0;
        const char *unit = strchr(spec->fallback, ' ');
        attr->text = unit ? unit + 1 : "steps";
        return true;
    }
    case SG_ATTR_INTS: {
        int64_t *ints = sg_bump_alloc(memory, sizeof(int64_t) * 16);
        if (!ints) return false;
        for (int i = 0; i < count; i++) ints[i] = (int64_t)numbers[i];
        attr->n = count;
        attr->ints = ints;
        return true;
    }
    case SG_ATTR_FLOATS:
        attr->n = count;
        attr->floats = sg_bump_copy(memory, numbers, sizeof numbers);
        return attr->floats != NULL;
    case SG_ATTR_DTYPE: {
        sg_type type = SG_F32;
        sg_type_from_name(spec->fallback, &type);
        attr->i = type;
        return true;
    }
    case SG_ATTR_CALL: {
        const sg_schema *schema = sg_registry_find(spec->call_kind, spec->fallback);
        sg_call *call = schema ? sg_bump_alloc(memory, sizeof *call) : NULL;
        if (!call) return false;
        call->schema = schema;
        sg_attr *values;
        if (sg_attr_complete(schema, call->attr, memory, &values, NULL) != SG_OK) return false;
        memcpy(call->attr, values, sizeof(sg_attr) * (size_t)sg_schema_attr_count(schema));
        attr->call = call;
        return true;
    }
    }
    return false;
}

static sg_status check_range(const sg_attr_spec *spec, int index, double value, sg_error *error) {
    if (!(spec->min < spec->max) || (value >= spec->min && value <= spec->max)) return SG_OK;
    if (spec->max >= 1e18)
        return sg_fail_at(error, SG_BLAME_ATTR, index, "%s is %.6g, but must be at least %.6g", spec->name,
                          value, spec->min);
    return sg_fail_at(error, SG_BLAME_ATTR, index, "%s is %.6g, but must lie between %.6g and %.6g",
                      spec->name, value, spec->min, spec->max);
}

static sg_status check_value(const sg_attr_spec *spec, int index, const sg_attr *attr, sg_error *error) {
    switch (spec->type) {
    case SG_ATTR_INT:
        return check_range(spec, index, (double)attr->i, error);
    case SG_ATTR_FLOAT:
        return check_range(spec, index, attr->f, error);
    case SG_ATTR_RATE:
        return attr->call ? SG_OK : check_range(spec, index, attr->f, error);
    case SG_ATTR_INTS:
        for (int i = 0; i < attr->n; i++) {
            sg_status status = check_range(spec, index, (double)attr->ints[i], error);
            if (status != SG_OK) return status;
        }
        return SG_OK;
    case SG_ATTR_TEXT:
        if (spec->one_of && !word_in_list(attr->text, spec->one_of))
            return sg_fail_at(error, SG_BLAME_ATTR, index, "%s is `%s`, but must be one of: %s", spec->name,
                              attr->text, spec->one_of);
        return SG_OK;
    case SG_ATTR_DTYPE:
        if (attr->i < 0 || attr->i >= SG_TYPE_COUNT)
            return sg_fail_at(error, SG_BLAME_ATTR, index, "%s is no element type", spec->name);
        return SG_OK;
    case SG_ATTR_CALL:
        if (attr->call && attr->call->schema->kind != spec->call_kind)
            return sg_fail_at(error, SG_BLAME_ATTR, index, "%s is `%s`, which is no %s", spec->name,
                              attr->call->schema->name, sg_kind_name(spec->call_kind));
        return SG_OK;
    default:
        return SG_OK;
    }
}

static bool copy_value(sg_attr *attr, sg_bump *memory) {
    if (attr->ints && !(attr->ints = sg_bump_copy(memory, attr->ints, sizeof(int64_t) * (size_t)attr->n)))
        return false;
    if (attr->floats &&
        !(attr->floats = sg_bump_copy(memory, attr->floats, sizeof(double) * (size_t)attr->n)))
        return false;
    if (attr->text && !(attr->text = sg_bump_text(memory, attr->text))) return false;
    if (attr->call && !(attr->call = sg_call_copy(attr->call, memory))) return false;
    return true;
}

const sg_call *sg_call_copy(const sg_call *call, sg_bump *memory) {
    sg_call *copy = sg_bump_copy(memory, call, sizeof *call);
    if (!copy) return NULL;
    if (call->mark.file && !(copy->mark.file = sg_bump_text(memory, call->mark.file))) return NULL;
    for (int i = 0; i < sg_schema_attr_count(call->schema); i++)
        if (!copy_value(&copy->attr[i], memory)) return NULL;
    return copy;
}

/* NAN: there is none. */
static double number_of(const sg_attr_spec *spec, const sg_attr *attr) {
    if (attr->present) return attr->f;
    return spec->fallback && spec->fallback[0] ? sg_strtod(spec->fallback, NULL) : NAN;
}

static sg_status check_rising(const sg_attr_spec *spec, int index, const sg_attr *attr, sg_error *error) {
    const double low = number_of(spec - 1, attr - 1), high = number_of(spec, attr);
    if (!(high < low)) return SG_OK;
    return sg_fail_at(error, SG_BLAME_ATTR, index, "%s is %.6g, but must not be below %s, %.6g", spec->name,
                      high, spec[-1].name, low);
}

sg_status sg_attr_check(const sg_schema *schema, const sg_attr *given, int index, sg_error *error) {
    const sg_attr_spec *spec = &schema->attrs[index];
    sg_status status = SG_OK;
    if (given && given[index].present) status = check_value(spec, index, &given[index], error);
    if (given && spec->rising && status == SG_OK) status = check_rising(spec, index, &given[index], error);
    if (spec->fallback || (given && given[index].present)) return status;
    return sg_fail_at(error, SG_BLAME_ATTR, index, "%s needs the attribute `%s` (%s)", schema->name,
                      spec->name, spec->doc);
}

sg_status sg_attr_complete(const sg_schema *schema, const sg_attr *given, sg_bump *memory, sg_attr **out,
                           sg_error *error) {
    int count = sg_schema_attr_count(schema);
    sg_attr *attrs = sg_bump_alloc(memory, sizeof(sg_attr) * (size_t)(count + 1));
    if (!attrs) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < count; i++) {
        const sg_attr_spec *spec = &schema->attrs[i];
        sg_status status = sg_attr_check(schema, given, i, error);
        if (status != SG_OK) return status;
        if (given && given[i].present) {
            attrs[i] = given[i];
            if (!copy_value(&attrs[i], memory)) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        } else if (spec->fallback[0]) {
            if (!parse_fallback(spec, &attrs[i], memory))
                return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        }
    }
    *out = attrs;
    return SG_OK;
}

static sg_arg make_arg(const char *name, sg_attr value) {
    value.set = value.present = true;
    return (sg_arg){.name = name, .value = value};
}

sg_arg sg_arg_int(const char *name, int64_t value) {
    return make_arg(name, (sg_attr){.i = value, .f = (double)value});
}

sg_arg sg_arg_float(const char *name, double value) {
    return make_arg(name, (sg_attr){.f = value});
}

sg_arg sg_arg_bool(const char *name, bool value) {
    return make_arg(name, (sg_attr){.i = value});
}

sg_arg sg_arg_text(const char *name, const char *value) {
    return make_arg(name, (sg_attr){.text = value});
}

/* Lists point at the caller's memory until sg_graph_add copies them. */
sg_arg sg_arg_ints(const char *name, int count, const int64_t *values) {
    static const int64_t none[1] = {0};
    return make_arg(name, (sg_attr){.n = count, .ints = count ? values : none});
}

sg_arg sg_arg_floats(const char *name, int count, const double *values) {
    return make_arg(name, (sg_attr){.n = count, .floats = values});
}

sg_arg sg_arg_shape(const char *name, const sg_shape *shape) {
    return make_arg(name, (sg_attr){.n = shape->rank, .ints = shape->dim});
}

sg_arg sg_arg_dtype(const char *name, sg_type type) {
    return make_arg(name, (sg_attr){.i = type});
}

sg_arg sg_arg_call(const char *name, const sg_call *call) {
    return make_arg(name, (sg_attr){.call = call});
}
