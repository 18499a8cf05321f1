#include "kernel/lanes.h"

#define SG_BODY "kernel/reduce_body.h"
#include "kernel/each_float.h"
