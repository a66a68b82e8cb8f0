"""Facts that people tell without being asked, read for the entry they turn out to talk about."""

from __future__ import annotations

from collections.abc import Collection

from bot.hearing.options import find_option, read_number
from knowledge.facts import FactValue, entry_facts
from knowledge.snapshot import Snapshot


def volunteered(snapshot: Snapshot, code: str, normal: str, known: Collection[str] = ()) -> dict[str, FactValue]:
    """Facts of the entry that the normalised text states, except those in `known`. Raises KeyError."""
    found: dict[str, FactValue] = {}
    for fact_id, fact in entry_facts(snapshot, code).items():
        if fact_id in known:
            continue
        number = read_number(fact, normal) if any(char.isdigit() for char in normal) and len(normal) > 4 else None
        if number is not None:
            found[fact_id] = number
            continue
        option = find_option(fact.options, normal, near=False)
        if option is not None:
            found[fact_id] = option.id
    return found


def papers_in_hand(snapshot: Snapshot, normal: str) -> list[str]:
    """Ids of papers that the text names, the longest name winning where names overlap."""
    names = sorted(
        (
            (word, material_id)
            for material_id, material in snapshot.catalogue.materials.items()
            for word in (material.name, *material.says)
            if len(word) > 1
        ),
        key=lambda pair: -len(pair[0]),
    )
    found: list[str] = []
    for word, material_id in names:
        if word in normal:
            normal = normal.replace(word, " ")
            if material_id not in found:
                found.append(material_id)
    return found
