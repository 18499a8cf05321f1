#include "kernel/lanes.h"

/* Elements whose rows are taken together (they stay in the first cache), and of a buffer. */
enum { SOFTMAX_CHUNK = 2048, SOFTMAX_BLOCK = 256 };

#define SG_BODY "kernel/softmax_body.h"
#include "kernel/each_float.h"
