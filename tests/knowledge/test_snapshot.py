"""A snapshot is named by what it is made from, built whole or not at all, and refused when it is cut short."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from shipped_catalogue import shipped_phrases

from knowledge import snapshot as module
from knowledge.catalogue_files import ROOT
from knowledge.notice import build_notice
from knowledge.search import index, matcher, phrases
from knowledge.snapshot import (
    Snapshot,
    SnapshotError,
    build_snapshot,
    compile_catalogue,
    load_snapshot,
    snapshot_id,
    sources,
)


def silent(_: str) -> None:
    """Reports nothing."""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of everything a snapshot is made from, which the address is then taken of."""
    base = ROOT.parent.parent
    for path in sources():
        copy = tmp_path / path.relative_to(base)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    monkeypatch.setattr(module, "ROOT", tmp_path / "knowledge" / "catalogue")
    monkeypatch.setattr(module, "INTENTS", tmp_path / "intents")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "knowledge" / "snapshot.py"))
    return tmp_path


@pytest.fixture
def quick(searchable: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the slow parts of building, which these tests are not about: reading the files again, and the index."""
    known = searchable.matcher.calibration
    monkeypatch.setattr(module, "load_catalogue", lambda: searchable.catalogue)
    monkeypatch.setattr(phrases, "read_phrase_files", shipped_phrases)
    cutting = SimpleNamespace(tokenizer=searchable.matcher.index.tokenizer)
    monkeypatch.setattr(index, "Index", lambda phrases, words, vectors: cutting)
    monkeypatch.setattr(matcher, "calibrate", lambda index, aliases, vectors: known)


# The address


@pytest.mark.usefixtures("tree")
def test_the_address_is_of_the_content_not_of_the_place(snapshot: Snapshot) -> None:
    assert snapshot_id("") == snapshot_id("") == snapshot.id
    assert len(snapshot.id) == 12
    assert set(snapshot.id) <= set("0123456789abcdef")


def test_the_address_changes_with_any_file(tree: Path) -> None:
    """Of each folder and kind the first file: the address is taken of all files anew for each."""
    seen = {snapshot_id("")}
    paths = list({(path.parent, path.suffix): path for path in reversed(sources())}.values())
    assert len(paths) > 10
    for path in paths:
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(snapshot_id(""))
    assert len(seen) == len(paths) + 1


def test_the_address_changes_when_a_file_comes_goes_or_is_renamed(tree: Path) -> None:
    before = snapshot_id("")
    item = next((tree / "knowledge" / "catalogue" / "items").rglob("*.yml"))
    moved = item.rename(item.with_name("QY998.yml"))
    renamed = snapshot_id("")
    moved.unlink()
    gone = snapshot_id("")
    (tree / "intents" / "items" / "QY998.yml").write_text("code: QY998\n")
    come = snapshot_id("")
    assert len({before, renamed, gone, come}) == 4


def test_the_address_changes_with_the_model_and_the_format(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, other = snapshot_id(""), snapshot_id("model-1")
    monkeypatch.setattr(module, "FORMAT", module.FORMAT + 1)
    assert len({plain, other, snapshot_id(""), snapshot_id("model-1")}) == 4


# Building


@pytest.mark.usefixtures("quick")
def test_two_builds_are_the_same_and_the_second_in_one_place_is_none(searchable: Snapshot, tmp_path: Path) -> None:
    said: list[str] = []
    target = build_snapshot(tmp_path, "", None, said.append)
    assert len(said) == 1
    assert target.name == searchable.id == snapshot_id("")
    assert searchable.folder is not None
    for name in ("catalogue.json", "search.json"):
        assert (target / name).read_bytes() == (searchable.folder / name).read_bytes()
    stamp = target.stat().st_mtime_ns
    assert build_snapshot(tmp_path, "", None, said.append) == target
    assert len(said) == 1, "built again"
    assert target.stat().st_mtime_ns == stamp
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("broken", ["write_text", "replace"])
def test_an_interrupted_build_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Cut off while the files are written, and just before the folder gets its name."""

    def cut(self: Path, *args: object) -> None:
        if tmp_path in self.parents:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, broken, cut)
        with pytest.raises(KeyboardInterrupt):
            build_snapshot(tmp_path, "", None, silent)
    assert list(tmp_path.iterdir()) == []
    assert build_snapshot(tmp_path, "", None, silent).exists()


