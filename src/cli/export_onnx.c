/* simgraph export --onnx: a graph and its weights as a model of ONNX. */
#include "document.h"
#include "eval.h"
#include "export.h"
#include "json.h"
#include "path.h"
#include "weights.h"

#include <string.h>

#include "simgraph/onnx.h"

/* ---- what it takes and gives ---- */

static void print_ports(const char *title, int count, const sg_onnx_port *ports, int width) {
    char shape[SG_SHAPE_TEXT];
    for (int i = 0; i < count; i++) {
        printf("  %-7s  %-*s  %s %s", i ? "" : title, width, ports[i].name, sg_type_name(ports[i].type),
               sg_shape_words(&ports[i].shape, shape));
        if (ports[i].op) printf("  in the place of what %s draws", ports[i].op);
        putchar('\n');
    }
}

static int width_of(int count, const sg_onnx_port *ports, int width) {
    for (int i = 0; i < count; i++)
        if ((int)strlen(ports[i].name) > width) width = (int)strlen(ports[i].name);
    return width;
}

static void print_text(const char *path, const sg_onnx_ports *p) {
    int width = width_of(p->out_count, p->out, width_of(p->in_count, p->in, 0));
    if (p->beside)
        printf("%s is written, and its weights to %s.data\n", path, path);
    else
        printf("%s is written\n", path);
    print_ports("inputs", p->in_count, p->in, width);
    print_ports("outputs", p->out_count, p->out, width);
}

/* "batch" and "4*batch" are texts, other sizes numbers. */
static json_t *shape_json(const sg_shape *shape) {
    json_t *list = json_array();
    for (int d = 0; d < shape->rank; d++) {
        char text[SG_SHAPE_TEXT];
        sg_shape one = {.rank = 1, .dim = {shape->dim[d]}};
        bool open = shape->dim[d] && shape->dim[d] % SG_SYMBOLIC_BATCH == 0;
        sg_shape_words(&one, text);
        json_array_append_new(list,
                              open ? json_stringn(text + 1, strlen(text) - 2) : json_integer(shape->dim[d]));
    }
    return list;
}

static json_t *ports_json(int count, const sg_onnx_port *ports) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s?}", "name", ports[i].name, "type",
                                              sg_type_name(ports[i].type), "shape",
                                              shape_json(&ports[i].shape), "drawn_by", ports[i].op));
    return list;
}

static int print_json(const char *path, const sg_onnx_ports *p) {
    json_t *all = json_pack("{s:s, s:o, s:o}", "file", path, "inputs", ports_json(p->in_count, p->in),
                            "outputs", ports_json(p->out_count, p->out));
    if (p->beside) json_object_set_new(all, "weights", json_sprintf("%s.data", path));
    return cli_json_print(all);
}

/* ---- the verb ---- */

static int save(const cli_args *args, cli_document *d, const cli_names *fetch) {
    sg_error error;
    sg_context *context = NULL;
    sg_onnx_ports ports = {0};
    sg_context_options engine = {.size = sizeof engine, .threads = 1};
    sg_onnx_options options = {.size = sizeof options,
                               .init = args->arg[0],
                               .fetch = fetch->name,
                               .fetch_count = fetch->count,
                               .batch = cli_int(args, "batch", 0),
                               .beside = cli_flag(args, "beside")};
    const char *path = cli_text(args, "onnx");
    size_t wrong = sg_diagnostics_errors(d->messages);
    sg_status status = sg_context_create(&context, &engine, &error);
    if (status == SG_OK)
        status = sg_document_save_onnx(path, &ports, context, d->document, &options, d->messages, &error);
    sg_context_destroy(context);
    cli_document_report(d, SG_OK);
    int code = SG_OK;
    if (status != SG_OK)
        code = sg_diagnostics_errors(d->messages) > wrong ? (int)status : cli_fail_with(&error);
    else if (cli_flag(args, "json"))
        code = print_json(path, &ports);
    else
        print_text(path, &ports);
    sg_onnx_ports_finish(&ports);
    return code;
}

/* Options of the other form, another ending; the exit code after a message. */
static int check_options(const cli_args *args) {
    static const char *const others[] = {"names", "out", "bare", "ignore", "all"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (cli_given(args, others[i]))
            return cli_usage(args->verb, "--%s is for weights; it does not go with --onnx", others[i]);
    char name[4096];
    const char *path = cli_text(args, "onnx");
    if (cli_has_ending(path, ".onnx")) return SG_OK;
    return cli_usage(args->verb, "a model of ONNX is a file .onnx: name it %s",
                     cli_rename(path, ".onnx", name, sizeof name));
}

int cli_export_onnx(const cli_args *args) {
    char own[4096];
    const char *graph = cli_text(args, "graph"), *fetch = cli_text(args, "fetch");
    int code = check_options(args), count;
    if (code == SG_OK && !graph) code = cli_own_graph(args, own, sizeof own);
    if (code != SG_OK) return code;
    if (!graph) graph = own;
    const char *const *set = cli_texts(args, "set", &count);
    cli_document d;
    code = cli_document_load_file(&d, args, graph, set, count);
    if (code != SG_OK) return code;
    cli_names names;
    code = cli_names_split(&names, fetch ? fetch : "") ? save(args, &d, &names)
                                                       : cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    cli_names_finish(&names);
    cli_document_finish(&d);
    return code;
}
