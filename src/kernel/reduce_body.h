/* Body for each float type: reductions of a row. */

double FN(sum)(int64_t n, const T *x) {
    double sum;
    SG_SUM_LANES(sum, n, (double)x[i]);
    return sum;
}

double FN(dot)(int64_t n, const T *x, const T *y) {
    double sum;
    SG_SUM_LANES(sum, n, (double)x[i] * (double)y[i]);
    return sum;
}

/* The largest of those that are not NaN, and NaN if there was one. */
#define EXTREME(name, better, first)                                                                         \
    T FN(name)(int64_t n, const T *x) {                                                                      \
        T lane[SG_LANES];                                                                                    \
        int nan = 0;                                                                                         \
        for (int j = 0; j < SG_LANES; j++) lane[j] = first;                                                  \
        int64_t base = 0;                                                                                    \
        for (; base + SG_LANES <= n; base += SG_LANES)                                                       \
            for (int j = 0; j < SG_LANES; j++) lane[j] = x[base + j] better lane[j] ? x[base + j] : lane[j]; \
        for (int j = 0; base + j < n; j++) lane[j] = x[base + j] better lane[j] ? x[base + j] : lane[j];     \
        for (int64_t i = 0; i < n; i++) nan |= x[i] != x[i];                                                 \
        for (int width = SG_LANES / 2; width > 0; width /= 2)                                                \
            for (int j = 0; j < width; j++)                                                                  \
                lane[j] = lane[j + width] better lane[j] ? lane[j + width] : lane[j];                        \
        return nan ? (T)NAN : lane[0];                                                                       \
    }

EXTREME(max, >, -(T)INFINITY)
EXTREME(min, <, (T)INFINITY)
#undef EXTREME

bool FN(all_finite)(int64_t n, const T *x) {
    int bad = 0;
    for (int64_t i = 0; i < n; i++) bad |= !(M(abs)(x[i]) < (T)INFINITY);
    return !bad;
}
