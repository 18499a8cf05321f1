"""docs/performance.md, or another page: its tables and plots are made of records, its words stay."""
import os
import re

from tables import TABLES


def filled(text, records, pictures):
    """The page with every `<!-- table NAME -->` and `<!-- picture NAME: WHAT -->` filled anew, up to `<!-- end -->`. A
    table of what was not measured stays as it is; a picture that is not there is left out."""
    def table(match):
        lines = TABLES[match.group(2)](records)
        return match.group(1) + "\n".join([""] + lines + ["", ""]) + match.group(3) if lines else match.group(0)

    def picture(match):
        path = os.path.join(pictures, match.group(2) + ".svg")
        link = "\n![%s](%s/%s.svg)\n\n" % (match.group(3), os.path.basename(pictures), match.group(2))
        return match.group(1) + (link if os.path.exists(path) else "") + match.group(4)
    text = re.sub(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", table, text, flags=re.DOTALL)
    return re.sub(r"(<!-- picture (\w+): ([^\n]*?) -->\n).*?(<!-- end -->)", picture, text, flags=re.DOTALL)


def write(records, where):
    """Of a page, or of performance.md in a directory; pictures go beside it, into a directory of its name."""
    path = where if where.endswith(".md") else os.path.join(where, "performance.md")
    pictures = path[:-len(".md")]
    os.makedirs(pictures, exist_ok=True)
    import plots # needs matplotlib
    plots.draw(records, pictures)
    with open(path, encoding="utf-8") as file:
        text = filled(file.read(), records, pictures)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print("%s and %s are written" % (path, pictures))
