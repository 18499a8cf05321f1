"""Which settings of PyTorch are best: every candidate by itself, the fastest of its steps."""
from settings import CANDIDATES, DEFAULT, Settings
from turns import Failed, warm_up


def fastest(torch, model, threads, precision, settings, changes, seconds):
    with torch.start(model, threads, precision, settings, changes) as side:
        side.read()
        one = warm_up(side, 3, seconds)
        return min(side.run(max(2, round(seconds / one))))


def tune(options, kept, changes_of):
    threads = max(options.threads)
    for torch in options.torch:
        for model in options.models:
            for precision in options.precision:
                tried = {}
                for name, words, variables in [tuple(DEFAULT)] + CANDIDATES[model[:3]]:
                    try:
                        seconds = fastest(torch, model, threads, precision, Settings(name, words, variables),
                                          changes_of(options, model), options.turn)
                    except Failed as problem:
                        print("tune %s %s, torch %s, %s: %s" % (model, precision, torch.version, name, problem), flush=True)
                        continue
                    tried[name] = seconds
                    print("tune %s %s, torch %s, %s: %.1f ms, %.3f of the default" % (
                        model, precision, torch.version, name, 1e3 * seconds, seconds / tried["default"]), flush=True)
                kept.add(["tune", model, precision, torch.version], {"seconds": tried})
