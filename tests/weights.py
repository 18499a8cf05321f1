"""Reads and writes .safetensors files for tests, with numpy alone."""
import json
import struct

import numpy as np

TYPES = {"F64": "<f8", "F32": "<f4", "I32": "<i4", "U8": "u1", "I64": "<i8", "BOOL": "?", "F16": "<f2", "BF16": "<u2"}


def load(path):
    """name -> array"""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[8 + length:][slice(*entry["data_offsets"])], TYPES[entry["dtype"]]).reshape(
        entry["shape"]) for name, entry in header.items()}


def save(path, arrays):
    """Writes f64, f32, i32, u8, i64 and bool arrays by name."""
    names = {"<f8": "F64", "<f4": "F32", "<i4": "I32", "|u1": "U8", "<i8": "I64", "|b1": "BOOL"}
    header, data = {}, b""
    for name, array in arrays.items():
        bytes_ = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": names[array.dtype.str], "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(bytes_)]}
        data += bytes_
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
