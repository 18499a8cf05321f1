/* cli/spark.h - a course of numbers in one line of text: ▇▆▅▃▂▂▁ */
#ifndef SG_CLI_SPARK_H
#define SG_CLI_SPARK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLI_SPARK_PARTS = 64, CLI_SPARK_TEXT = 4 * CLI_SPARK_PARTS + 1 };

/* The whole course so far, in parts of `each` numbers: twice as many once they are all full. Zero-initialised
 * is empty. */
typedef struct cli_spark {
    int used;
    int64_t each, in_last;
    double sum[CLI_SPARK_PARTS];
    int64_t count[CLI_SPARK_PARTS];
} cli_spark;

void cli_spark_add(cli_spark *spark, double number); /* what is not finite is left out */
/* Writes at most `columns` characters, as many as there is something to show for, from the lowest (▁) to the
 * highest (█); without `utf8` in ASCII. Returns how many. */
int cli_spark_draw(const cli_spark *spark, int columns, bool utf8, char text[CLI_SPARK_TEXT]);

#endif
