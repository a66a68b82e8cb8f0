"""Local values: what a hall must confirm before it is printed as true, and the hall's own values laid over the sample.

A local value is named by a key that survives reordering: `SH013.materials.hukou_book.on_file@hukou_place=local`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from knowledge.definitions import SAMPLE_SITE, Confirmation, When
from knowledge.model import Catalogue, Item, Line

Kind: TypeAlias = Literal["on_file", "deferrable", "promised", "fee", "window", "post"]

KIND_NAMES: Mapping[Kind, str] = {
    "on_file": "能不能免提交",
    "deferrable": "能不能晚交几天",
    "promised": "承诺几天办好",
    "fee": "收多少钱",
    "window": "在哪个窗口",
    "post": "能不能邮寄",
}

HOW_TO_FILL: Mapping[Kind, str] = {
    "on_file": "填“是”或“否”",
    "deferrable": "填天数，不能晚交填“否”",
    "promised": "填如“5个工作日”“7天”“当场”",
    "fee": "填元数，不收填“免费”，说不成一个数的写一句话",
    "window": "填窗口名称",
    "post": "填“是”或“否”",
}

_PARTS: Mapping[Kind, str] = {
    "on_file": "materials",
    "deferrable": "materials",
    "promised": "time",
    "fee": "fee",
    "window": "places",
    "post": "delivery",
}

_SENTENCE = 6
_DAYS = re.compile(r"^(\d{1,3})\s*(个?工作日|天|日)$")


class LocalValueError(ValueError):
    """A value that cannot be read; the sentence says how to fill it in."""


class HallValue(BaseModel):
    """One value as a hall confirmed it: the text they filled in, who signed, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: str
    by: str
    date: dt.date


Overlay: TypeAlias = Mapping[str, HallValue]
"""Key → what the hall says."""


@dataclass(frozen=True)
class LocalValue:
    """A local value of the catalogue as it stands; `about` says what it is about, in words."""

    key: str
    code: str
    item: str
    department: str
    kind: Kind
    about: str
    value: str
    confirmation: Confirmation | None

    @property
    def open(self) -> bool:
        """Whether no hall has confirmed it."""
        return self.confirmation is None or self.confirmation.by == SAMPLE_SITE


def _suffix(when: When) -> str:
    parts = ",".join(f"{fact}={'|'.join(sorted(options))}" for fact, options in sorted(when.items()))
    return f"@{parts}" if parts else ""


def _lines(item: Item) -> Iterator[tuple[str, Kind, int, Line]]:
    """Every line that may hold a local value: its key, kind, index in its part, and the line."""
    kinds: tuple[Kind, ...] = ("on_file", "deferrable", "promised", "fee", "window", "post")
    for kind in kinds:
        part = _PARTS[kind]
        seen: dict[str, int] = {}
        for n, line in enumerate(getattr(item, part)):
            paper = f".{line.id}" if part == "materials" else ""
            key = f"{item.code}.{part}{paper}.{kind}{_suffix(line.when)}"
            seen[key] = seen.get(key, 0) + 1
            yield (key if seen[key] == 1 else f"{key}#{seen[key]}"), kind, n, line


def _present(kind: Kind, line: Any) -> tuple[str, Confirmation | None] | None:
    """The value as one would fill it in, and its confirmation; None where the line has no local value."""
    if kind == "on_file":
        return ("是", line.on_file.confirmed) if line.on_file else None
    if kind == "deferrable":
        return (f"{line.deferrable.days}天", line.deferrable.confirmed) if line.deferrable else None
    if kind == "promised":
        return (_days_words(line.promised.days, line.promised.unit), line.promised.confirmed) if line.promised else None
    if kind == "fee":
        return (
            ("免费" if line.free else f"{line.amount:g}元" if line.amount else line.text, line.confirmed)
            if (line.local)
            else None
        )
    if kind == "window":
        return line.window, line.confirmed
    return ("是", line.confirmed) if line.post else None


def _days_words(days: int, unit: str) -> str:
    if unit == "immediate" or days == 0:
        return "当场"
    return f"{days}个工作日" if unit == "working" else f"{days}天"


