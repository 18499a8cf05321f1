/* weights/match.h - the weights of a graph and what one family of names calls them. */
#ifndef SG_WEIGHTS_MATCH_H
#define SG_WEIGHTS_MATCH_H

#include "base/map.h"
#include "weights/names.h"

/* Complete names of theirs; NULL stands for zeros. */
typedef struct sg_match_way {
    int count;
    const char **name;
    int *index; /* of the array in the file; -1: not there */
} sg_match_way;

typedef struct sg_match_weight {
    const sg_node *node;
    const sg_shape *shape;
    sg_type type;
    const char *scope;        /* the instance that the rule belongs to; "" */
    const sg_name_rule *rule; /* NULL: it keeps its name, or has none there */
    int way_count;            /* 0: it has no name there */
    sg_match_way way[SG_NAME_WAYS];
    int found; /* the first way whose names are all there, or -1 */
} sg_match_weight;

/* A value of the graph that depends on nothing, which theirs keeps in a file. */
typedef struct sg_match_computed {
    const char *path; /* of the node */
    sg_value value;
    const sg_name_rule *rule;
    const char *name; /* theirs */
    int index;        /* of the array in the file; -1: not there */
} sg_match_computed;

/* A map and the instance on which it is laid. */
typedef struct sg_laid_map {
    const char *path; /* "" for the whole graph */
    const sg_name_map *map;
} sg_laid_map;

typedef struct sg_match {
    sg_bump *memory;
    const sg_graph *graph;
    const sg_arrays *from;        /* NULL: no file, on the way out */
    const sg_name_family *family; /* NULL: the names are ours */
    const sg_name_family *maps;   /* whose maps are laid; where the names are ours, for their tables alone */
    bool bare;                    /* leave off the prefixes that may be missing */
    sg_map by_name;               /* the file's names without what stands before all of them -> index */
    sg_laid_map *laid;            /* outermost first */
    size_t laid_count;
    sg_match_computed *computed;
    size_t computed_count;
    sg_match_weight *weight;
    size_t count, found;
} sg_match;

/* `names` NULL: no rules at all. `family` NULL: the names are ours. */
sg_status sg_match_init(sg_match *match, sg_bump *memory, const sg_graph *graph, const sg_arrays *from,
                        const sg_names *names, const sg_name_family *family, bool bare, sg_error *error);
void sg_match_finish(sg_match *match);

/* The one that was chosen; for "auto" that of whose names most are there (without a file: that leaves fewest
 * weights without a name). *other is a family after which more names are there, or NULL. */
sg_status sg_match_choose(sg_match *match, sg_match *other, sg_bump *memory, const sg_graph *graph,
                          const sg_arrays *from, const sg_weights_options *options, sg_error *error);

/* How much speaks for the family: weights whose names are all there; without a file, weights that have a
 * name. */
size_t sg_match_score(const sg_match *match);
/* Rows and columns of the instance's grid, from the node that the weight's rule names; false where it names
 * none. */
bool sg_match_grid(const sg_match *match, const sg_match_weight *weight, int64_t grid[2]);

/* Whether the family or a map that is used lets an array be left over. */
bool sg_match_ignores(const sg_match *match, const char *name);

#endif
