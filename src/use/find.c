/* Which values of a graph are looked at: by what the file says of its pictures, else by how the graph is
 * made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "graph/graph.h"
#include "simgraph/op.h"
#include "train/evaluation.h"
#include "train/picture.h"
#include "train/trainer.h"
#include "use/use.h"

static const sg_node *producer(const sg_graph *graph, sg_value value) {
    return sg_graph_node(graph, sg_graph_value(graph, value)->node);
}

bool *sg_use_way(const sg_use *use, sg_value of) {
    int nodes = sg_graph_node_count(use->graph);
    bool *on = calloc((size_t)nodes + 1, sizeof *on), *cut = calloc((size_t)nodes + 1, sizeof *cut);
    if (on && cut) {
        on[sg_graph_value(use->graph, of)->node] = true;
        for (int m = 0; m < use->masks.count; m++)
            cut[sg_graph_value(use->graph, use->counter[m].value)->node] = true;
        for (int i = nodes - 1; i >= 0; i--) {
            const sg_node *node = sg_graph_node(use->graph, i);
            for (int k = 0; on[i] && !cut[i] && k < node->in_count; k++)
                if (node->in[k] != SG_NO_VALUE) on[sg_graph_value(use->graph, node->in[k])->node] = true;
        }
    } else {
        free(on);
        on = NULL;
    }
    free(cut);
    return on;
}

/* The first picture of reconstructions: what its inputs are. */
static bool find_picture(sg_use *use, sg_value values[SG_PICTURE_MAX_IN]) {
    use->picture = NULL;
    for (int p = 0; p < use->config->picture_count; p++) {
        const sg_picture_config *picture = &use->config->pictures[p];
        if (strcmp(picture->call->schema->name, "reconstruction") == 0 &&
            sg_find_picture_values(picture, use->document, use->bound, values, use->diagnostics)) {
            use->picture = picture;
            return true;
        }
    }
    return false;
}

sg_value sg_use_held_against(const sg_graph *graph, sg_value output, const sg_node **loss) {
    enum { OUTPUT, TARGET };
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (strcmp(sg_op_family(node->op), "loss") != 0 || node->in_count <= TARGET) continue;
        if (node->in[OUTPUT] != output && output != SG_NO_VALUE) continue;
        *loss = node;
        return node->in[TARGET];
    }
    return SG_NO_VALUE;
}

/* ---- the encoder ---- */

/* Nodes that an image has an influence on. */
static bool *list_seeing(const sg_use *use, sg_value input) {
    int nodes = sg_graph_node_count(use->graph);
    bool *sees = calloc((size_t)nodes + 1, sizeof *sees);
    for (int i = 0; sees && i < nodes; i++) {
        const sg_node *node = sg_graph_node(use->graph, i);
        sees[i] = node->out[0] == input;
        for (int k = 0; k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE)
                sees[i] = sees[i] || sees[sg_graph_value(use->graph, node->in[k])->node];
    }
    return sees;
}

static sg_value first_image(const sg_use *use, const bool *way) {
    for (int i = 0; i < sg_graph_node_count(use->graph); i++) {
        const sg_node *node = sg_graph_node(use->graph, i);
        const sg_value_info *info = sg_graph_value(use->graph, node->out[0]);
        if (way[i] && (node->op->flags & SG_OP_FED) && info->shape.rank == 4 &&
            info->shape.dim[0] == use->batch && sg_type_is_float(info->type))
            return node->out[0];
    }
    return SG_NO_VALUE;
}

/* The first block on the way from the image whose name says that it is an encoder; else a node of the file
 * that is called `codes`. */
static sg_status find_encoder(sg_use *use, const bool *way, sg_error *error) {
    bool *sees = list_seeing(use, first_image(use, way));
    if (!sees) return sg_no_memory(error);
    const sg_scope *best = NULL;
    for (int i = 0; i < sg_graph_scope_count(use->graph); i++) {
        const sg_scope *scope = sg_graph_scope(use->graph, i);
        sg_value value = sg_bound_find(use->bound, scope->path);
        if (!strstr(scope->block, "encoder") || value == SG_NO_VALUE) continue;
        int node = sg_graph_value(use->graph, value)->node;
        bool within = best && strncmp(scope->path, best->path, strlen(best->path)) == 0;
        if (!way[node] || !sees[node] || within) continue;
        if (!best || node < sg_graph_value(use->graph, sg_bound_find(use->bound, best->path))->node)
            best = scope;
    }
    free(sees);
    const char *name = best ? best->path : "codes";
    use->target = sg_bound_find(use->bound, name);
    if (use->target == SG_NO_VALUE)
        return sg_fail(
            error, SG_BAD_GRAPH,
            "no block of the graph is called an encoder, and no node `codes`: --node names the value "
            "that is wanted");
    free(use->value_name);
    use->value_name = strdup(name);
    return use->value_name ? SG_OK : sg_no_memory(error);
}

/* ---- all ---- */

/* Masks that are drawn, and the one of the picture where it is an input. */
static sg_status find_masks(sg_use *use, sg_error *error) {
    sg_error none = {0};
    sg_masks_options options = {.size = sizeof options};
    sg_status status = sg_masks_find(&use->masks, &use->counter, use->bound, &options, &none);
    if (status == SG_BAD_GRAPH) status = SG_OK; /* there are none */
    if (status == SG_OK && !use->masks.count && use->mask != SG_NO_VALUE) {
        free(use->counter);
        free(use->masks.mask);
        use->masks = (sg_masks){.count = 0};
        options.name = producer(use->graph, use->mask)->path;
        status = sg_masks_find(&use->masks, &use->counter, use->bound, &options, &none);
    }
    for (int m = 0; status == SG_OK && m < use->masks.count; m++)
        if (sg_mask_lay(&use->counter[m], use->graph, 0, NULL) != SG_OK)
            use->masks.mask[m].rows = 0; /* no mask of images: seen to where it matters */
    size_t count = (size_t)use->masks.count + 1;
    use->on_way = calloc(count, sizeof *use->on_way);
    use->hidden = calloc(count, sizeof *use->hidden);
    use->fed_mask = calloc(count, 3 * sizeof *use->fed_mask);
    if (status != SG_OK || !use->on_way || !use->hidden || !use->fed_mask) return sg_no_memory(error);
    use->fed_keep = use->fed_mask + count;
    use->fed_restore = use->fed_keep + count;
    return SG_OK;
}

