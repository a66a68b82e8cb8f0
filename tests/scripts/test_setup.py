"""`make setup`, with interpreters that only pretend: fast, no network, every failure on purpose."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.setup import artefacts, pythons, stages
from scripts.setup.artefacts import SetupError
from scripts.setup.commands import Progress

# Says its version, makes environments out of copies of itself, and fails at what FAIL names in the way FAIL_AS says.
FAKE_PYTHON = r"""#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
echo "$(basename "$(dirname "$here")") $*" >> "$CALLS"
fail() {
    case "$*" in *"$FAIL"*) ;; *) return ;; esac
    case "$FAIL_AS" in
        hang) : > "$CALLS.hanging"; exec sleep 30 ;;
        *) echo "$FAIL_AS" >&2; exit 1 ;;
    esac
}
[ -z "$FAIL" ] || fail "$*"
case "$*" in
    -c*) echo "VERSION $here/$(basename "$0")" ;;
    "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
    *" -e "*) cp "$0" "$here/daoban" ;;
    "catalogue build") echo abc123 ;;
    "-m knowledge.embedding.build "*) mkdir "$3" ;;
    "-m bot.training "*) mkdir "$3"; cp intents.txt "$3/nlu.yml" ;;
    "-m rasa train "*) mkdir out .rasa; echo trained > out/model.tar.gz ;;
esac
"""


def fake_python(path: Path, version: str) -> Path:
    """An executable that answers as a Python of this version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAKE_PYTHON.replace("VERSION", version.replace(".", " ")), encoding="utf-8")
    path.chmod(0o755)
    return path


class Project:
    """A project folder with just what setup reads."""

    def __init__(self, root: Path) -> None:
        self.root, self.build, self.out = root / "project", root / "project" / ".build", io.StringIO()
        for name in ("requirements.txt", "bot/requirements-rasa.txt", "config.yml", "pyproject.toml", "intents.txt"):
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name, encoding="utf-8")
        for name in ("weights.py", "build.py", "known_vectors.json"):
            path = self.root / "knowledge" / "embedding" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name, encoding="utf-8")
        self.env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(root),
            "CALLS": str(root / "calls"),
            "DAOBAN_PYTHON": str(fake_python(root / "main" / "bin" / "python3.11", "3.11.7")),
            "DAOBAN_PYTHON310": str(fake_python(root / "rasa" / "bin" / "python3.10", "3.10.13")),
        }

    def setup(self, **env: str) -> dict[str, str]:
        """Run setup; what `current.json` then says."""
        stages.Setup(self.root, {**self.env, **env}, Progress(stages.TOTAL, self.out)).run()
        named: dict[str, str] = json.loads((self.build / "current.json").read_text(encoding="utf-8"))
        return named

    def fails(self, **env: str) -> str:
        """Run setup, which must fail; the sentence."""
        with pytest.raises(SetupError) as caught:
            self.setup(**env)
        sentence = str(caught.value)
        assert "\n" not in sentence and "Traceback" not in sentence
        return sentence

    def calls(self) -> list[str]:
        """The commands run since the last call, but the probes."""
        path = Path(self.env["CALLS"])
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [line for line in lines if " -c " not in line]

    def kinds(self) -> list[str]:
        """What lies in the build folder, without hashes."""
        return sorted(path.name.rsplit("-", 1)[0] if "-" in path.name else path.name for path in self.build.iterdir())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(artefacts, "require_space", lambda folder, gigabytes: None)
    return Project(tmp_path)


def test_builds_everything_and_names_it(project: Project) -> None:
    current = project.setup()
    assert sorted(current) == ["model", "rasa_model", "rasa_python", "snapshot"]
    assert current["snapshot"] == "abc123"
    for name in ("model", "rasa_model", "rasa_python"):
        assert not Path(current[name]).is_absolute()
        assert (project.root / current[name]).exists()
    assert (project.root / ".venv").is_symlink() and (project.root / ".venv" / "bin" / "daoban").exists()
    assert project.kinds() == ["current.json", "lock", "logs", "main", "model", "rasa", "rasa-model"]
    assert "[2/6] 安装主环境" in project.out.getvalue()


def test_torch_comes_first_and_alone_the_rest_by_hash(project: Project) -> None:
    project.setup()
    installs = [line for line in project.calls() if " install " in line]
    assert installs[0].endswith(f" {stages.TORCH}") and "--require-hashes" not in installs[0]
    assert all("--require-hashes" in line for line in (installs[1], installs[3]))
    assert "--no-build-isolation -e" in installs[2]


