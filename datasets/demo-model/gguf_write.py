"""Writes GGUF version 3 with F32 and Q8_0 tensors: what export.py needs of the format."""

import struct

import numpy as np

U32, I32, F32, BOOL, TEXT, ARRAY = 4, 5, 6, 7, 8, 9
TENSOR_TYPES = {"F32": 0, "Q8_0": 8}
ALIGNMENT = 32


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def typed(value):
    """The type number and the bytes of a metadata value."""
    if isinstance(value, bool):
        return BOOL, struct.pack("<?", value)
    if isinstance(value, int):
        return U32, struct.pack("<I", value)
    if isinstance(value, float):
        return F32, struct.pack("<f", value)
    if isinstance(value, str):
        return TEXT, text(value)
    if isinstance(value[0], str):
        return ARRAY, struct.pack("<IQ", TEXT, len(value)) + b"".join(map(text, value))
    return ARRAY, struct.pack("<IQ", I32, len(value)) + np.array(value, "<i4").tobytes()


def q8_0(array):
    """Blocks of 32: the largest magnitude becomes 127, its scale is kept in half precision."""
    blocks = array.reshape(-1, 32).astype(np.float32)
    scale = (np.abs(blocks).max(axis=1, keepdims=True) / 127).astype(np.float16)
    divisor = scale.astype(np.float32)
    inverse = np.where(divisor > 0, 1 / np.maximum(divisor, 1e-30), 0)
    quants = np.clip(np.rint(blocks * inverse), -127, 127).astype(np.int8)
    return np.hstack([scale.view(np.uint8), quants.view(np.uint8)]).tobytes()


def encode(array, kind):
    return q8_0(array) if kind == "Q8_0" else array.astype("<f4").tobytes()


def padded(data):
    return data + b"\0" * (-len(data) % ALIGNMENT)


def write(path, metadata, tensors, values):
    """tensors: (name, shape, type) each; values(name, shape) gives the array."""
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    for key, value in metadata.items():
        number, data = typed(value)
        header += text(key) + struct.pack("<I", number) + data
    encoded = []
    offset = 0
    for name, shape, kind in tensors:
        encoded.append(padded(encode(values(name, shape), kind)))
        dimensions = b"".join(struct.pack("<Q", size) for size in reversed(shape))
        header += text(name) + struct.pack("<I", len(shape)) + dimensions
        header += struct.pack("<IQ", TENSOR_TYPES[kind], offset)
        offset += len(encoded[-1])
    with open(path, "wb") as file:
        file.write(padded(header))
        for data in encoded:
            file.write(data)
