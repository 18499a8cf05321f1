/* How long boxes and blocks take, from the measured time of every node. Rounds that are drawn once count
 * together. */
#include "draw/dot_model.h"

void sg_dot_heat(sg_dot *dot) {
    if (!dot->options.seconds) return;
    for (int i = 0; i < dot->node_count; i++) {
        double seconds = dot->options.seconds[i];
        int box = sg_dot_box_of(dot, i);
        dot->seconds += seconds;
        if (box < 0) continue;
        dot->box[box].seconds += seconds;
        for (int s = dot->box[box].parent; s >= 0; s = dot->scope[s].parent) dot->scope[s].seconds += seconds;
    }
    for (size_t i = 0; i < dot->box_count; i++)
        if (dot->box[i].seconds > dot->hottest) dot->hottest = dot->box[i].seconds;
}
