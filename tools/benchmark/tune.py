"""Which settings of PyTorch are best: every candidate by itself, the fastest of its steps."""
import itertools

from settings import CANDIDATES, DEFAULT
from turns import Failed, take_turn, warm_up


def fastest(torch, model, threads, precision, settings, changes, options):
    with torch.start(model, threads, precision, settings, changes) as side:
        side.read()
        steps = max(1, round(options.turn / warm_up(side, 3, options.turn)))
        return min(take_turn(side, steps)[options.clock] for _ in range(options.pairs))


def tune(options, kept, changes_of):
    for torch, model, precision, threads in itertools.product(options.torch, options.models, options.precision,
                                                              options.threads):
        tried, what = {}, "tune %s %s, %d threads, torch %s" % (model, precision, threads, torch.version)
        for candidate in [DEFAULT] + CANDIDATES[model[:3]]:
            try:
                tried[candidate.name] = fastest(torch, model, threads, precision, candidate, changes_of(options, model),
                                                options)
            except Failed as problem:
                print("%s, %s: %s" % (what, candidate.name, problem), flush=True)
                continue
            print("%s, %s: %.1f ms, %.3f of the default" % (what, candidate.name, 1e3 * tried[candidate.name],
                                                            tried[candidate.name] / tried["default"]), flush=True)
        kept.add(["tune", model, threads, precision, torch.version], {"seconds": tried, "clock": options.clock})
