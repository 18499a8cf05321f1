/* The elementwise inner loops, each variant that this CPU runs: against the C library in a wider type, and
 * every element the same wherever it stands. */
#include "loops.h"

#include "base/philox.h"

static float x32[WHOLE], y32[WHOLE];
static double x64[WHOLE], y64[WHOLE];
static int32_t xi[WHOLE], yi[WHOLE];
static uint8_t x8[WHOLE], y8[WHOLE];

static void fill_all(void) {
    FILL(x32, WHOLE, (float)any_number(i));
    FILL(y32, WHOLE, (float)any_number(i * 7 + 5));
    FILL(x64, WHOLE, any_number(i));
    FILL(y64, WHOLE, any_number(i * 7 + 5));
    FILL(xi, WHOLE, i % 5 == 0 ? INT32_MIN : i % 7 == 0 ? INT32_MAX : (i * 37 % 41) - 20);
    FILL(yi, WHOLE, i % 6 == 0 ? 0 : i % 11 == 0 ? -1 : (i * 17 % 13) - 6);
    FILL(x8, WHOLE, (uint8_t)(i * 5));
    FILL(y8, WHOLE, (uint8_t)(i * 3));
}

/* ---- truth ---- */

#define PI 3.14159265358979323846L
static const long double root_half = 0.70710678118654752440L, gelu_a = 1.59576912160573071176L;

static long double t_neg(long double x) {
    return -x;
}
static long double t_rsqrt(long double x) {
    return 1 / sqrtl(x);
}
static long double t_square(long double x) {
    return x * x;
}
static long double t_sigmoid(long double x) {
    return 1 / (1 + expl(-x));
}
static long double t_relu(long double x) {
    return x < 0 ? 0 : x;
}
/* x * share, where share may be 0 for x = -infinity. */
static long double part(long double x, long double share) {
    return share == 0 && x < 0 ? -0.0L : x * share;
}
static long double t_gelu(long double x) {
    return part(x, erfcl(-x * root_half) / 2);
}
static long double t_gelu_tanh(long double x) {
    return part(x, t_sigmoid(gelu_a * (x + 0.044715L * x * x * x)));
}
static long double t_silu(long double x) {
    return part(x, t_sigmoid(x));
}
static long double t_sign(long double x) {
    return x > 0 ? 1 : x < 0 ? -1 : x;
}
static long double bell(long double x) {
    return expl(-x * x / 2) / sqrtl(2 * PI);
}
static long double d_relu(long double x) {
    return x > 0 ? 1 : 0;
}

static long double d_gelu(long double x) {
    return erfcl(-x * root_half) / 2 + (isinf(x) ? 0 : x * bell(x));
}
static long double d_gelu_tanh(long double x) {
    long double v = gelu_a * (x + 0.044715L * x * x * x), s = t_sigmoid(v);
    return isinf(x) ? s : s + x * gelu_a * (1 + 3 * 0.044715L * x * x) * s * t_sigmoid(-v);
}
static long double d_silu(long double x) {
    return isinf(x) ? t_sigmoid(x) : t_sigmoid(x) + x * t_sigmoid(x) * t_sigmoid(-x);
}

/* Error allowed: relative * |truth| + absolute. What falls below f32's normal numbers is left to `absolute`.
 */
typedef struct bound {
    long double (*truth)(long double x);
    double relative, absolute;
} bound;

