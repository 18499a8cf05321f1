/* The first principal components, by iterating a subspace of a few vectors (Golub, Van Loan: Matrix
 * Computations, 8.2.4), whose own small problem Jacobi's rotations solve. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "simgraph/use.h"

enum { WANTED = 3, MOST = 8, ROUNDS = 2000 };

/* Eigenvectors (columns of u) of a symmetric k x k, largest eigenvalue first. */
static void jacobi(double a[MOST][MOST], double u[MOST][MOST], int k) {
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) u[i][j] = i == j;
    for (int sweep = 0; sweep < 30; sweep++)
        for (int p = 0; p < k; p++)
            for (int q = p + 1; q < k; q++) {
                if (fabs(a[p][q]) < 1e-300) continue;
                double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)),
                       c = 1 / sqrt(t * t + 1);
                double s = t * c;
                for (int i = 0; i < k; i++) {
                    double x = a[i][p], y = a[i][q];
                    a[i][p] = c * x - s * y;
                    a[i][q] = s * x + c * y;
                }
                for (int i = 0; i < k; i++) {
                    double x = a[p][i], y = a[q][i];
                    a[p][i] = c * x - s * y;
                    a[q][i] = s * x + c * y;
                    x = u[i][p], y = u[i][q];
                    u[i][p] = c * x - s * y;
                    u[i][q] = s * x + c * y;
                }
            }
    for (int i = 0; i < k; i++)
        for (int j = i + 1; j < k; j++) {
            if (a[j][j] <= a[i][i]) continue;
            double swap = a[i][i];
            a[i][i] = a[j][j];
            a[j][j] = swap;
            for (int r = 0; r < k; r++) {
                swap = u[r][i];
                u[r][i] = u[r][j];
                u[r][j] = swap;
            }
        }
}

/* Rows of q made orthonormal, twice; one that lies in those before it becomes 0. */
static void orthonormalise(double *q, int k, int64_t d) {
    for (int i = 0; i < k; i++)
        for (int pass = 0; pass < 2; pass++) {
            double *v = q + i * d, length = 0, before = 0;
            for (int64_t t = 0; t < d; t++) before += v[t] * v[t];
            for (int j = 0; j < i; j++) {
                double dot = 0;
                for (int64_t t = 0; t < d; t++) dot += v[t] * q[j * d + t];
                for (int64_t t = 0; t < d; t++) v[t] -= dot * q[j * d + t];
            }
            for (int64_t t = 0; t < d; t++) length += v[t] * v[t];
            double factor = length > 1e-24 * before ? 1 / sqrt(length) : 0;
            for (int64_t t = 0; t < d; t++) v[t] *= factor;
        }
}

static void covariance(const float *rows, int64_t n, int64_t d, double *mean, double *line, double *c) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < d; k++) mean[k] += rows[i * d + k] / (double)n;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < d; k++) line[k] = rows[i * d + k] - mean[k];
        for (int64_t k = 0; k < d; k++)
            for (int64_t l = 0; l < d; l++) c[k * d + l] += line[k] * line[l] / (double)n;
    }
}

/* One round: z = C q, then q turned to be eigenvectors within the subspace. How far the first are from being
 * some. */
static double iterate(const double *c, double *q, double *z, int k, int64_t d, double value[MOST]) {
    double small[MOST][MOST], turn[MOST][MOST], off = 0;
    memset(z, 0, (size_t)(k * d) * sizeof *z);
    for (int i = 0; i < k; i++)
        for (int64_t r = 0; r < d; r++)
            for (int64_t t = 0; t < d; t++) z[i * d + r] += c[r * d + t] * q[i * d + t];
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) {
            small[i][j] = 0;
            for (int64_t t = 0; t < d; t++) small[i][j] += q[i * d + t] * z[j * d + t];
        }
    jacobi(small, turn, k);
    for (int64_t t = 0; t < d; t++) {
        double a[MOST] = {0}, b[MOST] = {0};
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++) {
                a[j] += q[i * d + t] * turn[i][j];
                b[j] += z[i * d + t] * turn[i][j];
            }
        for (int j = 0; j < k; j++) {
            q[j * d + t] = a[j];
            z[j * d + t] = b[j];
            if (j < WANTED) off = fmax(off, fabs(b[j] - small[j][j] * a[j]));
        }
    }
    for (int j = 0; j < k; j++) value[j] = small[j][j];
    return off;
}

/* The entry that is farthest from 0 is positive; the first of equals. */
static void turn_sign(double *v, int64_t d) {
    int64_t most = 0;
    for (int64_t t = 1; t < d; t++)
        if (fabs(v[t]) > fabs(v[most])) most = t;
    for (int64_t t = 0; v[most] < 0 && t < d; t++)
        if (t != most) v[t] = -v[t];
    v[most] = fabs(v[most]);
}

sg_status sg_principal(const float *rows, int64_t n, int64_t d, double *mean, double *component,
                       double share[3], sg_error *error) {
    int k = d < MOST ? (int)d : MOST;
    size_t size = (size_t)d;
    double *c = calloc(size * size + size * (2 * MOST + 1), sizeof *c), value[MOST] = {0}, all = 0;
    if (!c) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for %lld features", (long long)d);
    double *q = c + size * size, *z = q + MOST * size, *line = z + MOST * size;
    memset(mean, 0, size * sizeof *mean);
    covariance(rows, n, d, mean, line, c);
    for (int64_t t = 0; t < d; t++) all += c[t * d + t];
    uint32_t random = 1; /* any start that no component is likely to be orthogonal to */
    for (int64_t i = 0; i < k * d; i++)
        q[i] = (random = random * 1664525u + 1013904223u) / 4294967296.0 - 0.5;
    orthonormalise(q, k, d);
    for (int round = 0; round < ROUNDS; round++) {
        if (iterate(c, q, z, k, d, value) <= 1e-12 * all || round + 1 == ROUNDS) break;
        memcpy(q, z, (size_t)(k * d) * sizeof *q);
        orthonormalise(q, k, d);
    }
    memset(component, 0, WANTED * size * sizeof *component);
    for (int j = 0; j < WANTED; j++) {
        share[j] = j < k && all > 0 ? value[j] / all : 0;
        if (!(share[j] > 1e-12)) continue;
        memcpy(component + j * d, q + j * d, size * sizeof *q);
        turn_sign(component + j * d, d);
    }
    free(c);
    return SG_OK;
}
