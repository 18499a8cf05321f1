"""Does a model learn as well with products in bf16? The losses of runs of both, from several seeds: that of one moves by
a percent with anything that is changed."""
from sides import graph_of, losses_of, our_settings

STEPS, LAST = 300, 20
BATCH = {"vit": 16, "vit_s": 2, "vit_b": 1, "swin_t": 2, "cnn_32": 64, "cnn_64": 32} # a run takes one to three minutes
# The largest learning rate, else 5e-4. With that these models, of so few images a step, stay on a plateau or jump off their
# course, for a time that chance decides.
PEAK = {"vit_b": "1e-4", "swin_t": "1e-4"}
SEEDS = {"vit": 3, "vit_s": 2, "vit_b": 1, "swin_t": 2, "cnn_32": 5, "cnn_64": 3}


def last_loss(program, model, changes, precision, seed, steps):
    """The mean of the last losses. As models are trained: the rate warms up, then falls."""
    recipe = ["train.steps=%d" % steps, "train.clip=5.0", "train.seed=%d" % seed,
              "train.optimizer.lr={op: cosine, peak: %s, warmup: %d steps}" % (PEAK.get(model, "5e-4"), steps // 10)]
    words = our_settings(changes, precision) + sum((["--set", text] for text in recipe), [])
    last = losses_of(program, graph_of(model), words)[-LAST:]
    return sum(last) / len(last)


def measure(program, model, changes, quick):
    """For each seed and precision the last loss."""
    changes = dict({"batch": BATCH[model]}, **changes)
    steps, seeds = (20, 1) if quick else (STEPS, SEEDS[model])
    return {"batch": changes["batch"], "steps": steps,
            "loss": {precision: [last_loss(program, model, changes, precision, seed, steps) for seed in range(1, seeds + 1)]
                     for precision in ("fp32", "bf16")}}


def moved(result):
    """By which share of it the mean loss of bf16 is above that of fp32."""
    return sum(result["loss"]["bf16"]) / sum(result["loss"]["fp32"]) - 1
