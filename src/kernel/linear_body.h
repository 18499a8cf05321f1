/* Body for each float type: sums and multiples of arrays. */

void FN(accumulate)(int64_t n, const T *x, T *y) {
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) y[i] += x[i];
}

void FN(accumulate_wide)(int64_t n, const T *x, double *y) {
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) y[i] += (double)x[i];
}

void FN(axpy)(int64_t n, T a, const T *x, T *y) {
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) y[i] = M(madd)(a, x[i], y[i]);
}

void FN(scale)(int64_t n, T a, const T *x, T *y) {
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) y[i] = a * x[i];
}

void FN(add_bias)(int64_t rows, int64_t n, const T *x, const T *bias, T *y) {
    for (int64_t r = 0; r < rows; r++, x += n, y += n) {
        SG_VECTOR_LOOP
        for (int64_t i = 0; i < n; i++) y[i] = x[i] + bias[i];
    }
}

/* Four rows a pass: y is read and written a quarter as often; the order of the additions stays that of the
 * rows. */
void FN(sum_rows)(int64_t rows, int64_t n, const T *x, T *y) {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4, x += 4 * n) {
        SG_VECTOR_LOOP
        for (int64_t i = 0; i < n; i++) y[i] = (((y[i] + x[i]) + x[n + i]) + x[2 * n + i]) + x[3 * n + i];
    }
    for (; r < rows; r++, x += n) FN(accumulate)(n, x, y);
}
