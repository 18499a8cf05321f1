/* The inner loops over rows, each variant that this CPU runs: reductions, softmax, normalisation, updates;
 * against f64 or wider, and against recorded optimisers. */
#include "loops.h"

#include "recorded_updates.h"

#include <stdlib.h>

enum { MOST = 4096 };
static const int64_t sizes[] = {0, 1, 2, 7, 15, 16, 17, 31, 49, 50, 64, 100, 255, 384, 1000, 3001};
enum { SIZES = sizeof sizes / sizeof *sizes };

static float noise(int i) {
    uint32_t hash = (uint32_t)(i + 1) * 2654435761u;
    hash ^= hash >> 15;
    return (float)(int32_t)(hash * 2246822519u) * 0x1p-30f; /* -2 .. 2 */
}

#define EXPECT_NEAR(got, wanted, tolerance)                                                          \
    EXPECT(fabs((double)(got) - (double)(wanted)) <= (tolerance), "%s: %.9g, not %.9g", loops->name, \
           (double)(got), (double)(wanted))

START_TEST(reductions) {
    EACH_VARIANT(loops);
    static float x[MOST], y[MOST], moved[MOST + 32];
    FILL(x, MOST, noise(i));
    FILL(y, MOST, noise(i + MOST));
    const sg_loops *first = sg_loops_at(0);
    for (int k = 0; k < SIZES; k++) {
        int64_t n = sizes[k];
        long double sum = 0, dot = 0;
        float most = -INFINITY, least = INFINITY;
        for (int64_t i = 0; i < n; i++) {
            sum += (long double)x[i];
            dot += (long double)x[i] * (long double)y[i];
            most = fmaxf(most, x[i]);
            least = fminf(least, x[i]);
        }
        EXPECT_NEAR(loops->sum_f32(n, x), sum, 1e-12);
        EXPECT_NEAR(loops->dot_f32(n, x, y), dot, 1e-12);
        ck_assert(loops->max_f32(n, x) == most && loops->min_f32(n, x) == least);
        /* No products are fused: all variants agree to the last bit, and so do all places in memory. */
        for (int offset = 0; offset < 17; offset++) {
            memcpy(moved + offset, x, sizeof(float) * (size_t)n);
            double a = loops->sum_f32(n, moved + offset), b = first->sum_f32(n, x);
            double c = loops->dot_f32(n, moved + offset, y), d = first->dot_f32(n, x, y);
            EXPECT(SAME(a, b) && SAME(c, d), "%s: place %d", loops->name, offset);
        }
        static double wide[MOST];
        FILL(wide, n, (double)x[i]);
        EXPECT_NEAR(loops->sum_f64(n, wide), sum, 1e-12);
        EXPECT_NEAR(loops->dot_f64(n, wide, wide), loops->dot_f32(n, x, x), 1e-12);
        ck_assert(loops->max_f64(n, wide) == (double)most && loops->min_f64(n, wide) == (double)least);
    }
}
END_TEST

/* NaN and infinity at every place of rows of every length. */
START_TEST(not_finite) {
    EACH_VARIANT(loops);
    float x[70];
    double w[70];
    for (int64_t n = 1; n < 70; n++)
        for (int64_t at = 0; at < n; at++) {
            FILL(x, n, -(float)i - 1);
            FILL(w, n, -(double)i - 1);
            ck_assert(n % 8 || loops->all_finite_f32(n, x));
            x[at] = NAN, w[at] = -NAN;
            EXPECT(isnan(loops->max_f32(n, x)) && isnan(loops->min_f32(n, x)) && !loops->all_finite_f32(n, x),
                   "nan");
            EXPECT(isnan(loops->max_f64(n, w)) && isnan(loops->min_f64(n, w)) && !loops->all_finite_f64(n, w),
                   "nan");
            x[at] = -NAN;
            EXPECT(isnan(loops->max_f32(n, x)) && isnan(loops->min_f32(n, x)) && !loops->all_finite_f32(n, x),
                   "-nan");
            x[at] = INFINITY, w[at] = -INFINITY;
            EXPECT(loops->max_f32(n, x) == INFINITY && !loops->all_finite_f32(n, x), "infinity");
            EXPECT(loops->min_f64(n, w) == -INFINITY && !loops->all_finite_f64(n, w), "-infinity");
        }
    ck_assert(loops->all_finite_f32(0, x) && loops->all_finite_f64(0, w));
}
END_TEST

