"""What kind of work an op of simgraph, or an operator of PyTorch, does."""

# The first that stands in an op's name says its kind: of simgraph's ops and of PyTorch's operators.
WORDS = (("attention", "attention"), ("softmax", "attention"), ("bmm", "attention"), ("conv", "convolutions"),
         ("norm", "norms"), ("gelu", "activations"), ("relu", "activations"), ("threshold", "activations"),
         ("adam", "optimiser"), ("lerp_", "optimiser"), ("addcmul_", "optimiser"), ("addcdiv_", "optimiser"),
         ("_foreach", "optimiser"), ("ptimizer", "optimiser"), ("sum_squares", "optimiser"), ("affine", "products"),
         ("matmul", "products"), ("pack", "products"), ("addmm", "products"), ("::mm", "products"), ("linear", "products"), ("copy", "copies"),
         ("clone", "copies"), ("contiguous", "copies"), ("roll", "copies"), ("cat", "copies"))


def kind_of(op):
    return next((kind for word, kind in WORDS if word in op), "the rest")


def share_of(kind, seconds):
    """Of the time of all ops, {name: seconds}."""
    return sum(time for name, time in seconds.items() if kind_of(name) == kind) / sum(seconds.values())
