"""What `make setup` built, named by `.build/current.json`; and the snapshots in use."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from connectors.local_files import read_overlay
from connectors.settings import BUILD, CONVERSATION_DAYS, PROJECT, Settings
from knowledge.embedding.encoder import BUILTIN, Encoder, EncoderUnavailable, load_encoder
from knowledge.embedding.remembered import Remembered
from knowledge.snapshot import Snapshot, SnapshotError, build_snapshot, load_snapshot, snapshot_id

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


def model_id(settings: Settings) -> str:
    """What names the encoder in a snapshot's address: the builtin model's folder, which is named by its content."""
    model = builtin_model()
    return model.name if settings.embedding_model == BUILTIN and model else settings.embedding_model


class Vectors:
    """The encoder as the index and the ears use it."""

    def __init__(self, settings: Settings) -> None:
        self._encoder: Encoder = load_encoder(settings.embedding_model, builtin_model())

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


def _prune(keep: Path) -> None:
    """Remove snapshots that no conversation can have begun with any more."""
    oldest = time.time() - CONVERSATION_DAYS * 86400
    for folder in SNAPSHOTS.iterdir():
        if folder != keep and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def build(settings: Settings, report: Callable[[str], None]) -> Path:
    """Build the snapshot of the present catalogue, with vectors where the model is there. Raises CatalogueError."""
    built = SNAPSHOTS / snapshot_id(model_id(settings))
    if built.exists():
        return built
    vectors = load_vectors(settings)
    if vectors is None:
        report("没有语义模型，只按字词检索。")
        return build_snapshot(SNAPSHOTS, "", None, report)
    remembered = Remembered(vectors.encode_passages, BUILD / "vectors" / f"{model_id(settings)}.npz")
    built = build_snapshot(SNAPSHOTS, model_id(settings), remembered, report)
    remembered.save()
    _prune(built)
    return built


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
    return load_snapshot(folder, settings.site_or_sample, read_overlay(settings))
