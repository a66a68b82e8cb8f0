"""Places that a sentence names."""

from __future__ import annotations

import re

from knowledge.model import Site
from knowledge.snapshot import Snapshot

_CAN_BE_DONE = re.compile(r"能办|可以办|能不能办|可不可以办|办得了|办不办得|能办理|可以办理|受理")
_NEAR_HOME = re.compile(
    r"(?:村|镇|乡|社区|街道|居委会?|村委会?)(?:里|上|头|那边|这边)?(?:也|就)?(?:能|可以|可不可以|办)"
)


def site_named(snapshot: Snapshot, normal: str) -> Site | None:
    """The first site whose place the text names, e.g. 样板镇."""
    for site in snapshot.sites:
        place = site.name.split("便民")[0].split("政务")[0]
        if site.level != "center" and place and place in normal:
            return site
    return None


def asks_where(snapshot: Snapshot, normal: str) -> bool:
    """Whether 能办不 is asked of a place: 样板镇能办不, 村里能不能办."""
    if not _CAN_BE_DONE.search(normal):
        return False
    return _NEAR_HOME.search(normal) is not None or site_named(snapshot, normal) is not None
