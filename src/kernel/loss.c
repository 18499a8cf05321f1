#include "kernel/lanes.h"

#define SG_BODY "kernel/loss_body.h"
#include "kernel/each_float.h"