START_TEST(sums_of_rows) {
    EACH_VARIANT(loops);
    static float x[MOST], bias[MOST], y[MOST], total[MOST];
    FILL(x, MOST, noise(i));
    FILL(bias, MOST, noise(i * 3));
    for (int64_t rows = 0; rows < 12; rows++)
        for (int64_t n = 0; n < 40; n += 3) {
            loops->add_bias_f32(rows, n, x, bias, y);
            FILL(total, n, 0.25f);
            loops->sum_rows_f32(rows, n, x, total);
            for (int64_t j = 0; j < n; j++) {
                float sum = 0.25f;
                for (int64_t r = 0; r < rows; r++) {
                    ck_assert(j % 16 || y[r * n + j] == x[r * n + j] + bias[j]);
                    sum += x[r * n + j];
                }
                EXPECT(total[j] == sum, "%s: column %d of %d rows", loops->name, (int)j, (int)rows);
            }
        }
}
END_TEST

/* Every number of taps, so that each place in a group of them occurs. */
START_TEST(planes) {
    EACH_VARIANT(loops);
    enum { N = 3 * SG_PLANE, TAPS = 9, REACH = 60 };
    static float x[N + REACH], y[N], dy[N];
    static double wide_x[N + REACH], wide_y[N], wide_dy[N];
    const int64_t offset[TAPS] = {0, 1, 2, 17, 18, 19, 34, 35, REACH};
    float w[TAPS];
    double wide_w[TAPS];
    FILL(x, N + REACH, noise(i));
    FILL(dy, N, noise(i * 5 + 2));
    FILL(w, TAPS, noise(i * 11 + 1));
    FILL(wide_x, N + REACH, (double)x[i]);
    FILL(wide_dy, N, (double)dy[i]);
    FILL(wide_w, TAPS, (double)w[i]);
    for (int64_t taps = 0; taps <= TAPS; taps++) {
        loops->correlate_f32(N, taps, offset, w, x, 0.25f, y);
        loops->correlate_f64(N, taps, offset, wide_w, wide_x, 0.25, wide_y);
        for (int64_t i = 0; i < N; i++) {
            double sum = 0.25, size = 0.25;
            for (int64_t t = 0; t < taps; t++) sum += wide_w[t] * wide_x[i + offset[t]];
            for (int64_t t = 0; t < taps; t++) size += fabs(wide_w[t] * wide_x[i + offset[t]]);
            EXPECT_NEAR(y[i], sum, 1e-6 * size);
            EXPECT_NEAR(wide_y[i], sum, 1e-15 * size);
        }
        float dw[TAPS + 1];
        double wide_dw[TAPS + 1];
        FILL(dw, TAPS + 1, 0.5f);
        FILL(wide_dw, TAPS + 1, 0.5);
        loops->correlate_taps_f32(N, taps, offset, x, dy, dw);
        loops->correlate_taps_f64(N, taps, offset, wide_x, wide_dy, wide_dw);
        for (int64_t t = 0; t < taps; t++) {
            double sum = 0.5;
            for (int64_t i = 0; i < N; i++) sum += wide_dy[i] * wide_x[i + offset[t]];
            EXPECT_NEAR(dw[t], sum, 1e-5);
            EXPECT_NEAR(wide_dw[t], sum, 1e-13);
        }
        EXPECT(dw[taps] == 0.5f && wide_dw[taps] == 0.5, "%s: written past tap %d", loops->name, (int)taps);
    }
}
END_TEST

