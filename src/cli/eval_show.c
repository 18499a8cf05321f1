/* Arrays on a terminal and as JSON: what they look like, not every element. */
#include "eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

typedef struct extent {
    int64_t count;
    double low, mean, high;
    int64_t odd; /* NaN or infinite */
} extent;

static extent measure(const sg_tensor *tensor) {
    extent e = {.count = sg_tensor_elements(tensor), .low = INFINITY, .high = -INFINITY};
    double sum = 0;
    for (int64_t i = 0; i < e.count; i++) {
        double x = sg_tensor_get(tensor, i);
        e.odd += !isfinite(x);
        e.low = x < e.low || isnan(x) ? x : e.low;
        e.high = x > e.high || isnan(x) ? x : e.high;
        sum += x;
    }
    e.mean = e.count ? sum / (double)e.count : NAN;
    return e;
}

static int digits(const sg_tensor *tensor) {
    return tensor->type == SG_F64 ? 15 : 9;
}

void cli_arrays_table(const sg_arrays *arrays) {
    int widest = 4, shapes = 5;
    char shape[SG_SHAPE_TEXT];
    for (size_t i = 0; i < arrays->count; i++) {
        int name = (int)strlen(arrays->items[i].name);
        int size = (int)strlen(sg_shape_text(&arrays->items[i].tensor.shape, 0, shape));
        widest = name > widest ? name : widest;
        shapes = size > shapes ? size : shapes;
    }
    printf("%-*s  type  %-*s  %12s  %12s  %12s\n", widest, "name", shapes, "shape", "min", "mean", "max");
    for (size_t i = 0; i < arrays->count; i++) {
        const sg_tensor *tensor = &arrays->items[i].tensor;
        extent e = measure(tensor);
        printf("%-*s  %-4s  %-*s  ", widest, arrays->items[i].name, sg_type_name(tensor->type), shapes,
               sg_shape_text(&tensor->shape, 0, shape));
        if (e.count == 1)
            printf("%.*g\n", digits(tensor), e.mean);
        else if (!e.count)
            puts("empty");
        else
            printf("%12.6g  %12.6g  %12.6g\n", e.low, e.mean, e.high);
    }
}

static json_t *array_json(const sg_array *array) {
    extent e = measure(&array->tensor);
    json_t *entry = json_object(), *shape = json_array();
    for (int d = 0; d < array->tensor.shape.rank; d++)
        json_array_append_new(shape, json_integer(array->tensor.shape.dim[d]));
    json_object_set_new(entry, "name", json_string(array->name));
    json_object_set_new(entry, "type", json_string(sg_type_name(array->tensor.type)));
    json_object_set_new(entry, "shape", shape);
    if (e.count == 1) json_object_set_new(entry, "value", cli_json_number(e.mean));
    if (e.count) {
        json_object_set_new(entry, "min", cli_json_number(e.low));
        json_object_set_new(entry, "mean", cli_json_number(e.mean));
        json_object_set_new(entry, "max", cli_json_number(e.high));
    }
    json_object_set_new(entry, "not_finite", json_integer(e.odd));
    return entry;
}

int cli_arrays_json(const sg_arrays *arrays) {
    json_t *all = json_array();
    for (size_t i = 0; i < arrays->count; i++) json_array_append_new(all, array_json(&arrays->items[i]));
    return cli_json_print(all);
}
