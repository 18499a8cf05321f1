/* weights/names.h - files of names, from the inside.
 *
 * A file of names is a list of maps. A map is laid on every instance of a block (`of`) and says what the
 * weights in it are called elsewhere: its rules, relative to the instance on our side, relative to `at` on
 * theirs. */
#ifndef SG_WEIGHTS_NAMES_H
#define SG_WEIGHTS_NAMES_H

#include "base/embedded.h"
#include "base/memory.h"
#include "simgraph/weights.h"

/* graphs/names, embedded by the build. */
extern const sg_embedded sg_names_files[];

/* Names of theirs whose arrays are joined along axis 0; NULL stands for zeros. */
typedef struct sg_name_way {
    int count;
    const char **part;
} sg_name_way;

typedef enum sg_resize_kind {
    SG_RESIZE_NONE = 0,
    SG_RESIZE_POSITIONS, /* a row for each cell of a grid */
    SG_RESIZE_OFFSETS,   /* a row for each difference of two cells of a grid: (2 h - 1) (2 w - 1) */
} sg_resize_kind;

enum { SG_NAME_WAYS = 2 };

typedef struct sg_name_rule {
    const char *ours; /* a pattern of the beginning of our name; what follows it follows theirs too */
    int segments;
    sg_name_way way[SG_NAME_WAYS]; /* on the way out, the first */
    int way_count;
    int front, behind; /* axes of size 1 that theirs has and ours has not, before and behind ours */
    sg_resize_kind resize;
    const char *by;   /* "bicubic" or "geometric" */
    int first, last;  /* rows before and behind those of the grid */
    const char *grid; /* a node of the instance whose last two axes are the grid; NULL: the grid is square */
} sg_name_rule;

typedef struct sg_name_map {
    const char *of; /* a block; NULL: the whole graph */
    const char *at; /* their prefix, which may be missing in a file; "" */
    sg_name_rule *rule;
    size_t rule_count;
    const char **ignore; /* what may be left over where the map is used */
    int ignore_count;
    sg_name_rule *computed; /* ours: a node of the instance that depends on nothing; theirs: an array that
                               holds its value, with `first` rows of zeros in front */
    size_t computed_count;
} sg_name_map;

typedef struct sg_name_family {
    const char *name;
    sg_document *document;
    sg_name_map *map;
    size_t map_count;
    const char **wrapper; /* prefixes that may stand before all names of a file */
    int wrapper_count;
    const char **ignore; /* what may be left over */
    int ignore_count;
} sg_name_family;

enum { SG_NAMES_OURS = -1, SG_NAMES_AUTO = -2 };

struct sg_names {
    sg_bump *memory;
    sg_name_map own; /* rules of `take`: before all others, and with the whole of their names */
    sg_name_family *family;
    size_t family_count;
    int chosen; /* index of a family, or one of the above */
};

/* The family of that name, or NULL. */
const sg_name_family *sg_names_family(const sg_names *names, const char *name);

/* The rules of a map {ours: theirs}, of weights or of what is computed. SG_BAD_GRAPH after reporting. */
sg_status sg_name_rules_read(sg_name_rule **rules, size_t *count, sg_bump *memory, const sg_tree *tree,
                             bool computed, sg_diagnostics *diagnostics);
/* The file whose tree is `family->document`; its base is one of the families that are known. */
sg_status sg_name_family_read(sg_name_family *family, sg_bump *memory, const sg_name_family *known,
                              size_t known_count, sg_diagnostics *diagnostics);

/* The rule whose pattern has most segments among those that match the beginning of `name`, or NULL. */
const sg_name_rule *sg_name_rule_find(const sg_name_map *map, const char *name, sg_captures *captures,
                                      const char **rest);
/* at.part<rest> with numbers in place of <l>, <l+1>, <l-1>; NULL without memory. */
char *sg_name_write(sg_bump *memory, const char *at, const char *part, const sg_captures *captures,
                    const char *rest);

#endif
