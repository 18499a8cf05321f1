/* Numbers as people read them. */
#include "document.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *cli_thousands(int64_t number, char buffer[CLI_NUMBER]) {
    char digits[CLI_NUMBER];
    int length = snprintf(digits, sizeof digits, "%" PRId64, number), at = 0;
    for (int i = 0; i < length; i++) {
        buffer[at++] = digits[i];
        int left = length - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-') buffer[at++] = ',';
    }
    buffer[at] = 0;
    return buffer;
}

const char *cli_rate(double rate, char buffer[CLI_NUMBER]) {
    if (rate >= 10 || !(rate > 0)) return cli_thousands((int64_t)rate, buffer);
    snprintf(buffer, CLI_NUMBER, "%.*f", rate >= 1 ? 2 : rate >= 0.1 ? 3 : 4, rate);
    return buffer;
}

const char *cli_bytes(double bytes, char buffer[CLI_NUMBER]) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) {
        snprintf(buffer, CLI_NUMBER, "%.0f B", bytes);
        return buffer;
    }
    int unit = 0;
    for (bytes /= 1024; bytes >= 1024 && unit < 3; unit++) bytes /= 1024;
    snprintf(buffer, CLI_NUMBER, "%.1f %s", bytes, units[unit]);
    return buffer;
}

const char *cli_flops(double flops, char buffer[CLI_NUMBER]) {
    static const char *const units[] = {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP"};
    int unit = 0;
    for (; flops >= 1000 && unit < 5; unit++) flops /= 1000;
    snprintf(buffer, CLI_NUMBER, unit ? "%.1f %s" : "%.0f %s", flops, units[unit]);
    return buffer;
}

const char *cli_duration(double seconds, char buffer[CLI_NUMBER]) {
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e9)
        snprintf(buffer, CLI_NUMBER, "?");
    else if (seconds < 60)
        snprintf(buffer, CLI_NUMBER, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
    else if (seconds < 3600)
        snprintf(buffer, CLI_NUMBER, "%d min %02d s", (int)seconds / 60, (int)seconds % 60);
    else
        snprintf(buffer, CLI_NUMBER, "%d h %02d min", (int)(seconds / 3600), (int)seconds / 60 % 60);
    return buffer;
}