@pytest.mark.usefixtures("quick")
def test_a_failing_encoder_leaves_no_target(tmp_path: Path) -> None:
    def encode(texts: list[str]) -> None:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError):
        build_snapshot(tmp_path, "model", encode, silent)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


# Loading


def test_what_is_loaded_is_what_was_built(searchable: Snapshot, snapshot: Snapshot) -> None:
    assert searchable.catalogue.model_dump() == snapshot.catalogue.model_dump()
    assert searchable.vectors is None
    for code in sorted(snapshot.tables)[::10]:
        built = build_notice(searchable, code, {})
        assert built.model_dump(exclude={"catalogue_version"}) == build_notice(snapshot, code, {}).model_dump(
            exclude={"catalogue_version"}
        )
        assert built.catalogue_version == searchable.id


def test_a_site_is_the_loaders_to_say(searchable: Snapshot) -> None:
    assert searchable.folder is not None
    assert searchable.sites
    assert load_snapshot(searchable.folder, "真区").sites == []


@pytest.fixture
def copied(searchable: Snapshot, tmp_path: Path) -> Path:
    """A built folder that may be damaged."""
    assert searchable.folder is not None
    return Path(shutil.copytree(searchable.folder, tmp_path / searchable.id))


@pytest.mark.parametrize("name", ["catalogue.json", "search.json"])
@pytest.mark.parametrize("damage", ["gone", "empty", "half"])
def test_a_cut_folder_is_refused_in_one_sentence(copied: Path, name: str, damage: str) -> None:
    path = copied / name
    whole = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(whole[: len(whole) // 2 if damage == "half" else 0])
    with pytest.raises(SnapshotError, match=f"{copied.name} 不在或不完整，请运行 make setup"):
        load_snapshot(copied)


def test_vectors_that_do_not_fit_the_phrases_are_refused(copied: Path) -> None:
    count = len(json.loads((copied / "search.json").read_text("utf-8"))["phrases"])
    search = json.loads((copied / "search.json").read_text("utf-8"))
    (copied / "search.json").write_text(json.dumps({**search, "vectors": True}), "utf-8")
    vectors = copied / "vectors.npy"
    np.save(vectors, np.zeros((count, 4), dtype=np.float32))
    load_snapshot(copied)
    whole = vectors.read_bytes()
    vectors.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SnapshotError):
        load_snapshot(copied)
    np.save(vectors, np.zeros((count - 1, 4), dtype=np.float32))
    with pytest.raises(SnapshotError):
        load_snapshot(copied)
    vectors.unlink()
    with pytest.raises(SnapshotError):
        load_snapshot(copied)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="nowhere"):
        load_snapshot(tmp_path / "nowhere")


def test_a_catalogue_that_no_longer_fits_the_model_is_refused(copied: Path) -> None:
    path = copied / "catalogue.json"
    data = json.loads(path.read_text("utf-8"))
    next(iter(data["items"].values()))["surprise"] = True
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(SnapshotError):
        load_snapshot(copied)


def test_a_snapshot_in_memory_has_no_search(snapshot: Snapshot) -> None:
    with pytest.raises(SnapshotError, match="without a search index"):
        _ = snapshot.matcher


# In memory


def test_tables_are_made_once_for_every_entry(snapshot: Snapshot) -> None:
    fresh = compile_catalogue()
    assert list(fresh.tables) == [*fresh.catalogue.items, *fresh.catalogue.themes]
    assert len(fresh.tables) == len(list(fresh.tables))
    code = next(iter(fresh.tables))
    assert fresh.tables[code] is fresh.tables[code]
    with pytest.raises(KeyError):
        _ = fresh.tables["QY999"]


def test_what_make_setup_built_serves(built: Snapshot) -> None:
    """Its catalogue may be older than the files, but it is whole: notices, sites and search."""
    for code in built.tables:
        assert build_notice(built, code, {}).catalogue_version == built.id
    assert built.matcher.index.codes[:-1]
    assert set(built.matcher.index.codes[:-1]) == {*built.catalogue.items, *built.catalogue.themes}
    if built.vectors is not None:
        assert len(built.vectors) == len(built.matcher.index.phrases)
