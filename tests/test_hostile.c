/* Every op with inputs and attributes that nobody sane would give it.
 *
 * A case starts from a sample of the op, or from nothing, and spoils it: other element types, other shapes,
 * inputs left off, stretched or turned round, attributes of absurd size. The graph must refuse it with a
 * message, or plan it and run it; whatever is accepted runs twice, to the same bits. Meant to be run with the
 * sanitizers. Cases depend on their number alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "graph/graph.h"
#include "simgraph/program.h"
#include "unit.h"

enum { CASES = 250, MOST_ELEMENTS = 1 << 14, MOST_BYTES = 1 << 24, MOST_LIST = 20 };

typedef struct dice {
    uint64_t op;
    uint32_t turn, count;
} dice;

static uint32_t word(dice *d) {
    uint32_t words[4];
    sg_philox_draw(2024, d->count++, d->turn, 0, d->op, words);
    return words[0];
}

static int64_t roll(dice *d, int64_t sides) {
    return (int64_t)(word(d) % (uint32_t)sides);
}

/* ---- what a case is made of ---- */

static int64_t any_size(dice *d) {
    static const int64_t sizes[] = {0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 17};
    return sizes[roll(d, sizeof sizes / sizeof *sizes)];
}

static bool stretched; /* is any shape of the case so large that loops over it do not end? */

/* Nothing in an endless room: sizes that are multiplied before anybody sees that there are no elements. */
static void stretch(dice *d, sg_shape *shape) {
    stretched = true;
    for (int i = 0, bits = 48; i < shape->rank; i++) {
        int part = (int)roll(d, bits + 1);
        shape->dim[i] = INT64_C(1) << part;
        bits -= part;
    }
    if (shape->rank) shape->dim[roll(d, shape->rank)] = 0;
}

static sg_shape any_shape(dice *d) {
    sg_shape shape = {.rank = (int)(roll(d, 4) ? roll(d, 5) : roll(d, SG_MAX_RANK + 1))};
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = i > 4 ? roll(d, 3) : any_size(d);
    if (!roll(d, 12)) stretch(d, &shape);
    return shape;
}

static int64_t any_int(dice *d) {
    static const int64_t odd[] = {INT64_MIN,        INT64_MAX,        INT64_MIN / 2,
                                  INT64_MAX / 2,    INT64_C(1) << 31, -(INT64_C(1) << 31),
                                  INT64_C(1) << 40, 1000000000,       -1000000000};
    return roll(d, 6) ? roll(d, 12) - 3 : odd[roll(d, sizeof odd / sizeof *odd)];
}

static double any_float(dice *d) {
    static const double odd[] = {
        0, 1, -1, 0.5, 1e-300, 1e300, -1e300, (double)INFINITY, -(double)INFINITY, (double)NAN};
    return roll(d, 2) ? odd[roll(d, sizeof odd / sizeof *odd)] : (double)roll(d, 2000) / 500 - 2;
}

/* Lists live in `space`, MOST_LIST numbers an attribute. */
static sg_attr any_attr(dice *d, const sg_attr_spec *spec, int64_t *ints, double *floats) {
    sg_attr attr = {.set = true, .present = true};
    switch (spec->type) {
    case SG_ATTR_INT:
        attr.i = any_int(d);
        attr.f = (double)attr.i;
        break;
    case SG_ATTR_FLOAT:
    case SG_ATTR_RATE:
        attr.f = any_float(d);
        break;
    case SG_ATTR_BOOL:
        attr.i = roll(d, 2);
        break;
    case SG_ATTR_TEXT: {
        static char first[32];
        snprintf(first, sizeof first, "%.*s", spec->one_of ? (int)strcspn(spec->one_of, " ") : 0,
                 spec->one_of ? spec->one_of : "");
        attr.text = roll(d, 2) ? first : "nonsense";
        break;
    }
    case SG_ATTR_SPAN:
        attr.f = any_float(d);
        attr.text = "steps";
        break;
    case SG_ATTR_INTS:
        attr.n = (int)(roll(d, 6) ? roll(d, 5) : roll(d, MOST_LIST + 1));
        for (int i = 0; i < attr.n; i++) ints[i] = any_int(d);
        attr.ints = ints;
        break;
    case SG_ATTR_FLOATS:
        attr.n = (int)roll(d, MOST_LIST + 1);
        for (int i = 0; i < attr.n; i++) floats[i] = any_float(d);
        attr.floats = floats;
        break;
    case SG_ATTR_DTYPE:
        attr.i = roll(d, SG_TYPE_COUNT);
        break;
    case SG_ATTR_CALL:
        attr.present = attr.set = false;
        break;
    }
    return attr;
}

