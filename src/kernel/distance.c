#include "kernel/distance.h"

#include <math.h>

void sg_distance_scan(int64_t rows, int64_t columns, const unsigned char *hidden, int32_t *near) {
    for (int64_t c = 0; c < columns; c++) {
        int64_t last = -1;
        for (int64_t r = 0; r < rows; r++) {
            if (!hidden[r * columns + c]) last = r;
            near[r * columns + c] = (int32_t)last;
        }
        last = -1;
        for (int64_t r = rows - 1; r >= 0; r--) {
            if (!hidden[r * columns + c]) last = r;
            int32_t *at = &near[r * columns + c];
            if (last >= 0 && (*at < 0 || last - r < r - *at)) *at = (int32_t)last;
        }
    }
}

int64_t sg_distance_nearest(int64_t columns, const int32_t *near, int64_t row, int64_t column) {
    int64_t best = INT64_MAX, index = -1;
    for (int64_t d = 0; d < columns && d * d <= best; d++)
        for (int side = d ? -1 : 1; side <= 1; side += 2) {
            int64_t c = column + side * d;
            if (c < 0 || c >= columns || near[row * columns + c] < 0) continue;
            int64_t rise = near[row * columns + c] - row, distance = d * d + rise * rise;
            int64_t at = near[row * columns + c] * columns + c;
            if (distance < best || (distance == best && at < index)) {
                best = distance;
                index = at;
            }
        }
    return index;
}

/* ---- one row of squared distances ---- */

/* The row, and how far away each of its columns has a visible pixel, in the column; `none` where it has none,
 * which is farther away than any pixel. */
typedef struct row {
    const int32_t *near;
    int64_t at, columns, none;
} row;

static int64_t rise_of(const row *r, int64_t column) {
    int64_t near = r->near[r->at * r->columns + column];
    return near < 0 ? r->none : near - r->at;
}

/* The squared distance of pixel `x` to the visible pixel of column i. */
static int64_t square_at(const row *r, int64_t x, int64_t i) {
    int64_t rise = rise_of(r, i);
    return (x - i) * (x - i) + rise * rise;
}

/* The first x for which column u, right of i, is nearer than i. */
static int64_t first_nearer(const row *r, int64_t i, int64_t u) {
    int64_t a = rise_of(r, i), b = rise_of(r, u);
    int64_t over = u * u - i * i + b * b - a * a, by = 2 * (u - i);
    int64_t floor = over / by - (over % by < 0);
    return floor + 1;
}

/* The columns that are nearest to some pixel, and the first pixel of each: how many there are. */
static int64_t find_parts(const row *r, int64_t *column, int64_t *first) {
    int64_t count = 0;
    for (int64_t u = 0; u < r->columns; u++) {
        while (count && square_at(r, first[count - 1], column[count - 1]) > square_at(r, first[count - 1], u))
            count--;
        int64_t from = count ? first_nearer(r, column[count - 1], u) : 0;
        if (from >= r->columns) continue;
        column[count] = u;
        first[count++] = from;
    }
    return count;
}

double sg_distance_mean(int64_t rows, int64_t columns, const unsigned char *hidden, int32_t *near,
                        int64_t *line) {
    double sum = 0;
    int64_t count = 0, *column = line, *first = line + columns;
    row r = {.near = near, .columns = columns, .none = rows + columns};
    sg_distance_scan(rows, columns, hidden, near);
    for (r.at = 0; r.at < rows; r.at++) {
        int64_t part = find_parts(&r, column, first) - 1;
        for (int64_t x = columns - 1; x >= 0; x--) {
            int64_t square = square_at(&r, x, column[part]);
            if (square >= r.none * r.none) return NAN; /* no column has a visible pixel */
            if (hidden[r.at * columns + x]) {
                sum += sqrt((double)square);
                count++;
            }
            if (x == first[part]) part--;
        }
    }
    return count ? sum / (double)count : NAN;
}
