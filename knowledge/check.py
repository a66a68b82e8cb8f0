"""Finds what is wrong in the catalogue beyond its files' form. Every finding says where, what, and how to mend it."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from knowledge.cases import CaseTable, TooManyCases, active_plan, item_table, narrowed_content, theme_table
from knowledge.catalogue_files import ROOT, CatalogueError, line_of, load_catalogue
from knowledge.content import Span, allows
from knowledge.definitions import When
from knowledge.model import Catalogue, Entry, Item, Line, Theme
from knowledge.search.phrases import OFFERED, PhraseFile, aliases, ambiguous_words, read_phrase_files
from knowledge.text import normalise

ONE_A_CASE = ("visits", "time", "fee", "online", "proxy", "delivery")
"""Parts of which every case has exactly one line."""

SEVERAL_A_CASE = ("conditions", "materials", "steps", "places", "benefits", "stops")
"""Parts of which a case may have any number of lines."""

MIN_PHRASES = 30

_SENT_ELSEWHERE = re.compile(r"(?<!电子税务)(局|部门|委员会)$")
_CITIZEN_GOES = re.compile(r"^(您)?(到|去|带|把)")
"""A hall that takes an item in but sends people on to the department's own office (明进暗不进)."""


@cache
def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _path(entry: Item | Theme, root: Path) -> Path:
    if isinstance(entry, Theme):
        return root / "themes" / f"{entry.code}.yml"
    return root / "items" / entry.handbook / f"{entry.code}.yml"


def check_catalogue(root: Path = ROOT, today: dt.date | None = None) -> list[str]:
    """Every problem found under `root`, one sentence each with file and line; an empty list is a clean catalogue."""
    try:
        catalogue = load_catalogue(root)
    except CatalogueError as error:
        return error.problems
    _text.cache_clear()
    problems = [*_shared(catalogue, root)]
    tables: dict[str, CaseTable] = {}
    for entry in catalogue.entries():
        path = _path(entry, root)

        def at(*where: str | int, path: Path = path) -> str:
            return f"{path.name}:{line_of(_text(path), where)}"

        found = [f"{at(*where)}: {text}" for where, text in _entry(catalogue, entry, today or dt.date.today())]
        if not found:
            found = [f"{at(*where)}: {text}" for where, text in _cases(catalogue, entry, tables)]
        problems += found
    files = read_phrase_files()
    return problems + list(_phrases(catalogue, files)) + list(_ambiguous(catalogue, files, ambiguous_words()))


Finding = tuple[tuple[str | int, ...], str]


def _entry(catalogue: Catalogue, entry: Item | Theme, today: dt.date) -> Iterator[Finding]:
    """References, gates and dates of one entry."""
    if (today - entry.verified).days > 365:
        yield ("verified",), f"verified {entry.verified} is over a year ago; check the sources again and set the date"
    yield from _questions(catalogue, entry)
    asked = [question.fact for question in entry.questions]
    lines = _item_lines(entry) if isinstance(entry, Item) else [(("plan", n), e) for n, e in enumerate(entry.plan)]
    for where, line in lines:
        for problem in _when(catalogue, entry, line.when, asked):
            yield where, problem
    yield from _item_references(catalogue, entry) if isinstance(entry, Item) else _plan(catalogue, entry)


def _questions(catalogue: Catalogue, entry: Entry) -> Iterator[Finding]:
    asked: list[str] = []
    for fact_id in entry.facts:
        if fact_id in catalogue.facts:
            yield ("facts", fact_id), f"{fact_id} is a shared fact of facts.yml; rename this one or use the shared one"
    for n, question in enumerate(entry.questions):
        fact = entry.facts.get(question.fact) or catalogue.facts.get(question.fact)
        if fact is None:
            yield ("questions", n), f"fact {question.fact} is nowhere defined; add it to facts.yml or to this file"
            continue
        ids = [option.id for option in fact.options]
        for option in question.options or ():
            if option not in ids:
                yield ("questions", n), f"{question.fact} has no option {option}; it has {', '.join(ids)}"
        if question.fact in asked:
            yield ("questions", n), f"{question.fact} is asked twice; keep one"
        for gate in question.when:
            if gate not in asked:
                yield ("questions", n), f"its gate {gate} is not an earlier question; move that question up"
        asked.append(question.fact)


