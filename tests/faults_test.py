#!/usr/bin/env python3
"""System calls that fail while a file is replaced, injected with strace.

usage: faults_test.py CONVERT_ARRAYS

Whatever fails before the rename leaves the old file; nothing ever leaves a temporary file or a damaged one; the
message names the file and the reason, and the exit status is that of input and output.
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

# what is injected, the message, whether the file is the new one afterwards
CASES = [
    ("write:error=ENOSPC:when=1", "cannot write `out.npy`: No space left on device", False),
    ("write:error=EINTR:when=1", "", True),
    ("fchmod:error=EPERM", "cannot write `out.npy`: Operation not permitted", False),
    ("fsync:error=EIO:when=1", "cannot sync `out.npy`: Input/output error", False),
    ("rename:error=EXDEV", "cannot replace `out.npy`: Invalid cross-device link", False),
    ("fsync:error=EIO:when=2", "cannot sync the directory of `out.npy`: Input/output error", True),
    ("fsync:error=EINVAL:when=2", "", True),
    ("pread64:error=EIO", "cannot read `in.npy`: Input/output error", False),
]


def npy(value):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<d", value)


def put(path, data):
    with open(path, "wb") as file:
        file.write(data)


def get(path):
    with open(path, "rb") as file:
        return file.read()


def usable():
    if not shutil.which("strace"):
        return False
    result = subprocess.run(["strace", "-o", "/dev/null", "-e", "inject=rename:error=EIO", "true"], stderr=subprocess.DEVNULL)
    return result.returncode == 0


if not usable():
    print("skipped: strace is not there or may not trace")
    sys.exit(77)
program = os.path.abspath(sys.argv[1])
failed = 0
with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    for inject, message, replaced in CASES:
        put("in.npy", npy(2))
        put("out.npy", npy(1))
        command = ["strace", "-o", "/dev/null", "-e", "inject=" + inject, program, "in.npy", "out.npy"]
        if inject.startswith("pread64"):
            command[3:3] = ["-P", os.path.join(os.getcwd(), "in.npy")]  # not the reads of the loader
        result = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        good = (result.returncode == (6 if message else 0) and result.stderr.strip() == message
                and get("out.npy") == npy(2 if replaced else 1) and sorted(os.listdir(".")) == ["in.npy", "out.npy"])
        if not good:
            failed += 1
            print("failed: %s: status %d: %s" % (inject, result.returncode, result.stderr.strip()))
    os.chdir("/")
print("%d passed, %d failed" % (len(CASES) - failed, failed))
sys.exit(1 if failed else 0)