/* Even and odd columns apart and together: nothing between the rows is touched. */
START_TEST(split_and_weave) {
    EACH_VARIANT(loops);
    enum { WIDEST = 70, ROW = WIDEST + 3, ROWS = 3, PLANES = 2, ALL = PLANES * ROWS * ROW + 7 };
    static float x[ALL], even[ALL], odd[ALL], back[ALL];
    const sg_lined_rows at_x = {PLANES, ROWS, ROWS * ROW + 2, ROW},
                        at = {PLANES, ROWS, ROWS * ROW + 5, ROW - 1};
    FILL(x, ALL, noise(i));
    for (int64_t columns = 1; columns <= WIDEST; columns++) {
        FILL(even, ALL, 77.0f);
        FILL(odd, ALL, 77.0f);
        FILL(back, ALL, 77.0f);
        loops->split_f32(columns, x, &at_x, even, odd, &at);
        loops->weave_f32(columns, even, &at, odd, &at, back, &at_x);
        int64_t touched = 0, count = 0;
        for (int64_t p = 0; p < PLANES; p++)
            for (int64_t r = 0; r < ROWS; r++)
                for (int64_t j = 0; j < columns; j++) {
                    const int64_t from = p * at_x.plane + r * at_x.row + j;
                    const float *half = j % 2 ? odd : even;
                    EXPECT(half[p * at.plane + r * at.row + j / 2] == x[from], "%s: split %d of %d",
                           loops->name, (int)j, (int)columns);
                    EXPECT(back[from] == x[from], "%s: weave %d of %d", loops->name, (int)j, (int)columns);
                }
        for (int64_t i = 0; i < ALL; i++) touched += (even[i] != 77.0f) + (odd[i] != 77.0f);
        for (int64_t i = 0; i < ALL; i++) count += back[i] != 77.0f;
        EXPECT(touched == PLANES * ROWS * columns && count == touched, "%s: %d columns: written outside",
               loops->name, (int)columns);
    }
}
END_TEST

START_TEST(transposition) {
    EACH_VARIANT(loops);
    enum { WIDEST = 37, ALL = WIDEST * (WIDEST + 2) };
    static float x[ALL], y[ALL];
    FILL(x, ALL, noise(i));
    for (int64_t rows = 1; rows <= WIDEST; rows += 3)
        for (int64_t columns = 1; columns <= WIDEST; columns++) {
            FILL(y, ALL, 77.0f);
            loops->transpose_f32(rows, columns, x, columns + 1, y, rows + 2);
            for (int64_t j = 0; j < columns; j++)
                for (int64_t i = 0; i < rows + 2; i++)
                    EXPECT(y[j * (rows + 2) + i] == (i < rows ? x[i * (columns + 1) + j] : 77.0f),
                           "%s: %d x %d at %d, %d", loops->name, (int)rows, (int)columns, (int)i, (int)j);
        }
}
END_TEST

