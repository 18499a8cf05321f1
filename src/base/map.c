#include "base/map.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void sg_map_finish(sg_map *map) {
    free(map->entry);
    free(map->slot);
    sg_bump_destroy(map->keys);
    *map = (sg_map){0};
}

/* FNV's low bits are weak for short keys that differ at the end: mix the high ones in. */
static size_t first_slot(uint64_t hash, size_t slots) {
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 32) & (slots - 1);
}

/* The slot of the key, or the empty one where it belongs. There is always an empty one. */
static size_t probe(const sg_map *map, const char *key, uint64_t hash) {
    size_t at = first_slot(hash, map->slots);
    for (; map->slot[at]; at = (at + 1) & (map->slots - 1)) {
        const sg_map_entry *entry = &map->entry[map->slot[at] - 1];
        if (entry->hash == hash && strcmp(entry->key, key) == 0) break;
    }
    return at;
}

sg_map_value *sg_map_find(const sg_map *map, const char *key) {
    if (map->count == 0) return NULL;
    uint32_t index = map->slot[probe(map, key, sg_hash_text(key))];
    return index ? &map->entry[index - 1].value : NULL;
}

/* Keeps the slots at most half full. */
static bool grow_slots(sg_map *map) {
    if (map->slots && map->count + 1 <= map->slots / 2) return true;
    size_t slots = map->slots ? map->slots * 2 : 16;
    uint32_t *slot = calloc(slots, sizeof *slot);
    if (!slot) return false;
    for (size_t i = 0; i < map->count; i++) {
        size_t at = first_slot(map->entry[i].hash, slots);
        while (slot[at]) at = (at + 1) & (slots - 1);
        slot[at] = (uint32_t)i + 1;
    }
    free(map->slot);
    map->slot = slot;
    map->slots = slots;
    return true;
}

sg_map_value *sg_map_add(sg_map *map, const char *key, bool *fresh) {
    if (fresh) *fresh = false;
    sg_map_value *known = sg_map_find(map, key);
    if (known) return known;
    if (map->count >= UINT32_MAX - 1 || !grow_slots(map)) return NULL;
    if (!map->keys && !(map->keys = sg_bump_create())) return NULL;
    if (!sg_array_grow(&map->entry, &map->capacity, map->count + 1, sizeof *map->entry)) return NULL;
    const char *copy = sg_bump_text(map->keys, key);
    if (!copy) return NULL;
    uint64_t hash = sg_hash_text(key);
    map->entry[map->count] = (sg_map_entry){.key = copy, .hash = hash};
    size_t at = probe(map, key, hash);
    map->slot[at] = (uint32_t)++map->count;
    if (fresh) *fresh = true;
    return &map->entry[map->count - 1].value;
}

bool sg_map_put_int(sg_map *map, const char *key, int64_t value) {
    sg_map_value *place = sg_map_add(map, key, NULL);
    if (place) place->i = value;
    return place != NULL;
}

int64_t sg_map_get_int(const sg_map *map, const char *key, int64_t fallback) {
    const sg_map_value *place = sg_map_find(map, key);
    return place ? place->i : fallback;
}

bool sg_map_put(sg_map *map, const char *key, void *value) {
    sg_map_value *place = sg_map_add(map, key, NULL);
    if (place) place->p = value;
    return place != NULL;
}

void *sg_map_get(const sg_map *map, const char *key) {
    const sg_map_value *place = sg_map_find(map, key);
    return place ? place->p : NULL;
}
