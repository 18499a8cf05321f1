"""Does a model learn as well with products in bf16? Runs that differ in rounding alone, and what they lose in the end.

Training magnifies rounding, so a third run says how much of a difference means nothing: fp32 again, with another
epsilon of AdamW, which moves no update by more than rounding does."""
from sides import graph_of, losses_of, our_settings

STEPS, LAST = 300, 20
BATCH = {"vit": 16, "vit_s": 2, "vit_b": 1, "swin_t": 2, "cnn_32": 64, "cnn_64": 32} # a run takes one to three minutes
KINDS = {"fp32": [], "rounding": ["train.optimizer.eps=1.01e-8"], "bf16": ["train.precision=bf16"]}


def measure(program, model, changes, steps=STEPS):
    """For each kind of run the mean of its last losses. As models are trained: the rate warms up, then falls."""
    changes = dict({"batch": BATCH[model]}, **changes)
    recipe = ["train.steps=%d" % steps, "train.clip=5.0",
              "train.optimizer.lr={op: cosine, peak: 5e-4, warmup: %d steps}" % (steps // 10)]
    result = {"batch": changes["batch"], "steps": steps, "loss": {}}
    for kind, more in KINDS.items():
        words = our_settings(changes, "fp32") + sum((["--set", text] for text in recipe + more), [])
        last = losses_of(program, graph_of(model), words)[-LAST:]
        result["loss"][kind] = sum(last) / len(last)
    return result


def moved(result, kind):
    """By which share of it the loss is larger than that of fp32."""
    return result["loss"][kind] / result["loss"]["fp32"] - 1
