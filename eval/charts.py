"""Curves of the report, as inline SVG: a page that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _EDGE = 520, 340, 52, 44, 14
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def risk_curve(
    curve: Sequence[Mapping[str, float]], bars: Mapping[str, float], answered: Mapping[str, float | None]
) -> Markup:
    """Risk over coverage; where each bar cuts the curve; and what the matcher does with all its rules."""
    highest = max([0.05, *(one["risk"] for one in curve), answered["risk"] or 0.0])
    top = math.ceil(highest * 10) / 10
    line = " ".join(_at(one["coverage"], one["risk"] / top) for one in curve)
    parts = [f'<polyline class="line" points="{line}"/>']
    for name, bar in bars.items():
        above = [one for one in curve if one["bar"] >= bar]
        if above:
            x, y = _at(above[-1]["coverage"], above[-1]["risk"] / top).split(",")
            parts.append(f'<path class="mark" d="M{x} {_y(0)}V{y}"/><circle class="dot" cx="{x}" cy="{y}" r="4"/>')
            parts.append(f'<text x="{float(x) - 5:.1f}" y="{float(y) - 8:.1f}" text-anchor="end">{name} ≥ {bar}</text>')
    if answered["coverage"] is not None and answered["risk"] is not None:
        x, y = _at(answered["coverage"], answered["risk"] / top).split(",")
        parts.append(f'<circle class="here" cx="{x}" cy="{y}" r="5"/>')
        parts.append(f'<text x="{float(x) + 9:.1f}" y="{float(y) + 15:.1f}">answered</text>')
    return _plot("coverage: share answered", "risk: share wrong of these", parts, top)


def reliability(bins: Sequence[Mapping[str, float]]) -> Markup:
    """How often each bin's first candidate was right, over what its score said; the diagonal is perfect."""
    line = " ".join(_at(one["said"], one["was"]) for one in bins)
    parts = [f'<path class="mark" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>', f'<polyline class="line" points="{line}"/>']
    for one in bins:
        x, y = _at(one["said"], one["was"]).split(",")
        parts.append(f'<circle class="dot" cx="{x}" cy="{y}" r="4"><title>{one["n"]} rows</title></circle>')
    return _plot("said: mean score", "was: share right", parts, 1.0)


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _EDGE)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _EDGE)


def _at(across: float, up: float) -> str:
    return f"{_x(across):.1f},{_y(up):.1f}"


def _plot(across: str, up: str, parts: Iterable[str], top: float) -> Markup:
    """Axes from 0 to 1, upwards to `top`, with what stands in them. All of it is ours: numbers and fixed words."""
    drawn = []
    for tick in _TICKS:
        drawn.append(
            f'<path class="grid" d="M{_x(tick):.1f} {_y(0):.1f}V{_y(1):.1f}M{_x(0):.1f} {_y(tick):.1f}H{_x(1):.1f}"/>'
        )
        drawn.append(f'<text x="{_x(tick):.1f}" y="{_y(0) + 16:.1f}" text-anchor="middle">{tick}</text>')
        drawn.append(f'<text x="{_x(0) - 6:.1f}" y="{_y(tick) + 4:.1f}" text-anchor="end">{tick * top:.2g}</text>')
    middle = (_y(0) + _y(1)) / 2
    drawn.append(f'<text x="{(_x(0) + _x(1)) / 2:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{across}</text>')
    drawn.append(f'<text transform="translate(14 {middle:.1f}) rotate(-90)" text-anchor="middle">{up}</text>')
    inside = "".join([*drawn, *parts])
    return Markup(f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{up} over {across}">{inside}</svg>')
