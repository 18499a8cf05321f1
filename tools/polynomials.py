#!/usr/bin/env python3
"""Fits the polynomials of src/kernel/math_f32.h: minimax in relative error, by Remez' exchange.

usage: polynomials.py      (needs mpmath; prints name, largest relative error, coefficients, constant term first)

Each function is written as  shift(x) + factor(x) * P(basis(x))  with P fitted; the error is weighed by the value
that it is relative to.
"""
import struct

from mpmath import mp, mpf, lu_solve, matrix, sqrt, exp, log, erf, erfc, sin, cos, expm1, log1p, pi, chebyt

mp.dps = 40


def single(value):
    return struct.unpack("f", struct.pack("f", float(value)))[0]


def remez(target, basis, weight, low, high, degree, rounds=30, points=1501):
    """P of `degree` in basis(x) so that max |(P(basis(x)) - target(x)) * weight(x)| on [low, high] is least."""
    low, high = mpf(low), mpf(high)
    grid = [(low + high) / 2 - (high - low) / 2 * mp.cos(pi * i / points) for i in range(points + 1)]
    rows = [(basis(x), target(x), weight(x)) for x in grid]
    chosen = [round(points * i / (degree + 1)) for i in range(degree + 2)]
    for _ in range(rounds):
        a = matrix(degree + 2, degree + 2)
        b = matrix(degree + 2, 1)
        for i, at in enumerate(chosen):
            u, f, w = rows[at]
            for j in range(degree + 1):
                a[i, j] = u**j
            a[i, degree + 1] = (-1) ** i / w
            b[i] = f
        solution = lu_solve(a, b)
        coefficients = [solution[j] for j in range(degree + 1)]
        errors = [(mp.polyval(coefficients[::-1], u) - f) * w for u, f, w in rows]
        # the largest error of each run of one sign
        peaks = []
        for at, error in enumerate(errors):
            if peaks and (errors[peaks[-1]] > 0) == (error > 0):
                if abs(error) > abs(errors[peaks[-1]]):
                    peaks[-1] = at
            else:
                peaks.append(at)
        while len(peaks) > degree + 2:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
        worst = max(abs(e) for e in errors)
        if len(peaks) < degree + 2 or peaks == chosen:
            break
        chosen = peaks
    return coefficients, worst


def show(name, target, basis, weight, low, high, degree, double=False):
    coefficients, worst = remez(target, basis, weight, low, high, degree)
    print("%s: error %.2g" % (name, float(worst)))
    for c in coefficients:
        print("    %s," % ("%.17g" % float(c) if double else "%.9gf" % single(c)))


HALF_LN2 = log(2) / 2


def lower(a):
    return erfc(a / sqrt(mpf(2))) / 2


def bell(a):
    return exp(-a * a / 2) / sqrt(2 * pi)


def show_fourth(name, target, weight, end, degree=10):
    """P with P(end) = 0, so that P^4 is the target; the error of that is weighed."""
    tiny = mpf(10) ** -9
    coefficients, worst = remez(lambda a: target(a)**mpf("0.25") / (end - a), lambda a: a,
                                lambda a: (weight(a) + tiny) * 4 * target(a)**mpf("0.75") * (end - a), tiny,
                                end - mpf("0.5"), degree - 1)
    print("%s: error %.2g" % (name, float(worst)))
    for high, low in zip(coefficients + [0], [0] + coefficients):
        print("    %.9gf," % single(end * high - low))


def main():
    # e^r - 1 = r + r^2 P(r)
    show("expm1", lambda r: (expm1(r) - r) / r**2, lambda r: r, lambda r: abs(r**2 / expm1(r)),
         -HALF_LN2 * 1.01, HALF_LN2 * 1.01, 4)
    # log(1 + f) = f - f^2 / 2 + f^3 P(f)
    show("log", lambda f: (log1p(f) - f + f * f / 2) / f**3, lambda f: f, lambda f: abs(f**3 / log1p(f)),
         sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1, 7)
    # erf(x) = x + x P(x^2) below 1, 1 - exp(-x P(x)) from 1 to 4
    show("erf_small", lambda x: erf(x) / x - 1, lambda x: x * x, lambda x: x / erf(x), mpf(10) ** -9, 1, 6)
    show("erf_large", lambda x: -log(erfc(x)) / x, lambda x: x, lambda x: x * erfc(x) / erf(x), 1, 4, 5)
    # Phi(-a) = P(a)^4, and the same minus a times the bell = (zero - a) P(a)^4; P has a root at `end`. The error is
    # relative to a or 1, whichever is less, after the factor a that gelu has, and absolute for the slope.
    end, zero = mpf("6.5"), mp.findroot(lambda a: lower(a) - a * bell(a), 0.75)
    print("gelu_slope: zero %.9gf" % single(zero))
    show_fourth("gelu", lower, lambda a: max(a, 1), end)
    show_fourth("gelu_slope", lambda a: (lower(a) - a * bell(a)) / (zero - a), lambda a: abs(zero - a), end)
    # sin r = r + r^3 P(r^2), cos r = 1 - r^2 / 2 + r^4 P(r^2), in f64 to f32's accuracy
    quarter = pi / 4 * mpf("1.001")
    tiny = mpf(10) ** -6
    show("sin", lambda r: (sin(r) - r) / r**3, lambda r: r * r, lambda r: abs(r**3 / sin(r)), tiny, quarter, 3, True)
    show("cos", lambda r: (cos(r) - 1 + r * r / 2) / r**4, lambda r: r * r, lambda r: abs(r**4 / cos(r)), mpf(10) ** -4,
         quarter, 3, True)
    # log(m) = 2 s + s^3 P(s^2), s = (m - 1) / (m + 1); 2^f = 1 + f P(f): f64 for pow
    edge = (sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)
    show("pow_log", lambda s: (2 * mp.atanh(s) - 2 * s) / s**3, lambda s: s * s, lambda s: abs(s**3 / mp.atanh(s)),
         tiny, edge * mpf("1.001"), 3, True)
    show("pow_exp", lambda f: (mpf(2)**f - 1) / f, lambda f: f, lambda f: abs(f / mpf(2)**f), mpf("-0.5001"), mpf("0.5001"),
         6, True)


main()
