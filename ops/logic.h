/* What the logical ops share: anything but 0 counts as true, NaN too; results are i32 0 or 1. */
#ifndef SG_OPS_LOGIC_H
#define SG_OPS_LOGIC_H

#include "kernel/loops.h"
#include "simgraph/op.h"

sg_status sg_logic_infer(sg_infer *c);     /* one input */
sg_status sg_logic_infer_two(sg_infer *c); /* two, broadcast together */
void sg_logic_run(const sg_task *task, sg_logic function);
void sg_logic_run_not(const sg_task *task);

#endif
