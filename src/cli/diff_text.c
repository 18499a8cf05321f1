/* Attributes as text. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"

void cli_string_add(cli_string *string, const char *format, ...) {
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int more = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t needed = string->length + (size_t)(more < 0 ? 0 : more) + 1;
    if (needed > string->room) {
        char *grown = realloc(string->text, 2 * needed);
        if (grown) string->text = grown;
        if (grown) string->room = 2 * needed;
        string->failed = string->failed || !grown;
    }
    if (!string->failed)
        string->length +=
            (size_t)vsnprintf(string->text + string->length, needed - string->length, format, list);
    va_end(list);
}

static void add_ints(cli_string *out, const sg_attr *attr) {
    cli_string_add(out, "[");
    for (int i = 0; i < attr->n; i++) {
        bool batch = attr->ints[i] && attr->ints[i] % SG_SYMBOLIC_BATCH == 0;
        const char *comma = i ? ", " : "";
        long long number = batch ? attr->ints[i] / SG_SYMBOLIC_BATCH : attr->ints[i];
        if (batch && number == 1)
            cli_string_add(out, "%sbatch", comma);
        else
            cli_string_add(out, "%s%lld%s", comma, number, batch ? " * batch" : "");
    }
    cli_string_add(out, "]");
}

/* {op: cosine, peak: 0.001}, or the name alone. */
static void add_call(cli_string *out, const sg_call *call) {
    const sg_schema *schema = call->schema;
    int shown = 0;
    for (int i = 0; i < sg_schema_attr_count(schema); i++) {
        if (!call->attr[i].present) continue;
        if (shown++ == 0) cli_string_add(out, "{op: %s", schema->name);
        cli_string_add(out, ", %s: ", schema->attrs[i].name);
        cli_attr_words(out, &schema->attrs[i], &call->attr[i]);
    }
    cli_string_add(out, "%s", shown ? "}" : schema->name);
}

void cli_attr_words(cli_string *out, const sg_attr_spec *spec, const sg_attr *attr) {
    if (!attr->present) {
        cli_string_add(out, "unset");
        return;
    }
    switch (spec->type) {
    case SG_ATTR_INT:
        cli_string_add(out, "%lld", (long long)attr->i);
        return;
    case SG_ATTR_BOOL:
        cli_string_add(out, "%s", attr->i ? "true" : "false");
        return;
    case SG_ATTR_DTYPE:
        cli_string_add(out, "%s", sg_type_name((sg_type)attr->i));
        return;
    case SG_ATTR_INTS:
        add_ints(out, attr);
        return;
    case SG_ATTR_FLOATS:
        cli_string_add(out, "[");
        for (int i = 0; i < attr->n; i++) cli_string_add(out, "%s%.9g", i ? ", " : "", attr->floats[i]);
        cli_string_add(out, "]");
        return;
    case SG_ATTR_FLOAT:
    case SG_ATTR_RATE:
    case SG_ATTR_CALL:
        if (attr->call)
            add_call(out, attr->call);
        else
            cli_string_add(out, "%.9g", attr->f);
        return;
    case SG_ATTR_TEXT:
        cli_string_add(out, "%s", attr->text ? attr->text : "");
        return;
    case SG_ATTR_SPAN:
        cli_string_add(out, "%.9g %s", attr->f, attr->text ? attr->text : "");
        return;
    }
}
