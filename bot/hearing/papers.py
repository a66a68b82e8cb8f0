"""Papers that a sentence names, read for the entry that is talked about."""

from __future__ import annotations

import re

from knowledge.model import Theme
from knowledge.snapshot import Snapshot

_ASKED = r"(?!啥|什么|哪|吗|不|几)"
_LACKING = re.compile(rf"(?<![了够齐好])没|忘|丢|缺{_ASKED}|(?<![多至])少|不见|不在|找不|还差{_ASKED}|掉了")
"""A sentence that says so does not tell what somebody holds."""

_HOLDS = re.compile(r"有了|手上有|手里有|带了|带着|带齐|够不够|够了|够吗|够不|还差|还缺")


_HAS = re.compile(r"有|带|齐|备|拿着|拿到|手上|手里|办好|办了|开好|开了|在我这")
"""Without such a word a paper that is named is not held: 要房产证不 asks for it, 农村户口的 tells something else."""

_WANTED = re.compile(r"要不要|用不用|需不需要|要.{0,12}不$|要.{0,12}吗$|行不行|可以吗$|能不能")


def asks_if_enough(snapshot: Snapshot, code: str, normal: str) -> bool:
    """Whether the text names papers of the entry as held: 健康证我有了 asks what is missing, not for a new 健康证."""
    if not _HOLDS.search(normal):
        return False
    return not papers_of(snapshot, code).isdisjoint(papers_in_hand(snapshot, code, normal))


def papers_in_hand(snapshot: Snapshot, code: str, normal: str) -> list[str]:
    """Ids of papers that the text says one holds. Raises KeyError for an unknown code."""
    if _LACKING.search(normal) or _WANTED.search(normal) or not _HAS.search(normal):
        return []
    return papers_named(snapshot, code, normal)


def asks_for_papers(normal: str) -> bool:
    """Whether papers are asked about by name, 要房产证不, and not which ones there are."""
    return bool(_WANTED.search(normal)) and not re.search(r"什么|啥|哪些", normal)


def papers_named(snapshot: Snapshot, code: str, normal: str) -> list[str]:
    """Ids of papers that stand in the text, the longest name winning where names overlap.

    A name that several papers have, as 备案表, means the entry's own.
    """
    own = papers_of(snapshot, code)
    found: dict[str, None] = {}
    for word, ids in snapshot.paper_words.items():
        if word in normal:
            normal = normal.replace(word, " ")
            found[next((one for one in ids if one in own), ids[0])] = None
    return list(found)


def papers_of(snapshot: Snapshot, code: str) -> set[str]:
    """Ids of all papers that some case of the entry, or of a theme's items, may want."""
    entry = snapshot.catalogue.entry(code)
    items = [snapshot.catalogue.items[one.item] for one in entry.plan] if isinstance(entry, Theme) else [entry]
    return {line.id for item in items for line in item.materials}
