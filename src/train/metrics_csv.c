/* metrics.csv: the records of metrics.jsonl as a table (RFC 4180), for spreadsheets and pandas. */
#include <math.h>
#include <string.h>

#include "train/metrics.h"

enum { FIXED = 9 };

static const char *const fixed[FIXED] = {
    "step", "epoch", "loss", "held_out", "lr", "gradient_norm", "images_per_second", "waiting", "peak_memory",
};

/* Column i of the table: its key in a record, or in the member `group` of one. False past the last. */
static bool column_at(const sg_record *names, int i, const char **group, const char **key) {
    *group = NULL;
    *key = i < FIXED ? fixed[i] : NULL;
    if (*key) return true;
    i -= FIXED;
    if (i < names->report_count) {
        *group = "report";
        *key = names->report_names[i];
    } else if (i - names->report_count < names->value_count) {
        *group = "values";
        *key = names->names[i - names->report_count];
    } else if (i == names->report_count + names->value_count)
        *key = "held_out_samples";
    return *key != NULL;
}

static void append_cell(sg_text *row, const char *group, const char *key) {
    bool quoted = strpbrk(key, ",\"\r\n") != NULL;
    if (quoted) sg_text_append_char(row, '"');
    if (group) sg_text_printf(row, "%s.", group);
    for (; *key; key++) {
        if (*key == '"') sg_text_append_char(row, '"');
        sg_text_append_char(row, *key);
    }
    if (quoted) sg_text_append_char(row, '"');
}

void sg_csv_append_head(sg_text *table, const sg_record *names) {
    const char *group, *key;
    for (int i = 0; column_at(names, i, &group, &key); i++) {
        if (i) sg_text_append_char(table, ',');
        append_cell(table, group, key);
    }
    sg_text_append_char(table, '\n');
}

/* What has no value is an empty cell. */
void sg_csv_append_row(sg_text *table, const sg_record *names, const sg_json *record) {
    const char *group, *key;
    for (int i = 0; column_at(names, i, &group, &key); i++) {
        const sg_json *from = group ? sg_json_member(record, group) : record;
        double number;
        if (i) sg_text_append_char(table, ',');
        if (sg_json_number(sg_json_member(from, key), &number))
            sg_text_printf(table, SG_RECORD_NUMBER, number);
    }
    sg_text_append_char(table, '\n');
}