def test_a_second_run_only_asks_what_may_have_changed(project: Project) -> None:
    first = project.setup()
    project.calls()
    assert project.setup() == first
    assert [line.split(maxsplit=1)[1].rsplit(maxsplit=1)[0] for line in project.calls()] == [
        "catalogue",
        "-m bot.training",
    ]
    assert project.out.getvalue().count("已有，不用重做") == 4


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ("requirements.txt", "main"),
        ("bot/requirements-rasa.txt", "rasa"),
        ("knowledge/embedding/build.py", "model"),
        ("intents.txt", "rasa-model"),
        ("config.yml", "rasa-model"),
    ],
)
def test_a_change_rebuilds_what_is_made_from_it_and_drops_the_old(project: Project, changed: str, kind: str) -> None:
    project.setup()
    old = {path.name for path in project.build.iterdir()}
    (project.root / changed).write_text("changed", encoding="utf-8")
    project.setup()
    gone = old - {path.name for path in project.build.iterdir()}
    expected = {kind, "rasa-model"} if kind == "rasa" else {kind}
    assert {name.rsplit("-", 1)[0] for name in gone} == expected


def test_a_changed_project_file_only_reinstalls_the_project(project: Project) -> None:
    project.setup()
    project.calls()
    (project.root / "pyproject.toml").write_text("changed", encoding="utf-8")
    project.setup()
    assert [line for line in project.calls() if " install " in line and " -e " not in line] == []


@pytest.mark.parametrize("step", ["--require-hashes", "-m venv", "knowledge.embedding", "-m rasa", "bot.training"])
def test_a_failure_leaves_nothing_half_built_and_the_next_run_goes_on(project: Project, step: str) -> None:
    project.fails(FAIL=step, FAIL_AS="boom")
    for folder in [*project.build.glob("main-*"), *project.build.glob("rasa-*")]:
        assert folder.is_file() or artefacts.environment_complete(folder)
    done = {path.name for path in project.build.glob("main-*")}
    project.calls()
    project.setup()
    assert not (done and any(stages.TORCH in line for line in project.calls()))
    assert project.kinds() == ["current.json", "lock", "logs", "main", "model", "rasa", "rasa-model"]


def test_what_a_killed_run_left_is_removed_and_rebuilt(project: Project) -> None:
    current = project.setup()
    environment = (project.root / current["rasa_python"]).parents[1]
    (environment / artefacts.STAMP).unlink()
    (environment / "half").write_text("", encoding="utf-8")
    (project.build / "tmp-model-x").mkdir()
    project.setup()
    assert artefacts.environment_complete(environment) and not (environment / "half").exists()
    assert not list(project.build.glob("tmp-*"))


