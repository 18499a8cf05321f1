/* The chart of memory in its other formats: text for Graphviz and what it makes of it, and the page. */
#include "draw_graph.h"

#include "simgraph/draw.h"
#include "simgraph/program.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct chart {
    test_graph t;
    sg_value gradient[GRAPH_WEIGHTS];
    sg_program_options program;
    sg_dot_options options;
} chart;

static void chart_init(chart *c) {
    sg_error error = {0};
    test_graph_init(&c->t, 8);
    sg_value loss = add_vit(&c->t, 4, false);
    assert_ok(sg_graph_differentiate(c->t.graph, loss, SG_NO_VALUE, c->t.weight_count, c->t.weight,
                                     c->gradient, &error));
    c->program = (sg_program_options){
        .size = sizeof c->program, .fetch = c->gradient, .fetch_count = c->t.weight_count};
    c->options = (sg_dot_options){
        .size = sizeof c->options, .depth = SG_DOT_AUTOMATIC, .title = "a \"title\" & <more>"};
}

typedef sg_status drawing(char **text, const sg_graph *graph, const sg_program_options *program,
                          const sg_dot_options *options, sg_error *error);

static char *draw(chart *c, drawing *how) {
    char *text, *again;
    sg_error error = {0};
    assert_ok(how(&text, c->t.graph, &c->program, &c->options, &error));
    assert_ok(how(&again, c->t.graph, &c->program, &c->options, &error));
    ck_assert_str_eq(text, again);
    free(again);
    return text;
}

/* The next piece of each text: where its middle is, and its size. */
static bool next_svg(const char **svg, double area[4]) {
    double x, y, width, height;
    do {
        *svg = strstr(*svg, "<rect class=\"u");
        if (!*svg) return false;
        *svg += 1;
    } while (sscanf(strstr(*svg, " x="), " x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\" data-id=", &x, &y,
                    &width, &height) != 4 ||
             strncmp(strstr(*svg, "height=") + strcspn(strstr(*svg, "height="), " >"), " data-id", 8) != 0);
    area[0] = x + width / 2, area[1] = y + height / 2, area[2] = width, area[3] = height;
    return true;
}

static bool next_dot(const char **dot, double area[4]) {
    for (const char *line = *dot; (line = strstr(line, "\n  n"));) {
        const char *end = strchr(++line, '\n'), *tip = strstr(line, "tooltip="),
                   *circle = strstr(line, "circle");
        if (!tip || tip > end || (circle && circle < end)) continue;
        ck_assert_int_eq(sscanf(strstr(line, "[pos="), "[pos=\"%lf,%lf\", width=%lf, height=%lf", &area[0],
                                &area[1], &area[2], &area[3]),
                         4);
        area[2] *= 72, area[3] *= 72;
        *dot = end;
        return true;
    }
    return false;
}

START_TEST(pieces_lie_in_the_same_places) {
    chart c;
    chart_init(&c);
    char *svg = draw(&c, sg_draw_memory), *dot = draw(&c, sg_draw_memory_dot);
    double page = 0, a[4], b[4];
    int pieces = 0;
    ck_assert_int_eq(sscanf(strstr(svg, " height="), " height=\"%lf\"", &page), 1);
    for (const char *s = svg, *d = dot; next_svg(&s, a); pieces++) {
        ck_assert(next_dot(&d, b));
        ck_assert_msg(fabs(a[0] - b[0]) < 0.16 && fabs(page - a[1] - b[1]) < 0.16,
                      "piece %d: %g,%g and %g,%g", pieces, a[0], page - a[1], b[0], b[1]);
        ck_assert_msg(fabs(a[2] - b[2]) < 0.11 && fabs(a[3] - b[3]) < 0.11, "piece %d: %gx%g and %gx%g",
                      pieces, a[2], a[3], b[2], b[3]);
    }
    ck_assert_int_gt(pieces, 50);
    ck_assert(strstr(dot, "label=\"a \\\"title\\\" &amp; <more>: memory of a step\\l\""));
    free(dot);
    c.options.dark = true;
    dot = draw(&c, sg_draw_memory_dot);
    ck_assert(strstr(dot, "bgcolor=\"#15181c\""));
    free(dot);
    free(svg);
    test_graph_finish(&c.t);
}
END_TEST