def local_values(catalogue: Catalogue) -> list[LocalValue]:
    """Every local value of the catalogue, in the order of the items."""
    found = []
    for item in catalogue.items.values():
        for key, kind, _, line in _lines(item):
            present = _present(kind, line)
            if present is None:
                continue
            paper = catalogue.materials[line.id].name if hasattr(line, "id") else ""
            about = "，".join(
                part for part in (KIND_NAMES[kind], paper, _when_words(catalogue, item, line.when)) if part
            )
            found.append(LocalValue(key, item.code, item.name, item.department, kind, about, *present))
    return found


def _when_words(catalogue: Catalogue, item: Item, when: When) -> str:
    clauses = []
    for fact_id, options in when.items():
        fact = catalogue.fact(item, fact_id)
        clauses.append("或".join(option.means for option in fact.options if option.id in options))
    return "、".join(clauses)


def read_value(kind: Kind, text: str) -> dict[str, Any] | None:
    """What a filled-in value changes in its line; None takes the value out (否). Raises LocalValueError."""
    plain = text.strip()
    if kind in ("on_file", "post"):
        if plain not in ("是", "否"):
            raise LocalValueError(f"“{plain}”看不懂，{HOW_TO_FILL[kind]}。")
        return {} if plain == "是" else None
    if kind == "window":
        if not plain:
            raise LocalValueError(f"窗口是空的，{HOW_TO_FILL[kind]}。")
        return {"window": plain}
    if kind == "fee":
        return _read_fee(plain)
    if kind == "deferrable" and plain == "否":
        return None
    if kind == "promised" and plain in ("当场", "当场办结"):
        return {"days": 0, "unit": "immediate"}
    days = _DAYS.match(plain if not plain.isdigit() else f"{plain}天")
    if not days or (kind == "deferrable" and int(days.group(1)) == 0):
        raise LocalValueError(f"“{plain}”看不懂，{HOW_TO_FILL[kind]}。")
    unit = "working" if "工作日" in days.group(2) else "calendar"
    return {"days": int(days.group(1))} | ({"unit": unit} if kind == "promised" else {})


def _read_fee(plain: str) -> dict[str, Any]:
    if plain in ("免费", "不收费", "0", "0元"):
        return {"free": True, "amount": None, "text": "不收费。"}
    amount = re.match(r"^(\d+(?:\.\d{1,2})?)\s*元?$", plain)
    if amount is None and len(plain) >= _SENTENCE:
        return {"free": False, "amount": None, "text": plain}  # what no single amount says
    if amount is None:
        raise LocalValueError(f"“{plain}”看不懂，{HOW_TO_FILL['fee']}。")
    return {"free": False, "amount": float(amount.group(1)), "text": f"{float(amount.group(1)):g}元。"}


def apply(catalogue: Catalogue, overlay: Overlay) -> Catalogue:
    """The catalogue with the hall's values in place of the sample's. Keys that no longer exist are left out."""
    items = {code: _apply_item(item, overlay) for code, item in catalogue.items.items()}
    return catalogue.model_copy(update={"items": items})


def _apply_item(item: Item, overlay: Overlay) -> Item:
    parts: dict[str, list[Any]] = {}
    for key, kind, n, line in _lines(item):
        if key not in overlay or _present(kind, line) is None:
            continue
        lines = parts.setdefault(_PARTS[kind], list(getattr(item, _PARTS[kind])))
        lines[n] = _changed(kind, lines[n], overlay[key])
    return item.model_copy(update=parts) if parts else item


def _changed(kind: Kind, line: Any, said: HallValue) -> Any:
    change = read_value(kind, said.value)
    signed = {"confirmed": Confirmation(by=said.by, date=said.date)}
    if kind in ("on_file", "deferrable", "promised"):
        old = getattr(line, kind)
        return line.model_copy(update={kind: None if change is None else old.model_copy(update=change | signed)})
    if kind == "post":
        return line.model_copy(update=signed if change is not None else {"post": False, "text": "到窗口领。"} | signed)
    return line.model_copy(update=(change or {}) | signed)
