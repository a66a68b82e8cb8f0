"""The command line: what goes to stdout and nothing else, exit statuses, one sentence for every mistake."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from contract import assert_notice

from connectors.artefacts import build
from connectors.cli.main import main
from connectors.settings import Settings
from connectors.storage import open_store
from knowledge.snapshot import Snapshot, load_snapshot

COMMAND = [sys.executable, "-m", "connectors.cli.main"]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    stdout: bytes
    err: str

    @property
    def out(self) -> str:
        return self.stdout.decode("utf-8")

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Done]


@pytest.fixture
def daoban(
    searchable: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Run:
    """Runs a command in this process, over the words-only snapshot and a data folder of the test."""
    monkeypatch.setenv("DAOBAN_SNAPSHOT", str(searchable.folder))
    monkeypatch.setenv("DAOBAN_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(
        "connectors.artefacts.load_snapshot",
        lambda folder, *rest: searchable if folder == searchable.folder else load_snapshot(folder, *rest),
    )

    def run(*arguments: str, given: bytes = b"") -> Done:
        (tmp_path / "stdin").write_bytes(given)
        monkeypatch.setattr(sys, "argv", ["daoban", *arguments])
        capsysbinary.readouterr()
        with (tmp_path / "stdin").open("r", encoding="utf-8") as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            with pytest.raises(SystemExit) as ended:
                main()
        said = capsysbinary.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err.decode("utf-8"))

    return run


def assert_refused(done: Done, status: int, *named: str) -> None:
    """One sentence on stderr, nothing on stdout."""
    assert done.status == status, done
    assert done.stdout == b""
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1, done.err
    for name in named:
        assert name in done.err


# match


def test_match_answers_every_line_in_order(daoban: Run, searchable: Snapshot) -> None:
    texts = ["身份证丢了", "", "社保卡补办", "你好", "  ", "我要刻公章"]
    done = daoban("match", given="\n".join(texts).encode() + b"\n")
    assert (done.status, done.err) == (0, "")
    assert [line["text"] for line in done.lines] == texts
    for line in done.lines:
        assert line.keys() == {"text", "decision", "candidates"}
        assert line["decision"] in ("answer", "clarify", "reject")
        scores = [one["score"] for one in line["candidates"]]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        for one in line["candidates"]:
            assert one.keys() == {"code", "name", "score"}
            assert one["name"] == searchable.catalogue.entry(one["code"]).name
        if line["text"].strip():
            assert len(line["candidates"]) == 5
        else:
            assert (line["decision"], line["candidates"]) == ("reject", [])
    assert done.lines[0]["candidates"][0]["code"] == "SH013"
    assert done.lines[2]["candidates"][0]["code"] == "SH029"
    assert done.lines[3]["decision"] == "reject"


def test_match_replaces_invalid_utf8_and_warns_once(daoban: Run) -> None:
    done = daoban("match", given=b"\xff\xfe\xe8\xba\n\xe4\xbd\n" + "身份证丢了\r\n".encode() + "真的\ufffd".encode())
    assert done.status == 0
    assert [line["text"] for line in done.lines][2:] == ["身份证丢了", "真的\ufffd"]
    assert all("\ufffd" in line["text"] for line in done.lines[:2])
    assert done.err.count("UTF-8") == 1


def test_match_of_nothing_is_nothing(daoban: Run) -> None:
    assert daoban("match", given=b"") == Done(0, b"", "")


def test_match_keeps_to_one_line_of_json_whatever_is_said(daoban: Run) -> None:
    texts = ['引号"和\\', "制表\t符", "换行\u2028符", "👍", "a" * 5000, "身份证" * 700]
    done = daoban("match", given="\n".join(texts).encode())
    assert done.out.count("\n") == len(texts)
    assert [json.loads(line)["text"] for line in done.out.split("\n")[:-1]] == texts


def test_match_takes_more_lines_than_one_batch(daoban: Run) -> None:
    done = daoban("match", given="身份证丢了\n".encode() * 150)
    assert len(done.lines) == 150
    assert len({json.dumps(line) for line in done.lines}) == 1


def test_match_answers_each_line_of_a_pipe_before_the_next_comes(searchable: Snapshot, tmp_path: Path) -> None:
    environment = os.environ | {"DAOBAN_SNAPSHOT": str(searchable.folder), "DAOBAN_DATA_DIR": str(tmp_path)}
    with subprocess.Popen(
        [*COMMAND, "match"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin and process.stdout
        for text in ("身份证丢了", "社保卡丢了"):
            process.stdin.write(f"{text}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == text
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(30) == 0


# notice


def test_a_notice_as_json_is_issued_and_kept(daoban: Run, tmp_path: Path) -> None:
    done = daoban("notice", "SH013", "--fact", "age_16=adult", "--fact", "hukou_place=外省户口")
    assert (done.status, done.err) == (0, "")
    notice = json.loads(done.out)
    assert_notice(notice)
    assert notice["facts"] == {"age_16": "adult", "hukou_place": "elsewhere"}
    store = open_store(f"sqlite:///{tmp_path / 'var' / 'daoban.sqlite3'}")
    kept = store.notice(notice["token"])
    assert kept is not None and kept.model_dump(mode="json") == notice
    store.close()


def test_a_notice_in_every_form(daoban: Run) -> None:
    asked = ("notice", "YJ001", "--fact", "dining_area=60", "--format")
    assert "开办餐饮店" in daoban(*asked, "md").out
    html = daoban(*asked, "html").out
    assert html.startswith("<!doctype html>") and "开办餐饮店" in html
    assert daoban(*asked, "pdf").stdout.startswith(b"%PDF-")
    assert json.loads(daoban(*asked, "json").out)["facts"] == {"dining_area": 60}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("SH0134",), "SH013"),
        (("sh013",), "SH013"),
        (("餐馆",), "没有编码"),
        (("SH013", "--fact", "age=adult"), "age_16"),
        (("SH013", "--fact", "age_16=grown"), "adult"),
        (("SH013", "--fact", "age_16="), "adult"),
        (("SH013", "--fact", "adult"), "情形=选项"),
        (("YJ001", "--fact", "dining_area=-5"), "dining_area"),
        (("SH013", "--format", "docx"), "docx"),
        ((), "code"),
        (("SH013", "--colour"), "--colour"),
    ],
)
def test_a_wrong_argument_is_one_sentence_that_names_the_nearest(
    arguments: tuple[str, ...], named: str, daoban: Run
) -> None:
    assert_refused(daoban("notice", *arguments), 2, named)


# The editors' tools.


def test_a_catalogue_without_fault_is_said_to_be(daoban: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """That ours is one is tests/knowledge/test_check.py's business."""
    monkeypatch.setattr("connectors.cli.catalogue.check_catalogue", lambda: [])
    done = daoban("catalogue", "check")
    assert (done.status, done.out) == (0, "没有问题。\n")


