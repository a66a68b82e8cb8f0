"""Counts what the catalogue holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from knowledge.cases import CaseTable
from knowledge.definitions import SAMPLE_SITE, Confirmation, Strict
from knowledge.model import Item
from knowledge.search.phrases import read_phrase_files
from knowledge.snapshot import Snapshot


@dataclass
class EntryStats:
    """One item or theme."""

    code: str
    name: str
    cases: int
    combinations: int
    phrases: int


@dataclass
class HandbookStats:
    """One handbook's items together."""

    items: int = 0
    cases: int = 0
    phrases: int = 0


@dataclass
class Stats:
    """The whole catalogue. `cases` counts items only: what differs in papers, place, time, fee or who must come.

    Delegable is what nothing binds to the centre (`center_only`). `reach` counts items by how far one may go for them,
    `levels` by where they are handled, `sites` the sites.
    """

    items: int
    themes: int
    cases: int
    combinations: int
    materials: int
    shared_materials: int
    phrases: int
    local_values: int
    sample_values: int
    delegable: int
    delegable_at_towns: int
    reach: dict[str, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    sites: dict[str, int] = field(default_factory=dict)
    handbooks: dict[str, HandbookStats] = field(default_factory=dict)
    entries: list[EntryStats] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def distinct_cases(table: CaseTable) -> int:
    """Cases that differ in papers, place, time, fee, who must come, or in that they end without an application."""
    return len({content.core for content in table.contents})


def _confirmations(value: object) -> list[Confirmation]:
    """Every confirmation inside a catalogue value."""
    if isinstance(value, Confirmation):
        return [value]
    if isinstance(value, Strict):
        return [one for name in type(value).model_fields for one in _confirmations(getattr(value, name))]
    if isinstance(value, list):
        return [one for part in value for one in _confirmations(part)]
    return []


def _levels(item: Item) -> set[str]:
    return {level for place in item.places for level in place.levels}


def catalogue_stats(snapshot: Snapshot) -> Stats:
    """Count everything in `snapshot`."""
    catalogue, files = snapshot.catalogue, read_phrase_files()
    uses = Counter(paper for item in catalogue.items.values() for paper in {line.id for line in item.materials})
    confirmed = [one for item in catalogue.items.values() for one in _confirmations(item)]
    entries: list[EntryStats] = []
    handbooks: dict[str, HandbookStats] = {}
    for entry in catalogue.entries():
        table = snapshot.tables[entry.code]
        own = files.get(entry.code)
        phrases = sum(len(one) for one in own.phrases.values()) if own else 0
        row = EntryStats(entry.code, entry.name, distinct_cases(table), len(table.assignments()), phrases)
        entries.append(row)
        if isinstance(entry, Item):
            book = handbooks.setdefault(entry.handbook, HandbookStats())
            book.items, book.cases, book.phrases = book.items + 1, book.cases + row.cases, book.phrases + phrases
    items = [row for row in entries if row.code in catalogue.items]
    delegable = [item for item in catalogue.items.values() if not item.center_only]
    return Stats(
        items=len(catalogue.items),
        themes=len(catalogue.themes),
        cases=sum(row.cases for row in items),
        combinations=sum(row.combinations for row in items),
        materials=len(uses),
        shared_materials=sum(count > 1 for count in uses.values()),
        phrases=sum(row.phrases for row in entries),
        local_values=len(confirmed),
        sample_values=sum(one.by == SAMPLE_SITE for one in confirmed),
        delegable=len(delegable),
        delegable_at_towns=sum(bool(_levels(item) & {"town", "village"}) for item in delegable),
        reach=dict(Counter(item.reach for item in catalogue.items.values())),
        levels=dict(Counter(level for item in catalogue.items.values() for level in _levels(item))),
        sites=dict(Counter(site.level for site in catalogue.sites)),
        handbooks=handbooks,
        entries=entries,
    )
