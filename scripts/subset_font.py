"""Makes the one font of pages and PDF: a subset of Noto Sans CJK SC Regular, named Daoban Sans.

    pip install fonttools
    python scripts/subset_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

The source is Debian's package fonts-noto-cjk. The subset holds GB 2312 (6,763 characters and its symbols), ASCII,
Latin-1, CJK punctuation, full-width forms, the signs named below, and every character of the catalogue, the wording
and the pages. Give further texts with --also, for a hall whose place names need rarer characters. Layout features are
cut to those a browser uses for kerning and for the width of punctuation; hints go, as nobody sees them at our sizes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "knowledge" / "notice" / "fonts" / "DaobanSans-Regular.otf"
FAMILY = "Daoban Sans"
SOURCE_FAMILY = "Noto Sans CJK SC"
MAX_BYTES = 5_000_000

SIGNS = "□✓→←↑↓⇒●○■▲△▼▽◆◇★☆※℃℉㎡㎥㎏㎜㎝㎞½¼¾‰€£¥™№℡☎–—―‘’“”…•·′″≤≥≠≈±×÷√∞㊣"
RANGES = (
    (0x20, 0x7E),  # ASCII
    (0xA0, 0xFF),  # Latin-1
    (0x2460, 0x2473),  # ① to ⑳
    (0x2160, 0x216B),  # Roman numbers
    (0x3000, 0x303F),  # CJK punctuation
    (0x3220, 0x3229),  # ㈠ to ㈩
    (0xFF01, 0xFF5E),  # full-width forms
)
TEXTS = ("knowledge/catalogue", "knowledge/notice", "bot/saying", "connectors/terminal", "intents")
SUFFIXES = {".yml", ".csv", ".html", ".txt", ".md", ".typ", ".py"}


def gb2312() -> set[int]:
    """Every character of GB 2312, from Python's own codec: rows 0xA1–0xF7, columns 0xA1–0xFE."""
    found: set[int] = set()
    for row in range(0xA1, 0xF8):
        for column in range(0xA1, 0xFF):
            found.update(map(ord, bytes((row, column)).decode("gb2312", "ignore")))
    return found


def characters(texts: Iterable[Path]) -> set[int]:
    """Code points the font should hold: the fixed sets and all that stands in `texts`, control characters left out."""
    wanted = gb2312() | set(map(ord, SIGNS))
    for low, high in RANGES:
        wanted.update(range(low, high + 1))
    for path in texts:
        wanted.update(map(ord, path.read_text("utf-8")))
    return {point for point in wanted if point >= 0x20}


def project_texts() -> list[Path]:
    """The project's files whose text a citizen or clerk may read."""
    return [path for name in TEXTS for path in sorted((ROOT / name).rglob("*")) if path.suffix in SUFFIXES]


def source_font(path: Path) -> TTFont:
    """The simplified Chinese face of the collection. Raises SystemExit where it holds none."""
    for font in TTCollection(path, lazy=True).fonts:
        if font["name"].getDebugName(1) == SOURCE_FAMILY:
            return font
    raise SystemExit(f"{path.name} holds no face {SOURCE_FAMILY}")


def rename(font: TTFont) -> None:
    """Give the subset its own name, so that nobody takes it for the whole font; copyright and licence stay."""
    names = {1: FAMILY, 2: "Regular", 3: f"{FAMILY} Regular", 4: FAMILY, 6: "DaobanSans-Regular"}
    table = font["name"]
    table.names = [record for record in table.names if record.langID == 0x409 and record.nameID in {0, 5, 13, 14}]
    for name_id, text in names.items():
        table.setName(text, name_id, 3, 1, 0x409)
    # The CFF table carries its own copy of the names.
    cff = font["CFF "].cff
    cff.fontNames = [names[6]]
    cff.topDictIndex[0].FullName = cff.topDictIndex[0].FamilyName = FAMILY


def main() -> None:
    """Write the subset, and say what of the wish the source lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="NotoSansCJK-Regular.ttc")
    parser.add_argument("--target", type=Path, default=TARGET, help="where to write the OpenType file")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="further texts whose characters are wanted")
    arguments = parser.parse_args()
    wanted = characters([*project_texts(), *arguments.also])
    font = source_font(arguments.source)
    lacking = "".join(map(chr, sorted(wanted - set(font.getBestCmap()))))
    options = Options()
    options.hinting = False
    options.desubroutinize = False
    options.layout_features = ["kern", "halt", "chws"]
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    options.name_IDs = ["*"]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    rename(font)
    arguments.target.parent.mkdir(parents=True, exist_ok=True)
    font.save(arguments.target)
    size = arguments.target.stat().st_size
    print(f"{arguments.target.name}: {len(font.getBestCmap())} characters, {size / 1e6:.2f} MB")
    print(f"not in the source: {lacking}")
    if size > MAX_BYTES:
        raise SystemExit(f"larger than {MAX_BYTES / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
