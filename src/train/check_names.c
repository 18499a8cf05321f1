/* What sections with mistakes in them name in the graph: so that one mistake hides no other. */
#include "train/trainer.h"

#include "simgraph/op.h"

void sg_config_check_names(const sg_train_config *config, sg_diagnostics *diagnostics) {
    sg_value values[SG_TRAIN_MAX_VALUES + 1];
    for (int training = 0; training < 2; training++) {
        sg_bind_options options = {sizeof options, SG_SYMBOLIC_BATCH, training == 1, config->float_type};
        sg_bound *bound = NULL;
        bool wanted = training ? config->minimize && sg_tree_kind_of(config->minimize) == SG_TREE_TEXT &&
                                     config->report_count <= SG_TRAIN_MAX_VALUES
                               : config->value_count > 0 && config->value_count <= SG_TRAIN_MAX_VALUES;
        if (!wanted) continue;
        if (sg_document_bind(&bound, config->document, &options, diagnostics) != SG_OK) return;
        if (training)
            sg_find_train_values(config, bound, &values[0], values + 1, diagnostics);
        else
            sg_find_evaluate_values(config, bound, values, diagnostics);
        sg_bound_destroy(bound);
    }
}