/* A value of that shape: fed or stored, sometimes stretched, turned round or cut out of a larger one. */
static sg_value any_value(dice *d, sg_graph *g, const char *op, sg_type type, sg_shape shape) {
    sg_arg as = sg_arg_dtype("type", type);
    int form = strcmp(op, "input") == 0 && !stretched ? (int)roll(d, 8) : 7;
    sg_shape made = shape;
    if (form == 0)
        for (int i = 0; i < shape.rank; i++)
            if (roll(d, 2)) made.dim[i] = 1;
    if (form == 1)
        for (int i = 0; i < shape.rank; i++) made.dim[i] = shape.dim[shape.rank - 1 - i];
    if (form == 2)
        for (int i = 0; i < shape.rank; i++) made.dim[i] += roll(d, 3);
    sg_value v = sg_graph_add(g, op, NULL, NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &made), as, {0}});
    int64_t list[SG_MAX_RANK], back[SG_MAX_RANK];
    for (int i = 0; i < shape.rank; i++) {
        list[i] = form == 1 ? shape.rank - 1 - i : made.dim[i] - shape.dim[i];
        back[i] = made.dim[i];
    }
    if (form == 0) v = sg_emit(g, "broadcast_to", SG_IN(v), sg_arg_shape("shape", &shape));
    if (form == 1) v = sg_emit(g, "permute", SG_IN(v), sg_arg_ints("axes", shape.rank, list));
    if (form == 2)
        v = sg_emit(g, "slice", SG_IN(v), sg_arg_ints("starts", shape.rank, list),
                    sg_arg_ints("stops", shape.rank, back));
    sg_error error = {0};
    ck_assert_msg(sg_graph_status(g, &error) == SG_OK, "%s", error.message);
    return v;
}

static sg_shape spoiled(dice *d, sg_shape shape) {
    switch (roll(d, 6)) {
    case 0:
        if (shape.rank) shape.dim[roll(d, shape.rank)] = any_size(d);
        break;
    case 1:
        if (shape.rank) shape.rank--;
        break;
    case 2:
        if (shape.rank < SG_MAX_RANK) shape.dim[shape.rank++] = any_size(d);
        break;
    case 3:
        if (shape.rank) shape.dim[roll(d, shape.rank)] = 0;
        break;
    case 4:
        if (shape.rank) shape.dim[roll(d, shape.rank)] = 1;
        break;
    default:
        return any_shape(d);
    }
    return shape;
}

/* ---- a case ---- */

typedef struct hostile {
    sg_graph *graph;
    sg_value in[SG_MAX_VARIADIC + 1], out;
    int in_count;
    sg_attr attr[SG_MAX_ATTRS];
    int64_t ints[SG_MAX_ATTRS][MOST_LIST];
    double floats[SG_MAX_ATTRS][MOST_LIST];
} hostile;

static const sg_sample *any_sample(dice *d, const sg_op *op) {
    int count = 0;
    while (op->samples[count].name) count++;
    return roll(d, 5) ? &op->samples[roll(d, count)] : NULL;
}

static void choose_attrs(dice *d, hostile *h, const sg_op *op, const sg_sample *sample) {
    for (const sg_arg *arg = sample ? sample->args : NULL; arg && arg->name; arg++) {
        int index = sg_schema_attr_index(&op->schema, arg->name);
        if (index >= 0) h->attr[index] = arg->value;
    }
    for (int i = 0; i < sg_schema_attr_count(&op->schema); i++)
        if (!roll(d, sample ? 8 : 2))
            h->attr[i] = any_attr(d, &op->schema.attrs[i], h->ints[i], h->floats[i]);
}

