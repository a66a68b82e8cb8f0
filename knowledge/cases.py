"""The case engine: every case of an entry, and the fewest questions that tell them apart.

An entry's facts span a grid. Each cell holds the number of the notice that those answers lead to, so the engine is
exact by construction: a question matters if moving along its axis changes a number, and the notice for answers
nobody knows is the union over the cells they leave open.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from knowledge.content import Answers, Content, allows, resolve
from knowledge.definitions import When
from knowledge.model import Catalogue, Item, PlanEntry, Theme
from knowledge.union import combine, merge

MAX_CELLS = 20_000
"""More combinations than this in one entry cannot be told apart by a person: split the item."""


class TooManyCases(Exception):
    """An entry whose questions multiply beyond MAX_CELLS."""


@dataclass(frozen=True)
class CaseTable:
    """The grid of one entry's cases."""

    code: str
    facts: tuple[str, ...]
    options: tuple[tuple[str, ...], ...]
    gates: Mapping[str, When]
    grid: npt.NDArray[np.int32]
    contents: tuple[Content, ...]

    @cached_property
    def axis(self) -> dict[str, int]:
        """Fact id → its axis in the grid."""
        return {fact: n for n, fact in enumerate(self.facts)}

    def known(self, answers: Answers) -> dict[str, str]:
        """The answers that concern this entry: its facts, with options it offers, whose gate is not shut."""
        kept: dict[str, str] = {}
        shut: set[str] = set()
        for fact, options in zip(self.facts, self.options, strict=True):
            gates = self.gates[fact].items()
            if any(gate in shut or (gate in kept and kept[gate] not in allowed) for gate, allowed in gates):
                shut.add(fact)
            elif answers.get(fact) in options:
                kept[fact] = answers[fact]
        return kept

    def cells(self, answers: Answers) -> npt.NDArray[np.int32]:
        """The part of the grid that `answers` leave open; one axis a fact, known facts of length 1."""
        known = self.known(answers)
        index = tuple(
            slice(None) if fact not in known else slice(n := options.index(known[fact]), n + 1)
            for fact, options in zip(self.facts, self.options, strict=True)
        )
        return self.grid[index]

    def content(self, answers: Answers) -> Content:
        """What the notice says for these answers; the union, marked, where some are missing."""
        return merge([self.contents[n] for n in np.unique(self.cells(answers))])

    def case(self, answers: Answers) -> str | None:
        """The case's id once the answers leave only one, else None."""
        left = np.unique(self.cells(answers))
        return self.case_id(int(left[0])) if len(left) == 1 else None

    def case_id(self, number: int) -> str:
        """The printed id of a case of this entry, e.g. `QY020-07`."""
        return f"{self.code}-{number + 1:02d}"

    def matters(self, fact: str, answers: Answers) -> bool:
        """Whether an answer to `fact` can still change the notice."""
        cells = self.cells(answers)
        axis = self.axis[fact]
        return bool((cells != cells.take([0], axis=axis)).any())

    def open_questions(self, answers: Answers, skipped: Collection[str] = ()) -> list[str]:
        """Facts still worth asking, the most decisive first; `skipped` ones the citizen does not know.

        Only facts whose gate is open are asked. The most decisive leaves the fewest cases on average; the catalogue's
        order breaks a tie.
        """
        known = self.known(answers)
        asked = [
            fact
            for fact in self.facts
            if fact not in known
            and fact not in skipped
            and allows(self.gates[fact], known)
            and self.matters(fact, known)
        ]
        cells = self.cells(known)
        return sorted(asked, key=lambda fact: self._left(cells, self.axis[fact]))

    def _left(self, cells: npt.NDArray[np.int32], axis: int) -> float:
        parts = [len(np.unique(cells.take(n, axis=axis))) for n in range(cells.shape[axis])]
        return sum(parts) / len(parts)

    def next_question(self, answers: Answers, skipped: Collection[str] = ()) -> str | None:
        """The next fact to ask, or None when the notice is settled."""
        return next(iter(self.open_questions(answers, skipped)), None)

    def assignments(self) -> list[tuple[dict[str, str], int]]:
        """Every distinct complete set of applicable answers, with the number of its case."""
        found: dict[tuple[tuple[str, str], ...], int] = {}
        for cell in itertools.product(*(range(len(options)) for options in self.options)):
            answers = {fact: self.options[n][cell[n]] for n, fact in enumerate(self.facts)}
            found.setdefault(tuple(applicable(self.facts, self.gates, answers).items()), int(self.grid[cell]))
        return [(dict(answers), number) for answers, number in found.items()]


def applicable(facts: Sequence[str], gates: Mapping[str, When], answers: Answers) -> dict[str, str]:
    """The answers whose gate is open, in the order of the questions. A gate names only earlier questions."""
    kept: dict[str, str] = {}
    for fact in facts:
        if fact in answers and allows(gates[fact], kept):
            kept[fact] = answers[fact]
    return kept