static const bound unary_bound[SG_UNARY_COUNT] = {
    [SG_UNARY_NEG] = {t_neg, 0, 0},
    [SG_UNARY_ABS] = {fabsl, 0, 0},
    [SG_UNARY_EXP] = {expl, 1.25e-7, 1.5e-45},
    [SG_UNARY_LOG] = {logl, 1e-7, 0},
    [SG_UNARY_SQRT] = {sqrtl, 6e-8, 0},
    [SG_UNARY_RSQRT] = {t_rsqrt, 1e-7, 0},
    [SG_UNARY_SQUARE] = {t_square, 6e-8, 7.1e-46},
    [SG_UNARY_TANH] = {tanhl, 1.6e-7, 0},
    [SG_UNARY_SIGMOID] = {t_sigmoid, 2e-7, 1.5e-45},
    [SG_UNARY_RELU] = {t_relu, 0, 0},
    [SG_UNARY_GELU] = {t_gelu, 3.5e-7, 1e-7},
    [SG_UNARY_GELU_TANH] = {t_gelu_tanh, 3.5e-7, 2e-44},
    [SG_UNARY_SILU] = {t_silu, 2e-7, 1.5e-43},
    [SG_UNARY_ERF] = {erfl, 1.3e-7, 1.5e-45},
    [SG_UNARY_SIGN] = {t_sign, 0, 0},
    [SG_UNARY_SIN] = {sinl, 6e-8, 7.1e-46},
    [SG_UNARY_COS] = {cosl, 6e-8, 0},
};
/* These cross zero at negative x: there the error is relative to their terms, which are below 1. */
static const bound gradient_bound[SG_UNARY_GRADIENT_COUNT] = {
    [SG_GRADIENT_RELU] = {d_relu, 0, 0},
    [SG_GRADIENT_GELU] = {d_gelu, 2e-7, 2e-7},
    [SG_GRADIENT_GELU_TANH] = {d_gelu_tanh, 2e-7, 1e-7},
    [SG_GRADIENT_SILU] = {d_silu, 2e-7, 1e-7},
};

static void check_bound(const bound *b, const char *variant, const char *family, int index, float x,
                        float y) {
    long double t = b->truth((long double)x);
    float rounded = (float)t;
    bool good;
    if (isnan(rounded) || isinf(rounded))
        good = isnan(rounded) ? isnan(y) : y == rounded;
    else /* written so that NaN fails */
        good = fabsl((long double)y - t) <= (long double)b->relative * fabsl(t) + (long double)b->absolute;
    EXPECT(good, "%s %s %d: f(%.9g) = %.9g, not %.9Lg", variant, family, index, (double)x, (double)y, t);
}

/* Every 60,013th f32, and a fine walk where the functions do their bending. */
enum { BATCH = 1000 };
#define EACH_F32(x, DO)                                                   \
    do {                                                                  \
        uint64_t bits_ = 0;                                               \
        for (int walk_ = 0; bits_ < UINT64_C(1) << 32 || walk_ < 8000;) { \
            for (int k = 0; k < BATCH; k++)                               \
                if (bits_ < UINT64_C(1) << 32) {                          \
                    uint32_t word_ = (uint32_t)bits_;                     \
                    memcpy(&(x)[k], &word_, sizeof word_);                \
                    bits_ += 60013;                                       \
                } else {                                                  \
                    (x)[k] = (float)(walk_++ - 4000) * 0.003f;            \
                }                                                         \
            DO;                                                           \
        }                                                                 \
    } while (0)

START_TEST(unary_f32) {
    EACH_VARIANT(loops);
    static float x[BATCH], y[BATCH];
    for (int f = 0; f < SG_UNARY_COUNT; f++)
        EACH_F32(x, {
            loops->unary_f32[f](BATCH, x, y);
            for (int k = 0; k < BATCH; k++) check_bound(&unary_bound[f], loops->name, "unary", f, x[k], y[k]);
        });
}
END_TEST

/* Far out GELU is x or nothing, and its slope 1 or 0, whatever the bounds above would let pass. */
START_TEST(gelu_tails) {
    EACH_VARIANT(loops);
    static float x[BATCH], y[BATCH], one[BATCH];
    FILL(one, BATCH, 1);
    for (int k = 0; k < BATCH; k++) x[k] = (k % 2 ? -1.0f : 1.0f) * (6.5f + 0.1f * (float)(k / 2));
    x[0] = INFINITY, x[1] = -INFINITY;
    loops->unary_f32[SG_UNARY_GELU](BATCH, x, y);
    for (int k = 0; k < BATCH; k++)
        EXPECT(k % 2 ? fabsf(y[k]) < 1e-22f : y[k] == x[k], "%s gelu(%g) = %g", loops->name, (double)x[k],
               (double)y[k]);
    loops->unary_gradient_f32[SG_GRADIENT_GELU](BATCH, x, one, y);
    for (int k = 0; k < BATCH; k++)
        EXPECT(y[k] == (k % 2 ? 0.0f : 1.0f), "%s gelu'(%g) = %g", loops->name, (double)x[k], (double)y[k]);
}
END_TEST

