#!/usr/bin/env python3
"""Runs a program and looks for lines in what it prints. usage: expect.py PROGRAM ARGUMENT... -- PATTERN...

Every pattern must match a whole line; the program must succeed and print nothing to standard error.
"""
import re
import subprocess
import sys

split = sys.argv.index("--")
done = subprocess.run(sys.argv[1:split], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
lines = done.stdout.splitlines()
missing = [p for p in sys.argv[split + 1:] if not any(re.fullmatch(p, line) for line in lines)]
for pattern in missing:
    print("no line matches %s" % pattern)
failed = len(missing) + (done.returncode != 0) + (done.stderr != "")
if failed:
    print("exit status %d\n%s%s" % (done.returncode, done.stdout, done.stderr))
print("%d passed, %d failed" % (len(sys.argv) - split + 1 - failed, failed))
sys.exit(1 if failed else 0)
