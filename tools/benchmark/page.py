"""docs/performance.md: its tables and plots are made of records, its words stay."""
import os
import re

from tables import TABLES


def filled(text, records):
    """The page with every `<!-- table NAME -->` ... `<!-- end -->` filled anew."""
    def fill(match):
        return match.group(1) + "\n".join([""] + TABLES[match.group(2)](records) + ["", ""]) + match.group(3)
    return re.sub(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", fill, text, flags=re.DOTALL)


def write(records, directory):
    path, pictures = os.path.join(directory, "performance.md"), os.path.join(directory, "performance")
    with open(path, encoding="utf-8") as file:
        text = filled(file.read(), records)
    os.makedirs(pictures, exist_ok=True)
    import plots # needs matplotlib
    plots.draw(records, pictures)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print("%s and %s are written" % (path, pictures))