def _table(
    code: str,
    facts: tuple[str, ...],
    options: tuple[tuple[str, ...], ...],
    gates: Mapping[str, When],
    content_of: Callable[[Answers], Content],
) -> CaseTable:
    shape = tuple(len(one) for one in options)
    if np.prod(shape, dtype=np.int64) > MAX_CELLS:
        raise TooManyCases(f"{code}: over {MAX_CELLS} combinations of answers; ask fewer questions or split the item")
    grid = np.zeros(shape, dtype=np.int32)
    numbers: dict[Content, int] = {}
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for cell in itertools.product(*(range(size) for size in shape)):
        answers = {fact: options[n][cell[n]] for n, fact in enumerate(facts)}
        kept = applicable(facts, gates, answers)
        key = tuple(kept.items())
        if key not in seen:
            content = content_of(kept)
            seen[key] = numbers.setdefault(content, len(numbers))
        grid[cell] = seen[key]
    return CaseTable(code, facts, options, gates, grid, tuple(numbers))


def _axes(catalogue: Catalogue, entry: Item | Theme) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    facts = tuple(question.fact for question in entry.questions)
    return facts, tuple(tuple(o.id for o in catalogue.fact(entry, fact).options) for fact in facts)


def item_table(catalogue: Catalogue, item: Item, site: str | None = None) -> CaseTable:
    """The item's cases at `site` (None: the sample). Raises TooManyCases."""
    facts, options = _axes(catalogue, item)
    gates = {question.fact: question.when for question in item.questions}
    return _table(item.code, facts, options, gates, lambda answers: resolve(item, answers, site))


def active_plan(theme: Theme, answers: Answers) -> list[tuple[PlanEntry, bool]]:
    """The plan's entries that some completion of `answers` needs, each with whether it hangs on an unknown fact."""
    found = []
    for entry in theme.plan:
        if all(answers[fact] in options for fact, options in entry.when.items() if fact in answers):
            found.append((entry, any(fact not in answers for fact in entry.when)))
    return found


def narrowed_content(table: CaseTable, answers: Answers, given: When) -> Content:
    """The content of an item whose facts `given` are narrowed to some options; an answer still decides."""
    facts = [fact for fact in given if fact not in answers]
    several = [
        table.content({**answers, **dict(zip(facts, options, strict=True))})
        for options in itertools.product(*(given[fact] for fact in facts))
    ]
    return merge(list(dict.fromkeys(several)))


def _theme_case(catalogue: Catalogue, theme: Theme, tables: Mapping[str, CaseTable], answers: Answers) -> Content:
    active = active_plan(theme, answers)
    parts = [
        (entry.item, narrowed_content(tables[entry.item], answers, entry.given), entry.optional or maybe)
        for entry, maybe in active
    ]
    # What turns this person away is told by the plan's note: it adds no papers, time or visits.
    parts = [part for part in parts if not part[1].stopped] or parts
    made = {one.item: paper for one, _ in active if (paper := catalogue.items[one.item].result.paper)}
    content = combine(parts, {entry.item: entry.after for entry, _ in active}, made)
    planned: list[Item | Theme] = [theme, *(catalogue.items[entry.item] for entry, _ in active)]
    return replace(
        content,
        plan=tuple((entry.item, entry.optional, entry.note) for entry, _ in active),
        benefits=tuple(said for said in content.benefits if not _in_plan(said.text, planned)),
    )


def _in_plan(benefit: str, planned: Sequence[Item | Theme]) -> bool:
    """Whether a benefit is the theme itself or what one of its items gives: then it is not said twice."""
    names = [name for entry in planned for name in (entry.name, entry.plain_name)]
    return any(name in benefit or benefit in name for name in names)


def theme_content(catalogue: Catalogue, theme: Theme, tables: Mapping[str, CaseTable], answers: Answers) -> Content:
    """A theme's notice content: the union over its unanswered questions; facts of its items count when known."""
    table = tables[theme.code]
    known = table.known(answers)
    extra = {fact: option for fact, option in answers.items() if fact not in table.axis}
    if not extra:
        return table.content(known)
    choices = [[known[fact]] if fact in known else table.options[n] for n, fact in enumerate(table.facts)]
    cases = [
        _theme_case(catalogue, theme, tables, extra | dict(zip(table.facts, options, strict=True)))
        for options in itertools.product(*choices)
    ]
    return merge(list(dict.fromkeys(cases)))


def theme_table(catalogue: Catalogue, theme: Theme, tables: Mapping[str, CaseTable]) -> CaseTable:
    """The theme's cases over its own questions; its items' other facts stay unknown. Raises TooManyCases."""
    facts, options = _axes(catalogue, theme)
    gates = {question.fact: question.when for question in theme.questions}
    return _table(theme.code, facts, options, gates, lambda answers: _theme_case(catalogue, theme, tables, answers))
