#define SG_BODY "kernel/update_body.h"
#include "kernel/each_float.h"
