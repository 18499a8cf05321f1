/* Made by record_updates.py with torch 1.13.0a0. */
enum { RECORDED = 5, RECORDED_STEPS = 3 };
static const double recorded_start[RECORDED] = {0.5, -1.25, 3.0, 0.0, 0.001};
static const double recorded_gradient[RECORDED_STEPS][RECORDED] = {
    {0.1, -0.2, 0.3, 0.0, 10.0}, {-0.4, 0.05, 0.6, 0.0001, -9.0}, {0.7, 0.8, -0.9, 0.0, 0.5}};
static const double recorded_adamw[RECORDED] = {0.47596320119066093, -1.2089132674661442, 2.908934512558353,
                                                -0.0016043615620895957, -0.01925818954939497};
static const double recorded_sgd[RECORDED] = {0.48302982, -1.240676586, 2.946467136, -1.9880000000000003e-06,
                                              -0.027705092216000003};
static const double recorded_momentum[RECORDED] = {0.47987781999999995, -1.219026986, 2.888137536,
                                                   -3.5880000000000006e-06, -0.169798474616};
static const double recorded_nesterov[RECORDED] = {0.46700527024, -1.216222041552, 2.857795057152,
                                                   -4.841120000000001e-06, -0.16124311079571202};