/* What the section `train` minimises, or any loss: what leads there. */
static sg_status find_goal(const sg_use *use, sg_value *goal, sg_error *error) {
    const char *name = use->config->minimize ? sg_tree_text(use->config->minimize) : "loss";
    *goal = sg_bound_find(use->bound, name ? name : "loss");
    if (*goal != SG_NO_VALUE) return SG_OK;
    return sg_fail(
        error, SG_BAD_GRAPH,
        "the graph has no loss and no picture that would say what it computes: --node names a value");
}

/* The reconstruction: of the picture, or what a loss holds against the image. */
static sg_status find_output(sg_use *use, sg_value pictured, sg_error *error) {
    const sg_node *loss = NULL;
    char name[SG_MESSAGE_MAX];
    use->target = pictured;
    if (pictured == SG_NO_VALUE) {
        sg_use_held_against(use->graph, SG_NO_VALUE, &loss);
        if (!loss)
            return sg_fail(
                error, SG_BAD_GRAPH,
                "the graph has no loss and no picture that would say what it reconstructs: --node names "
                "a value");
        use->target = loss->in[0];
    }
    free(use->value_name);
    sg_graph_value_name(use->graph, use->target, name, sizeof name);
    for (size_t i = 0; i < sg_bound_name_count(use->bound); i++) { /* the file's own name of it */
        sg_value value;
        const char *own = sg_bound_name(use->bound, i, &value);
        if (value == use->target) snprintf(name, sizeof name, "%s", own);
    }
    use->value_name = strdup(name);
    return use->value_name ? SG_OK : sg_no_memory(error);
}

static sg_status find_target(sg_use *use, sg_value pictured, sg_error *error) {
    const sg_use_options *o = &use->options;
    if (o->node) {
        free(use->value_name);
        use->value_name = strdup(o->node);
        sg_status status = sg_evaluation_name(use->bound, o->node, &use->target, error);
        return use->value_name || status != SG_OK ? status : sg_no_memory(error);
    }
    if (!o->features) return find_output(use, pictured, error);
    sg_value goal = pictured;
    sg_status status = goal == SG_NO_VALUE ? find_goal(use, &goal, error) : SG_OK;
    if (status != SG_OK) return status;
    bool *way = sg_use_way(use, goal);
    status = way ? find_encoder(use, way, error) : sg_no_memory(error);
    free(way);
    return status;
}

static sg_status check_inputs(const sg_use *use, const bool *way, sg_error *error) {
    for (int i = 0; i < sg_graph_node_count(use->graph); i++) {
        const sg_node *node = sg_graph_node(use->graph, i);
        bool mask = false;
        for (int m = 0; m < use->masks.count; m++) mask = mask || use->counter[m].value == node->out[0];
        if (way[i] && (node->op->flags & SG_OP_FED) && node->out[0] != use->input && !mask)
            return sg_fail(
                error, SG_BAD_USAGE,
                "`%s` depends on the input `%s`, which images do not give: simgraph eval takes arrays",
                use->value_name, node->path);
    }
    return SG_OK;
}

sg_status sg_use_find(sg_use *use, sg_error *error) {
    enum { IMAGE, OUTPUT, MASK };
    sg_value seen[SG_PICTURE_MAX_IN] = {SG_NO_VALUE, SG_NO_VALUE, SG_NO_VALUE};
    bool pictured = find_picture(use, seen);
    use->mask = pictured ? seen[MASK] : SG_NO_VALUE;
    sg_status status = find_masks(use, error);
    if (status == SG_OK) status = find_target(use, pictured ? seen[OUTPUT] : SG_NO_VALUE, error);
    if (status != SG_OK) return status;
    bool *way = sg_use_way(use, use->target);
    if (!way) return sg_no_memory(error);
    sg_text names = {0};
    for (int m = 0; m < use->masks.count; m++) {
        use->on_way[m] = way[sg_graph_value(use->graph, use->counter[m].value)->node];
        if (use->on_way[m]) sg_text_printf(&names, "%s%s", names.length ? ", " : "", use->masks.mask[m].name);
        if (use->on_way[m] && use->mask == SG_NO_VALUE) use->mask = use->counter[m].value;
    }
    free(use->mask_names);
    use->mask_names = names.length ? sg_text_take(&names) : NULL;
    use->input = first_image(use, way);
    use->pictured = pictured ? seen[IMAGE] : SG_NO_VALUE;
    use->image = pictured && !use->options.node && !use->options.features ? seen[IMAGE] : use->input;
    if (use->input == SG_NO_VALUE)
        status = sg_fail(error, SG_BAD_GRAPH,
                         "`%s` depends on no image: no input [batch, channels, height, width] leads to it",
                         use->value_name);
    else
        status = check_inputs(use, way, error);
    free(way);
    free(use->block_name);
    use->block_name = NULL;
    for (int i = 0; i < sg_graph_scope_count(use->graph); i++)
        if (strcmp(sg_graph_scope(use->graph, i)->path, use->value_name) == 0)
            use->block_name = strdup(sg_graph_scope(use->graph, i)->block);
    return status;
}
