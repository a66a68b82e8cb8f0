"""Local values: each has its own key, reads back as it was filled in, and takes effect only when a hall signed."""

from __future__ import annotations

import datetime as dt

import pytest
from shipped_catalogue import shipped_snapshot

from knowledge.local import HallValue, Kind, LocalValueError, apply, local_values, read_value
from knowledge.notice import build_notice
from knowledge.snapshot import Snapshot

CATALOGUE = shipped_snapshot().catalogue
VALUES = local_values(CATALOGUE)
SIGNED = {"by": "王示例", "date": dt.date(2026, 11, 24)}


def test_every_local_value_has_a_key_of_its_own() -> None:
    keys = [value.key for value in VALUES]
    assert keys
    assert len(set(keys)) == len(keys)


def test_what_is_exported_can_be_read_back() -> None:
    for value in VALUES:
        assert value.about and value.value, value.key
        assert read_value(value.kind, value.value) is not None, value.key


def _site(**values: str) -> Snapshot:
    overlay = {key: HallValue(value=value, **SIGNED) for key, value in values.items()}  # type: ignore[arg-type]
    return Snapshot("test", apply(CATALOGUE, overlay), "真区")


def test_only_signed_values_hold_where_a_site_is_set() -> None:
    facts = {"hukou_place": "local", "age_16": "adult"}
    key = next(v.key for v in VALUES if v.code == "SH013" and v.kind == "promised")
    assert build_notice(_site(), "SH013", facts).time.promised is None
    promised = build_notice(_site(**{key: "7个工作日"}), "SH013", facts).time.promised
    assert promised is not None
    assert (promised.days, promised.unit) == (7, "working")


def test_a_hall_can_say_no() -> None:
    keys = {v.key: "否" for v in VALUES if v.kind in ("on_file", "deferrable") and v.code == "QY020"}
    assert keys
    notice = build_notice(_site(**keys), "QY020", {})
    assert not any(m.on_file or m.deferrable for m in notice.materials)


def test_a_signed_fee_and_window_are_printed() -> None:
    fee = next(v for v in VALUES if v.kind == "fee")
    window = next(v for v in VALUES if v.kind == "window" and v.code == fee.code)
    site = _site(**{fee.key: "15元", window.key: "3号窗口"})
    item = site.catalogue.items[fee.code]
    assert [line.amount for line in item.fee if line.confirmed and line.confirmed.by == "王示例"] == [15.0]
    assert [line.window for line in item.places if line.confirmed and line.confirmed.by == "王示例"] == ["3号窗口"]


@pytest.mark.parametrize(
    ("kind", "text", "change"),
    [
        ("on_file", "是", {}),
        ("on_file", "否", None),
        ("deferrable", "5", {"days": 5}),
        ("deferrable", "5天", {"days": 5}),
        ("deferrable", "否", None),
        ("promised", "当场", {"days": 0, "unit": "immediate"}),
        ("promised", "3个工作日", {"days": 3, "unit": "working"}),
        ("promised", "10天", {"days": 10, "unit": "calendar"}),
        ("fee", "免费", {"free": True, "amount": None, "text": "不收费。"}),
        ("fee", "12.5元", {"free": False, "amount": 12.5, "text": "12.5元。"}),
        ("window", " 3号窗口 ", {"window": "3号窗口"}),
        ("post", "是", {}),
    ],
)
def test_values_as_people_fill_them_in(kind: Kind, text: str, change: dict[str, object] | None) -> None:
    assert read_value(kind, text) == change


@pytest.mark.parametrize(
    ("kind", "text"),
    [("on_file", "也许"), ("deferrable", "0天"), ("promised", "很快"), ("fee", "贵"), ("window", " "), ("post", "")],
)
def test_a_value_nobody_can_read_says_how_to_fill_it_in(kind: Kind, text: str) -> None:
    with pytest.raises(LocalValueError, match="填"):
        read_value(kind, text)
