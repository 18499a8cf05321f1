"""What was measured: a list of records, kept in a file where one is named."""
import json
import os


class Records:
    """`always`: what every record that is added tells beside its own values."""

    def __init__(self, path, **always):
        self.path, self.all, self.failed, self.always = path, [], False, always
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.all = json.load(file)

    def add(self, key, values):
        """`key` names what was measured; an older record of it goes."""
        self.all = [record for record in self.all if record["key"] != key] + [{"key": key, **self.always, **values}]
        if self.path:
            with open(self.path + ".new", "w", encoding="utf-8") as file:
                json.dump(self.all, file, indent=1)
            os.replace(self.path + ".new", self.path)
