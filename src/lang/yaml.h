/* lang/yaml.h - the YAML subset: text -> tree with marks. */
#ifndef SG_LANG_YAML_H
#define SG_LANG_YAML_H

#include "lang/tree.h"

enum { SG_YAML_MAX_BYTES = 1 << 20, SG_YAML_MAX_DEPTH = 64 };

/* A text with a name. `line` and `column` are where it starts (1 and 1 for files). */
typedef struct sg_yaml_source {
    const char *name, *text;
    size_t length;
    int line, column;
} sg_yaml_source;

/* The tree of the one document in it, NULL after reporting where nothing useful can be read. Breaches of the
 * subset are reported and reading goes on. */
sg_tree *sg_yaml_read(sg_work *work, const sg_yaml_source *source);

#endif
