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

/* Through integers of the same order: their extremes may be taken in any order, with the instructions for it.
 */
T FN(max)(int64_t n, const T *x) {
    M(key) most = M(key_of)(-(T)INFINITY);
    int nan = 0;
    for (int64_t i = 0; i < n; i++) {
        const M(key) k = M(key_of)(x[i]);
        most = k > most ? k : most;
        nan |= x[i] != x[i];
    }
    return nan ? (T)NAN : M(of_key)(most);
}

T FN(min)(int64_t n, const T *x) {
    M(key) least = M(key_of)((T)INFINITY);
    int nan = 0;
    for (int64_t i = 0; i < n; i++) {
        const M(key) k = M(key_of)(x[i]);
        least = k < least ? k : least;
        nan |= x[i] != x[i];
    }
    return nan ? (T)NAN : M(of_key)(least);
}

bool FN(all_finite)(int64_t n, const T *x) {
    int bad = 0;
    for (int64_t i = 0; i < n; i++) bad |= !(M(abs)(x[i]) < (T)INFINITY);
    return !bad;
}
