"""What was measured: a list of records, kept in a file where one is named."""
import json
import os
import sys


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            records = json.load(file)
        if isinstance(records, list) and all(isinstance(record, dict) and "key" in record for record in records):
            return records
    except OSError as problem:
        sys.stderr.write("tools/bench: cannot read %s: %s\n" % (path, problem.strerror))
        sys.exit(2)
    except ValueError:  # neither JSON nor text
        pass
    sys.stderr.write("tools/bench: %s holds no records of tools/bench: name another file, or remove it\n" % path)
    sys.exit(2)


class Records:
    """`always`: what every record that is added tells beside its own values."""

    def __init__(self, path, **always):
        self.path, self.all, self.failed, self.always = path, [], False, always
        if path and os.path.exists(path):
            self.all = read(path)

    def add(self, key, values):
        """`key` names what was measured; an older record of it goes."""
        self.all = [record for record in self.all if record["key"] != key] + [{"key": key, **self.always, **values}]
        if self.path:
            with open(self.path + ".new", "w", encoding="utf-8") as file:
                json.dump(self.all, file, indent=1)
            os.replace(self.path + ".new", self.path)
