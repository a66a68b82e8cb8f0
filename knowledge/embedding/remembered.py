"""Vectors of sentences that were encoded before: a phrase more costs one sentence, not all of them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class Remembered:
    """An encoder that keeps what it encoded in a file; one file a model."""

    def __init__(self, encode: Callable[[list[str]], Floats], file: Path) -> None:
        self._encode, self._file = encode, file
        self._used: dict[str, Floats] = {}
        self._kept: dict[str, Floats] = {}
        try:
            with np.load(file) as stored:
                self._kept = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
        except (OSError, EOFError, ValueError, KeyError, BadZipFile):
            pass  # none yet, or cut short: everything is encoded anew

    def __call__(self, texts: list[str]) -> Floats:
        """Vectors [n, d] of the texts, in their order."""
        keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._kept}
        if new:
            self._kept |= dict(zip(new, self._encode(list(new.values())), strict=True))
        self._used |= {key: self._kept[key] for key in keys}
        return np.stack([self._kept[key] for key in keys])

    def save(self) -> None:
        """Keep the vectors that were asked for, written aside first; others are forgotten."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._file.parent, suffix=".npz", delete=False) as aside:
            np.savez(aside, texts=np.array(list(self._used)), vectors=np.stack(list(self._used.values())))
        Path(aside.name).replace(self._file)
