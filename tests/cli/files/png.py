"""usage: png.py FILE: width and height of a PNG file, and its colours, most frequent first."""
import struct
import sys
import zlib

with open(sys.argv[1], "rb") as file:
    data = file.read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
at, pixels = 8, b""
while at < len(data):
    length, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + length]
    if kind == b"IHDR":
        width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        assert (depth, colour) == (8, 2)
    pixels += body if kind == b"IDAT" else b""
    at += length + 12
pixels, rows, before = zlib.decompress(pixels), [], [0] * (3 * width)
for y in range(height):
    line = list(pixels[y * (3 * width + 1):(y + 1) * (3 * width + 1)])
    how, line = line[0], line[1:]
    for i in range(3 * width):
        left, up, corner = line[i - 3] if i > 2 else 0, before[i], before[i - 3] if i > 2 else 0
        guess = left + up - corner
        nearest = min((left, up, corner), key=lambda value: abs(guess - value))
        line[i] = (line[i] + (0, left, up, (left + up) // 2, nearest)[how]) % 256
    rows.append(line)
    before = line
count = {}
for line in rows:
    for x in range(width):
        colour = tuple(line[3 * x:3 * x + 3])
        count[colour] = count.get(colour, 0) + 1
print(width, height, *["#%02x%02x%02x:%d" % (*colour, n) for colour, n in sorted(count.items(), key=lambda e: -e[1])[:4]])
