"""Writes a .npy file that counts up: npy.py FILE TYPE SIZE... -- element i is i / (number of elements), or i % 256 of bytes, or i % 5."""
import struct
import sys

path, kind, sizes = sys.argv[1], sys.argv[2], [int(size) for size in sys.argv[3:]]
count = 1
for size in sizes:
    count *= size
if kind == "f4":
    data = struct.pack("<%df" % count, *[i / count for i in range(count)])
elif kind == "f8":
    data = struct.pack("<%dd" % count, *[i / count for i in range(count)])
elif kind == "u1":
    data = bytes(i % 256 for i in range(count))
else:
    data = struct.pack("<%di" % count, *[i % 5 for i in range(count)])
shape = "(" + "".join("%d, " % size for size in sizes) + ")"
head = "{'descr': '<%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
head += " " * (63 - (10 + len(head)) % 64) + "\n"
with open(path, "wb") as out:
    out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data)
