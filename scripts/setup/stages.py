"""The stages of setup, in order. Each is skipped when what it makes is already there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import artefacts
from .commands import Commands, Progress
from .pythons import Python, find_main, find_rasa

TOTAL = 6
# Installed alone and unhashed: the wheel differs by machine; exactly pinned it takes a CPU wheel where one is offered.
TORCH = "torch==2.13.0"
MAIN_GB, RASA_GB, MODEL_GB = 2.5, 3.0, 0.5  # free disk each needs while it is built (2.0, 2.6 and 0.3 measured)
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar", "off")
_EMBEDDING = ("weights.py", "build.py", "known_vectors.json")


@dataclass
class Setup:
    """One run of setup in the project at `root`."""

    root: Path
    env: Mapping[str, str]
    progress: Progress
    current: dict[str, Path] = field(default_factory=dict)
    snapshot: str = ""

    def __post_init__(self) -> None:
        self.build = self.root / ".build"
        self.commands = Commands(self.root, self.build / "logs", dict(self.env), self.progress)

    def run(self) -> None:
        """Do all stages. Raises `SetupError`."""
        with artefacts.only_one(self.build, self.progress.say):
            artefacts.remove_leftovers(self.build)
            with self.progress.stage("找 Python"):
                main, rasa = find_main(self.env), find_rasa(self.env)
                self.progress.result(f"{main.release} 和 {rasa.release}")
            with self.progress.stage("安装主环境（约 2 分钟）"):
                self.main_environment(main)
            with self.progress.stage("安装语言引擎 Rasa（约 3 分钟）"):
                self.rasa_environment(rasa)
            with self.progress.stage("生成语义模型"):
                self.embedded_model()
            self.write_current()  # the catalogue's vectors are made with the model
            with self.progress.stage("编译事项目录"):
                self.snapshot = self.commands.ask(
                    [str(self.root / ".venv" / "bin" / "daoban"), "catalogue", "build"],
                    "catalogue",
                    "事项目录没有编译成",
                ).split("\n")[-1]
            with self.progress.stage("训练语言引擎"):
                self.rasa_model(rasa)
            self.write_current()
            artefacts.prune(self.build, self.current)

    def main_environment(self, python: Python) -> None:
        """The environment of the service and the tests, with `.venv` pointing to it and the project in it."""
        artefacts.require_own_link(self.root / ".venv", self.build)
        lock = self.root / "requirements.txt"
        name = artefacts.key("main", str(self.root), python.release, TORCH, artefacts.sha256(lock))
        folder = self.current["main"] = self.build / f"main-{name}"
        interpreter = str(folder / "bin" / "python")
        failed = "主环境没有装好"
        if artefacts.environment_complete(folder):
            self.progress.cached()
        else:
            artefacts.require_space(self.build, MAIN_GB)
            with artefacts.environment_build(folder):
                self.commands.run([python.path, "-m", "venv", str(folder)], "main", failed)
                self.commands.run([interpreter, *_PIP, TORCH], "main", failed)
                self.commands.run([interpreter, *_PIP, "--require-hashes", "-r", str(lock)], "main", failed)
        installed, wanted = folder / ".project", artefacts.sha256(self.root / "pyproject.toml")
        if not installed.is_file() or installed.read_text(encoding="utf-8") != wanted:
            editable = ["--no-deps", "--no-build-isolation", "-e", str(self.root)]
            self.commands.run([interpreter, *_PIP, *editable], "main", failed)
            artefacts.write_atomically(installed, wanted)
        artefacts.point_link(self.root / ".venv", folder)

    def rasa_environment(self, python: Python) -> None:
        """Rasa's own environment."""
        lock = self.root / "bot" / "requirements-rasa.txt"
        name = artefacts.key("rasa", str(self.root), python.release, artefacts.sha256(lock))
        folder = self.current["rasa"] = self.build / f"rasa-{name}"
        if artefacts.environment_complete(folder):
            self.progress.cached()
            return
        artefacts.require_space(self.build, RASA_GB)
        failed = "语言引擎没有装好"
        with artefacts.environment_build(folder):
            self.commands.run([python.path, "-m", "venv", str(folder)], "rasa", failed)
            pip = [str(folder / "bin" / "python"), *_PIP, "--require-hashes", "-r", str(lock)]
            self.commands.run(pip, "rasa", failed)

    def embedded_model(self) -> None:
        """The sentence encoder; its builder leaves a whole folder or none."""
        source = self.root / "knowledge" / "embedding"
        name = artefacts.key("model", *(artefacts.sha256(source / part) for part in _EMBEDDING))
        folder = self.current["model"] = self.build / f"model-{name}"
        if folder.is_dir():
            self.progress.cached()
            return
        artefacts.require_space(self.build, MODEL_GB)
        self.commands.ask([self._python(), "-m", "knowledge.embedding.build", str(folder)], "model", "语义模型没有建好")

    def rasa_model(self, python: Python) -> None:
        """Rasa's model, trained on the examples that `bot.training` writes from `intents/`."""
        examples = self.build / f"{artefacts.TEMPORARY}nlu"
        artefacts.remove(examples)
        self.commands.ask([self._python(), "-m", "bot.training", str(examples)], "training", "训练用的例句没有写出来")
        config, lock = self.root / "config.yml", self.root / "bot" / "requirements-rasa.txt"
        name = artefacts.key(
            "rasa-model", python.release, *map(artefacts.sha256, (config, lock)), artefacts.sha256_tree(examples)
        )
        target = self.current["rasa-model"] = self.build / f"rasa-model-{name}.tar.gz"
        if target.is_file():
            self.progress.cached()
        else:
            artefacts.build_aside(target, lambda aside: self._train(examples, config, aside))
        artefacts.remove(examples)

    def _train(self, examples: Path, config: Path, aside: Path) -> Path:
        """Train in `aside` (Rasa writes a cache, and into its configuration, where it runs); the path of the model."""
        shutil.copy(str(config), str(aside / "config.yml"))
        command = [str(self.current["rasa"] / "bin" / "python"), "-m", "rasa", "train", "nlu", "--config", "config.yml"]
        command += ["--nlu", str(examples), "--out", "out", "--fixed-model-name", "model"]
        quiet = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
        self.commands.run(command, "training", "语言引擎没有训练成", cwd=aside, **quiet)
        return aside / "out" / "model.tar.gz"

    def write_current(self) -> None:
        """Name the current artefacts, by paths relative to the project, in `.build/current.json`: all else reads it."""
        path = self.build / "current.json"
        named: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        named["rasa_python"] = self._relative(self.current["rasa"] / "bin" / "python")
        named["model"] = self._relative(self.current["model"])
        if "rasa-model" in self.current:
            named["rasa_model"] = self._relative(self.current["rasa-model"])
        if self.snapshot:
            named["snapshot"] = self.snapshot
        artefacts.write_atomically(path, json.dumps(named, indent=2) + "\n")

    def _python(self) -> str:
        return str(self.current["main"] / "bin" / "python")

    def _relative(self, path: Path) -> str:
        return os.path.relpath(str(path), str(self.root))
