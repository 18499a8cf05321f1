"""Reads .safetensors files for tests, with numpy alone."""
import json
import struct

import numpy as np

TYPES = {"F64": "<f8", "F32": "<f4", "I32": "<i4", "U8": "u1"}


def load(path):
    """name -> array"""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[8 + length:][slice(*entry["data_offsets"])], TYPES[entry["dtype"]]).reshape(
        entry["shape"]) for name, entry in header.items()}
