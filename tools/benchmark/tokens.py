"""The small ViT with few and many tokens an image: patches of 4, so a side of 32 to 112 pixels gives 64 to 784."""

SIZES = (32, 48, 64, 80, 112)
PATCH, TOKENS, FEWEST = 4, 2048, 4 # of a batch: about so many tokens, and at least so many images


def tokens_of(size):
    return (size // PATCH) ** 2


def changes_of(size, quick):
    return {"size": size, "batch": 2 if quick else max(FEWEST, TOKENS // tokens_of(size))}
