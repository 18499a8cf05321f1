#define SG_BODY "kernel/unary_body.h"
#include "kernel/each_float.h"
