#include "train/ridders.h"

#include <math.h>

enum { LEVELS = 10 };

sg_status sg_ridders(double *derivative, double *doubt, sg_scalar_function function, void *data, double x,
                     double first_h, double enough, sg_error *error) {
    /* Row i has half the step of the row before; column j has lost another even power of the error. */
    double table[LEVELS][LEVELS], h = first_h;
    *derivative = NAN;
    *doubt = INFINITY;
    for (int i = 0; i < LEVELS && !(*doubt < enough); i++, h /= 2) {
        double above, below, factor = 4;
        sg_status status = function(data, x + h, &above, error);
        if (status == SG_OK) status = function(data, x - h, &below, error);
        if (status != SG_OK) return status;
        table[i][0] = (above - below) / (2 * h);
        for (int j = 1; j <= i; j++, factor *= 4) {
            table[i][j] = (table[i][j - 1] * factor - table[i - 1][j - 1]) / (factor - 1);
            double apart = fmax(fabs(table[i][j] - table[i][j - 1]), fabs(table[i][j] - table[i - 1][j - 1]));
            if (!(apart < *doubt)) continue;
            *doubt = apart;
            *derivative = table[i][j];
        }
    }
    return SG_OK;
}