def test_a_fault_in_the_catalogue_is_named(daoban: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.cli.catalogue.check_catalogue", lambda: ["items/SH013.yml:3：改这里。"])
    done = daoban("catalogue", "check")
    assert done.status == 1
    assert "items/SH013.yml:3" in done.out
    assert "1 处要改" in done.err


def test_figures_of_the_catalogue(daoban: Run, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.cli.catalogue.compile_catalogue", lambda: snapshot)
    done = daoban("catalogue", "stats", "--json")
    assert done.status == 0
    (found,) = done.lines
    assert found["items"] == len(snapshot.catalogue.items)
    assert found["themes"] == len(snapshot.catalogue.themes)
    table = daoban("catalogue", "stats")
    assert table.status == 0
    assert f"事项 {found['items']}" in table.out


def test_building_prints_the_id_alone(
    daoban: Run, searchable: Snapshot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = searchable.matcher.calibration
    monkeypatch.setattr("knowledge.search.matcher.calibrate", lambda index, aliases, vectors: known)
    monkeypatch.setattr("knowledge.snapshot.load_catalogue", lambda: searchable.catalogue)
    monkeypatch.setattr("connectors.artefacts.SNAPSHOTS", tmp_path / "snapshots")
    monkeypatch.setattr("connectors.artefacts.load_vectors", lambda _: None)
    first = daoban("catalogue", "build")
    assert first.status == 0
    name = first.out.strip()
    assert (tmp_path / "snapshots" / name / "catalogue.json").exists()
    assert daoban("catalogue", "build").out == first.out
    assert build(Settings(), lambda _: None).name == name


# doctor and serve


def test_doctor_says_what_is_missing_and_what_to_do(
    daoban: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("connectors.artefacts.BUILD", tmp_path / "nothing")
    done = daoban("doctor")
    assert done.status == 1
    assert done.out.count("✗") >= 3
    assert "make setup" in done.out
    assert "项不对" in done.err and "Traceback" not in done.err


def test_doctor_names_a_database_that_cannot_be_opened(
    daoban: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    monkeypatch.setenv("DAOBAN_DATABASE_URL", f"sqlite:///{tmp_path / 'taken'}")
    done = daoban("doctor")
    assert done.status == 1
    assert "✗ 数据库" in done.out


def test_a_used_port_is_one_sentence(daoban: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_refused(daoban("serve", "--port", str(port)), 1, str(port))


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_cannot_be_is_refused(port: str, daoban: Run) -> None:
    assert_refused(daoban("serve", "--port", port), 2, "--port")


def test_without_a_set_up_it_says_make_setup(daoban: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DAOBAN_SNAPSHOT")
    monkeypatch.setattr("connectors.artefacts.BUILD", tmp_path / "nothing")
    for arguments in (("match",), ("notice", "SH013"), ("chat", "--jsonl")):
        assert_refused(daoban(*arguments), 1, "make setup")


def test_a_snapshot_cut_short_is_one_sentence(daoban: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "abc123").mkdir()
    (tmp_path / "abc123" / "catalogue.json").write_text("{")
    monkeypatch.setenv("DAOBAN_SNAPSHOT", str(tmp_path / "abc123"))
    assert_refused(daoban("match"), 1, "abc123")


# chat and parse, through a service that is not there


@pytest.mark.parametrize("arguments", [("chat", "--jsonl"), ("chat",)])
def test_a_service_that_is_not_there_is_one_sentence(arguments: tuple[str, ...], daoban: Run) -> None:
    done = daoban(*arguments, "--url", "http://127.0.0.1:9", given="身份证丢了\n".encode())
    assert done.status == 1
    assert done.stdout == b""
    assert "http://127.0.0.1:9" in done.err and "Traceback" not in done.err


# Anything else


@pytest.mark.parametrize("arguments", [("dance",), ("catalogue", "dance"), ("--dance",), ("catalogue", "stats", "x")])
def test_an_unknown_command_is_refused(arguments: tuple[str, ...], daoban: Run) -> None:
    assert_refused(daoban(*arguments), 2)


def test_other_sets_that_are_not_there_or_not_labelled_are_one_sentence(daoban: Run, tmp_path: Path) -> None:
    assert_refused(daoban("eval", "--sets", str(tmp_path / "none")), 2, "none")
    folder = tmp_path / "sets"
    folder.mkdir()
    (folder / "bad.csv").write_text("id,text\n1,卡丢了\n", "utf-8")
    assert_refused(daoban("eval", "--sets", str(folder)), 2, "sets", "gold")


def test_the_evaluation_of_other_sets_without_the_engine(daoban: Run, tmp_path: Path) -> None:
    folder = tmp_path / "sets"
    folder.mkdir()
    (folder / "real.csv").write_text("id,text,gold,kind\nT1-T,身份证丢了,SH013,clear\n", "utf-8")
    done = daoban("eval", "--sets", str(folder), "--no-acts", "--no-rasa")
    assert done.status == 0, done.err
    page = Path(done.out.strip())
    assert page.parent == (page.parent.parent / "latest").resolve()
    told = json.loads((page.parent / "report.json").read_text("utf-8"))
    assert told["sets"]["real"]["daoban"]["top1"] == 1.0
    assert told["config"]["files"]["real.csv"] and told["acts"] is None


def test_speed_beside_the_encoder_needs_the_encoder(daoban: Run) -> None:
    assert_refused(daoban("bench", "match"), 1, "make setup")


@pytest.mark.parametrize("arguments", [("--help",), ("match", "--help"), ("catalogue", "--help"), ("serve", "--help")])
def test_help(arguments: tuple[str, ...], daoban: Run) -> None:
    done = daoban(*arguments)
    assert done.status == 0
    assert "Usage" in done.out


def test_the_command_ends_as_it_should_in_a_process_of_its_own(searchable: Snapshot, tmp_path: Path) -> None:
    environment = os.environ | {"DAOBAN_SNAPSHOT": str(searchable.folder), "DAOBAN_DATA_DIR": str(tmp_path)}
    done = subprocess.run([*COMMAND, "notice", "XX"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    piped = f"{' '.join(COMMAND)} notice YJ001 | head -n 1"
    done = subprocess.run(piped, shell=True, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
