/* lang/foreign.h - what is called otherwise elsewhere: names of PyTorch and NumPy, words of Python. */
#ifndef SG_LANG_FOREIGN_H
#define SG_LANG_FOREIGN_H

#include "lang/work.h"

/* The name without its module, "relu" for "F.relu". */
const char *sg_foreign_base(const char *name);
/* Whether a name is a module of another library: "torch", "nn", "F", "np". */
bool sg_foreign_module(const char *name);
/* What a step of torchvision is called here; NULL for others. */
const char *sg_foreign_step(const char *name);
/* What an attribute of another library is called here ("dim": "axis"), several words where it depends on the
 * op; "" where it is not needed; NULL for others. */
const char *sg_foreign_attribute(const char *name);
/* What to write for a word of another language in an expression: "None", "is", "lambda", "+=". */
const char *sg_foreign_word(const char *word);

#endif
