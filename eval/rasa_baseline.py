"""The baseline that others build: a Rasa model with one intent an entry, trained on the very phrases of our index.

It is trained once for the same phrases and pipeline (minutes) and kept in the build folder by their hash.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from eval.rows import DATA
from knowledge.search.phrases import NONE, Phrase

PIPELINE = DATA / "rasa_baseline.yml"
_PARSE = Path(__file__).parent / "rasa_parse.py"
_QUIET = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


class RasaFailed(Exception):
    """Rasa did not train or did not read; the message is the end of what it said."""


def training_data(phrases: Sequence[Phrase]) -> str:
    """Rasa's training data, an intent for each entry; sentences that ask for no entry are left out."""
    said: dict[str, list[str]] = {}
    for one in phrases:
        if one.code != NONE:
            said.setdefault(one.code, []).append(one.text)
    blocks = [{"intent": code, "examples": "".join(f"- {text}\n" for text in said[code])} for code in sorted(said)]
    return yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, sort_keys=False)


@dataclass(frozen=True)
class RasaBaseline:
    """Trains and asks the baseline. `python` is the interpreter of Rasa's environment."""

    python: Path
    build: Path
    phrases: Sequence[Phrase]

    @cached_property
    def model(self) -> Path:
        """The trained model, named by what it is made from."""
        made_from = (training_data(self.phrases), PIPELINE.read_text("utf-8"), self.python.parent.parent.name)
        digest = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:12]
        return self.build / f"rasa-baseline-{digest}.tar.gz"

    def train(self) -> None:
        """Train the model where it is not there; models of other phrases go. Raises RasaFailed."""
        if self.model.is_file():
            return
        with tempfile.TemporaryDirectory(prefix="tmp-rasa-baseline-", dir=self.build) as aside:
            folder = Path(aside)
            (folder / "nlu.yml").write_text(training_data(self.phrases), "utf-8")
            shutil.copy(PIPELINE, folder / "config.yml")  # a copy, because Rasa writes into its configuration
            command = ["-m", "rasa", "train", "nlu", "--config", "config.yml", "--nlu", "nlu.yml"]
            self._run([*command, "--out", "out", "--fixed-model-name", "model"], folder)
            for old in self.build.glob("rasa-baseline-*.tar.gz"):
                old.unlink()
            (folder / "out" / "model.tar.gz").replace(self.model)

    def read(self, texts: Sequence[str]) -> dict[str, list[str]]:
        """The likeliest entries of each normalised text. Raises RasaFailed."""
        asked = list(dict.fromkeys(texts))
        with tempfile.TemporaryDirectory() as aside:
            given, out = Path(aside) / "texts.json", Path(aside) / "intents.json"
            given.write_text(json.dumps(asked), "utf-8")
            self._run([str(_PARSE), str(self.model.resolve()), str(given), str(out)], Path(aside))
            return dict(zip(asked, json.loads(out.read_text("utf-8")), strict=True))

    def _run(self, arguments: list[str], folder: Path) -> None:
        done = subprocess.run(
            [str(self.python.absolute()), *arguments], cwd=folder, env={**os.environ, **_QUIET},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode:
            raise RasaFailed(done.stdout.decode("utf-8", "replace")[-2000:])
