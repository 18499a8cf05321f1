/* Body for each float type: one plane of a convolution, in the flat order of a padded input
 * (ops/conv_planes.c). Four short arrays of sums, since compilers keep those in registers and one long one in
 * memory. */

enum { FN(lanes) = 64 / sizeof(T) };

void FN(correlate)(int64_t n, int64_t taps, const int64_t *offset, const T *w, const T *x, T start, T *y) {
    enum { N = FN(lanes) };
    for (int64_t i = 0; i < n; i += 4 * N) {
        T a[N], b[N], c[N], d[N];
        for (int j = 0; j < N; j++) a[j] = b[j] = c[j] = d[j] = start;
        for (int64_t t = 0; t < taps; t++) {
            const T *from = x + i + offset[t];
            const T factor = w[t];
            for (int j = 0; j < N; j++) a[j] = M(madd)(factor, from[j], a[j]);
            for (int j = 0; j < N; j++) b[j] = M(madd)(factor, from[N + j], b[j]);
            for (int j = 0; j < N; j++) c[j] = M(madd)(factor, from[2 * N + j], c[j]);
            for (int j = 0; j < N; j++) d[j] = M(madd)(factor, from[3 * N + j], d[j]);
        }
        for (int j = 0; j < N; j++) {
            y[i + j] = a[j];
            y[i + N + j] = b[j];
            y[i + 2 * N + j] = c[j];
            y[i + 3 * N + j] = d[j];
        }
    }
}

static T FN(join_sums)(T *sum) {
    for (int width = FN(lanes) / 2; width > 0; width /= 2)
        for (int j = 0; j < width; j++) sum[j] += sum[j + width];
    return sum[0];
}

void FN(correlate_taps)(int64_t n, int64_t taps, const int64_t *offset, const T *x, const T *dy, T *dw) {
    enum { N = FN(lanes) };
    for (int64_t t = 0; t < taps; t += 4) {
        /* Past the last tap the first one is computed again, and left. */
        const int64_t left = taps - t;
        const T *xa = x + offset[t], *xb = x + offset[left > 1 ? t + 1 : t],
                *xc = x + offset[left > 2 ? t + 2 : t], *xd = x + offset[left > 3 ? t + 3 : t];
        T a[N] = {0}, b[N] = {0}, c[N] = {0}, d[N] = {0};
        for (int64_t i = 0; i < n; i += N) {
            for (int j = 0; j < N; j++) a[j] = M(madd)(dy[i + j], xa[i + j], a[j]);
            for (int j = 0; j < N; j++) b[j] = M(madd)(dy[i + j], xb[i + j], b[j]);
            for (int j = 0; j < N; j++) c[j] = M(madd)(dy[i + j], xc[i + j], c[j]);
            for (int j = 0; j < N; j++) d[j] = M(madd)(dy[i + j], xd[i + j], d[j]);
        }
        dw[t] += FN(join_sums)(a);
        if (left > 1) dw[t + 1] += FN(join_sums)(b);
        if (left > 2) dw[t + 2] += FN(join_sums)(c);
        if (left > 3) dw[t + 3] += FN(join_sums)(d);
    }
}
