#include "stem.h"

#include <ctype.h>
#include <string.h>

const char *cli_next_word(const char *text, size_t *length) {
    while (*text && !isalnum((unsigned char)*text)) text++;
    for (*length = 0; isalnum((unsigned char)text[*length]);) ++*length;
    return *length ? text : NULL;
}

/* Cuts an ending off where at least `left` letters stay, and puts another in its place. */
static bool cut(char *word, const char *ending, const char *instead, size_t left) {
    size_t length = strlen(word), end = strlen(ending);
    if (length < end + left || strcmp(word + length - end, ending) != 0) return false;
    strcpy(word + length - end, instead); /* no ending is longer than what it takes the place of */
    return true;
}

static bool is_vowel(char c) {
    return c && strchr("aeiouy", c);
}

/* cropp -> crop, but not miss -> mis, or fill -> fil */
static void undouble(char *word) {
    size_t length = strlen(word);
    if (length < 4 || word[length - 1] != word[length - 2] || strchr("lsz", word[length - 1])) return;
    if (!is_vowel(word[length - 1])) word[length - 1] = 0;
}

static void cut_plural(char *word) {
    size_t length = strlen(word);
    if (cut(word, "ies", "y", 2) || cut(word, "sses", "ss", 1) || cut(word, "xes", "x", 1) ||
        cut(word, "shes", "sh", 1) || cut(word, "ches", "ch", 1))
        return;
    if (length > 3 && !strchr("suia", word[length - 2])) cut(word, "s", "", 3);
}

void cli_stem(const char *word, size_t length, char stem[CLI_STEM]) {
    if (length >= CLI_STEM) length = CLI_STEM - 1;
    for (size_t i = 0; i < length; i++) stem[i] = (char)tolower((unsigned char)word[i]);
    stem[length] = 0;
    cut_plural(stem);
    if (cut(stem, "isation", "is", 2) || cut(stem, "ization", "is", 2)) return;
    if (cut(stem, "dden", "d", 2)) return; /* hidden */
    if (cut(stem, "ing", "", 3) || cut(stem, "ed", "", 3))
        undouble(stem);
    else if (!cut(stem, "ation", "", 4))
        cut(stem, "e", "", 3);
    cut(stem, "iz", "is", 4); /* normalize */
}
