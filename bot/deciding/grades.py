"""The five grades of 好差评 (国办发〔2019〕51号), best first."""

from __future__ import annotations

GRADES = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}

DISSATISFIED = 2
"""From this grade down a person looks at what went wrong."""

_SAID = {
    **{words: grade for grade, words in GRADES.items()},
    "很满意": 5, "五星": 5, "五颗星": 5, "满分": 5, "好评": 5, "不太满意": 2, "不大满意": 2, "很不满意": 1, "差评": 1,
    "一星": 1, "一颗星": 1, "太差": 1,
}  # fmt: skip


def grade_said(normal: str) -> int | None:
    """The grade a text gives, by its longest words; None where it only wants to rate."""
    plain = normal.replace(" ", "")
    found = [words for words in _SAID if words in plain]
    return _SAID[max(found, key=len)] if found else None
