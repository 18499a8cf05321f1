#define SG_BODY "kernel/plane_body.h"
#include "kernel/each_float.h"