def _when(catalogue: Catalogue, entry: Item | Theme, when: When, asked: Sequence[str]) -> Iterator[str]:
    for fact_id, options in when.items():
        if fact_id not in asked:
            yield f"when names {fact_id}, which this entry does not ask; add the question or drop the condition"
            continue
        offered = [option.id for option in catalogue.fact(entry, fact_id).options]
        for option in options:
            if option not in offered:
                yield f"{fact_id} has no option {option} here; it has {', '.join(offered)}"


def _item_lines(item: Item) -> list[tuple[tuple[str | int, ...], Line]]:
    return [((part, n), line) for part in (*ONE_A_CASE, *SEVERAL_A_CASE) for n, line in enumerate(getattr(item, part))]


def _item_references(catalogue: Catalogue, item: Item) -> Iterator[Finding]:
    if item.department not in catalogue.departments:
        yield ("department",), f"department {item.department} is not in departments.yml; add its telephones"
    for n, material in enumerate(item.materials):
        if material.id not in catalogue.materials:
            yield ("materials", n), f"material {material.id} is not in materials.yml; define it there"
    if item.result.paper and item.result.paper not in catalogue.materials:
        yield ("result",), f"result.paper {item.result.paper} is not in materials.yml; define it there"
    for n, stop in enumerate(item.stops):
        if stop.instead and stop.instead not in {**catalogue.items, **catalogue.themes}:
            yield ("stops", n), f"instead names {stop.instead}, which is not in the catalogue; drop it or add the item"
    bases: list[tuple[tuple[str | int, ...], str]] = [
        (("legal_basis", n), line.law) for n, line in enumerate(item.legal_basis)
    ]
    bases += [(("fee", n), fee.basis.law) for n, fee in enumerate(item.fee) if fee.basis]
    bases += [(("time", n), t.legal.basis.law) for n, t in enumerate(item.time) if t.legal and t.legal.basis]
    for where, law in bases:
        if law not in catalogue.laws:
            yield where, f"law {law} is not in laws.yml; add it with number, issuer and date"
        elif new := catalogue.laws[law].replaced_by:
            yield where, f"law {law} was replaced by {new}; cite that and check the article"
    towns = any({"town", "village"} & set(place.levels) for place in item.places)
    if towns and item.reach == "center":
        yield ("places",), "a town or village takes it in, but reach says only the centre; say own_town or any_town"
    if not towns and item.reach in ("own_town", "any_town"):
        yield ("reach",), f"reach says {item.reach}, but no place is at a town or village; add one or mend reach"
    if item.center_only and towns:
        yield ("center_only",), "says that only the centre takes it in, but a place is at a town or village; drop one"
    windows = {name for site in catalogue.sites if site.level == "center" for name in site.areas}
    for n, place in enumerate(item.places):
        if windows and "center" in place.levels and place.window not in windows:
            yield ("places", n), f"the centre has no window {place.window}; add it to sites.csv or name one it has"
    for n, step in enumerate(item.steps):
        if _SENT_ELSEWHERE.search(step.place) and _CITIZEN_GOES.search(step.text):
            yield (
                ("steps", n),
                f"sends the citizen to {step.place}, outside the sites that claim the item; have it done at the window",
            )
    for n, line in enumerate(item.time):
        if line.legal and line.promised:
            legal, promised = Span(line.legal.days, line.legal.unit), Span(line.promised.days, line.promised.unit)
            if promised.weight > legal.weight:
                yield ("time", n), "the promised time is longer than the legal time; shorten the promise"


