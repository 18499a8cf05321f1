#include "diagnostics_json.h"

#include "json.h"

static json_t *link_json(const sg_link *link) {
    return json_pack("{s:o, s:o, s:i, s:i}", "text", cli_json_text(link->text), "file",
                     cli_json_text(link->mark.file), "line", link->mark.line, "column", link->mark.column);
}

static json_t *message_json(const sg_diagnostic *d) {
    json_t *chain = json_array();
    for (int i = 0; i < d->link_count; i++) json_array_append_new(chain, link_json(&d->link[i]));
    return json_pack("{s:o, s:i, s:i, s:i, s:s, s:o, s:o, s:o}", "file", cli_json_text(d->mark.file), "line",
                     d->mark.line, "column", d->mark.column, "length", d->length, "severity",
                     d->severity == SG_SEVERITY_ERROR ? "error" : "warning", "message",
                     cli_json_text(d->message), "hint", cli_json_text(d->hint), "chain", chain);
}

json_t *cli_diagnostics_json(const sg_diagnostics *diagnostics) {
    json_t *list = json_array();
    for (size_t i = 0; i < sg_diagnostics_count(diagnostics); i++)
        json_array_append_new(list, message_json(sg_diagnostics_at(diagnostics, i)));
    return list;
}