def test_an_environment_whose_python_is_gone_is_rebuilt(project: Project) -> None:
    python = project.root / project.setup()["rasa_python"]
    python.unlink()
    python.symlink_to("/nowhere/python")
    project.setup()
    assert python.is_file()


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("WARNING: Retrying: NewConnectionError('...')", "检查网络"),
        ("ERROR: 503 Server Error: Service Unavailable", "检查网络"),
        ("OSError: [Errno 28] No space left on device", "磁盘满了"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "和清单里的不一样"),
        ("something else", "看记录里最后几行"),
    ],
)
def test_pip_failures_are_one_sentence_that_names_the_log(project: Project, output: str, words: str) -> None:
    sentence = project.fails(FAIL="--require-hashes", FAIL_AS=output)
    assert words in sentence and "主环境没有装好" in sentence and ".build/logs/main.log" in sentence
    assert output in (project.build / "logs" / "main.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("step", ["catalogue build", "knowledge.embedding", "bot.training"])
def test_the_projects_own_words_are_passed_on_but_never_a_traceback(project: Project, step: str) -> None:
    assert project.fails(FAIL=step, FAIL_AS="QY020 少了办理点。") == "QY020 少了办理点。"
    assert ".build/logs/" in project.fails(FAIL=step, FAIL_AS="Traceback (most recent call last): x")


def test_too_little_disk_is_said_before_anything_is_built(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    usage = shutil.disk_usage(project.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10**9))
    assert "磁盘空间不够：还要 2.5 GB，只剩 1.0 GB" in project.fails()
    assert project.calls() == []


@pytest.mark.parametrize("own", ["folder", "link"])
def test_somebodys_own_venv_is_left_alone(project: Project, own: str) -> None:
    venv = project.root / ".venv"
    elsewhere = project.root.parent / "elsewhere"
    elsewhere.mkdir()
    if own == "folder":
        venv.mkdir()
    else:
        venv.symlink_to(elsewhere)
    assert ".venv 是您自己建的" in project.fails()
    assert venv.is_dir()
    assert project.calls() == []


def test_a_second_setup_waits_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    with (tmp_path / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)

        def say(text: str) -> None:
            said.append(text)
            fcntl.flock(handle, fcntl.LOCK_UN)

        with artefacts.only_one(tmp_path, say):
            pass
    assert "另一个 make setup 正在运行" in said[0]


def run_main(project: Project, **env: str) -> subprocess.Popen[str]:
    """The real command line, over the fake project."""
    target = project.root / "scripts" / "setup"
    target.parent.mkdir()
    shutil.copytree(Path(stages.__file__).parent, target, ignore=shutil.ignore_patterns("__pycache__"))
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.setup"],
        cwd=project.root,
        env={**project.env, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_one_sentence_and_leaves_nothing(project: Project, how: signal.Signals) -> None:
    process = run_main(project, FAIL="-m venv", FAIL_AS="hang")
    deadline = time.monotonic() + 20
    while not Path(project.env["CALLS"] + ".hanging").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(how)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stderr.startswith("已中断") and stderr.count("\n") == 1
    assert not list(project.build.glob("main-*")) and not list(project.build.glob("tmp-*"))


def test_the_command_line_says_a_failure_once_without_a_traceback(project: Project) -> None:
    project.env["DAOBAN_PYTHON310"] = "/nowhere/python"
    _, stderr = (process := run_main(project)).communicate(timeout=20)
    assert process.returncode == 1
    assert (
        stderr
        == "环境变量 DAOBAN_PYTHON310 指的 /nowhere/python 不是能用的 Python 3.10，请改对它，再运行 make setup。\n"
    )


def search_env(tmp_path: Path) -> dict[str, str]:
    """An environment where only what a test puts there is found."""
    path = tmp_path / "path"
    path.mkdir()
    for tool in ("sh", "basename", "dirname"):
        (path / tool).symlink_to(shutil.which(tool) or "")
    return {"PATH": str(path), "HOME": str(tmp_path), "CALLS": os.devnull}


@pytest.fixture
def only_fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    env = search_env(tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("scripts.setup.pythons.sys", SimpleNamespace(executable="", version_info=(3, 8, 0)))
    return env


def test_a_shim_that_fails_is_passed_over(only_fakes: dict[str, str], tmp_path: Path) -> None:
    shim = tmp_path / "path" / "python3.10"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    with pytest.raises(SetupError, match=r"没有找到能用的 Python 3\.10"):
        pythons.find_rasa(only_fakes)
    real = fake_python(tmp_path / ".pyenv" / "versions" / "3.10.13" / "bin" / "python", "3.10.13")
    assert pythons.find_rasa(only_fakes) == pythons.Python(str(real), (3, 10, 13))


def test_a_name_does_not_vouch_for_the_version(only_fakes: dict[str, str], tmp_path: Path) -> None:
    fake_python(tmp_path / "path" / "python3.10", "3.9.1")
    with pytest.raises(SetupError, match="DAOBAN_PYTHON310"):
        pythons.find_rasa(only_fakes)


def test_uv_is_asked_when_no_python_310_is_installed(only_fakes: dict[str, str], tmp_path: Path) -> None:
    fetched = fake_python(tmp_path / "uv-pythons" / "python3.10", "3.10.18")
    uv = tmp_path / "path" / "uv"
    uv.write_text(f'#!/bin/sh\n[ "$2" = install ] && exit 0\n[ "$3" = 3.10 ] && echo {fetched} || exit 2\n')
    uv.chmod(0o755)
    assert pythons.find_rasa(only_fakes).release == "3.10.18"


def test_the_main_python_is_311_before_a_newer_one(only_fakes: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"没有找到能用的 Python 3\.11"):
        pythons.find_main(only_fakes)
    fake_python(tmp_path / "path" / "python3.13", "3.13.0")
    assert pythons.find_main(only_fakes).release == "3.13.0"
    fake_python(tmp_path / "path" / "python3.11", "3.11.2")
    assert pythons.find_main(only_fakes).release == "3.11.2"


def test_a_named_main_python_that_is_too_old_is_refused(only_fakes: dict[str, str], tmp_path: Path) -> None:
    old = fake_python(tmp_path / "old" / "python", "3.10.1")
    with pytest.raises(SetupError, match="DAOBAN_PYTHON"):
        pythons.find_main({**only_fakes, "DAOBAN_PYTHON": str(old)})


def test_names_follow_the_content(tmp_path: Path) -> None:
    assert artefacts.key("a", "b") == artefacts.key("a", "b") != artefacts.key("ab")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "nlu.yml").write_text("a")
    before = artefacts.sha256_tree(tmp_path)
    assert before == artefacts.sha256_tree(tmp_path)
    (tmp_path / "x" / "nlu.yml").rename(tmp_path / "x" / "other.yml")
    assert artefacts.sha256_tree(tmp_path) != before


@pytest.mark.parametrize("name", ["requirements.txt", "bot/requirements-rasa.txt"])
def test_locks_pin_every_package_by_hash_and_name_no_place(name: str) -> None:
    text = (Path(__file__).resolve().parents[2] / name).read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    pins = [line for line in text.splitlines() if line and line[0].isalpha()]
    assert pins and all("==" in line and line.endswith("\\") for line in pins)
    assert not any(line.startswith(("torch==", "nvidia", "triton")) for line in pins)
