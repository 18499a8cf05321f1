/* The inner loops of losses, each variant that this CPU runs: against long double, bit for bit against the
 * generic one, and every slope the same wherever it stands. */
#include "loops.h"

enum { SIDES = 2 };

static float o32[WHOLE], t32[WHOLE], w32[WHOLE];
static double o64[WHOLE], t64[WHOLE], w64[WHOLE];

static double share(int i) {
    uint32_t hash = (uint32_t)(i + 1) * 2654435761u;
    hash ^= hash >> 15;
    return (double)(hash * 2246822519u) * 0x1p-32;
}

/* Outputs of bce are probabilities, 0 and 1 among them. Every seventh weight is 0. */
static void fill_all(sg_loss loss) {
    for (int i = 0; i < WHOLE; i++) {
        o64[i] = loss == SG_LOSS_BCE ? i % 9 == 0 ? i % 2 : share(i) : 6 * share(i) - 3;
        t64[i] = i % 8 == 0 && loss != SG_LOSS_BCE ? o64[i] : share(i + 500);
        w64[i] = i % 7 == 3 ? 0 : share(i + 900);
        o32[i] = (float)o64[i];
        t32[i] = (float)t64[i];
        w32[i] = (float)w64[i];
    }
}

static long double cut(long double x) {
    return fmaxl(logl(x), -100);
}

/* [0] the error, [1] its slope by the output, [2] by the target */
static void truth_of(sg_loss loss, long double o, long double t, long double beta, long double truth[3]) {
    long double d = o - t, size = fabsl(d), sign = (long double)((d > 0) - (d < 0));
    switch (loss) {
    case SG_LOSS_L1:
        truth[0] = size, truth[1] = sign, truth[2] = -sign;
        return;
    case SG_LOSS_MSE:
        truth[0] = d * d, truth[1] = 2 * d, truth[2] = -2 * d;
        return;
    case SG_LOSS_SMOOTH_L1:
        truth[0] = size < beta ? d * d / (2 * beta) : size - beta / 2;
        truth[1] = size < beta ? d / beta : sign, truth[2] = -truth[1];
        return;
    case SG_LOSS_BCE:
        truth[0] = -t * cut(o) - (1 - t) * cut(1 - o);
        truth[1] = d / fmaxl(o * (1 - o), 1e-12L), truth[2] = cut(1 - o) - cut(o);
        return;
    default:
        truth[0] = logl(1 + expl(o)) - o * t;
        truth[1] = 1 / (1 + expl(-o)) - t, truth[2] = -o;
    }
}

#define CHECK_TRUTH(T, type, o, t, w, one_rounding)                                                         \
    for (int weighted = 0; weighted < 2; weighted++) {                                                      \
        T by[SIDES][WHOLE];                                                                                 \
        long double sum = 0, truth[3];                                                                      \
        const T *weight = weighted ? (w) : NULL;                                                            \
        double got = loops->loss_##type[loss](WHOLE, beta, o, t, weight);                                   \
        for (int side = 0; side < SIDES; side++)                                                            \
            loops->loss_gradient_##type[loss][side](WHOLE, beta, -0.75, o, t, weight, by[side]);            \
        for (int i = 0; i < WHOLE; i++) {                                                                   \
            long double wi = weighted ? (long double)(w)[i] : 1;                                            \
            truth_of(loss, (long double)(o)[i], (long double)(t)[i], beta, truth);                          \
            sum += wi * truth[0];                                                                           \
            for (int side = 0; side < SIDES; side++) {                                                      \
                long double wanted = -0.75L * wi * truth[1 + side];                                         \
                EXPECT(fabsl((long double)by[side][i] - wanted) <= (one_rounding)*fabsl(wanted) + 4e-16L,   \
                       "%s loss %d side %d element %d: %.17g, not %.17Lg", loops->name, loss, side, i,      \
                       (double)by[side][i], wanted);                                                        \
            }                                                                                               \
        }                                                                                                   \
        EXPECT(fabsl((long double)got - sum) <= 1e-14L * sum, "%s loss %d: %.17g, not %.17Lg", loops->name, \
               loss, got, sum);                                                                             \
    }

