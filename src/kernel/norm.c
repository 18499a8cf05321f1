#include "kernel/lanes.h"

#define SG_BODY "kernel/norm_body.h"
#include "kernel/each_float.h"