static void choose_inputs(dice *d, hostile *h, const sg_op *op, const sg_sample *sample) {
    int ports = sg_op_input_count(op);
    bool variadic = ports && op->in[ports - 1].flags & SG_PORT_VARIADIC;
    h->in_count = sample ? sample->in_count : ports;
    if (!roll(d, 12)) h->in_count = (int)roll(d, ports + 2);
    if (variadic && !roll(d, 6)) h->in_count = 62 + (int)roll(d, 4);
    sg_shape base = any_shape(d);
    sg_type type = roll(d, 2) ? SG_F32 : (sg_type)roll(d, SG_TYPE_COUNT);
    sg_type real = sg_graph_float_type(h->graph);
    int spoil = (int)roll(d, 3) ? (int)roll(d, h->in_count ? h->in_count : 1) : -1;
    for (int k = 0; k < h->in_count; k++) {
        const sg_sample_input *in = sample && k < sample->in_count ? &sample->in[k] : NULL;
        h->in[k] = SG_NO_VALUE;
        if ((in && in->type == SG_ABSENT) || !roll(d, 40)) continue;
        sg_shape shape = in ? sg_sample_input_shape(in) : roll(d, 3) ? base : spoiled(d, base);
        for (int i = 0; i < shape.rank; i++) stretched = stretched || shape.dim[i] > MOST_ELEMENTS;
        sg_type as = in ? (in->type == SG_F32 ? real : (sg_type)in->type) : type;
        if (k == spoil && roll(d, 2)) as = (sg_type)roll(d, SG_TYPE_COUNT);
        if (k == spoil && roll(d, 2)) shape = spoiled(d, shape);
        if (k && !roll(d, 25)) {
            h->in[k] = h->in[0];
            continue;
        }
        h->in[k] =
            any_value(d, h->graph, op->flags & SG_OP_UPDATE && roll(d, 20) ? "state" : "input", as, shape);
    }
}

static void fill(dice *d, sg_tensor tensor) {
    int64_t elements = sg_tensor_elements(&tensor);
    for (int64_t i = 0; i < elements; i++) {
        double x = sg_type_is_float(tensor.type) ? (double)roll(d, 4000) / 1000 - 2 : (double)roll(d, 5);
        if (!roll(d, 200)) x = any_float(d);
        sg_tensor_set(&tensor, i, x);
    }
}

static void check_message(const sg_op *op, dice *d, sg_status status, const sg_error *error) {
    ck_assert_msg(status == error->status && error->message[0] && !strchr(error->message, '\n'),
                  "%s, case %u: status %d without a message", op->schema.name, d->turn, status);
}

static uint64_t hash(const sg_tensor *tensor) {
    uint64_t h = 1469598103934665603u;
    for (int64_t i = 0; i < sg_tensor_elements(tensor); i++) {
        double x = sg_tensor_get(tensor, i);
        uint64_t bits;
        if (x != x) x = 0; /* NaN has many forms */
        memcpy(&bits, &x, sizeof bits);
        h = (h ^ bits) * 1099511628211u;
    }
    return h;
}

static int runs;

static void run(dice *d, hostile *h, const sg_op *op, sg_context *context, const sg_value *fetch, int count) {
    sg_error error = {0};
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
    ck_assert(sg_store_create(&store, &error) == SG_OK && sg_arena_create(&arena, &error) == SG_OK);
    sg_status status = sg_store_initialise(store, context, h->graph, 1, &error);
    sg_program_options options = {.size = sizeof options, .fetch = fetch, .fetch_count = count};
    options.poison = true;
    options.no_group = !roll(d, 4);
    options.block = roll(d, 3);
    if (status == SG_OK)
        status = sg_program_create(&program, context, h->graph, store, arena, &options, &error);
    if (status != SG_OK) check_message(op, d, status, &error);
    sg_memory memory = status == SG_OK ? sg_program_memory(program) : (sg_memory){0};
    if (status == SG_OK && memory.arena < MOST_BYTES && memory.tiles < MOST_BYTES) {
        for (int v = 0; v < sg_graph_value_count(h->graph); v++) {
            sg_tensor feed = sg_program_feed(program, v);
            if (feed.data &&
                sg_graph_node(h->graph, sg_graph_value(h->graph, v)->node)->op->flags & SG_OP_FED)
                fill(d, feed);
        }
        int64_t batch = sg_graph_batch(h->graph), *ids = malloc(sizeof *ids * (size_t)batch);
        for (int64_t i = 0; i < batch; i++) ids[i] = 100 + i;
        sg_draw draw = {.seed = 5, .batch = batch, .ids = roll(d, 2) ? ids : NULL};
        bool updates = op->flags & SG_OP_UPDATE;
        uint64_t before = 0;
        for (int turn = 0; turn < 2; turn++) {
            status = sg_program_run(program, SG_PHASE_GRADIENT, &draw, &error);
            if (status != SG_OK) check_message(op, d, status, &error);
            uint64_t all = 0;
            for (int k = 0; k < count && status == SG_OK; k++) {
                sg_tensor out = sg_program_fetch(program, fetch[k]);
                all = all * 31 + hash(&out);
            }
            ck_assert_msg(!turn || updates || status != SG_OK || all == before, "%s, case %u: other bits",
                          op->schema.name, d->turn);
            before = all;
        }
        runs += status == SG_OK;
        free(ids);
    }
    if (memory.arena || memory.tiles) sg_program_destroy(program);
    sg_arena_destroy(arena);
    sg_store_destroy(store);
}

