"""Masks numbers that identify a person, before anything keeps or sends the text."""

from __future__ import annotations

import re
import unicodedata

_GAP = r"[ \-]?"
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ID = rf"(?<!\d)[1-9]\d{{5}}{_GAP}(?:18|19|20)\d{{2}}{_GAP}{_DAY}{_GAP}\d{{3}}[\dXx](?!\d)"
_OLD_ID = rf"(?<!\d)[1-9]\d{{5}}\d{{2}}{_DAY}\d{{3}}(?!\d)"
_PHONE = rf"(?<!\d)(?:\+?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)"
_CARD = rf"(?<!\d)\d{{4}}(?:{_GAP}\d{{4}}){{3}}(?:{_GAP}\d{{1,3}})?(?!\d)"

_KINDS = tuple(
    (re.compile(pattern), name)
    for pattern, name in ((_ID, "［身份证号］"), (_PHONE, "［手机号］"), (_CARD, "［卡号］"), (_OLD_ID, "［身份证号］"))
)


def mask_personal(text: str) -> str:
    """The text with ID, telephone and card numbers replaced by their kind. Full-width digits are read too."""
    plain = "".join(unicodedata.normalize("NFKC", char) if char.isdigit() else char for char in text)
    for pattern, name in _KINDS:
        plain = pattern.sub(name, plain)
    return plain
