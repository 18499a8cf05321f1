#include "spark.h"

#include <math.h>
#include <stdio.h>
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

int cli_spark_draw(const cli_spark *spark, int columns, bool utf8, char text[CLI_SPARK_TEXT]) {
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char letters[] = "_.-~=+*#";
    double height[CLI_SPARK_PARTS], low = INFINITY, high = -INFINITY;
    int count = columns < spark->used ? columns : spark->used;
    text[0] = 0;
    for (int c = 0; c < count; c++) {
        height[c] = mean(spark, c * spark->used / count, (c + 1) * spark->used / count);
        low = fmin(low, height[c]);
        high = fmax(high, height[c]);
    }
    for (int c = 0, at = 0; c < count; c++) {
        int level = high > low ? (int)((height[c] - low) / (high - low) * 7.999) : 3;
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
