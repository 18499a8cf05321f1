/* Body for each float type: one step of an optimiser. Factors are computed in f64 and rounded once. */

void FN(adamw)(int64_t n, const sg_adamw *step, T *p, const T *g, T *m, T *v) {
    const T clip = (T)step->clip, keep = (T)(1 - step->rate * step->decay), eps = (T)step->eps;
    const T b1 = (T)step->beta1, a1 = (T)(1 - step->beta1), b2 = (T)step->beta2, a2 = (T)(1 - step->beta2);
    const T size = (T)(step->rate * step->correction1), root = (T)(1 / sqrt(step->correction2));
    SG_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) {
        T slope = g[i] * clip;
        T first = M(madd)(a1, slope, b1 * m[i]), second = M(madd)(a2 * slope, slope, b2 * v[i]);
        m[i] = first;
        v[i] = second;
        p[i] = keep * p[i] - size * first / (M(sqrt)(second) / root + eps);
    }
}

void FN(sgd)(int64_t n, const sg_sgd *step, T *p, const T *g, T *buf) {
    const T clip = (T)step->clip, decay = (T)step->decay, rate = (T)step->rate, keep = (T)step->momentum;
    if (step->momentum == 0) {
        SG_VECTOR_LOOP
        for (int64_t i = 0; i < n; i++) p[i] -= rate * M(madd)(decay, p[i], g[i] * clip);
    } else if (step->nesterov) {
        SG_VECTOR_LOOP
        for (int64_t i = 0; i < n; i++) {
            T slope = M(madd)(decay, p[i], g[i] * clip);
            T next = M(madd)(keep, buf[i], slope);
            buf[i] = next;
            p[i] -= rate * M(madd)(keep, next, slope);
        }
    } else {
        SG_VECTOR_LOOP
        for (int64_t i = 0; i < n; i++) {
            T next = M(madd)(keep, buf[i], M(madd)(decay, p[i], g[i] * clip));
            buf[i] = next;
            p[i] -= rate * next;
        }
    }
}
