/* cli/screen_line.h - one line of pieces, of which those stay that a terminal has room for. */
#ifndef SG_CLI_SCREEN_LINE_H
#define SG_CLI_SCREEN_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "spark.h"

enum { CLI_LINE_PIECES = 16, CLI_LINE_PIECE = 64, CLI_LINE_TEXT = 2048 };

typedef enum cli_piece_kind { CLI_PIECE_TEXT = 0, CLI_PIECE_BAR, CLI_PIECE_SPARK } cli_piece_kind;

typedef struct cli_piece {
    cli_piece_kind kind;
    int rank; /* those of high rank go first where there is no room */
    char label[CLI_LINE_PIECE], text[CLI_LINE_PIECE];
    double share;           /* of a bar that is full */
    const cli_spark *spark; /* of a sparkline */
} cli_piece;

typedef struct cli_line {
    int count;
    cli_piece piece[CLI_LINE_PIECES];
} cli_line;

/* Adds "label text"; either may be "". What is no printable character becomes a question mark. */
void cli_line_add(cli_line *line, int rank, const char *label, const char *text);
void cli_line_add_bar(cli_line *line, int rank, double share);
void cli_line_add_spark(cli_line *line, int rank, const cli_spark *spark);

/* Writes the line with at most `columns` characters; a bar or sparkline takes what is left. */
void cli_line_print(cli_line *line, int columns, bool utf8, bool colour, char text[CLI_LINE_TEXT]);

/* Columns that a text takes on a terminal. */
int cli_columns(const char *text);

/* Copies what fits into `room` bytes and `most` columns, with an ellipsis where that is not all. A line break
 * becomes a space, and what is no printable character a question mark. Gives the columns. */
int cli_cell(char *to, size_t room, const char *text, int most);

#endif
