/* base/map.h - a hash map from strings to a number or a pointer. Entries keep the order of their insertion
 * and are never removed one by one. */
#ifndef SG_BASE_MAP_H
#define SG_BASE_MAP_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

typedef union sg_map_value {
    int64_t i;
    void *p;
    const void *c;
} sg_map_value;

typedef struct sg_map_entry {
    const char *key; /* the map's own copy */
    uint64_t hash;
    sg_map_value value;
} sg_map_entry;

/* Zero-initialised is empty. entry[0 .. count) may be read in place; it moves when the map grows. */
typedef struct sg_map {
    sg_map_entry *entry;
    size_t count, capacity;
    uint32_t *slot; /* open addressing: index of the entry + 1, or 0 */
    size_t slots;   /* a power of two */
    sg_bump *keys;
} sg_map;

void sg_map_finish(sg_map *map); /* frees, and makes it empty again */
/* The value of `key`, or NULL. Valid until the next insertion. */
sg_map_value *sg_map_find(const sg_map *map, const char *key);
/* The value of `key`, inserted as 0 where it is new (*fresh, which may be NULL, tells). NULL when there is no
 * memory; the map is then as it was. */
sg_map_value *sg_map_add(sg_map *map, const char *key, bool *fresh);

/* Short forms: put overwrites and returns false when there is no memory; get returns `fallback` when unknown.
 */
bool sg_map_put_int(sg_map *map, const char *key, int64_t value);
int64_t sg_map_get_int(const sg_map *map, const char *key, int64_t fallback);
bool sg_map_put(sg_map *map, const char *key, void *value);
void *sg_map_get(const sg_map *map, const char *key); /* NULL when unknown */

#endif
