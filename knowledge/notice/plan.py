"""A theme's plan in words: shared by the text, the page and the PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.notice.model import PlanStep


@dataclass(frozen=True)
class PlanRow:
    """One thing to get done. `mark` is empty where it must be done, `after` where it has no special forerunner."""

    number: int
    code: str
    name: str
    note: str
    mark: str
    after: str


@dataclass(frozen=True)
class PlanStage:
    """Things that can be done side by side."""

    title: str
    rows: list[PlanRow]


def stages(plan: Sequence[PlanStep]) -> list[list[PlanStep]]:
    """The plan cut into rounds: a round holds what can be done once the rounds before it are done."""
    rounds: list[list[PlanStep]] = []
    done: set[str] = set()
    rest = list(plan)
    while rest:
        # A circle cannot pass the catalogue's check; should one come, its steps stand in one last round.
        ready = [step for step in rest if done.issuperset(step.after)] or rest
        rounds.append(ready)
        done.update(step.item for step in ready)
        rest = [step for step in rest if step.item not in done]
    return rounds


def plan_stages(plan: Sequence[PlanStep]) -> list[PlanStage]:
    """The plan in words, round by round: what comes first, and what can be done side by side."""
    shown: list[PlanStage] = []
    rounds = stages(plan)
    numbers = {step.item: number for number, step in enumerate((s for one in rounds for s in one), 1)}
    for index, one in enumerate(rounds):
        waits = {tuple(step.after) for step in one}
        shared = next(iter(waits)) if len(waits) == 1 else ()
        title = "先办" if index == 0 else f"{_numbered(shared, numbers)}办好以后" if shared else "再办"
        if len(one) > 1:
            title += f"，下面{len(one)}件可以同时办"
        rows = [
            PlanRow(
                number=numbers[step.item],
                code=step.item,
                name=step.name or step.item,
                note=step.note,
                mark=_mark(step),
                after="" if shared or not step.after else f"等{_numbered(step.after, numbers)}办好",
            )
            for step in one
        ]
        shown.append(PlanStage(title, rows))
    return shown


def _mark(step: PlanStep) -> str:
    if step.when_text:
        return f"视情况：{step.when_text}，才要办"
    return "看需要，不是必须办" if step.optional else ""


def _numbered(codes: Sequence[str], numbers: dict[str, int]) -> str:
    return "第" + "、".join(str(number) for number in sorted(numbers[code] for code in codes)) + "件"
