/* A profile as a trace in the Trace Event Format (its JSON array form), which chrome://tracing and Perfetto
 * read: complete events ("ph": "X") with times in microseconds, and names of rows ("ph": "M"). */
#include <inttypes.h>
#include <stdlib.h>

#include "json.h"
#include "profile.h"
#include "simgraph/file.h"

enum { PROCESS = 1, RUN_ROW = 0 }; /* worker k has row 1 + k */

static void write_name(FILE *to, const char *what, int row, const char *name) {
    fprintf(to,
            "{\"name\": \"%s\", \"ph\": \"M\", \"pid\": %d, \"tid\": %d, \"args\": {\"name\": \"%s\"}},\n",
            what, PROCESS, row, name);
}

static void write_value(FILE *to, json_t *value) {
    json_dumpf(value, to, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
    json_decref(value);
}

static void write_event(FILE *to, const sg_program *program, const sg_program_event *event, uint64_t origin) {
    sg_program_node node = sg_program_node_at(program, event->node);
    double seconds = 1e-9 * (double)(event->end - event->begin);
    char shape[SG_SHAPE_TEXT];
    fputs("{\"name\": ", to);
    write_value(to, json_string(node.node->path));
    fprintf(
        to,
        ", \"cat\": \"%s\", \"ph\": \"X\", \"ts\": %.3f, \"dur\": %.3f, \"pid\": %d, \"tid\": %d, \"args\": ",
        sg_op_schema(node.node->op)->name, 1e-3 * (double)(event->begin - origin), 1e6 * seconds, PROCESS,
        1 + event->worker);
    json_t *args = json_object();
    json_object_set_new(args, "path", json_string(node.node->path));
    json_object_set_new(args, "shape", json_string(sg_shape_text(&node.out.shape, 0, shape)));
    json_object_set_new(args, "share", json_real(event->share));
    json_object_set_new(args, "gflops_per_second",
                        cli_json_number(seconds > 0 ? 1e-9 * node.flops * event->share / seconds : 0));
    write_value(to, args);
    fputs("},\n", to);
}

static void write_span(FILE *to, const sg_train_span *span, uint64_t origin, const char *end) {
    fprintf(to,
            "{\"name\": \"%s\", \"cat\": \"run\", \"ph\": \"X\", \"ts\": %.3f, \"dur\": %.3f, \"pid\": %d, "
            "\"tid\": %d, "
            "\"args\": {\"step\": %" PRId64 "}}%s",
            span->what, 1e6 * (span->begin - 1e-9 * (double)origin), 1e6 * (span->end - span->begin), PROCESS,
            RUN_ROW, span->step, end);
}

sg_status cli_profile_write(const cli_profile *p, const char *path, int threads, sg_error *error) {
    const sg_program *program = sg_trainer_program(p->trainer);
    size_t count, bytes = 0;
    const sg_program_event *events = sg_program_events(program, &count);
    uint64_t origin = count ? events[0].begin : 0;
    char *text = NULL;
    for (size_t i = 0; i < count; i++) origin = events[i].begin < origin ? events[i].begin : origin;
    for (int s = 0; s < p->span_count; s++) {
        uint64_t at = (uint64_t)(1e9 * p->spans[s].begin);
        origin = at < origin ? at : origin;
    }
    FILE *to = open_memstream(&text, &bytes);
    if (!to) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    fputs("[\n", to);
    write_name(to, "process_name", RUN_ROW, "simgraph");
    write_name(to, "thread_name", RUN_ROW, "run");
    for (int k = 0; k < threads; k++) {
        char name[32];
        snprintf(name, sizeof name, "worker %d", k);
        write_name(to, "thread_name", 1 + k, name);
    }
    for (size_t i = 0; i < count; i++)
        if (events[i].node >= 0) write_event(to, program, &events[i], origin);
    for (int s = 0; s < p->span_count; s++)
        write_span(to, &p->spans[s], origin, s + 1 < p->span_count ? ",\n" : "\n");
    fputs("]\n", to);
    bool failed = ferror(to);
    sg_status status = fclose(to) == 0 && !failed && text ? sg_file_save(path, text, bytes, error)
                                                          : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(text);
    return status;
}
