/* Body for each float type: normalisation of rows and its gradient. Moments are added in f64, in one pass, as
 * distances from the first element of the row. Its distance from the mean is at most sqrt(n) deviations,
 * since the variance takes it in: what cancels is at most n times what stays. */

void FN(layer_norm)(int64_t rows, int64_t n, const T *x, const T *weight, const T *bias, double eps, T *out,
                    T *mean, T *rstd) {
    const double count = n > 0 ? (double)n : 1;
    for (int64_t r = 0; r < rows; r++, x += n) {
        double sum, squares;
        const double near = n > 0 ? (double)x[0] : 0;
        SG_SUM_TWO_LANES(sum, squares, n, const double d = (double)x[i] - near, d, d * d);
        const double shift = sum / count, variance = squares / count - shift * shift;
        const T m = (T)(near + shift), s = (T)(1 / __builtin_sqrt(variance + eps));
        if (mean) mean[r] = m;
        if (rstd) rstd[r] = s;
        if (!out) continue;
        T *y = out + r * n;
        if (weight && bias) {
            SG_VECTOR_LOOP
            for (int64_t i = 0; i < n; i++) y[i] = M(madd)((x[i] - m) * s, weight[i], bias[i]);
        } else if (weight) {
            SG_VECTOR_LOOP
            for (int64_t i = 0; i < n; i++) y[i] = (x[i] - m) * s * weight[i];
        } else if (bias) {
            SG_VECTOR_LOOP
            for (int64_t i = 0; i < n; i++) y[i] = M(madd)(x[i] - m, s, bias[i]);
        } else {
            SG_VECTOR_LOOP
            for (int64_t i = 0; i < n; i++) y[i] = (x[i] - m) * s;
        }
    }
}

/* With h = (x - mean) * rstd and g = dy * weight:  dx = rstd * (g - mean(g) - h * mean(g * h)). Here and
 * below, G is g. */
#define DX(G)                                                                                             \
    do {                                                                                                  \
        double sum, product;                                                                              \
        SG_SUM_TWO_LANES(sum, product, n, const double g = (double)(G), g, g * (double)((x[i] - m) * s)); \
        const T shift = (T)(sum / (double)n), slope = (T)(product / (double)n);                           \
        SG_VECTOR_LOOP                                                                                    \
        for (int64_t i = 0; i < n; i++) dx[i] = s * ((G)-shift - (x[i] - m) * s * slope);                 \
    } while (0)

void FN(layer_norm_gradient)(int64_t rows, int64_t n, const T *x, const T *weight, const T *mean,
                             const T *rstd, const T *dy, T *dx, T *dweight, T *dbias) {
    if (n <= 0) return;
    for (int64_t r = 0; r < rows; r++, x += n, dy += n) {
        const T m = mean[r], s = rstd[r];
        if (dweight) {
            SG_VECTOR_LOOP
            for (int64_t i = 0; i < n; i++) dweight[i] = M(madd)(dy[i], (x[i] - m) * s, dweight[i]);
        }
        if (dbias) FN(accumulate)(n, dy, dbias);
        if (!dx) continue;
        if (weight)
            DX(dy[i] * weight[i]);
        else
            DX(dy[i]);
        dx += n;
    }
}

#undef DX