START_TEST(gradients_f32) {
    EACH_VARIANT(loops);
    static float x[BATCH], y[BATCH], dy[BATCH];
    FILL(dy, BATCH, 1);
    for (int f = 0; f < SG_UNARY_GRADIENT_COUNT; f++)
        EACH_F32(x, {
            loops->unary_gradient_f32[f](BATCH, x, dy, y);
            for (int k = 0; k < BATCH; k++)
                check_bound(&gradient_bound[f], loops->name, "gradient", f, x[k], y[k]);
        });
    FILL(dy, BATCH, -2.5f);
    static float scaled[BATCH];
    for (int f = 0; f < SG_UNARY_GRADIENT_COUNT; f++) {
        FILL(x, BATCH, (float)any_number(3 * i));
        loops->unary_gradient_f32[f](BATCH, x, dy, scaled);
        FILL(y, BATCH, 1);
        loops->unary_gradient_f32[f](BATCH, x, y, y);
        for (int k = 0; k < BATCH; k++) ck_assert(scaled[k] == -2.5f * y[k]);
    }
}
END_TEST

START_TEST(functions_f64) {
    EACH_VARIANT(loops);
    fill_all();
    static double y[WHOLE], one[WHOLE];
    FILL(one, WHOLE, 1);
    for (int f = 0; f < SG_UNARY_COUNT + SG_UNARY_GRADIENT_COUNT; f++) {
        bool gradient = f >= SG_UNARY_COUNT;
        const bound *b = gradient ? &gradient_bound[f - SG_UNARY_COUNT] : &unary_bound[f];
        if (gradient)
            loops->unary_gradient_f64[f - SG_UNARY_COUNT](WHOLE, x64, one, y);
        else
            loops->unary_f64[f](WHOLE, x64, y);
        for (int k = 0; k < WHOLE; k++) {
            double t = (double)b->truth((long double)x64[k]);
            bool good = isnan(t) || isinf(t) ? SAME(t, y[k])
                                             : fabs(y[k] - t) <= 6e-14 * fabs(t) + (gradient ? 2e-16 : 0);
            EXPECT(good, "%s function %d of %.17g: %.17g, not %.17g", loops->name, f, x64[k], y[k], t);
        }
    }
}
END_TEST

/* ---- places ---- */