def _plan(catalogue: Catalogue, theme: Theme) -> Iterator[Finding]:
    planned = [entry.item for entry in theme.plan]
    for n, question in enumerate(theme.questions):
        if question.when:
            yield ("questions", n), "a theme's questions are asked of everyone; take the gate out"
    if len(theme.questions) > 4:
        yield ("questions",), f"{len(theme.questions)} questions to one plan; keep the four that decide most"
    done: set[str] = set()
    for n, entry in enumerate(theme.plan):
        if entry.item not in catalogue.items:
            yield ("plan", n), f"item {entry.item} is not in the catalogue; add it or drop it"
        else:
            for problem in _given(catalogue, catalogue.items[entry.item], entry.given):
                yield ("plan", n), problem
        for before in entry.after:
            if before not in planned:
                yield ("plan", n), f"after names {before}, which is not in this plan"
            elif before not in done:
                yield ("plan", n), f"after names {before}, which stands later; put the plan in order"
        done.add(entry.item)


def _given(catalogue: Catalogue, item: Item, given: When) -> Iterator[str]:
    asked = [question.fact for question in item.questions]
    for fact_id, options in given.items():
        if fact_id not in asked:
            yield f"given names {fact_id}, which {item.code} does not ask; drop it"
            continue
        for option in options:
            if catalogue.fact(item, fact_id).option(option) is None:
                yield f"given says {fact_id}: {option}, which {item.code} does not offer; mend the option"


def _cases(catalogue: Catalogue, entry: Item | Theme, tables: dict[str, CaseTable]) -> Iterator[Finding]:
    """What only the enumerated cases show: gaps, dead lines, questions and options that change nothing."""
    try:
        if isinstance(entry, Item):
            tables[entry.code] = table = item_table(catalogue, entry)
        elif any(one.item not in tables for one in entry.plan):
            return
        else:
            tables[entry.code] = table = theme_table(catalogue, entry, tables)
    except TooManyCases as error:
        yield ("questions",), str(error)
        return
    cases = [answers for answers, number in table.assignments() if not table.contents[number].stopped]
    if isinstance(entry, Theme):
        yield from _theme_cases(catalogue, entry, table, tables)
    else:
        yield from _coverage(entry, cases, [answers for answers, _ in table.assignments()])
    for n, fact in enumerate(table.facts):
        if not table.matters(fact, {}):
            yield ("questions", n), f"no answer to {fact} changes the notice; drop the question"
            continue
        for one, other in _equal_options(table, fact):
            yield ("questions", n), f"options {one} and {other} of {fact} always give the same notice; narrow `options`"


def _theme_cases(
    catalogue: Catalogue, theme: Theme, table: CaseTable, tables: Mapping[str, CaseTable]
) -> Iterator[Finding]:
    """Cases of a theme in which nothing is left to do, or in which it sends people to an item that turns them away."""
    told: set[str] = set()
    for answers, _ in table.assignments():
        plan = active_plan(theme, answers)
        said = ", ".join(f"{fact}={option}" for fact, option in answers.items())
        if not plan and "" not in told:
            told.add("")
            yield ("plan",), f"nothing to do for {said}; add what such a person needs"
        for one, _ in plan:
            content = narrowed_content(tables[one.item], answers, one.given)
            if content.stopped and not one.note and one.item not in told:
                told.add(one.item)
                reason = content.stops[0].text
                yield (
                    ("plan", theme.plan.index(one)),
                    f"{one.item} turns away {said} ({reason}); narrow its when or say in its note where to go",
                )


def _equal_options(table: CaseTable, fact: str) -> Iterator[tuple[str, str]]:
    axis, options = table.axis[fact], table.options[table.axis[fact]]
    planes = [table.grid.take(n, axis=axis) for n in range(len(options))]
    for n, plane in enumerate(planes):
        for m in range(n):
            if np.array_equal(plane, planes[m]):
                yield options[m], options[n]


def _coverage(item: Item, cases: Sequence[Mapping[str, str]], every: Sequence[Mapping[str, str]]) -> Iterator[Finding]:
    for part in ONE_A_CASE:
        lines: list[Line] = getattr(item, part)
        for answers in cases:
            count = sum(allows(line.when, answers) for line in lines)
            if count != 1:
                shown = ", ".join(f"{fact}={option}" for fact, option in answers.items()) or "every case"
                yield (part,), f"{count} lines of {part} hold for {shown}; exactly one must"
                break
    for answers in cases:
        if not any(allows(line.when, answers) for line in item.places):
            yield ("places",), f"no place for {dict(answers)}; add one"
            break
    for where, line in _item_lines(item):
        pool = every if where[0] == "stops" else cases
        if line.when and not any(allows(line.when, answers) for answers in pool):
            yield where, "no case reaches this line; mend its when or drop it"