/* Plans it, and nothing more. */
static void measure(dice *d, hostile *h, const sg_op *op, sg_context *context, const sg_value *fetch,
                    int count) {
    sg_error error = {0};
    sg_memory memory;
    double flops;
    sg_program_options options = {.size = sizeof options, .fetch = fetch, .fetch_count = count};
    sg_status status = sg_program_measure(&memory, &flops, context, h->graph, &options, &error);
    if (status != SG_OK) check_message(op, d, status, &error);
}

static void run_case(dice *d, const sg_op *op, sg_context *context) {
    static hostile h;
    memset(&h, 0, sizeof h);
    stretched = false;
    sg_error error = {0};
    sg_graph_options options = {sizeof options, roll(d, 2) ? SG_F32 : SG_F64, roll(d, 2), 1 + roll(d, 4)};
    ck_assert(sg_graph_create(&h.graph, &options, &error) == SG_OK);
    const sg_sample *sample = any_sample(d, op);
    choose_attrs(d, &h, op, sample);
    choose_inputs(d, &h, op, sample);
    sg_mark nowhere = {0};
    sg_status status =
        sg_graph_add_node(h.graph, op, "subject", nowhere, h.in, h.in_count, h.attr, &h.out, &error);
    if (status != SG_OK) {
        check_message(op, d, status, &error);
        sg_graph_destroy(h.graph);
        return;
    }
    int outputs = sg_op_output_count(op), count = 0;
    sg_value fetch[SG_MAX_OUT + SG_MAX_VARIADIC + 1];
    double elements = 0;
    for (int k = 0; k < outputs; k++) {
        elements += (double)sg_shape_elements(&sg_graph_value(h.graph, h.out + k)->shape);
        if (roll(d, 4) || k + 1 == outputs) fetch[count++] = h.out + k;
    }
    (void)sg_node_flops(h.graph, sg_graph_node(h.graph, sg_graph_value(h.graph, h.out)->node), 1);
    bool huge = elements > MOST_ELEMENTS;
    sg_value wrt[SG_MAX_VARIADIC], grad[SG_MAX_VARIADIC];
    int wrt_count = 0;
    for (int k = 0; k < h.in_count; k++)
        if (h.in[k] != SG_NO_VALUE && sg_type_is_float(sg_graph_value(h.graph, h.in[k])->type))
            wrt[wrt_count++] = h.in[k];
    if (!huge && wrt_count && sg_type_is_float(sg_graph_value(h.graph, h.out)->type) && roll(d, 2)) {
        status = sg_graph_differentiate(h.graph, h.out, SG_NO_VALUE, wrt_count, wrt, grad, &error);
        if (status != SG_OK) check_message(op, d, status, &error);
        for (int k = 0; status == SG_OK && k < wrt_count; k++) fetch[count++] = grad[k];
    }
    if (!huge && status == SG_OK && stretched)
        measure(d, &h, op, context, fetch, count);
    else if (!huge && status == SG_OK)
        run(d, &h, op, context, fetch, count);
    sg_graph_destroy(h.graph);
}

START_TEST(every_op_survives) {
    sg_error error = {0};
    sg_context *context;
    sg_context_options options = {sizeof options, 2, NULL};
    assert_ok(sg_context_create(&context, &options, &error));
    const char *only = getenv("HOSTILE_OP"), *cases = getenv("HOSTILE_CASES");
    for (size_t i = 0; i < sg_registry_count(SG_KIND_OP); i++) {
        const sg_op *op = (const sg_op *)sg_registry_at(SG_KIND_OP, i);
        if (only && strcmp(only, op->schema.name) != 0) continue;
        int before = runs;
        for (uint32_t turn = 0; turn < (uint32_t)(cases ? atoi(cases) : CASES); turn++) {
            dice d = {.op = 0, .turn = turn};
            for (const char *c = op->schema.name; *c; c++) d.op = d.op * 131 + (unsigned char)*c;
            run_case(&d, op, context);
        }
        if (only || cases) printf("%s: %d cases ran\n", op->schema.name, runs - before);
        ck_assert_msg(only || cases || runs > before, "%s: no case was accepted", op->schema.name);
    }
    sg_context_destroy(context);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_op_survives, NULL};
    return unit_run(unit_suite("hostile", tests));
}
