/* The file of a model of ONNX: a ModelProto around a GraphProto (onnx.proto), written in one pass, so that
 * weights are never there twice. */
#include "format/onnx_file.h"

#include "format/file.h"
#include "format/formats.h"
#include "format/protobuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Operator set 17 came with LayerNormalization (2022); most programs that run models know it. It belongs to
 * version 8 of the format. */
enum { IR_VERSION = 8, OPERATORS = 17 };
/* No message may reach 2 GiB. */
static const uint64_t MOST_BYTES = (UINT64_C(1) << 31) - (UINT64_C(1) << 26);

/* Fields of onnx.proto. */
enum { MODEL_IR = 1, MODEL_PRODUCER, MODEL_PRODUCER_VERSION, MODEL_GRAPH = 7, MODEL_OPERATORS };
enum { OPERATORS_VERSION = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME, GRAPH_TENSOR = 5, GRAPH_DOC = 10, GRAPH_IN, GRAPH_OUT };
enum { NODE_IN = 1, NODE_OUT, NODE_NAME, NODE_TYPE };
enum { PORT_NAME = 1, PORT_TYPE };
enum { TYPE_TENSOR = 1 };
enum { TENSOR_TYPE_ELEMENT = 1, TENSOR_TYPE_SHAPE };
enum { SHAPE_DIM = 1 };
enum { DIM_VALUE = 1, DIM_NAME };
enum { TENSOR_DIM = 1, TENSOR_TYPE, TENSOR_NAME = 8, TENSOR_RAW, TENSOR_BESIDE = 13, TENSOR_PLACE };
enum { BESIDE_KEY = 1, BESIDE_VALUE };
enum { PLACE_BESIDE = 1 };

void sg_onnx_file_output(sg_onnx *x, sg_onnx_name from, const char *name) {
    sg_text node = {0};
    if (x->failed) return;
    sg_proto_text(&node, NODE_IN, from);
    sg_proto_text(&node, NODE_OUT, name);
    sg_proto_text(&node, NODE_NAME, name);
    sg_proto_text(&node, NODE_TYPE, "Identity");
    sg_proto_message(&x->nodes, GRAPH_NODE, &node);
    sg_text_finish(&node);
}

/* ---- inputs and outputs ---- */

/* "batch", "49*batch", "batch^2" has no name of its own: any text names a size. */
static void put_size(sg_text *shape, const sg_onnx *x, int64_t size) {
    sg_text dim = {0};
    char text[SG_SHAPE_TEXT];
    sg_shape one = SG_SHAPE(size);
    if (sg_onnx_symbolic(x, size)) {
        sg_shape_text(&one, x->request->unit, text);
        text[strlen(text) - 1] = 0; /* without the brackets */
        sg_proto_text(&dim, DIM_NAME, text + 1);
    } else
        sg_proto_int(&dim, DIM_VALUE, size);
    sg_proto_message(shape, SHAPE_DIM, &dim);
    sg_text_finish(&dim);
}

static void put_port(sg_text *graph, const sg_onnx *x, int field, const sg_onnx_port *port) {
    sg_text shape = {0}, tensor = {0}, type = {0}, value = {0};
    for (int d = 0; d < port->shape.rank; d++) put_size(&shape, x, port->shape.dim[d]);
    sg_proto_int(&tensor, TENSOR_TYPE_ELEMENT, sg_onnx_type(port->type));
    sg_proto_message(&tensor, TENSOR_TYPE_SHAPE, &shape);
    sg_proto_message(&type, TYPE_TENSOR, &tensor);
    sg_proto_text(&value, PORT_NAME, port->name);
    sg_proto_message(&value, PORT_TYPE, &type);
    sg_proto_message(graph, field, &value);
    sg_text_finish(&shape);
    sg_text_finish(&tensor);
    sg_text_finish(&type);
    sg_text_finish(&value);
}

/* ---- weights ---- */