def _shared(catalogue: Catalogue, root: Path) -> Iterator[str]:
    """Shared definitions that nothing uses, or that name the same thing twice."""

    def at(file: str, key: str) -> str:
        return f"{file}:{line_of(_text(root / file), (key,))}"

    items = catalogue.items.values()
    used_materials = {material.id for item in items for material in item.materials}
    used_laws = {line.law for item in items for line in item.legal_basis}
    used_laws |= {fee.basis.law for item in items for fee in item.fee if fee.basis}
    used_laws |= {time.legal.basis.law for item in items for time in item.time if time.legal and time.legal.basis}
    used_laws |= {law.replaced_by for law in catalogue.laws.values() if law.replaced_by}
    used_facts = {q.fact for entry in (*items, *catalogue.themes.values()) for q in entry.questions}
    for file, defined, used in (
        ("materials.yml", catalogue.materials, used_materials),
        ("laws.yml", {k: v for k, v in catalogue.laws.items() if not v.replaced_by}, used_laws),
        ("facts.yml", catalogue.facts, used_facts),
    ):
        for key in defined:
            if key not in used:
                yield f"{at(file, key)}: nothing uses {key}; drop it or use it"
    names: dict[str, str] = {}
    for key, material in catalogue.materials.items():
        if material.name in names:
            yield f"{at('materials.yml', key)}: {material.name} is also {names[material.name]}; keep one"
        names.setdefault(material.name, key)
    ids = [site.id for site in catalogue.sites]
    yield from (f"sites.csv: id {one} stands twice; keep one" for one in dict.fromkeys(ids) if ids.count(one) > 1)
    own = [(fact, entry.code) for entry in catalogue.entries() for fact in entry.facts]
    codes = defaultdict(list)
    for fact, code in own:
        codes[fact].append(code)
    for fact, several in codes.items():
        if len(several) > 1:
            yield f"{several[1]}.yml: fact {fact} is also {several[0]}'s; move it to facts.yml or rename one"


def _phrases(catalogue: Catalogue, files: Mapping[str, PhraseFile]) -> Iterator[str]:
    """Entries with too few phrases, and phrases that two entries claim."""
    entries: dict[str, Entry] = {**catalogue.items, **catalogue.themes}
    owner: dict[str, str] = {}
    for code in files.keys() - entries.keys():
        yield f"intents/items/{code}.yml: {code} is not in the catalogue; rename the file or add the item"
    for code in entries:
        own = files.get(code)
        count = sum(len(phrases) for phrases in own.phrases.values()) if own else 0
        if count < MIN_PHRASES:
            yield f"intents/items/{code}.yml: {count} phrases; write at least {MIN_PHRASES} ways to ask for it"
        said = [*own.aliases, *(one for phrases in own.phrases.values() for one in phrases)] if own else []
        for phrase in said:
            key = normalise(phrase)
            if owner.setdefault(key, code) != code:
                yield f"intents/items/{code}.yml: “{phrase}” also belongs to {owner[key]}; keep it in one"


def _ambiguous(
    catalogue: Catalogue, files: Mapping[str, PhraseFile], words: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Words for several entries that name one that is not there, too few, too many, or are an entry's own name."""
    names = aliases(catalogue, files)
    for word, codes in words.items():
        for code in codes:
            if code not in names.values():
                yield f"intents/ambiguous.yml: “{word}” names {code}, which is not in the catalogue; mend the code"
        if not 2 <= len(set(codes)) <= OFFERED:
            yield f"intents/ambiguous.yml: “{word}” has {len(set(codes))} entries; name two to {OFFERED}"
        if word in names:
            yield f"intents/ambiguous.yml: “{word}” is a name of {names[word]}; keep it in one place"


if __name__ == "__main__":
    print("\n".join(check_catalogue()) or "clean")