static uint32_t big_endian(const char *bytes) {
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

START_TEST(pictures_have_the_size_of_the_chart) {
    chart c;
    chart_init(&c);
    if (system("dot -V >/dev/null 2>&1") == 0) {
        char *dot = draw(&c, sg_draw_memory_dot), *svg = draw(&c, sg_draw_memory), *data;
        double height = 0;
        size_t bytes;
        sg_error error = {0};
        ck_assert_int_eq(sscanf(strstr(svg, " height="), " height=\"%lf\"", &height), 1);
        assert_ok(sg_draw_convert(&data, &bytes, dot, "png", &error));
        ck_assert_uint_gt(bytes, 1000);
        ck_assert_int_eq(memcmp(data, "\x89PNG", 4), 0);
        /* 96 dots an inch; 960 points are 1280 dots. */
        ck_assert_uint_le(big_endian(data + 16) - 1279, 2);
        ck_assert_uint_le(big_endian(data + 20) - (uint32_t)(height / 72 * 96) + 1, 3);
        free(data);
        assert_ok(sg_draw_convert(&data, &bytes, dot, "pdf", &error));
        ck_assert_int_eq(memcmp(data, "%PDF", 4), 0);
        free(data);
        free(svg);
        free(dot);
    }
    test_graph_finish(&c.t);
}
END_TEST

/* What the page says is in use while a node runs is the sum of what lies there, and no more than the arena.
 */
START_TEST(the_page_adds_up) {
    chart c;
    chart_init(&c);
    c.options.title = "</script>";
    char *html = draw(&c, sg_draw_memory_page);
    static const char head[] = "id=\"data\">";
    const char *begin = strstr(html, head) + strlen(head), *end = strstr(begin, "</script>");
    json_error_t problem;
    json_t *data = json_loadb(begin, (size_t)(end - begin), 0, &problem), *piece, *live;
    ck_assert_msg(data != NULL, "%d: %s", problem.line, problem.text);
    ck_assert(!strstr(html, "@CHART@") && !strstr(html, "@DATA@") && strstr(html, "</svg>"));
    ck_assert_str_eq(json_string_value(json_object_get(data, "title")), "</script>");
    json_t *nodes = json_object_get(data, "nodes"), *pieces = json_object_get(data, "pieces");
    json_int_t arena = json_integer_value(json_object_get(data, "arena")), most = 0;
    ck_assert_uint_gt(json_array_size(nodes), 50);
    size_t node, i;
    json_array_foreach(json_object_get(data, "live"), node, live) {
        json_int_t sum = 0;
        json_array_foreach(pieces, i, piece) {
            json_int_t first = json_integer_value(json_array_get(piece, 4));
            json_int_t last = json_integer_value(json_array_get(piece, 5));
            json_int_t top =
                json_integer_value(json_array_get(piece, 2)) + json_integer_value(json_array_get(piece, 3));
            ck_assert_int_le(top, arena);
            if (first <= (json_int_t)node && (json_int_t)node < last)
                sum += json_integer_value(json_array_get(piece, 3));
        }
        ck_assert_int_eq(sum, json_integer_value(live));
        most = sum > most ? sum : most;
    }
    ck_assert_uint_eq(node, json_array_size(nodes));
    size_t peak = (size_t)json_integer_value(json_object_get(data, "peak"));
    ck_assert_int_eq(json_integer_value(json_array_get(json_object_get(data, "live"), peak)), most);
    json_decref(data);
    free(html);
    test_graph_finish(&c.t);
}
END_TEST

START_TEST(nothing_is_drawn_of_nothing) {
    chart c = {.program = {.size = sizeof c.program}};
    sg_error error = {0};
    char *text;
    test_graph_init(&c.t, 8);
    sg_value x = add_fed(&c.t, "x", SG_SHAPE(8, 4));
    c.program.fetch = &x, c.program.fetch_count = 1;
    c.options = (sg_dot_options){.size = sizeof c.options, .depth = SG_DOT_AUTOMATIC};
    text = draw(&c, sg_draw_memory_dot);
    ck_assert(strstr(text, "arena 0 B"));
    free(text);
    text = draw(&c, sg_draw_memory_page);
    ck_assert(strstr(text, "\"nodes\":[]"));
    free(text);
    c.options.size = 4096;
    drawing *const all[] = {sg_draw_memory_dot, sg_draw_memory_page};
    for (int i = 0; i < 2; i++) {
        assert_fails(all[i](&text, c.t.graph, &c.program, &c.options, &error), SG_BAD_USAGE,
                     "sg_dot_options: the size 4096 is not sizeof(sg_dot_options)");
        ck_assert_ptr_null(text);
    }
    test_graph_finish(&c.t);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {pieces_lie_in_the_same_places, pictures_have_the_size_of_the_chart,
                                  the_page_adds_up, nothing_is_drawn_of_nothing, NULL};
    return unit_run(unit_suite("draw_chart", tests));
}