START_TEST(places) {
    EACH_VARIANT(loops);
    fill_all();
    for (int f = 0; f < SG_UNARY_COUNT; f++) {
        CHECK_PLACES(float, loops->unary_f32[f](n, x32 + o, out));
        CHECK_PLACES(float,
                     (memcpy(out, x32 + o, sizeof(float) * (size_t)n), loops->unary_f32[f](n, out, out)));
        CHECK_PLACES(double, loops->unary_f64[f](n, x64 + o, out));
        if (loops->unary_i32[f]) CHECK_PLACES(int32_t, loops->unary_i32[f](n, xi + o, out));
    }
    for (int f = 0; f < SG_UNARY_GRADIENT_COUNT; f++) {
        CHECK_PLACES(float, loops->unary_gradient_f32[f](n, x32 + o, y32 + o, out));
        CHECK_PLACES(double, loops->unary_gradient_f64[f](n, x64 + o, y64 + o, out));
    }
    for (int f = 0; f < SG_BINARY_COUNT; f++) {
        CHECK_PLACES(float, loops->binary_f32[f][SG_ARRAY_ARRAY](n, x32 + o, y32 + o, out));
        CHECK_PLACES(double, loops->binary_f64[f][SG_ARRAY_ARRAY](n, x64 + o, y64 + o, out));
        if (loops->binary_i32[f][0])
            CHECK_PLACES(int32_t, loops->binary_i32[f][SG_ARRAY_ARRAY](n, xi + o, yi + o, out));
    }
    for (int f = 0; f < SG_COMPARE_COUNT; f++) {
        CHECK_PLACES(int32_t, loops->compare_f32[f][SG_ARRAY_ARRAY](n, x32 + o, y32 + o, out));
        CHECK_PLACES(int32_t, loops->compare_u8[f][SG_ARRAY_ARRAY](n, x8 + o, y8 + o, out));
    }
    CHECK_PLACES(float, loops->where_f32(n, yi + o, x32 + o, y32 + o, out));
    CHECK_PLACES(float, loops->scale_f32(n, 0.3f, x32 + o, out));
    CHECK_PLACES(float,
                 (memcpy(out, y32 + o, sizeof(float) * (size_t)n), loops->axpy_f32(n, 0.3f, x32 + o, out)));
    CHECK_PLACES(float,
                 (memcpy(out, y32 + o, sizeof(float) * (size_t)n), loops->accumulate_f32(n, x32 + o, out)));
    CHECK_PLACES(double, (memcpy(out, y64 + o, sizeof(double) * (size_t)n),
                          loops->accumulate_wide_f32(n, x32 + o, out)));
}
END_TEST

/* ---- two operands ---- */

