"""Compiles the catalogue into an immutable, content-addressed snapshot, and loads one.

A snapshot folder holds all that serving needs: the catalogue, the phrases, their vectors and the calibration. It is
named by the hash of what it is made from, built aside and renamed, and never changed afterwards.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.cases import CaseTable, item_table, theme_table
from knowledge.catalogue_files import ROOT, load_catalogue
from knowledge.definitions import SAMPLE_SITE
from knowledge.local import Overlay, apply
from knowledge.model import Catalogue, Site
from knowledge.text import INTENTS, normalise

if TYPE_CHECKING:
    from knowledge.search.answers import Answers
    from knowledge.search.index import Floats, Index
    from knowledge.search.matcher import Matcher
    from knowledge.search.sentences import SentenceHead

FORMAT = 9
"""Raised when the folder's layout or what is computed into it changes."""


class SnapshotError(Exception):
    """A snapshot that is not there or not whole."""


class Tables(Mapping[str, CaseTable]):
    """The case tables of a catalogue, each made when it is first used."""

    def __init__(self, catalogue: Catalogue, site: str | None) -> None:
        self._catalogue, self._site = catalogue, site
        self._made: dict[str, CaseTable] = {}

    def __getitem__(self, code: str) -> CaseTable:
        if code not in self._made:
            if code in self._catalogue.themes:
                self._made[code] = theme_table(self._catalogue, self._catalogue.themes[code], self)
            else:
                self._made[code] = item_table(self._catalogue, self._catalogue.items[code], self._site)
        return self._made[code]

    def __iter__(self) -> Iterator[str]:
        yield from self._catalogue.items
        yield from self._catalogue.themes

    def __len__(self) -> int:
        return len(self._catalogue.items) + len(self._catalogue.themes)


@dataclass(frozen=True)
class Snapshot:
    """One version of the catalogue, ready to serve. `site` None is the sample, 示例区."""

    id: str
    catalogue: Catalogue
    site: str | None
    folder: Path | None = None

    @cached_property
    def tables(self) -> Tables:
        """Case tables by code."""
        return Tables(self.catalogue, self.site)

    @cached_property
    def sites(self) -> list[Site]:
        """The sites that may be shown: the sample's own only where no site is set."""
        return [site for site in self.catalogue.sites if self.site is None or site.confirmed_by != SAMPLE_SITE]

    @cached_property
    def paper_words(self) -> dict[str, list[str]]:
        """What people call papers → the ids it may mean, the longest word first."""
        found: dict[str, list[str]] = {}
        for material_id, material in self.catalogue.materials.items():
            for word in dict.fromkeys((material.name, *material.says)):
                if len(word) > 1:
                    found.setdefault(word, []).append(material_id)
        return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))

    @cached_property
    def matcher(self) -> Matcher:
        """The search index with its calibration. Raises SnapshotError for a snapshot made in memory."""
        from knowledge.search.homophones import Lexicon
        from knowledge.search.matcher import Calibration, Matcher

        if self.folder is None:
            raise SnapshotError("this snapshot was made without a search index")
        stored = json.loads((self.folder / "search.json").read_text("utf-8"))
        index = _index(stored, self.vectors)
        calibration = Calibration.model_validate(stored["calibration"])
        head = self._head("entries")
        lexicon = Lexicon.model_validate(stored["lexicon"])
        names, several = stored["aliases"], stored["ambiguous"]
        return Matcher(index, names, calibration, head, several, self.catalogue.themes, lexicon)

    @cached_property
    def acts(self) -> SentenceHead | None:
        """Reads the act from a sentence's vector; None where the snapshot was built without the model."""
        return self._head("acts")

    @cached_property
    def answers(self) -> Answers | None:
        """Reads which option a sentence implies; None where the snapshot was built without the model."""
        from knowledge.search.answers import Answers

        path = self.folder / "answers.npz" if self.folder else None
        return Answers.load(path) if path and path.exists() else None

    def _head(self, name: str) -> SentenceHead | None:
        from knowledge.search.sentences import SentenceHead

        path = self.folder / f"{name}.npz" if self.folder else None
        return SentenceHead.load(path) if path and path.exists() else None

    @cached_property
    def vectors(self) -> Floats | None:
        """The phrases' vectors, or None where the snapshot was built without the model."""
        path = self.folder / "vectors.npy" if self.folder else None
        return np.load(path) if path and path.exists() else None


def _index(stored: dict[str, Any], vectors: Floats | None) -> Index:
    from knowledge.search.index import Index
    from knowledge.search.phrases import Phrase

    return Index([Phrase(*row) for row in stored["phrases"]], stored["words"], vectors)