START_TEST(against_truth) {
    EACH_VARIANT(loops);
    const double beta = 0.4;
    for (int loss = 0; loss < SG_LOSS_COUNT; loss++) {
        fill_all(loss);
        CHECK_TRUTH(float, f32, o32, t32, w32, 6.1e-8L)
        CHECK_TRUTH(double, f64, o64, t64, w64, 1e-14L)
    }
}
END_TEST

/* Losses decide what is learned: they have the same bits on every CPU. */
#define CHECK_VARIANT(T, type, o, t, w)                                                                    \
    for (int64_t n = 0; n < WHOLE; n++) {                                                                  \
        T got[WHOLE], wanted[WHOLE];                                                                       \
        const T *weight = n % 2 ? (w) : NULL;                                                              \
        double a = loops->loss_##type[loss](n, 0.4, o, t, weight);                                         \
        double b = generic->loss_##type[loss](n, 0.4, o, t, weight);                                       \
        EXPECT(SAME(a, b), "%s loss %d of %d: %.17g, not %.17g", loops->name, loss, (int)n, a, b);         \
        for (int side = 0; side < SIDES; side++) {                                                         \
            loops->loss_gradient_##type[loss][side](n, 0.4, 0.3, o, t, weight, got);                       \
            generic->loss_gradient_##type[loss][side](n, 0.4, 0.3, o, t, weight, wanted);                  \
            for (int64_t i = 0; i < n; i++)                                                                \
                EXPECT(SAME(got[i], wanted[i]), "%s loss %d side %d: element %d of %d", loops->name, loss, \
                       side, (int)i, (int)n);                                                              \
        }                                                                                                  \
    }

START_TEST(one_result_for_all_variants) {
    EACH_VARIANT(loops);
    const sg_loops *generic = sg_loops_at(0);
    for (int loss = 0; loss < SG_LOSS_COUNT; loss++) {
        fill_all(loss);
        for (int i = 5; i < WHOLE; i += 31) { /* what is not a number is one nowhere */
            o32[i] = loss == SG_LOSS_BCE ? NAN : (float)any_number(i);
            o64[i] = (double)o32[i];
        }
        CHECK_VARIANT(float, f32, o32, t32, w32)
        CHECK_VARIANT(double, f64, o64, t64, w64)
    }
}
END_TEST

START_TEST(places) {
    EACH_VARIANT(loops);
    for (int loss = 0; loss < SG_LOSS_COUNT; loss++) {
        fill_all(loss);
        for (int side = 0; side < SIDES; side++) {
            CHECK_PLACES(float,
                         loops->loss_gradient_f32[loss][side](n, 0.4, 0.3, o32 + o, t32 + o, w32 + o, out));
            CHECK_PLACES(float,
                         loops->loss_gradient_f32[loss][side](n, 0.4, 0.3, o32 + o, t32 + o, NULL, out));
            CHECK_PLACES(double,
                         loops->loss_gradient_f64[loss][side](n, 0.4, 0.3, o64 + o, t64 + o, w64 + o, out));
        }
    }
}
END_TEST

/* Weight 0 hides what it stands on. */
START_TEST(hidden) {
    EACH_VARIANT(loops);
    for (int loss = 0; loss < SG_LOSS_COUNT; loss++) {
        static float dx[WHOLE];
        fill_all(loss);
        double before = loops->loss_f32[loss](WHOLE, 0.4, o32, t32, w32);
        for (int i = 3; i < WHOLE; i += 7) o32[i] = i % 2 ? NAN : INFINITY;
        double after = loops->loss_f32[loss](WHOLE, 0.4, o32, t32, w32);
        EXPECT(SAME(before, after), "%s loss %d: %g, not %g", loops->name, loss, after, before);
        for (int side = 0; side < SIDES; side++) {
            loops->loss_gradient_f32[loss][side](WHOLE, 0.4, 0.3, o32, t32, w32, dx);
            for (int i = 0; i < WHOLE; i++)
                EXPECT(i % 7 == 3 ? dx[i] == 0 : isfinite(dx[i]), "%s loss %d side %d: element %d is %g",
                       loops->name, loss, side, i, (double)dx[i]);
        }
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("losses");
    TCase *all = tcase_create("losses");
    tcase_set_timeout(all, 240);
    const TTest *const each[] = {against_truth, one_result_for_all_variants, places, hidden};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) tcase_add_loop_test(all, each[i], 0, VARIANTS);
    suite_add_tcase(suite, all);
    return unit_run(suite);
}
