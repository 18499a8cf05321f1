#include "weights/interpolate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- bicubic ---- */

/* Keys' kernel at a distance of x. */
static double keys(double x) {
    const double a = -0.75;
    x = fabs(x);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

void sg_interpolate_bicubic(double *matrix, int64_t to, int64_t from) {
    double scale = (double)from / (double)to;
    memset(matrix, 0, (size_t)(to * from) * sizeof *matrix);
    for (int64_t i = 0; i < to; i++) {
        double at = ((double)i + 0.5) * scale - 0.5, base = floor(at);
        for (int64_t k = -1; k <= 2; k++) {
            int64_t j = (int64_t)base + k;
            j = j < 0 ? 0 : j >= from ? from - 1 : j;
            matrix[i * from + j] += keys(at - base - (double)k);
        }
    }
}

/* ---- geometric ---- */

/* The ratio of the distances, found as in the official code: to 1e-6, by halving. */
static double ratio(int64_t from, int64_t to) {
    double left = 1.01, right = 1.5, q = 0;
    while (right - left > 1e-6) {
        q = (left + right) / 2;
        double reach = (1 - pow(q, (double)(from / 2))) / (1 - q);
        if (reach > (double)(to / 2))
            right = q;
        else
            left = q;
    }
    return q;
}

/* Where the offsets of the old table lie. */
static void places(double *x, int64_t from, int64_t to) {
    double q = ratio(from, to), distance = 1;
    int64_t middle = from / 2;
    x[middle] = 0;
    for (int64_t i = 1; i <= middle; i++) {
        x[middle + i] = distance;
        x[middle - i] = -distance;
        distance += pow(q, (double)i);
    }
}

typedef struct spline {
    int64_t n;
    const double *x;
    double *curve; /* [n][n]: second derivatives of the spline through the k-th unit vector, in column k */
    double *diagonal, *upper;
} spline;

/* The second derivatives satisfy one equation a place but for the two outermost, which follow from their
 * neighbours' since the third derivative does not jump at the second place and the last but one. */
static void solve(const spline *s) {
    int64_t n = s->n;
    for (int64_t i = 1; i < n - 1; i++) {
        double h = s->x[i] - s->x[i - 1], g = s->x[i + 1] - s->x[i];
        double lower = h, diagonal = 2 * (h + g), upper = g, *row = s->curve + i * n;
        memset(row, 0, (size_t)n * sizeof *row);
        row[i - 1] = 6 / h;
        row[i] = -6 / h - 6 / g;
        row[i + 1] = 6 / g;
        if (i == 1) {
            diagonal += h * (1 + h / g);
            upper -= h * h / g;
        }
        if (i == n - 2) {
            diagonal += g * (1 + g / h);
            lower -= g * g / h;
        }
        if (i > 1) { /* eliminate what stands before the diagonal */
            double factor = lower / s->diagonal[i - 1];
            const double *above = row - n;
            diagonal -= factor * s->upper[i - 1];
            for (int64_t k = 0; k < n; k++) row[k] -= factor * above[k];
        }
        s->diagonal[i] = diagonal;
        s->upper[i] = upper;
    }
    for (int64_t i = n - 2; i >= 1; i--)
        for (int64_t k = 0; k < n; k++) {
            double *at = s->curve + i * n + k, below = i < n - 2 ? s->upper[i] * at[n] : 0;
            *at = (*at - below) / s->diagonal[i];
        }
    double first = (s->x[1] - s->x[0]) / (s->x[2] - s->x[1]),
           last = (s->x[n - 1] - s->x[n - 2]) / (s->x[n - 2] - s->x[n - 3]);
    for (int64_t k = 0; k < n; k++) {
        double *top = s->curve + k, *bottom = s->curve + (n - 1) * n + k;
        top[0] = top[n] * (1 + first) - top[2 * n] * first;
        bottom[0] = bottom[-n] * (1 + last) - bottom[-2 * n] * last;
    }
}

/* One row of the matrix: the values at `at` of the splines through all unit vectors. */
static void evaluate(const spline *s, double at, double *row) {
    int64_t n = s->n, i = 0;
    at = at < s->x[0] ? s->x[0] : at > s->x[n - 1] ? s->x[n - 1] : at;
    while (i < n - 2 && at > s->x[i + 1]) i++;
    double h = s->x[i + 1] - s->x[i], b = (at - s->x[i]) / h, a = 1 - b;
    double from_left = (a * a * a - a) * h * h / 6, from_right = (b * b * b - b) * h * h / 6;
    for (int64_t k = 0; k < n; k++)
        row[k] = from_left * s->curve[i * n + k] + from_right * s->curve[(i + 1) * n + k];
    row[i] += a;
    row[i + 1] += b;
}

sg_status sg_interpolate_geometric(double *matrix, int64_t to, int64_t from, sg_error *error) {
    size_t n = (size_t)from;
    double *space = n > SIZE_MAX / n / 2 ? NULL : sg_array_alloc(n * n + 3 * n, sizeof *space);
    if (!space) return sg_no_memory(error);
    double *x = space + n * n;
    places(x, from, to);
    spline s = {from, x, space, x + n, x + 2 * n};
    solve(&s);
    for (int64_t i = 0; i < to; i++) evaluate(&s, (double)(i - to / 2), matrix + i * from);
    free(space);
    return SG_OK;
}
