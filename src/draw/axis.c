/* Round numbers for axes. */
#include "draw/axis.h"

#include "base/numeric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The smallest of 1, 2, 5 times a power of ten that is not below `least`. */
static double round_step(double least) {
    double power = pow(10, floor(log10(least)));
    double share = least / power;
    return power * (share <= 1.0000001 ? 1 : share <= 2.0000001 ? 2 : share <= 5.0000001 ? 5 : 10);
}

/* As many digits as the step needs, thousands as k, whatever the locale says about decimal points. */
static void write_label(char text[SG_TICK_TEXT], double value, double step) {
    double size = fabs(value), least = fabs(step);
    if (size < least * 1e-6) {
        sg_snprintf(text, SG_TICK_TEXT, "0");
    } else if (size >= 1e7 || least < 1e-4) {
        sg_snprintf(text, SG_TICK_TEXT, "%.3g", value);
    } else if (size >= 1e4 && fmod(least, 100) == 0) {
        sg_snprintf(text, SG_TICK_TEXT, "%gk", value / 1000);
    } else {
        int digits = (int)ceil(-log10(least) - 1e-9);
        sg_snprintf(text, SG_TICK_TEXT, "%.*f", digits > 0 ? digits : 0, value);
    }
    for (char *comma; (comma = strchr(text, ','));) *comma = '.';
}

static void add_tick(sg_axis *axis, double value, double step) {
    if (axis->tick_count == SG_MAX_TICKS) return;
    axis->tick[axis->tick_count].value = value;
    write_label(axis->tick[axis->tick_count++].text, value, step);
}

static void add_even_ticks(sg_axis *axis, int wanted) {
    double step = round_step((axis->high - axis->low) / wanted), slack = step * 1e-6;
    for (double k = ceil((axis->low - slack) / step); k * step <= axis->high + slack; k++)
        add_tick(axis, k * step, step);
}

/* Powers of ten; also twice and five times these where the range is short; even steps where it is very short.
 */
static void add_decade_ticks(sg_axis *axis, int wanted) {
    double decades = log10(axis->high / axis->low);
    if (decades < 0.7) {
        add_even_ticks(axis, wanted);
        return;
    }
    bool between = decades < 2.5;
    int every = (int)ceil(decades / wanted);
    for (int power = (int)floor(log10(axis->low)); power <= (int)ceil(log10(axis->high)); power++)
        for (int k = 0; k < 3; k++) {
            double unit = pow(10, power), value = unit * (k == 0 ? 1 : k == 1 ? 2 : 5);
            if (k > 0 ? !between : power % every != 0) continue;
            if (value >= axis->low * 0.999999 && value <= axis->high * 1.000001) add_tick(axis, value, unit);
        }
}

void sg_axis_init(sg_axis *axis, double min, double max, bool logarithmic, double margin, int wanted) {
    *axis = (sg_axis){.low = min, .high = max, .logarithmic = logarithmic};
    if (logarithmic) {
        double grow = max > min ? pow(max / min, margin) : 1.5;
        axis->low /= grow;
        axis->high *= grow;
        add_decade_ticks(axis, wanted);
        return;
    }
    /* A single value, or values too close to tell apart, stand in the middle of a range of their own size. */
    double least = 1e-9 * fmax(fabs(min), fabs(max)), extra = (max - min) * margin;
    if (max - min <= least) extra = max == 0 && min == 0 ? 1 : 0.5 * fmax(fabs(min), fabs(max));
    axis->low -= extra;
    axis->high += extra;
    if (margin > 0 && min >= 0 && (axis->low < 0 || min < 0.35 * max)) axis->low = 0;
    add_even_ticks(axis, wanted);
}

double sg_axis_place(const sg_axis *axis, double value) {
    if (axis->logarithmic) return log(value / axis->low) / log(axis->high / axis->low);
    return (value - axis->low) / (axis->high - axis->low);
}