START_TEST(softmax) {
    EACH_VARIANT(loops);
    enum { ROWS = 5 };
    static float x[ROWS * MOST], y[ROWS * MOST], l[ROWS * MOST], dy[ROWS * MOST], dx[ROWS * MOST], one[MOST];
    for (int k = 0; k < SIZES; k++) {
        const int64_t n = sizes[k];
        FILL(x, ROWS * n, 4 * noise(i) + 50 * (i % 2));
        FILL(dy, ROWS * n, noise(i + 9));
        if (n > 7) x[3] = -INFINITY, x[n + 5] = 1e30f;
        loops->softmax_f32(ROWS, n, x, y);
        loops->log_softmax_f32(ROWS, n, x, l);
        for (int64_t r = 0; r < ROWS && n > 0; r++) {
            const float *row = x + r * n, most = loops->max_f32(n, row);
            double sum = 0, dot = 0, total = 0;
            for (int64_t j = 0; j < n; j++) sum += exp((double)row[j] - (double)most);
            for (int64_t j = 0; j < n; j++) {
                double p = exp((double)row[j] - (double)most) / sum;
                const double shift = (double)most - (double)row[j];
                EXPECT_NEAR(y[r * n + j], p,
                            p > 0 ? (4e-7 + 6e-8 * shift) * p + 1e-44 : 0); /* the shift is rounded */
                double q = (double)row[j] - (double)most - log(sum);
                EXPECT(l[r * n + j] == (float)q || fabs((double)l[r * n + j] - q) <= 2e-7 * (fabs(q) + 1),
                       "log");
                dot += (double)y[r * n + j] * (double)dy[r * n + j];
                total += (double)dy[r * n + j];
            }
            loops->softmax_gradient_f32(1, n, y + r * n, dy + r * n, dx + r * n);
            for (int64_t j = 0; j < n; j++)
                EXPECT_NEAR(dx[r * n + j], (double)y[r * n + j] * ((double)dy[r * n + j] - dot),
                            5e-7 * (double)y[r * n + j]);
            loops->log_softmax_gradient_f32(1, n, l + r * n, dy + r * n, dx + r * n);
            for (int64_t j = 0; j < n; j++)
                EXPECT_NEAR(dx[r * n + j], (double)dy[r * n + j] - exp((double)l[r * n + j]) * total,
                            4e-7 * (2 + fabs(total)));
            /* A row alone gives the bits that it has among others; in place too. */
            memcpy(one, row, sizeof(float) * (size_t)n);
            loops->softmax_f32(1, n, one, one);
            ck_assert_int_eq(memcmp(one, y + r * n, sizeof(float) * (size_t)n), 0);
            memcpy(one, row, sizeof(float) * (size_t)n);
            loops->log_softmax_f32(1, n, one, one);
            ck_assert_int_eq(memcmp(one, l + r * n, sizeof(float) * (size_t)n), 0);
        }
    }
    FILL(x, 20, -INFINITY);
    loops->softmax_f32(2, 10, x, y);
    ck_assert(isnan(y[0]) && isnan(y[19]));
    double wide[] = {1, 2, 3, -1000}, out[4];
    loops->softmax_f64(1, 4, wide, out);
    ck_assert_double_eq_tol(out[2], 0.66524095577482183, 1e-15); /* e^3 / (e + e^2 + e^3) */
    ck_assert(out[3] == 0);
    loops->log_softmax_f64(1, 4, wide, out);
    ck_assert_double_eq_tol(out[0], -2.4076059644443806, 1e-15);
}
END_TEST

START_TEST(layer_norm) {
    EACH_VARIANT(loops);
    enum { ROWS = 6 };
    static float x[ROWS * MOST], y[ROWS * MOST], w[MOST], b[MOST], mean[ROWS], rstd[ROWS], other[MOST];
    static double wide[ROWS * MOST], wide_mean[ROWS], wide_rstd[ROWS];
    const double eps = 1e-5;
    FILL(w, MOST, 1 + noise(i) / 4);
    FILL(b, MOST, noise(i + 77));
    for (int k = 0; k < SIZES; k++) {
        const int64_t n = sizes[k];
        FILL(x, ROWS * n, noise(i) * (1 + (float)(i % 3)) + (i / (n ? n : 1) == 2 ? 3000.0f : 0.0f));
        if (n > 0) x[3 * n] = -1e6f; /* moments are taken about the first element */
        FILL(x + 4 * n, n, 0.7f);
        FILL(wide, ROWS * n, (double)x[i]);
        loops->layer_norm_f64(ROWS, n, wide, NULL, NULL, eps, NULL, wide_mean, wide_rstd);
        for (int given = 0; given < 4; given++) {
            const float *weight = given & 1 ? w : NULL, *bias = given & 2 ? b : NULL;
            loops->layer_norm_f32(ROWS, n, x, weight, bias, eps, y, mean, rstd);
            for (int64_t r = 0; r < ROWS && n > 0; r++) {
                double m = 0, v = 0;
                for (int64_t j = 0; j < n; j++) m += (double)x[r * n + j] / (double)n;
                for (int64_t j = 0; j < n; j++) v += pow((double)x[r * n + j] - m, 2) / (double)n;
                double s = 1 / sqrt(v + eps), slack = 1e-6 + 6e-8 * fabs(m) * s; /* the mean's own rounding */
                EXPECT_NEAR(mean[r], m, 6e-8 * fabs(m) + 1e-12);
                EXPECT_NEAR(rstd[r], s, 1e-7 * s);
                EXPECT_NEAR(wide_mean[r], m, 1e-15 * (double)(n + 10) * (fabs(m) + sqrt(v)));
                EXPECT_NEAR(wide_rstd[r], s, 1e-15 * (double)(n + 10) * s);
                if (r == 4) EXPECT_NEAR(wide_rstd[r], 1 / sqrt(eps), 0.0);
                for (int64_t j = 0; j < n; j++) {
                    double h = ((double)x[r * n + j] - m) * s;
                    double t = h * (weight ? (double)w[j] : 1) + (bias ? (double)b[j] : 0);
                    EXPECT_NEAR(y[r * n + j], t, (slack + 4e-7 * fabs(h)) * 1.5 + 2e-7 * fabs(t));
                }
                memcpy(other, x + r * n, sizeof(float) * (size_t)n);
                loops->layer_norm_f32(1, n, other, weight, bias, eps, other, NULL, NULL);
                ck_assert_int_eq(memcmp(other, y + r * n, sizeof(float) * (size_t)n), 0);
            }
        }
    }
}
END_TEST

