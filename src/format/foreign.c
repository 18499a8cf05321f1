/* Element types of other programs' files. */
#include "format/foreign.h"

#include <inttypes.h>
#include <string.h>

enum { U8, BOOL, I8, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64, KINDS };

static const sg_foreign table[KINDS] = {
    [U8] = {"U8", "u1", 1, SG_U8, true},       [BOOL] = {"BOOL", "b1", 1, SG_U8, false},
    [I8] = {"I8", "i1", 1, SG_I32, false},     [I16] = {"I16", "i2", 2, SG_I32, false},
    [U16] = {"U16", "u2", 2, SG_I32, false},   [F16] = {"F16", "f2", 2, SG_F32, false},
    [BF16] = {"BF16", NULL, 2, SG_BF16, true}, [I32] = {"I32", "i4", 4, SG_I32, true},
    [U32] = {"U32", "u4", 4, SG_I32, false},   [F32] = {"F32", "f4", 4, SG_F32, true},
    [F64] = {"F64", "f8", 8, SG_F64, true},    [I64] = {"I64", "i8", 8, SG_I32, false},
    [U64] = {"U64", "u8", 8, SG_I32, false},
};

const sg_foreign *sg_foreign_from_safetensors(const char *name) {
    for (int i = 0; i < KINDS; i++)
        if (strcmp(table[i].safetensors, name) == 0) return &table[i];
    return NULL;
}

const sg_foreign *sg_foreign_from_numpy(const char *name) {
    if (name[0] == 0 || !strchr("<|=", name[0])) return NULL;
    for (int i = 0; i < KINDS; i++)
        if (table[i].numpy && strcmp(table[i].numpy, name + 1) == 0)
            return name[0] == '|' && table[i].size > 1 ? NULL : &table[i];
    return NULL;
}

const sg_foreign *sg_foreign_of(sg_type type) {
    for (int i = 0; i < KINDS; i++)
        if (table[i].same && table[i].type == type) return &table[i];
    return NULL;
}

/* IEEE 754 binary16 to binary32; exact. */
static float half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 0) { /* zero and subnormal: fraction * 2^-24 */
        float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    uint32_t bits = sign | (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static sg_status too_large(int64_t element, int64_t value, sg_error *error) {
    return sg_fail(error, SG_BAD_DATA, "element %" PRId64 " is %" PRId64 ", which does not fit i32", element,
                   value);
}

/* One integer element, sign- or zero-extended; a u64 above INT64_MAX gives INT64_MAX, which fits no i32
 * either. */
static int64_t load_integer(int kind, const unsigned char *from) {
    int16_t i16;
    uint16_t u16;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    switch (kind) {
    case I8:
        return (int8_t)from[0];
    case I16:
        memcpy(&i16, from, 2);
        return i16;
    case U16:
        memcpy(&u16, from, 2);
        return u16;
    case U32:
        memcpy(&u32, from, 4);
        return u32;
    case I64:
        memcpy(&i64, from, 8);
        return i64;
    default:
        memcpy(&u64, from, 8);
        return u64 > INT64_MAX ? INT64_MAX : (int64_t)u64;
    }
}

sg_status sg_foreign_convert(const sg_foreign *foreign, void *to, const void *from, int64_t count,
                             sg_error *error) {
    int kind = (int)(foreign - table);
    const unsigned char *bytes = from;
    if (foreign->same) {
        memcpy(to, from, (size_t)count * foreign->size);
        return SG_OK;
    }
    for (int64_t i = 0; i < count; i++, bytes += foreign->size) {
        if (kind == BOOL) {
            if (bytes[0] > 1)
                return sg_fail(error, SG_BAD_DATA, "element %" PRId64 " is %d, which is no bool", i,
                               bytes[0]);
            ((uint8_t *)to)[i] = bytes[0];
        } else if (kind == F16) {
            uint16_t half;
            memcpy(&half, bytes, 2);
            ((float *)to)[i] = half_to_float(half);
        } else {
            int64_t value = load_integer(kind, bytes);
            if (value < INT32_MIN || value > INT32_MAX) return too_large(i, value, error);
            ((int32_t *)to)[i] = (int32_t)value;
        }
    }
    return SG_OK;
}
