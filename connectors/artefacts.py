"""What `make setup` built, named by `.build/current.json`; and the snapshots in use."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from connectors.settings import BUILD, PROJECT, Settings
from knowledge.embedding.encoder import BUILTIN, Encoder, EncoderUnavailable, load_encoder
from knowledge.snapshot import Snapshot, SnapshotError, build_snapshot, load_snapshot

SNAPSHOTS = BUILD / "snapshots"


class NotSetUp(Exception):
    """Something that `make setup` makes is missing; one sentence that says so."""


def current() -> dict[str, str]:
    """The names of the current artefacts. Raises NotSetUp."""
    try:
        named: dict[str, str] = json.loads((BUILD / "current.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise NotSetUp("还没有装好，请先运行 make setup。") from error
    return named


def artefact(name: str) -> Path:
    """The path of a current artefact. Raises NotSetUp."""
    named = current()
    if name not in named or not (PROJECT / named[name]).exists():
        raise NotSetUp(f"缺少 {name}，请先运行 make setup。")
    return PROJECT / named[name]


def builtin_model() -> Path | None:
    """The embedded model's folder, or None where it is not built."""
    try:
        return artefact("model")
    except NotSetUp:
        return None


class Vectors:
    """The encoder as the index and the ears use it. The builtin model's id is its folder's name: a content hash."""

    def __init__(self, settings: Settings) -> None:
        model = builtin_model()
        self._encoder: Encoder = load_encoder(settings.embedding_model, model)
        builtin = settings.embedding_model == BUILTIN and model is not None
        self.model_id = model.name if builtin and model else settings.embedding_model

    def encode_passages(self, texts: list[str]) -> Any:
        """Vectors [n, d] of sentences to search among. Both sides are queries: both are things people say."""
        return self._encoder.encode(texts, "query")

    def encode_query(self, text: str) -> Any:
        """The vector [d] of one sentence."""
        return np.asarray(self._encoder.encode([text], "query")[0])


def load_vectors(settings: Settings) -> Vectors | None:
    """The encoder, or None where there is none: search then goes by words alone."""
    try:
        return Vectors(settings)
    except EncoderUnavailable:
        return None


def build(settings: Settings, report: Callable[[str], None]) -> Path:
    """Build the snapshot of the present catalogue, with vectors where the model is there. Raises CatalogueError."""
    vectors = load_vectors(settings)
    if vectors is None:
        report("没有语义模型，只按字词检索。")
        return build_snapshot(SNAPSHOTS, "", None, report)
    return build_snapshot(SNAPSHOTS, vectors.model_id, vectors.encode_passages, report)


class Snapshots:
    """The snapshot to begin with, and those that conversations began with. Swapped whole, never changed."""

    def __init__(self, first: Snapshot) -> None:
        self._lock = threading.Lock()
        self._known = {first.id: first}
        self.newest = first

    def get(self, snapshot_id: str) -> Snapshot:
        """The snapshot of that id where it is still there, else the newest one."""
        with self._lock:
            if snapshot_id in self._known or not snapshot_id:
                return self._known.get(snapshot_id, self.newest)
        try:
            found = load_snapshot(SNAPSHOTS / Path(snapshot_id).name, self.newest.site)
        except SnapshotError:
            return self.newest
        with self._lock:
            return self._known.setdefault(snapshot_id, found)

    def swap(self, snapshot: Snapshot) -> None:
        """Begin new conversations with `snapshot` from now on."""
        with self._lock:
            self._known[snapshot.id] = snapshot
            self.newest = snapshot


def load_newest(settings: Settings) -> Snapshot:
    """The snapshot that `current.json` names, or a folder named by DAOBAN_SNAPSHOT. Raises NotSetUp, SnapshotError."""
    named = os.environ.get("DAOBAN_SNAPSHOT") or current().get("snapshot", "")
    if not named:
        raise NotSetUp("事项目录还没有编译，请先运行 make setup。")
    folder = Path(named) if os.sep in named else SNAPSHOTS / named
    return load_snapshot(folder, settings.site_or_sample)
