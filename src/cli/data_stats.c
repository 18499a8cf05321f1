/* simgraph data stats: means, deviations, sizes and labels. */
#include "data.h"

#include <inttypes.h>
#include <string.h>

#include "document.h"
#include "json.h"

/* "[0.4914, 0.4822, 0.4465]" */
static void print_list(const double *numbers, int count) {
    for (int i = 0; i < count; i++) printf("%s%.4f", i ? ", " : "[", numbers[i]);
    printf("]");
}

static void print_range(const char *name, int64_t least, int64_t most) {
    printf("%" PRId64, least);
    if (most != least) printf(" to %" PRId64, most);
    printf("%s", name);
}

static void print_files(const sg_data_stats *s) {
    static const char *const kinds[5] = {"", "grey", "grey with alpha", "colour", "colour with alpha"};
    const char *comma = "";
    char number[CLI_NUMBER];
    printf("  files: ");
    print_range(" x ", s->least.width, s->most.width);
    print_range("", s->least.height, s->most.height);
    bool differ = s->least.width != s->most.width || s->least.height != s->most.height;
    printf(" pixels");
    if (differ) printf(", in the middle %d x %d", s->median.width, s->median.height);
    printf("; ");
    for (int k = 1; k < 5; k++)
        if (s->having[k]) {
            printf("%s%s %s", comma, cli_thousands(s->having[k], number), kinds[k]);
            comma = ", ";
        }
    puts("");
}

static void print_column(const sg_column_stats *c) {
    char shape[SG_SHAPE_TEXT], least[CLI_NUMBER], most[CLI_NUMBER];
    printf("  %s: ", c->name);
    if (!c->channels) {
        printf("%" PRId64 " value%s, ", c->values, sg_plural(c->values));
        print_range("; ", c->least, c->most);
        printf("%s", cli_thousands(c->fewest, least));
        if (c->largest != c->fewest) printf(" to %s", cli_thousands(c->largest, most));
        puts(c->largest == 1 ? " sample of each" : " samples of each");
        return;
    }
    printf("%s %s, mean ", sg_type_name(c->type), sg_shape_text(&c->shape, 0, shape));
    print_list(c->mean, c->channels);
    printf(", std ");
    print_list(c->std, c->channels);
    puts(c->pixels ? " of pixels in 0..1" : "");
}

static void print_stats(const sg_data_stats *s) {
    char samples[CLI_NUMBER], bad[CLI_NUMBER];
    printf("%s: %s sample%s", s->split, cli_thousands(s->samples, samples), sg_plural(s->samples));
    if (s->bad)
        printf(", %s of which cannot be read and %s left out", cli_thousands(s->bad, bad),
               s->bad == 1 ? "is" : "are");
    if (s->too_many) printf("; max_bad lets %.3g %% pass, so a run would stop", 100 * s->max_bad);
    puts("");
    if (s->reads) print_files(s);
    for (int k = 0; k < s->column_count; k++) print_column(&s->column[k]);
    for (int k = 0; k < s->column_count; k++) {
        const sg_column_stats *c = &s->column[k];
        bool varies = c->channels > 0;
        for (int i = 0; i < c->channels; i++) varies = varies && c->std[i] > 0.00005;
        if (!varies) continue;
        printf("{op: normalise, mean: ");
        print_list(c->mean, c->channels);
        printf(", std: ");
        print_list(c->std, c->channels);
        printf("} # %s\n", c->name);
    }
}

static json_t *list_json(const double *numbers, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++) json_array_append_new(list, cli_json_number(numbers[i]));
    return list;
}

static json_t *look_json(const sg_look *look) {
    return json_pack("[ii]", look->width, look->height);
}

static int print_json(const sg_data_stats *s) {
    json_t *columns = json_object();
    for (int k = 0; k < s->column_count; k++) {
        const sg_column_stats *c = &s->column[k];
        json_t *shape = json_array();
        for (int i = 0; i < c->shape.rank; i++) json_array_append_new(shape, json_integer(c->shape.dim[i]));
        json_t *column = json_pack("{s:s, s:o}", "type", sg_type_name(c->type), "shape", shape);
        if (c->channels) {
            json_object_set_new(column, "mean", list_json(c->mean, c->channels));
            json_object_set_new(column, "std", list_json(c->std, c->channels));
        } else
            json_object_update_new(column,
                                   json_pack("{s:I, s:i, s:i, s:I, s:I}", "values", (json_int_t)c->values,
                                             "min", (int)c->least, "max", (int)c->most, "fewest",
                                             (json_int_t)c->fewest, "most", (json_int_t)c->largest));
        json_object_set_new(columns, c->name, column);
    }
    json_t *all = json_pack("{s:s, s:I, s:I, s:o}", "split", s->split, "samples", (json_int_t)s->samples,
                            "bad", (json_int_t)s->bad, "columns", columns);
    if (s->reads)
        json_object_set_new(all, "files",
                            json_pack("{s:o, s:o, s:o, s:[I,I,I,I]}", "min", look_json(&s->least), "median",
                                      look_json(&s->median), "max", look_json(&s->most), "channels",
                                      (json_int_t)s->having[1], (json_int_t)s->having[2],
                                      (json_int_t)s->having[3], (json_int_t)s->having[4]));
    return cli_json_print(all);
}

int cli_data_stats(const cli_args *args, const sg_train_config *config, const volatile sig_atomic_t *stop) {
    sg_context *context;
    sg_error error;
    sg_context_options engine = {.size = sizeof engine, .threads = (int)cli_int(args, "threads", 0)};
    sg_data_stats_options options = {.size = sizeof options, .split = cli_text(args, "split"), .stop = stop};
    sg_data_stats stats = {0};
    sg_status status = sg_context_create(&context, &engine, &error);
    if (status == SG_OK) status = sg_data_stats_take(&stats, config, context, &options, &error);
    sg_context_destroy(context);
    if (status != SG_OK && *stop) return 128 + *stop;
    if (status != SG_OK) return cli_fail_with(&error);
    int code = SG_OK;
    if (cli_flag(args, "json"))
        code = print_json(&stats);
    else
        print_stats(&stats);
    if (code == SG_OK && stats.too_many) code = SG_BAD_DATA;
    sg_data_stats_finish(&stats);
    return code;
}