/* All of a tensor's message but its numbers; `place` as a key of what lies beside. */
static void put_head(sg_text *to, const char *path, const sg_tensor *tensor) {
    for (int d = 0; d < tensor->shape.rank; d++) sg_proto_int(to, TENSOR_DIM, tensor->shape.dim[d]);
    sg_proto_int(to, TENSOR_TYPE, sg_onnx_type(tensor->type));
    sg_proto_text(to, TENSOR_NAME, path);
}

static void put_key(sg_text *to, const char *key, const char *value) {
    sg_text entry = {0};
    sg_proto_text(&entry, BESIDE_KEY, key);
    sg_proto_text(&entry, BESIDE_VALUE, value);
    sg_proto_message(to, TENSOR_BESIDE, &entry);
    sg_text_finish(&entry);
}

static void put_place(sg_text *to, const char *file, uint64_t offset, uint64_t bytes) {
    char number[32];
    put_key(to, "location", file);
    snprintf(number, sizeof number, "%" PRIu64, offset);
    put_key(to, "offset", number);
    snprintf(number, sizeof number, "%" PRIu64, bytes);
    put_key(to, "length", number);
    sg_proto_int(to, TENSOR_PLACE, PLACE_BESIDE);
}

/* A weight is a field of the graph: `head` is what stands in front of its numbers. Of what lies beside it is
 * all. */
static void make_weight(sg_text *head, const sg_node *node, const sg_tensor *tensor, const char *file,
                        uint64_t offset) {
    sg_text fields = {0};
    uint64_t bytes = sg_tensor_bytes(tensor);
    put_head(&fields, node->path, tensor);
    if (file)
        put_place(&fields, file, offset, bytes);
    else
        sg_proto_head(&fields, TENSOR_RAW, bytes);
    sg_proto_head(head, GRAPH_TENSOR, fields.length + (file ? 0 : bytes));
    sg_text_append_bytes(head, sg_text_get(&fields), fields.length);
    if (fields.failed) head->failed = true;
    sg_text_finish(&fields);
}

typedef struct weights {
    sg_onnx *x;
    int count; /* nodes to look at */
    const bool *needed;
    const char *file; /* what they go to; NULL: into the model */
} weights;

static sg_tensor *weight_at(const weights *w, int i) {
    const sg_node *node = w->x->graph->nodes[i];
    if (!w->needed[i] || !(node->op->flags & SG_OP_STORED)) return NULL;
    return sg_store_find(w->x->request->store, node->path);
}

/* How long all their fields are; and without `file`, how long their numbers are. */
static uint64_t measure(const weights *w, sg_text *space, bool numbers) {
    uint64_t sum = 0, offset = 0;
    for (int i = 0; i < w->count; i++) {
        const sg_tensor *tensor = weight_at(w, i);
        if (!tensor) continue;
        sg_text_clear(space);
        make_weight(space, w->x->graph->nodes[i], tensor, w->file, offset);
        offset += sg_tensor_bytes(tensor);
        sum += numbers ? sg_tensor_bytes(tensor) : space->length + (w->file ? 0 : sg_tensor_bytes(tensor));
    }
    return sum;
}

static sg_status write_weights(const weights *w, sg_file_writer *to, sg_file_writer *beside,
                               sg_error *error) {
    sg_text head = {0};
    uint64_t offset = 0;
    sg_status status = SG_OK;
    for (int i = 0; i < w->count && status == SG_OK; i++) {
        const sg_tensor *tensor = weight_at(w, i);
        sg_tensor dense;
        if (!tensor) continue;
        sg_text_clear(&head);
        make_weight(&head, w->x->graph->nodes[i], tensor, w->file, offset);
        sg_file_writer_put(to, sg_text_get(&head), head.length);
        status = head.failed ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory")
                             : sg_dense_copy(&dense, tensor, tensor->type, error);
        if (status != SG_OK) break;
        sg_file_writer_put(w->file ? beside : to, dense.data, sg_tensor_bytes(&dense));
        offset += sg_tensor_bytes(&dense);
        sg_tensor_finish(&dense);
    }
    sg_text_finish(&head);
    return status;
}