/* A scalar operand is an array that repeats it; in place on either side. */
#define CHECK_SIDES(R, T, function, a, b)                                                                    \
    do {                                                                                                     \
        static T same[WHOLE];                                                                                \
        static R wanted[WHOLE], got[WHOLE];                                                                  \
        for (int s = 0; s < 12; s++) {                                                                       \
            FILL(same, WHOLE, (a)[s]);                                                                       \
            function[SG_ARRAY_ARRAY](WHOLE, same, b, wanted);                                                \
            function[SG_SCALAR_ARRAY](WHOLE, (a) + s, b, got);                                               \
            for (int k = 0; k < WHOLE; k++) EXPECT(SAME(wanted[k], got[k]), "%s: element %d", #function, k); \
            FILL(same, WHOLE, (b)[s]);                                                                       \
            function[SG_ARRAY_ARRAY](WHOLE, a, same, wanted);                                                \
            function[SG_ARRAY_SCALAR](WHOLE, a, (b) + s, got);                                               \
            for (int k = 0; k < WHOLE; k++) EXPECT(SAME(wanted[k], got[k]), "%s: element %d", #function, k); \
        }                                                                                                    \
        function[SG_SCALAR_ARRAY](0, a, b, got);                                                             \
        function[SG_ARRAY_SCALAR](0, a, b, got);                                                             \
    } while (0)

START_TEST(sides) {
    EACH_VARIANT(loops);
    fill_all();
    for (int f = 0; f < SG_BINARY_COUNT; f++) {
        CHECK_SIDES(float, float, loops->binary_f32[f], x32, y32);
        CHECK_SIDES(double, double, loops->binary_f64[f], x64, y64);
        if (loops->binary_i32[f][0]) CHECK_SIDES(int32_t, int32_t, loops->binary_i32[f], xi, yi);
        static float to[WHOLE], in_place[WHOLE];
        loops->binary_f32[f][SG_ARRAY_ARRAY](WHOLE, x32, y32, to);
        memcpy(in_place, y32, sizeof y32);
        loops->binary_f32[f][SG_ARRAY_ARRAY](WHOLE, x32, in_place, in_place);
        for (int k = 0; k < WHOLE; k++) EXPECT(SAME(to[k], in_place[k]), "in place");
    }
    for (int f = 0; f < SG_COMPARE_COUNT; f++) {
        CHECK_SIDES(int32_t, float, loops->compare_f32[f], x32, y32);
        CHECK_SIDES(int32_t, double, loops->compare_f64[f], x64, y64);
        CHECK_SIDES(int32_t, int32_t, loops->compare_i32[f], xi, yi);
        CHECK_SIDES(int32_t, uint8_t, loops->compare_u8[f], x8, y8);
    }
    for (int f = 0; f < SG_LOGIC_COUNT; f++) CHECK_SIDES(int32_t, int32_t, loops->logic_i32[f], xi, yi);
}
END_TEST

static double truth_of(int f, double a, double b) {
    switch (f) {
    case SG_BINARY_ADD:
        return a + b;
    case SG_BINARY_SUB:
        return a - b;
    case SG_BINARY_MUL:
        return a * b;
    case SG_BINARY_DIV:
        return a / b;
    case SG_BINARY_POW:
        return pow(a, b);
    case SG_BINARY_MAXIMUM:
        return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
    default:
        return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
    }
}

START_TEST(arithmetic) {
    EACH_VARIANT(loops);
    fill_all();
    for (int f = 0; f <= SG_BINARY_MINIMUM; f++)
        for (int turn = 0; turn < WHOLE; turn++) { /* every number meets every other */
            static float b[WHOLE], y[WHOLE];
            FILL(b, WHOLE, y32[(i + turn) % WHOLE]);
            loops->binary_f32[f][SG_ARRAY_ARRAY](WHOLE, x32, b, y);
            for (int k = 0; k < WHOLE; k++) {
                double t = truth_of(f, (double)x32[k], (double)b[k]);
                float rounded = (float)t;
                /* powers: within 1e-7; the rest is exact, rounded once */
                bool good = f != SG_BINARY_POW || isnan(rounded) || isinf(rounded) || rounded == 0
                                ? y[k] == rounded || (isnan(y[k]) && isnan(rounded))
                                : fabs((double)y[k] - t) <= 1e-7 * fabs(t) + 7.1e-46;
                EXPECT(good, "%s binary %d: f(%.9g, %.9g) = %.9g, not %.9g", loops->name, f, (double)x32[k],
                       (double)b[k], (double)y[k], t);
            }
        }
}
END_TEST

/* a, b, a // b and a % b by CPython. */
static const double floored[][4] = {
    {7.5, 2.0, 3.0, 1.5},
    {-7.5, 2.0, -4.0, 0.5},
    {7.5, -2.0, -4.0, -0.5},
    {-7.5, -2.0, 3.0, -1.5},
    {6.0, 3.0, 2.0, 0.0},
    {-6.0, 3.0, -2.0, 0.0},
    {0.0, -3.0, -0.0, -0.0},
    {-0.0, 3.0, -0.0, 0.0},
    {1.0, 0.1, 9.0, 0.09999999999999995},
    {-1.0, 0.1, -10.0, 5.551115123125783e-17},
    {1e-300, 1.0, 0.0, 1e-300},
    {-1e-300, 1.0, -1.0, 1.0},
    {5.0, INFINITY, 0.0, 5.0},
    {-5.0, INFINITY, -1.0, INFINITY},
    {5.0, -INFINITY, -1.0, -INFINITY},
    {1e10, 0.7, 14285714285.0, 0.5000006344131569},
    {-0.5, 1e10, -1.0, 9999999999.5},
};

START_TEST(floor_division) {
    EACH_VARIANT(loops);
    for (size_t k = 0; k < sizeof floored / sizeof *floored; k++) {
        const double *row = floored[k];
        double q, r;
        loops->binary_f64[SG_BINARY_FLOOR_DIV][SG_ARRAY_ARRAY](1, &row[0], &row[1], &q);
        loops->binary_f64[SG_BINARY_MOD][SG_ARRAY_ARRAY](1, &row[0], &row[1], &r);
        EXPECT(SAME(q, row[2]) && SAME(r, row[3]), "%g and %g: %.17g, %.17g", row[0], row[1], q, r);
        float a = (float)row[0], b = (float)row[1], qf, rf;
        if ((double)a != row[0] || (double)b != row[1]) continue; /* not the same question in f32 */
        loops->binary_f32[SG_BINARY_FLOOR_DIV][SG_ARRAY_ARRAY](1, &a, &b, &qf);
        loops->binary_f32[SG_BINARY_MOD][SG_ARRAY_ARRAY](1, &a, &b, &rf);
        float q0 = (float)row[2], r0 = (float)row[3];
        ck_assert(SAME(qf, q0) && SAME(rf, r0));
    }
    const double one = 1, zero = 0;
    double y;
    loops->binary_f64[SG_BINARY_FLOOR_DIV][SG_ARRAY_ARRAY](1, &one, &zero, &y);
    ck_assert(y == INFINITY);
    loops->binary_f64[SG_BINARY_MOD][SG_ARRAY_ARRAY](1, &one, &zero, &y);
    ck_assert(isnan(y));
}
END_TEST

static int32_t of_i32(const sg_loops *loops, int f, int32_t a, int32_t b) {
    int32_t y = 77;
    loops->binary_i32[f][SG_ARRAY_ARRAY](1, &a, &b, &y);
    return y;
}

START_TEST(integers) {
    EACH_VARIANT(loops);
    static const int32_t cases[][5] = {
        /* a, b, a // b, a % b, a ** b */
        {7, 2, 3, 1, 49},          {-7, 2, -4, 1, 49}, {7, -2, -4, -1, 0},
        {-7, -2, 3, -1, 0},        {6, 3, 2, 0, 216},  {5, 0, 0, 0, 1},
        {0, 5, 0, 0, 0},           {0, 0, 0, 0, 1},    {INT32_MIN, -1, INT32_MIN, 0, 0},
        {-1, -3, 0, -1, -1},       {-1, -2, 0, -1, 1}, {1, -9, -1, -8, 1},
        {3, 21, 0, 3, 1870418611}, /* 3^21 modulo 2^32 */
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const int32_t *c = cases[k];
        ck_assert_int_eq(of_i32(loops, SG_BINARY_FLOOR_DIV, c[0], c[1]), c[2]);
        ck_assert_int_eq(of_i32(loops, SG_BINARY_MOD, c[0], c[1]), c[3]);
        ck_assert_int_eq(of_i32(loops, SG_BINARY_POW, c[0], c[1]), c[4]);
    }
    ck_assert_int_eq(of_i32(loops, SG_BINARY_ADD, INT32_MAX, 1), INT32_MIN);
    ck_assert_int_eq(of_i32(loops, SG_BINARY_SUB, INT32_MIN, 1), INT32_MAX);
    ck_assert_int_eq(of_i32(loops, SG_BINARY_MUL, 65536, 65536), 0);
    ck_assert_int_eq(of_i32(loops, SG_BINARY_MAXIMUM, -3, 2), 2);
    ck_assert_int_eq(of_i32(loops, SG_BINARY_MINIMUM, -3, 2), -3);
    ck_assert(!loops->binary_i32[SG_BINARY_DIV][SG_ARRAY_ARRAY]);
    const int32_t x[] = {INT32_MIN, -7, 0, 5};
    static const int32_t wanted[][4] = {[SG_UNARY_NEG] = {INT32_MIN, 7, 0, -5},
                                        [SG_UNARY_ABS] = {INT32_MIN, 7, 0, 5},
                                        [SG_UNARY_SQUARE] = {0, 49, 0, 25},
                                        [SG_UNARY_RELU] = {0, 0, 0, 5},
                                        [SG_UNARY_SIGN] = {-1, -1, 0, 1}};
    static const int defined[] = {SG_UNARY_NEG, SG_UNARY_ABS, SG_UNARY_SQUARE, SG_UNARY_RELU, SG_UNARY_SIGN};
    for (int k = 0; k < 5; k++) {
        int32_t y[4];
        loops->unary_i32[defined[k]](4, x, y);
        ck_assert_mem_eq(y, wanted[defined[k]], sizeof y);
    }
    ck_assert(!loops->unary_i32[SG_UNARY_EXP]);
}
END_TEST

START_TEST(comparisons) {
    EACH_VARIANT(loops);
    fill_all();
    int32_t y[WHOLE];
#define CHECK_COMPARE(type, a, b)                                                                    \
    for (int f = 0; f < SG_COMPARE_COUNT; f++) {                                                     \
        loops->compare_##type[f][SG_ARRAY_ARRAY](WHOLE, a, b, y);                                    \
        for (int k = 0; k < WHOLE; k++) {                                                            \
            const bool truth[] = {(a)[k] == (b)[k], (a)[k] != (b)[k],                                \
                                  (a)[k]<(b)[k], (a)[k] <= (b)[k], (a)[k]>(b)[k], (a)[k] >= (b)[k]}; \
            EXPECT(y[k] == truth[f], "comparison %d", f);                                            \
        }                                                                                            \
    }
    CHECK_COMPARE(f32, x32, y32)
    CHECK_COMPARE(f64, x64, y64)
    CHECK_COMPARE(i32, xi, yi)
    CHECK_COMPARE(u8, x8, y8)
    for (int f = 0; f < SG_LOGIC_COUNT; f++) {
        loops->logic_i32[f][SG_ARRAY_ARRAY](WHOLE, xi, yi, y);
        for (int k = 0; k < WHOLE; k++) {
            const bool truth[] = {xi[k] && yi[k], xi[k] || yi[k], !xi[k] != !yi[k]};
            EXPECT(y[k] == truth[f], "comparison %d", f);
        }
    }
    loops->logic_not_i32(WHOLE, yi, y);
    for (int k = 0; k < WHOLE; k++) ck_assert_int_eq(y[k], !yi[k]);
    static float to[WHOLE];
    loops->where_f32(WHOLE, yi, x32, y32, to);
    for (int k = 0; k < WHOLE; k++) ck_assert(SAME(to[k], *(yi[k] ? &x32[k] : &y32[k])));
    loops->fill_f32(WHOLE, 2.5f, to);
    for (int k = 0; k < WHOLE; k++) ck_assert(to[k] == 2.5f);
}
END_TEST

START_TEST(words) {
    EACH_VARIANT(loops);
    const uint64_t seed = UINT64_C(0x123456789abcdef0), purpose = UINT64_C(0xfedcba9876543210);
    for (int64_t quads = 0; quads < 70; quads += 3) {
        uint32_t out[4 * 70 + 1], wanted[4];
        out[4 * quads] = 42;
        loops->draw_words(seed, 0xfffffff0, quads, 7, 8, purpose, out);
        for (int64_t q = 0; q < quads; q++) {
            sg_philox_draw(seed, 0xfffffff0 + (uint32_t)q, 7, 8, purpose, wanted);
            ck_assert_mem_eq(out + 4 * q, wanted, sizeof wanted);
        }
        ck_assert_uint_eq(out[4 * quads], 42);
    }
}
END_TEST

/* Against the formula of Box and Muller by the C library in a wider type; the same bits in every variant and
 * place. */
START_TEST(normal) {
    EACH_VARIANT(loops);
    enum { PAIRS = 5000 };
    static uint32_t word[2 * PAIRS + 8];
    static double out[2 * PAIRS], first[2 * PAIRS];
    loops->draw_words(1, 0, PAIRS / 2, 2, 3, 4, word);
    static const uint32_t corner[] = {0, 1, 0x7fffffff, 0x80000000, 0xb504f333, 0xfffffffe, 0xffffffff};
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < 7; k++) word[2 * (7 * i + k)] = corner[i], word[2 * (7 * i + k) + 1] = corner[k];
    for (uint32_t i = 0; i < 16; i++)
        word[2 * (100 + i) + 1] = (i << 28) - 1, word[2 * (120 + i) + 1] = i << 28;
    loops->normal(PAIRS, word, out);
    sg_loops_at(0)->normal(PAIRS, word, first);
    EXPECT(memcmp(out, first, sizeof out) == 0, "%s differs from %s", loops->name, sg_loops_at(0)->name);
    for (int i = 0; i < PAIRS; i++) {
        long double u = ((long double)word[2 * i] + 0.5L) * 0x1p-32L,
                    angle = word[2 * i + 1] * 0x1p-32L * 2 * PI;
        long double r = sqrtl(-2 * logl(u)), truth[] = {r * cosl(angle), r * sinl(angle)};
        for (int k = 0; k < 2; k++)
            EXPECT(fabsl((long double)out[2 * i + k] - truth[k]) <= 1e-15L * r, "%x %x: %.17g, not %.17Lg",
                   word[2 * i], word[2 * i + 1], out[2 * i + k], truth[k]);
    }
    EXPECT(out[0] > 6.76 && out[0] < 6.77, "%g", out[0]);
    for (int64_t n = 0; n < 40; n++) {
        double part[2 * 40 + 1];
        part[2 * n] = 42;
        loops->normal(n, word + 2 * n, part);
        EXPECT(memcmp(part, first + 2 * n, sizeof *part * 2 * (size_t)n) == 0 && part[2 * n] == 42,
               "%d pairs", (int)n);
    }
}
END_TEST

START_TEST(choice) {
    ck_assert_str_eq(sg_loops_at(0)->name, "generic");
    ck_assert_ptr_null(sg_loops_at(-1));
    ck_assert_ptr_null(sg_loops_at(VARIANTS));
    ck_assert_ptr_null(sg_loops_find("sse9"));
    ck_assert_ptr_eq(sg_loops_find("generic"), sg_loops_at(0));
    ck_assert(sg_loops_supported(sg_loops_at(0)) && sg_loops_supported(sg_loops_best()));
}
END_TEST

/* bf16 is the upper half of f32: what lies between two of them goes to the nearer, and to the even one from
 * the middle. */
START_TEST(narrow) {
    EACH_VARIANT(loops);
    enum { N = 1 << 16, TAIL = 77 };
    static float x[N + 1], back[N + 1];
    static uint16_t y[N + 1], all[N];
    static const uint32_t low[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    for (int k = 0; k < 6; k++) {
        for (uint32_t i = 0; i < N; i++) {
            uint32_t bits = i << 16 | low[k];
            memcpy(x + i, &bits, sizeof bits);
        }
        loops->narrow(N, x, y);
        for (uint32_t i = 0; i < N; i++) {
            bool up = low[k] > 0x8000 || (low[k] == 0x8000 && i & 1);
            uint32_t expected = isnan(x[i]) ? i | 0x40 : i + up;
            EXPECT(y[i] == expected, "%s: %08x gives %04x", loops->name, i << 16 | low[k], y[i]);
        }
    }
    for (uint32_t i = 0; i < N; i++) all[i] = (uint16_t)i;
    loops->widen(N, all, back);
    for (uint32_t i = 0; i < N; i++) {
        uint32_t bits;
        memcpy(&bits, back + i, sizeof bits);
        EXPECT(bits == i << 16, "%s: %04x gives %08x", loops->name, i, bits);
    }
    for (int64_t n = 0; n < TAIL; n++) {
        y[n] = 42, back[n] = 42;
        loops->narrow(n, x, y);
        loops->widen(n, all, back);
        EXPECT(y[n] == 42 && back[n] == 42.0f, "%s writes behind %d elements", loops->name, (int)n);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loops");
    TCase *all = tcase_create("loops");
    tcase_set_timeout(all, 240);
    const TTest *const each[] = {unary_f32, gradients_f32, gelu_tails,     functions_f64, places,
                                 sides,     arithmetic,    floor_division, integers,      comparisons,
                                 words,     normal,        narrow};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) tcase_add_loop_test(all, each[i], 0, VARIANTS);
    tcase_add_test(all, choice);
    suite_add_tcase(suite, all);
    return unit_run(suite);
}
