"""Reads the catalogue's files. Every error names the file, the line and the fix."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from knowledge.definitions import Fact, Law, Material
from knowledge.model import Catalogue, Department, Item, Site, Theme

ROOT = Path(__file__).resolve().parent / "catalogue"

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Model = TypeVar("_Model", bound=BaseModel)


class CatalogueError(Exception):
    """One or more mistakes in the catalogue's files, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def line_of(text: str, path: tuple[Any, ...]) -> int:
    """The line (from 1) where the node at `path` stands; the nearest parent's where it is missing."""
    node = yaml.compose(text, Loader=_Loader)
    line = 1
    for key in path:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(key)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _duplicate_keys(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """Top-level keys that stand twice: YAML would silently keep the last."""
    seen: set[str] = set()
    if isinstance(node, yaml.MappingNode):
        for key, _ in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)


def _read(path: Path, make: Callable[[Any], Any], problems: list[str]) -> Any:
    """Parse and validate one YAML file; append what is wrong to `problems` and return None then."""
    text = path.read_text(encoding="utf-8")
    where = path.name
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        for line, key in _duplicate_keys(node):
            problems.append(f"{where}:{line}: '{key}' stands twice; keep one")
        return make(loader.construct_document(node) if node else None)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problems.append(f"{where}:{line}: not valid YAML ({getattr(error, 'problem', None) or error}); mend the syntax")
    except ValidationError as error:
        for one in error.errors():
            path_in_file = tuple(one["loc"])
            shown = ".".join(str(part) for part in path_in_file)
            problems.append(f"{where}:{line_of(text, path_in_file)}: {shown}: {one['msg']}")
    return None


def _mapping(model: type[_Model]) -> Callable[[Any], dict[str, _Model]]:
    adapter: TypeAdapter[dict[str, _Model]] = TypeAdapter(dict[str, model])  # type: ignore[valid-type]
    return lambda data: adapter.validate_python(data or {})


def _read_entries(folder: Path, model: type[_Model], problems: list[str]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for path in sorted(folder.rglob("*.yml")):
        entry: Any = _read(path, model.model_validate, problems)
        if entry is None:
            continue
        if entry.code != path.stem:
            problems.append(f"{path.name}:1: holds code {entry.code}; rename the file or mend the code")
        if isinstance(entry, Item) and entry.handbook != path.parent.name:
            problems.append(f"{path.name}:1: handbook {entry.handbook} but stands in {path.parent.name}/; move it")
        entries[entry.code] = entry
    return entries


def _read_sites(path: Path, problems: list[str]) -> list[Site]:
    sites = []
    for number, row in enumerate(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))), start=2):
        try:
            sites.append(Site.model_validate(row))
        except ValidationError as error:
            problems.extend(f"{path.name}:{number}: {one['loc'][-1]}: {one['msg']}" for one in error.errors())
    return sites


def load_catalogue(root: Path = ROOT) -> Catalogue:
    """Read and validate every file under `root`.

    Raises CatalogueError with one sentence for each mistake found in the files' form. What the lines mean together
    is `knowledge.check`'s business.
    """
    problems: list[str] = []
    shared = {
        name: _read(root / f"{name}.yml", _mapping(model), problems)
        for name, model in (("facts", Fact), ("materials", Material), ("laws", Law), ("departments", Department))
    }
    catalogue = {
        **shared,
        "sites": _read_sites(root / "sites.csv", problems),
        "items": _read_entries(root / "items", Item, problems),
        "themes": _read_entries(root / "themes", Theme, problems),
    }
    if problems:
        raise CatalogueError(problems)
    return Catalogue.model_construct(**catalogue)
