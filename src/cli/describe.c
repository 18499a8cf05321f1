/* Words about the registry's entries, for the terminal, for JSON and for docs/ops.md. */
#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_append(char buffer[CLI_WORDS], const char *format, ...) {
    size_t length = strlen(buffer);
    va_list list;
    va_start(list, format);
    vsnprintf(buffer + length, CLI_WORDS - length, format, list);
    va_end(list);
}

const char *cli_attr_type(const sg_attr_spec *spec, char buffer[CLI_WORDS]) {
    static const char *const names[] = {
        [SG_ATTR_INT] = "int",    [SG_ATTR_FLOAT] = "float",
        [SG_ATTR_BOOL] = "bool",  [SG_ATTR_TEXT] = "text",
        [SG_ATTR_INTS] = "[int]", [SG_ATTR_FLOATS] = "[float]",
        [SG_ATTR_DTYPE] = "type", [SG_ATTR_RATE] = "number or schedule",
        [SG_ATTR_SPAN] = "span",
    };
    snprintf(buffer, CLI_WORDS, "%s",
             spec->type == SG_ATTR_CALL ? sg_kind_name(spec->call_kind) : names[spec->type]);
    return buffer;
}

const char *cli_attr_default(const sg_attr_spec *spec, char buffer[CLI_WORDS]) {
    if (!spec->fallback)
        snprintf(buffer, CLI_WORDS, "required");
    else if (!*spec->fallback)
        snprintf(buffer, CLI_WORDS, "optional");
    else
        snprintf(buffer, CLI_WORDS, "default %s", spec->fallback);
    return buffer;
}

/* "0.5", "1e6" */
static void append_number(char buffer[CLI_WORDS], double number) {
    char text[32];
    snprintf(text, sizeof text, "%.6g", number);
    const char *plus = strstr(text, "e+");
    if (plus)
        cli_append(buffer, "%.*se%d", (int)(plus - text), text, atoi(plus + 2));
    else
        cli_append(buffer, "%s", text);
}

/* Bounds this far out only say that there is none. */
static const double FAR = 1e9;

const char *cli_attr_range(const sg_attr_spec *spec, char buffer[CLI_WORDS]) {
    buffer[0] = 0;
    if (spec->one_of) {
        cli_append(buffer, "one of: ");
        for (const char *at = spec->one_of; *at;) {
            size_t length = strcspn(at, " ");
            cli_append(buffer, "%s%.*s", at == spec->one_of ? "" : ", ", (int)length, at);
            at += length;
            while (*at == ' ') at++;
        }
        return buffer;
    }
    if (!(spec->min < spec->max)) return buffer;
    bool low = spec->min > -FAR, high = spec->max < FAR;
    if (low && !high) cli_append(buffer, "at least ");
    if (low) append_number(buffer, spec->min);
    if (high) cli_append(buffer, low ? " to " : "at most ");
    if (high) append_number(buffer, spec->max);
    return buffer;
}

const char *cli_port_note(const sg_port *port) {
    if (port->flags & SG_PORT_VARIADIC) return " (one or more)";
    return port->flags & SG_PORT_OPTIONAL ? " (optional)" : "";
}

const char *cli_op_gradient(const sg_op *op) {
    if (op->in[0].name && (op->flags & SG_OP_NONDIFF)) return "zero by definition";
    if (op->gradient) return "yes";
    return op->in[0].name ? "none" : "none, it has no inputs";
}

const char *cli_op_types(const sg_op *op, char buffer[CLI_WORDS]) {
    buffer[0] = 0;
    if (op->flags & SG_OP_VIEW) cli_append(buffer, "any (a view: no work is done)");
    if (op->flags & (SG_OP_STORED | SG_OP_FED)) cli_append(buffer, "any");
    int limit = (int)(sizeof op->kernels / sizeof *op->kernels);
    for (int i = 0; !buffer[0] || i > 0; i++) {
        if (i == limit || !op->kernels[i].function) break;
        int type = op->kernels[i].type;
        cli_append(buffer, "%s%s", i ? ", " : "", type == SG_ANY_TYPE ? "any" : sg_type_name((sg_type)type));
    }
    return buffer;
}

const char *cli_op_family(size_t index) {
    const char *last = "";
    for (;;) { /* the next family in alphabetical order, index + 1 times */
        const char *next = NULL;
        for (size_t i = 0; i < sg_registry_count(SG_KIND_OP); i++) {
            const char *family = ((const sg_op *)sg_registry_at(SG_KIND_OP, i))->family;
            if (strcmp(family, last) > 0 && (!next || strcmp(family, next) < 0)) next = family;
        }
        if (!next || index-- == 0) return next;
        last = next;
    }
}

const char *cli_kind_plural(sg_kind kind) {
    static const char *const names[SG_KIND_COUNT] = {
        "ops", "initialisers", "data sources", "steps per sample", "optimisers", "schedules", "pictures",
    };
    return names[kind];
}
