"""Writes the sample district's sites: 1 centre, 28 towns, 338 villages, with made-up names and unassigned telephones.

Deterministic: the same command writes the same file. The centre's windows are the ones the items name, one area a
department.

    python scripts/sample_sites.py            # writes knowledge/catalogue/sites.csv
"""

from __future__ import annotations

import csv
import io
import math
import random
import sys
from pathlib import Path

from knowledge.text import read_yaml

CATALOGUE = Path(__file__).resolve().parents[1] / "knowledge" / "catalogue"
SEED = 20230801
CENTRE = (30.0, 110.0)
TOWNS = (("示例", "街道", 8), ("样板", "镇", 16), ("样例", "乡", 4))
MARKS = ("", "东", "西", "南", "北", "中", "新", "老", "上", "下", "前", "后", "大", "小", "高", "平")
STREET_VILLAGES = (*(f"第{n}社区" for n in "一二三四五六七八九十"), "东社区", "西社区", "南社区")
RURAL_VILLAGES = tuple(f"{n}村" for n in "东西南北中上下新老前后河山")
VILLAGES = 338
OFFICE_HOURS = "周一至周五 9:00-12:00 13:30-17:00"
VILLAGE_HOURS = "周一至周五 9:00-12:00 14:00-17:00"
FLOORS = ("1楼", "2楼", "3楼", "4楼")
KM_A_DEGREE = 111.2
COLUMNS = ("id", "name", "level", "address", "phone", "hours", "lat", "lon", "parent", "windows", "confirmed_by")


def _around(draw: random.Random, centre: tuple[float, float], near_km: float, far_km: float) -> tuple[float, float]:
    """A point at a distance of `near_km` to `far_km` from `centre` (lat, lon in degrees)."""
    angle, distance = draw.uniform(0, 2 * math.pi), draw.uniform(near_km, far_km)
    lat = centre[0] + distance * math.sin(angle) / KM_A_DEGREE
    lon = centre[1] + distance * math.cos(angle) / (KM_A_DEGREE * math.cos(math.radians(centre[0])))
    return round(lat, 5), round(lon, 5)


def centre_windows(catalogue: Path = CATALOGUE) -> str:
    """`name@floor area` for every window that an item names at the centre, one area a department."""
    by_department: dict[str, set[str]] = {}
    for path in sorted((catalogue / "items").rglob("*.yml")):
        item = read_yaml(path)
        for place in item["places"]:
            if "center" in place["levels"]:
                by_department.setdefault(item["department"], set()).add(place["window"])
    areas: dict[str, str] = {}
    for n, (_, names) in enumerate(sorted(by_department.items())):
        for name in sorted(names):
            areas.setdefault(name, f"{FLOORS[n % len(FLOORS)]}{chr(65 + n // len(FLOORS))}区")
    return ";".join(f"{name}@{area}" for name, area in sorted(areas.items()))


def rows(windows: str) -> list[dict[str, str]]:
    """All sites, as rows of the CSV."""
    draw = random.Random(SEED)
    phones = iter(f"0000-8{n:06d}" for n in range(1, 1000))

    def row(site_id: str, name: str, level: str, address: str, at: tuple[float, float], parent: str) -> dict[str, str]:
        hours = VILLAGE_HOURS if level == "village" else OFFICE_HOURS
        return {
            "id": site_id, "name": name, "level": level, "address": address, "phone": next(phones), "hours": hours,
            "lat": f"{at[0]:.5f}", "lon": f"{at[1]:.5f}", "parent": parent,
            "windows": windows if level == "center" else "", "confirmed_by": "示例",
        }  # fmt: skip

    found = [row("center", "示例区政务服务中心", "center", "示例区示例大道1号", CENTRE, "")]
    villages: list[dict[str, str]] = []
    number = 0
    for stem, kind, count in TOWNS:
        for mark in MARKS[:count]:
            number += 1
            town = f"{stem}{mark}{kind}"
            at = _around(draw, CENTRE, 1, 5) if kind == "街道" else _around(draw, CENTRE, 7, 28)
            site_id = f"town_{number:02d}"
            found.append(row(site_id, f"{town}便民服务中心", "town", f"示例区{town}政府旁", at, "center"))
            names = STREET_VILLAGES if kind == "街道" else RURAL_VILLAGES
            for n in range(12 if number > VILLAGES - 28 * 12 else 13):
                where = _around(draw, at, 0.5, 4)
                villages.append(
                    row(f"village_{number:02d}{n + 1:02d}", f"{town}{names[n]}便民服务站", "village",
                        f"示例区{town}{names[n]}", where, site_id)
                )  # fmt: skip
    return [*found, *villages]


def main() -> None:
    """Write the file, aside first."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(centre_windows()))
    target = CATALOGUE / "sites.csv"
    aside = target.with_suffix(".tmp")
    aside.write_text(out.getvalue(), "utf-8")
    aside.replace(target)
    sys.stdout.write(f"{target.name}: {out.getvalue().count(chr(10)) - 1} sites\n")


if __name__ == "__main__":
    main()