/* The gradient in f64 by its definition: dx = J^T g for g = dy * weight. */
START_TEST(layer_norm_gradient) {
    EACH_VARIANT(loops);
    enum { ROWS = 4 };
    static float x[ROWS * MOST], y[MOST * ROWS], w[MOST], dy[ROWS * MOST], dx[ROWS * MOST], dw[MOST],
        db[MOST];
    float mean[ROWS], rstd[ROWS];
    FILL(w, MOST, 1 + noise(i) / 4);
    FILL(dy, ROWS * MOST, noise(i + 5));
    for (int k = 1; k < SIZES; k++) {
        const int64_t n = sizes[k];
        FILL(x, ROWS * n, noise(i * 5 + 1));
        loops->layer_norm_f32(ROWS, n, x, NULL, NULL, 1e-3, y, mean, rstd);
        for (int weighted = 0; weighted < 2; weighted++) {
            FILL(dw, n, 0.5f);
            FILL(db, n, -0.5f);
            loops->layer_norm_gradient_f32(ROWS, n, x, weighted ? w : NULL, mean, rstd, dy, dx, dw, db);
            for (int64_t r = 0; r < ROWS; r++) {
                double g1 = 0, g2 = 0;
                for (int64_t j = 0; j < n; j++) {
                    double g = (double)dy[r * n + j] * (weighted ? (double)w[j] : 1);
                    g1 += g / (double)n;
                    g2 += g * (double)y[r * n + j] / (double)n;
                }
                for (int64_t j = 0; j < n; j++) {
                    double g = (double)dy[r * n + j] * (weighted ? (double)w[j] : 1),
                           h = (double)y[r * n + j];
                    EXPECT_NEAR(dx[r * n + j], (double)rstd[r] * (g - g1 - h * g2), 3e-6 * (double)rstd[r]);
                }
            }
            for (int64_t j = 0; j < n; j++) {
                double a = 0.5, c = -0.5;
                for (int64_t r = 0; r < ROWS; r++) {
                    a += (double)dy[r * n + j] * (double)y[r * n + j];
                    c += (double)dy[r * n + j];
                }
                EXPECT_NEAR(dw[j], a, 3e-6);
                EXPECT_NEAR(db[j], c, 3e-6);
            }
            /* Rows one after the other, in place, with only some results wanted: the same bits. */
            static float again[ROWS * MOST], dw2[MOST], db2[MOST];
            FILL(dw2, n, 0.5f);
            FILL(db2, n, -0.5f);
            memcpy(again, dy, sizeof(float) * (size_t)(ROWS * n));
            for (int64_t r = 0; r < ROWS; r++) {
                const float *weight = weighted ? w : NULL;
                loops->layer_norm_gradient_f32(1, n, x + r * n, weight, mean + r, rstd + r, again + r * n,
                                               NULL, dw2, NULL);
                loops->layer_norm_gradient_f32(1, n, x + r * n, weight, mean + r, rstd + r, again + r * n,
                                               again + r * n, NULL, db2);
            }
            ck_assert_int_eq(memcmp(again, dx, sizeof(float) * (size_t)(ROWS * n)), 0);
            ck_assert_int_eq(memcmp(dw, dw2, sizeof(float) * (size_t)n), 0);
            ck_assert_int_eq(memcmp(db, db2, sizeof(float) * (size_t)n), 0);
        }
    }
}
END_TEST

/* ---- updates ---- */

