#!/usr/bin/env python3
"""Arrays to and from NumPy and, where it is installed, the safetensors package.

usage: formats_test.py CONVERT_ARRAYS

Files that they write are read by the library, and the other way round; every value and every type must return, and the
bytes of .npy and .safetensors files must be those that they would write themselves.
"""
import io
import os
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)
try:
    import safetensors.numpy
except ImportError:
    safetensors = None

passed = failed = 0


def check(what, good):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("failed: " + what)


def convert(source, target):
    result = subprocess.run([sys.argv[1], source, target], stderr=subprocess.PIPE, text=True)
    return result.stderr.strip()


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def examples():
    """Arrays of our own types: name, array."""
    draw = np.random.default_rng(1)
    for dtype in ["<f4", "<f8", "<i4", "|u1"]:
        for shape in [(), (1,), (7,), (0,), (3, 0, 2), (2, 3), (1, 1, 1, 1, 1, 1, 1, 2), (4, 5, 6)]:
            values = draw.integers(0, 256, int(np.prod(shape)) * np.dtype(dtype).itemsize, np.uint8)
            yield "%s%s" % (dtype, shape), values.view(dtype).reshape(shape)


def foreign():
    """Arrays that change their type: name, array, expected array."""
    yield "i8", np.array([[-(2**31)], [2**31 - 1]], "<i8"), np.array([[-(2**31)], [2**31 - 1]], "<i4")
    yield "u8", np.array([0, 2**31 - 1], "<u8"), np.array([0, 2**31 - 1], "<i4")
    yield "u4", np.array([5], "<u4"), np.array([5], "<i4")
    yield "i2", np.array([-(2**15), 2**15 - 1], "<i2"), np.array([-(2**15), 2**15 - 1], "<i4")
    yield "u2", np.array([2**16 - 1], "<u2"), np.array([2**16 - 1], "<i4")
    yield "i1", np.array([-128, 127], "|i1"), np.array([-128, 127], "<i4")
    yield "bool", np.array([[True, False]]), np.array([[1, 0]], "|u1")
    halves = np.arange(2**16, dtype="<u2").view("<f2")
    halves = halves[~np.isnan(halves)]
    yield "f2", halves, halves.astype("<f4")


def test_npy():
    for name, array in examples():
        np.save("in.npy", array)
        check("npy %s: %s" % (name, convert("in.npy", "out.npy")), same(np.load("out.npy"), array))
        check("npy bytes " + name, open("in.npy", "rb").read() == open("out.npy", "rb").read())
        np.save("in.npy", array.copy(order="F"))
        convert("in.npy", "out.npy")
        check("npy column-major " + name, same(np.load("out.npy"), array))
        for version in [(2, 0), (3, 0)]:
            with open("in.npy", "wb") as file:
                np.lib.format.write_array(file, array, version)
            convert("in.npy", "out.npy")
            check("npy version %s %s" % (version, name), same(np.load("out.npy"), array))
    for name, array, expected in foreign():
        np.save("in.npy", array)
        check("npy %s: %s" % (name, convert("in.npy", "out.npy")), same(np.load("out.npy"), expected))
    np.save("in.npy", np.zeros(3, ">f4"))
    check("npy big-endian", convert("in.npy", "out.npy") == "`in.npy` is big-endian (`>f4`); save it as `<f4`")
    np.save("in.npy", np.array([1, 2**31]))
    check("npy too large", convert("in.npy", "out.npy") == "`in.npy`: element 1 is 2147483648, which does not fit i32")
    np.save("in.npy", np.zeros(2, [("a", "<f4")]))
    check("npy records", convert("in.npy", "out.npy") == "`in.npy` holds records; save one field at a time")


def test_npz():
    arrays = dict(examples())
    for save in [np.savez, np.savez_compressed]:
        save("in.npz", **arrays)
        check("npz: " + convert("in.npz", "out.npz"), os.path.exists("out.npz"))
        back = np.load("out.npz")
        check("npz names", sorted(back.files) == sorted(arrays))
        for name in arrays:
            check("npz " + name, same(back[name], arrays[name]))
        os.remove("out.npz")
    # NumPy writes entries that are open-ended as 64-bit ones.
    buffer = io.BytesIO()
    np.savez(buffer, **{"a/b": np.arange(3.0)})
    with open("in.npz", "wb") as file:
        file.write(buffer.getvalue())
    convert("in.npz:a/b", "out.npy")
    check("npz key", same(np.load("out.npy"), np.arange(3.0)))


def test_safetensors():
    if safetensors is None:
        print("skipped: this Python has no safetensors")
        return
    arrays = dict(examples())
    safetensors.numpy.save_file(arrays, "in.safetensors", metadata={"format": "pt"})
    check("safetensors: " + convert("in.safetensors", "out.safetensors"), os.path.exists("out.safetensors"))
    check("safetensors bytes", open("in.safetensors", "rb").read() == open("out.safetensors", "rb").read())
    back = safetensors.numpy.load_file("out.safetensors")
    for name in arrays:
        check("safetensors " + name, same(back[name], arrays[name]))
    for name, array, expected in foreign():
        safetensors.numpy.save_file({"x": array}, "in.safetensors")
        message = convert("in.safetensors", "out.safetensors")
        check("safetensors %s: %s" % (name, message), same(safetensors.numpy.load_file("out.safetensors")["x"], expected))
    # bf16 stays bf16 there and becomes f32 in NumPy's formats.
    header = b'{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    with open("in.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + struct.pack("<HH", 0x3F80, 0xC040))
    convert("in.safetensors", "out.npz")
    check("bf16", same(np.load("out.npz")["x"], np.array([1, -3], "<f4")))


sys.argv[1] = os.path.abspath(sys.argv[1])
with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    for test in [test_npy, test_npz, test_safetensors]:
        test()
    os.chdir("/")
print("%d passed, %d failed" % (passed, failed))
sys.exit(1 if failed else 0)
