"""The report of a run: HTML to read, JSON to compare, both with the configuration they came from."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import jinja2

from eval.charts import reliability, risk_curve

TEMPLATES = Path(__file__).parent / "templates"

Target = tuple[str, float | None, float, float, bool]
"""Name, value, floor, aim, and whether more is better."""


def targets(match: dict[str, Any], acts: dict[str, Any] | None) -> list[Target]:
    """The figures that have a floor and an aim."""
    told, voices = match["daoban"], match["by_voice"]
    texts = [one for name, one in voices.items() if name not in ("elder", "clerk", "none", "ambiguous")]
    clear = sum(one["clear"] for one in texts)

    def mean(key: str) -> float | None:
        return round(sum(one[key] * one["clear"] for one in texts if key in one) / clear, 4) if clear else None

    best = max((one["top1"] for one in match["baselines"].values() if one["top1"] is not None), default=None)
    errors = None if best is None or told["top1"] is None else round((1 - told["top1"]) / max(1 - best, 1e-9), 4)
    return [
        ("top-1, texts", mean("top1"), 0.88, 0.95, True),
        ("top-3, texts", mean("top3"), 0.96, 0.99, True),
        ("top-1, voice transcripts", voices.get("elder", {}).get("top1"), 0.82, 0.93, True),
        ("top-1, clerks' shorthand", voices.get("clerk", {}).get("top1"), 0.90, 0.97, True),
        ("ambiguous: asked", told["asked"], 0.60, 0.90, True),
        ("ambiguous: right choice offered", told["right_choice_offered"], 0.90, 0.95, True),
        ("clear: needless question", told["needless_question"], 0.18, 0.08, False),
        ("without an item, answered as one", told["answered_without_item"], 0.05, 0.01, False),
        ("acts", acts["right"] if acts else None, 0.92, 0.97, True),
        ("calibration error (n ≥ 1,000)", told["calibration"].get("error"), 0.06, 0.03, False),
        ("errors against the best baseline's", errors, 0.5, 0.3333, False),
    ]


def write_report(folder: Path, found: dict[str, Any], config: dict[str, Any], made: dt.datetime) -> Path:
    """Write report.json and report.html into `folder`, aside first, and return the HTML's path.

    `found` holds `match` (our own rows), `sets` (others' by name), `calibration` (over all of them), `acts`,
    `sets_acts` and `dialogues`; the last three may be None.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.globals.update(risk_curve=risk_curve, reliability=reliability)
    page = environment.get_template("report.html.j2").render(
        **found, config=config, made=f"{made:%Y-%m-%d %H:%M}", targets=targets(found["match"], found["acts"])
    )
    told = {"made": made.isoformat(), "config": config, **found}
    for name, text in (("report.json", json.dumps(told, ensure_ascii=False, indent=1)), ("report.html", page)):
        aside = folder / f"{name}.tmp"
        aside.write_text(text, "utf-8")
        aside.replace(folder / name)
    return folder / "report.html"


def point_latest(folder: Path) -> None:
    """Make `latest` beside the run's folder a link to it, in one step."""
    aside = folder.parent / "latest.tmp"
    aside.unlink(missing_ok=True)
    aside.symlink_to(folder.name)
    aside.replace(folder.parent / "latest")
