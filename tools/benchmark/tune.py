"""Which settings of PyTorch are best: every candidate by itself, the fastest of its steps. For the small ViT also with few
and many tokens an image, beside simgraph and with the share of attention, which grows with their square."""
import itertools

import sides
import tokens
from kinds import share_of
from settings import ATTENTION, CANDIDATES, DEFAULT
from turns import Failed, take_turn, warm_up


def fastest(options, start, *arguments):
    """Seconds of a step."""
    with start(*arguments) as side:
        side.read()
        steps = max(1, round(options.turn / warm_up(side, 3, options.turn)))
        return min(take_turn(side, steps)[options.clock] for _ in range(options.pairs))


def try_all(options, what, torch, candidates, model, threads, precision, changes):
    tried = {}
    for candidate in [DEFAULT] + candidates:
        try:
            tried[candidate.name] = fastest(options, torch.start, model, threads, precision, candidate, changes)
        except Failed as problem:
            print("%s, %s: %s" % (what, candidate.name, problem), flush=True)
            continue
        against = " %.3f of the default" % (tried[candidate.name] / tried["default"]) if "default" in tried else ""
        print("%s, %s: %.1f ms,%s" % (what, candidate.name, 1e3 * tried[candidate.name], against), flush=True)
    return tried


def our_attention(options, threads, precision, changes):
    profile = sides.our_profile(options.simgraph, "vit", threads, precision, changes)
    return share_of("attention", {op["op"]: op["seconds"] for op in profile["ops"]})


def tune_tokens(options, kept, torch, precision, threads, changes_of, rest_of_key):
    for size in tokens.SIZES[::len(tokens.SIZES) - 1] if options.quick else tokens.SIZES:
        more = tokens.changes_of(size, options.quick)
        changes = changes_of(options, "vit", more)
        count = tokens.tokens_of(changes["size"])
        what = "tune vit %s, %d tokens, %d threads, torch %s" % (precision, count, threads, torch.version)
        tried = try_all(options, what, torch, ATTENTION, "vit", threads, precision, changes)
        shares = {}
        for candidate in [DEFAULT] + ATTENTION:
            try:
                if candidate.name in tried:
                    shares[candidate.name] = share_of("attention", torch.ask("vit", threads, precision, candidate, changes,
                                                                             ["--profile", "3"]))
            except Failed as problem:
                print("%s, %s: no profile: %s" % (what, candidate.name, problem), flush=True)
        try:
            tried["simgraph"] = fastest(options, sides.ours, options.simgraph, "vit", threads, precision, changes)
            shares["simgraph"] = our_attention(options, threads, precision, changes)
        except Failed as problem:
            print("%s, simgraph: %s" % (what, problem), flush=True)
        for name in shares:
            print("%s, %s: %.2f us a token, %.0f %% of it attention" % (
                what, name, 1e6 * tried[name] / (changes["batch"] * count), 100 * shares[name]), flush=True)
        kept.add(["tune", "vit", threads, precision, torch.version] + rest_of_key(options, more, clock=options.clock),
                 {"seconds": tried, "attention": shares, "tokens": count, "batch": changes["batch"],
                  "clock": options.clock})


def tune(options, kept, changes_of, rest_of_key):
    for torch, model, precision, threads in itertools.product(options.torch, options.models, options.precision,
                                                              options.threads):
        what = "tune %s %s, %d threads, torch %s" % (model, precision, threads, torch.version)
        tried = try_all(options, what, torch, CANDIDATES[model[:3]], model, threads, precision,
                        changes_of(options, model))
        kept.add(["tune", model, threads, precision, torch.version] + rest_of_key(options, clock=options.clock),
                 {"seconds": tried, "clock": options.clock})
        if model == "vit":
            tune_tokens(options, kept, torch, precision, threads, changes_of, rest_of_key)
