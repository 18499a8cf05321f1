#include "spark.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void halve(cli_spark *spark) {
    spark->used = CLI_SPARK_PARTS / 2;
    for (int i = 0; i < spark->used; i++) {
        spark->sum[i] = spark->sum[2 * i] + spark->sum[2 * i + 1];
        spark->count[i] = spark->count[2 * i] + spark->count[2 * i + 1];
    }
    spark->each *= 2;
}

void cli_spark_add(cli_spark *spark, double number) {
    if (spark->each == 0) spark->each = 1;
    if (spark->used == 0 || spark->in_last == spark->each) {
        if (spark->used == CLI_SPARK_PARTS) halve(spark);
        spark->sum[spark->used] = 0;
        spark->count[spark->used++] = 0;
        spark->in_last = 0;
    }
    spark->in_last++;
    if (!isfinite(number)) return;
    spark->sum[spark->used - 1] += number;
    spark->count[spark->used - 1]++;
}

/* The mean of some parts; NaN where they hold nothing. */
static double mean(const cli_spark *spark, int begin, int end) {
    double sum = 0;
    int64_t count = 0;
    for (int i = begin; i < end; i++) {
        sum += spark->sum[i];
        count += spark->count[i];
    }
    return count ? sum / (double)count : NAN;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What is drawn lowest and highest. A loss falls steeply at first: the highest quarter is all drawn as the
 * highest, or the rest would be flat. */
static void find_range(const double *height, int count, double *low, double *high) {
    double sorted[CLI_SPARK_PARTS];
    int known = 0;
    for (int i = 0; i < count; i++)
        if (!isnan(height[i])) sorted[known++] = height[i];
    qsort(sorted, (size_t)known, sizeof *sorted, by_size);
    *low = known ? sorted[0] : 0;
    *high = known ? sorted[(known - 1) * 3 / 4] : 0;
    if (*high <= *low && known) *high = sorted[known - 1];
}

int cli_spark_draw(const cli_spark *spark, int columns, bool utf8, char text[CLI_SPARK_TEXT]) {
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char letters[] = "_.-~=+*#";
    double height[CLI_SPARK_PARTS], low, high;
    int count = columns < spark->used ? columns : spark->used;
    text[0] = 0;
    for (int c = 0; c < count; c++)
        height[c] = mean(spark, c * spark->used / count, (c + 1) * spark->used / count);
    find_range(height, count, &low, &high);
    for (int c = 0, at = 0; c < count; c++) {
        double share = high > low ? fmin((height[c] - low) / (high - low), 1) : 0.4;
        int level = isnan(share) ? 0 : (int)(share * 7.999);
        if (isnan(height[c]))
            text[at++] = ' ';
        else if (utf8)
            at += snprintf(text + at, 4, "%s", blocks[level]);
        else
            text[at++] = letters[level];
        text[at] = 0;
    }
    return count;
}