def sources() -> list[Path]:
    """Every file a snapshot is made from, in a fixed order: the content, and the code that is computed into it."""
    catalogue = [path for path in ROOT.rglob("*") if path.suffix in {".yml", ".csv"}]
    here = Path(__file__).parent
    code = [*(here / "search").glob("*.*"), here / "text.py", here / "model.py", here / "definitions.py"]
    return sorted(catalogue) + sorted(INTENTS.rglob("*.yml")) + sorted(code)


def snapshot_id(model_id: str) -> str:
    """The content address: 12 hex digits of the SHA-256 of all sources, the format and the embedding model."""
    digest = hashlib.sha256(f"{FORMAT}\n{model_id}\n".encode())
    base = ROOT.parent.parent
    for path in sources():
        digest.update(f"{path.relative_to(base)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def compile_catalogue(site: str | None = None) -> Snapshot:
    """The catalogue in memory, without search: for checks, notices and tests. Raises CatalogueError."""
    return Snapshot(snapshot_id(""), load_catalogue(), site)


def build_snapshot(
    folder: Path, model_id: str, encode: Callable[[list[str]], Floats] | None, report: Callable[[str], None] = print
) -> Path:
    """Build the snapshot of the present sources under `folder`, or find it built.

    `encode` turns texts into vectors [n, d], L2-normalised; None leaves the vectors out. Raises CatalogueError.
    """
    from knowledge.search.answers import answer_sentences, learn_answers, read_answers
    from knowledge.search.homophones import learn
    from knowledge.search.index import Index
    from knowledge.search.matcher import calibrate, fit_entry_head
    from knowledge.search.phrases import aliases, ambiguous_words, indexed_phrases, labelled_acts, read_phrase_files
    from knowledge.search.sentences import fit_head

    name = snapshot_id(model_id if encode else "")
    target = folder / name
    if target.exists():
        return target
    catalogue = load_catalogue()
    files = read_phrase_files()
    phrases = indexed_phrases(catalogue, files)
    names = aliases(catalogue, files)
    words = sorted(
        {word for fact in catalogue.facts.values() for option in fact.options for word in option.says}
        | {word for material in catalogue.materials.values() for word in (material.name, *material.says)}
        | set(names)
    )
    labels = {option.label for fact in catalogue.facts.values() for option in fact.options}
    known = sorted({normalise(word) for word in (*words, *labels)})
    report(f"编目录：{len(catalogue.items)} 个事项，{len(catalogue.themes)} 个套餐，{len(phrases)} 句说法")
    vectors = encode([phrase.text for phrase in phrases]) if encode else None
    acts = labelled_acts()
    heads = {"acts": fit_head(encode([text for _, text in acts]), [act for act, _ in acts])} if encode else {}
    told = list(answer_sentences(catalogue, read_answers()))
    likeness = learn_answers(told, encode([text for _, _, text in told])) if encode else None
    index = Index(phrases, words, vectors)
    if vectors is not None:
        heads["entries"] = fit_entry_head(index, vectors, all_phrases=True)
    calibration = calibrate(index, names, vectors)
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=folder))
    try:
        (aside / "catalogue.json").write_text(catalogue.model_dump_json(), "utf-8")
        search = {
            "phrases": [[phrase.code, phrase.text, phrase.group] for phrase in phrases],
            "words": words,
            "aliases": names,
            "ambiguous": ambiguous_words(),
            "lexicon": learn(map(index.tokenizer.words, [*(one.text for one in phrases), *known]), known).model_dump(),
            "calibration": calibration.model_dump(),
            "vectors": vectors is not None,
        }
        (aside / "search.json").write_text(json.dumps(search, ensure_ascii=False), "utf-8")
        if vectors is not None:
            np.save(aside / "vectors.npy", vectors)
        if likeness is not None:
            likeness.save(aside / "answers.npz")
        for part, head in heads.items():
            head.save(aside / f"{part}.npz")
        aside.chmod(0o755)
        aside.replace(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _check_search(folder: Path) -> None:
    """Raises OSError or ValueError where the search files are not whole: else only the first search would tell."""
    search = json.loads((folder / "search.json").read_text("utf-8"))
    vectors = folder / "vectors.npy"
    if search["vectors"] and len(np.load(vectors, mmap_mode="r")) != len(search["phrases"]):
        raise ValueError("another number of vectors than of phrases")


def load_snapshot(folder: Path, site: str | None = None, overlay: Overlay | None = None) -> Snapshot:
    """Load a built snapshot with the hall's own values over it. Raises SnapshotError where it is not there or whole."""
    try:
        catalogue = Catalogue.model_validate_json((folder / "catalogue.json").read_text("utf-8"))
        _check_search(folder)
    except (OSError, ValueError, KeyError) as error:
        raise SnapshotError(f"目录快照 {folder.name} 不在或不完整，请运行 make setup。") from error
    return Snapshot(folder.name, apply(catalogue, overlay) if overlay else catalogue, site, folder)