static void check_updates(const sg_loops *loops, bool single, const double wanted[RECORDED],
                          const sg_sgd *sgd) {
    double p[RECORDED], m[RECORDED] = {0}, v[RECORDED] = {0}, g[RECORDED];
    float pf[RECORDED], mf[RECORDED] = {0}, vf[RECORDED] = {0}, gf[RECORDED];
    FILL(p, RECORDED, recorded_start[i]);
    FILL(pf, RECORDED, (float)recorded_start[i]);
    for (int t = 1; t <= RECORDED_STEPS; t++) {
        const sg_adamw adamw = {.rate = 0.02,
                                .beta1 = 0.9,
                                .beta2 = 0.95,
                                .eps = 1e-3,
                                .decay = 0.3,
                                .clip = 0.5,
                                .correction1 = 1 / (1 - pow(0.9, t)),
                                .correction2 = 1 / (1 - pow(0.95, t))};
        FILL(g, RECORDED, 2 * recorded_gradient[t - 1][i]); /* clipped to half */
        FILL(gf, RECORDED, (float)g[i]);
        if (sgd) {
            loops->sgd_f64(RECORDED, sgd, p, g, sgd->momentum != 0 ? m : NULL);
            loops->sgd_f32(RECORDED, sgd, pf, gf, sgd->momentum != 0 ? mf : NULL);
        } else {
            loops->adamw_f64(RECORDED, &adamw, p, g, m, v);
            loops->adamw_f32(RECORDED, &adamw, pf, gf, mf, vf);
        }
    }
    for (int i = 0; i < RECORDED; i++)
        if (single)
            EXPECT_NEAR(pf[i], wanted[i], 4e-7 * (1 + fabs(wanted[i])));
        else
            EXPECT_NEAR(p[i], wanted[i], 1e-15 * (1 + fabs(wanted[i])));
}

START_TEST(updates) {
    EACH_VARIANT(loops);
    for (int single = 0; single < 2; single++) {
        check_updates(loops, single, recorded_adamw, NULL);
        check_updates(loops, single, recorded_sgd, &(sg_sgd){.rate = 0.02, .decay = 0.3, .clip = 0.5});
        check_updates(loops, single, recorded_momentum,
                      &(sg_sgd){.rate = 0.02, .momentum = 0.8, .decay = 0.3, .clip = 0.5});
        check_updates(loops, single, recorded_nesterov,
                      &(sg_sgd){.rate = 0.02, .momentum = 0.8, .decay = 0.3, .clip = 0.5, .nesterov = true});
    }
}
END_TEST

/* An element's update does not depend on its place. */
START_TEST(places_of_updates) {
    EACH_VARIANT(loops);
    static float p0[WHOLE], g[WHOLE], m0[WHOLE], v0[WHOLE], m[WHOLE], v[WHOLE];
    FILL(p0, WHOLE, noise(i));
    FILL(g, WHOLE, noise(i + 300));
    FILL(m0, WHOLE, noise(i + 600));
    FILL(v0, WHOLE, noise(i + 900) * noise(i + 900));
    const sg_adamw adamw = {1e-3, 0.9, 0.999, 1e-8, 0.05, 1.5, 2.5, 0.7};
    const sg_sgd sgd = {1e-3, 0.9, 0.05, 0.7, true};
#define START(n, o)                                                                                        \
    (memcpy(out, p0 + (o), sizeof(float) * (size_t)(n)), memcpy(m, m0 + (o), sizeof(float) * (size_t)(n)), \
     memcpy(v, v0 + (o), sizeof(float) * (size_t)(n)))
    CHECK_PLACES(float, (START(n, o), loops->adamw_f32(n, &adamw, out, g + o, m, v)));
    CHECK_PLACES(float, (START(n, o), loops->sgd_f32(n, &sgd, out, g + o, m)));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rows");
    TCase *all = tcase_create("rows");
    tcase_set_timeout(all, 240);
    const TTest *const each[] = {reductions,          not_finite,    sums_of_rows,     planes,
                                 split_and_weave,     transposition, softmax,          layer_norm,
                                 layer_norm_gradient, updates,       places_of_updates};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) tcase_add_loop_test(all, each[i], 0, VARIANTS);
    suite_add_tcase(suite, all);
    return unit_run(suite);
}
