/* Body for each float type: softmax along rows, its logarithm, and their gradients. */

/* The rows of a chunk are shifted one by one, then the exponentials of all their elements are taken in one
 * long loop: short rows would spend their time in loop ends. */
void FN(softmax)(int64_t rows, int64_t n, const T *x, T *y) {
    if (n <= 0) return;
    const int64_t chunk = n < SOFTMAX_CHUNK ? SOFTMAX_CHUNK / n : 1;
    for (int64_t start = 0; start < rows; start += chunk) {
        int64_t count = rows - start < chunk ? rows - start : chunk;
        const T *from = x + start * n;
        T *to = y + start * n;
        for (int64_t r = 0; r < count; r++) {
            T most = FN(max)(n, from + r * n);
            SG_VECTOR_LOOP
            for (int64_t i = 0; i < n; i++) to[r * n + i] = from[r * n + i] - most;
        }
        FN(exp)(count * n, to, to);
        for (int64_t r = 0; r < count; r++)
            FN(scale)(n, (T)(1.0 / FN(sum)(n, to + r * n)), to + r * n, to + r * n);
    }
}

void FN(log_softmax)(int64_t rows, int64_t n, const T *x, T *y) {
    if (n <= 0) return;
    for (int64_t r = 0; r < rows; r++, x += n, y += n) {
        T most = FN(max)(n, x), grown[SOFTMAX_BLOCK];
        double sum = 0;
        for (int64_t start = 0; start < n; start += SOFTMAX_BLOCK) {
            int64_t count = n - start < SOFTMAX_BLOCK ? n - start : SOFTMAX_BLOCK;
            SG_VECTOR_LOOP
            for (int64_t i = 0; i < count; i++) grown[i] = x[start + i] - most;
            FN(exp)(count, grown, grown);
            sum += FN(sum)(count, grown);
        }
        const T shift = (T)log(sum);
        SG_VECTOR_LOOP
        for (int64_t i = 0; i < n; i++) y[i] = (x[i] - most) - shift;
    }
}

void FN(softmax_gradient)(int64_t rows, int64_t n, const T *y, const T *dy, T *dx) {
    for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
        const T mean = (T)FN(dot)(n, y, dy);
        SG_VECTOR_LOOP
        for (int64_t i = 0; i < n; i++) dx[i] = y[i] * (dy[i] - mean);
    }
}

void FN(log_softmax_gradient)(int64_t rows, int64_t n, const T *y, const T *dy, T *dx) {
    for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
        const T sum = (T)FN(sum)(n, dy);
        MATH_LOOP
        for (int64_t i = 0; i < n; i++) dx[i] = dy[i] - M(exp)(y[i]) * sum;
    }
}