/* ---- the model ---- */

static void put_graph(sg_text *graph, const sg_onnx *x) {
    const sg_onnx_request *r = x->request;
    sg_proto_text(graph, GRAPH_NAME, r->name);
    if (r->doc) sg_proto_text(graph, GRAPH_DOC, r->doc);
    for (int i = 0; i < x->ports->in_count; i++) put_port(graph, x, GRAPH_IN, &x->ports->in[i]);
    for (int i = 0; i < x->ports->out_count; i++) put_port(graph, x, GRAPH_OUT, &x->ports->out[i]);
}

static void put_model(sg_text *model, uint64_t graph_bytes) {
    sg_text operators = {0};
    sg_proto_int(model, MODEL_IR, IR_VERSION);
    sg_proto_text(model, MODEL_PRODUCER, "simgraph");
    sg_proto_text(model, MODEL_PRODUCER_VERSION, sg_version());
    sg_proto_int(&operators, OPERATORS_VERSION, OPERATORS);
    sg_proto_message(model, MODEL_OPERATORS, &operators);
    sg_proto_head(model, MODEL_GRAPH, graph_bytes);
    sg_text_finish(&operators);
}

static sg_status write_model(const weights *w, const char *path, sg_text *model, sg_text *graph,
                             sg_file_writer *beside, sg_error *error) {
    const sg_onnx *x = w->x;
    sg_text space = {0};
    put_graph(graph, x);
    uint64_t bytes = graph->length + x->nodes.length + x->tables.length + measure(w, &space, false);
    put_model(model, bytes);
    bool failed = space.failed || graph->failed || model->failed;
    sg_text_finish(&space);
    if (failed) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (bytes >= MOST_BYTES)
        return sg_fail(error, SG_BAD_USAGE, "the model is larger than 2 GiB even without its weights");
    sg_file_writer writer;
    sg_status status = sg_file_writer_init(&writer, path, error);
    if (status != SG_OK) return status;
    const sg_text *parts[] = {model, graph, &x->nodes, &x->tables};
    for (int i = 0; i < 4; i++) sg_file_writer_put(&writer, sg_text_get(parts[i]), parts[i]->length);
    status = write_weights(w, &writer, beside, error);
    /* What the model names is there before the model is, and nothing is replaced while one may yet fail. */
    if (status == SG_OK && w->file) status = sg_file_writer_sync(&writer, error);
    if (status == SG_OK && w->file) status = sg_file_writer_commit(beside, error);
    if (status == SG_OK) status = sg_file_writer_commit(&writer, error);
    sg_file_writer_finish(&writer);
    return status;
}

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

sg_status sg_onnx_file_save(sg_onnx *x, const char *path, int count, const bool *needed) {
    weights w = {.x = x, .count = count, .needed = needed};
    sg_text data = {0}, model = {0}, graph = {0}, space = {0};
    sg_file_writer beside = {.fd = -1};
    sg_status status = SG_OK;
    sg_text_printf(&data, "%s.data", path);
    uint64_t bytes = measure(&w, &space, true);
    bool apart = x->request->beside || bytes + x->nodes.length + x->tables.length >= MOST_BYTES;
    if (data.failed || space.failed) status = sg_fail(&x->error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK && apart) {
        w.file = base_of(sg_text_get(&data));
        status = sg_file_writer_init(&beside, sg_text_get(&data), &x->error);
    }
    x->ports->beside = apart;
    if (status == SG_OK) status = write_model(&w, path, &model, &graph, &beside, &x->error);
    sg_file_writer_finish(&beside);
    sg_text_finish(&data);
    sg_text_finish(&model);
    sg_text_finish(&graph);
    sg_text_finish(&space);
    return status;
}
