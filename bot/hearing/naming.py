"""Whether a sentence names something that another entry is about and the one in hand is not: 护照 within 身份证补领."""

from __future__ import annotations

import re

from bot.hearing.papers import papers_of
from knowledge.facts import entry_facts
from knowledge.search import Match
from knowledge.snapshot import Snapshot

SHORTEST, LONGEST = 2, 6

LIKELY = 0.5
"""Of an entry less likely than this no name is looked for."""

_GENERAL = re.compile(
    r"办理|登记|申请|申报|证明|手续|材料|补办|换领|补领|变更|注销|备案|审批|许可|核发|全套|怎么|多少|时间|几天|邮寄|代办|办证"
    r"|依据|法律|条件|银行|打卡|网上|预约|窗口|大厅|地址|费用|免费|可以|需要|去办|来办|能办|要办|证件|领取|查询|新办|续期|个人|单位|家里|我要|没有|不用"
)
"""What is said of any entry names none."""


def names_another(snapshot: Snapshot, current: str, match: Match, normal: str) -> bool:
    """Whether the text holds a word of the likeliest entry's names that nothing about `current` has."""
    if not match.candidates or match.candidates[0].score < LIKELY or match.candidates[0].code == current:
        return False
    here = _words_of(snapshot, current)
    return any(word not in here for word in _shared(normal, _names(snapshot, match.candidates[0].code)))


def _names(snapshot: Snapshot, code: str) -> list[str]:
    """An entry's names and aliases."""
    entry = snapshot.catalogue.entry(code)
    aliases = [alias for alias, of in snapshot.matcher.aliases.items() if of == code]
    return [entry.name, entry.plain_name, *aliases]


def _shared(normal: str, names: list[str]) -> set[str]:
    """Stretches of the text that stand in one of the names, general words taken out first."""
    found = set()
    for part in _GENERAL.sub(" ", normal).split():
        for begin in range(len(part) - SHORTEST + 1):
            for end in range(begin + SHORTEST, min(begin + LONGEST, len(part)) + 1):
                if any(part[begin:end] in name for name in names):
                    found.add(part[begin:end])
    return found


def _words_of(snapshot: Snapshot, code: str) -> str:
    """All that is said about an entry: its names, its papers, its questions and their options."""
    entry = snapshot.catalogue.entry(code)
    parts = [*_names(snapshot, code), entry.tells_apart, entry.summary]
    for paper in papers_of(snapshot, code):
        material = snapshot.catalogue.materials[paper]
        parts += [material.name, *material.says]
    for fact in entry_facts(snapshot, code).values():
        parts.append(fact.ask)
        for option in fact.options:
            parts += [option.label, option.means, *option.says]
    return "\n".join(parts)
