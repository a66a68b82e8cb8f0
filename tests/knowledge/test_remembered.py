"""Vectors kept between two builds: the same as encoded anew, only what is new is encoded, a broken file is no matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding.remembered import Floats, Remembered


class Counting:
    """Encodes a text as its length and first character, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: list[str]) -> Floats:
        self.asked += texts
        return np.array([[len(text), ord(text[0])] for text in texts], dtype=np.float32)


def test_only_what_is_new_is_encoded(tmp_path: Path) -> None:
    first = Remembered(Counting(), tmp_path / "v.npz")
    before = first(["身份证丢了", "补社保卡"])
    first.save()
    encode = Counting()
    again = Remembered(encode, tmp_path / "v.npz")
    after = again(["补社保卡", "落户", "身份证丢了"])
    assert encode.asked == ["落户"]
    assert np.array_equal(after[[2, 0]], before)


def test_what_is_no_longer_asked_for_is_forgotten(tmp_path: Path) -> None:
    first = Remembered(Counting(), tmp_path / "v.npz")
    first(["身份证丢了", "补社保卡"])
    first.save()
    second = Remembered(Counting(), tmp_path / "v.npz")
    second(["补社保卡"])
    second.save()
    encode = Counting()
    Remembered(encode, tmp_path / "v.npz")(["身份证丢了", "补社保卡"])
    assert encode.asked == ["身份证丢了"]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04cut"])
def test_a_broken_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.npz").write_bytes(content)
    encode = Counting()
    kept = Remembered(encode, tmp_path / "v.npz")
    kept(["落户"])
    kept.save()
    assert encode.asked == ["落户"]
    assert [path.name for path in tmp_path.iterdir()] == ["v.npz"]
