"""What a line still hangs on, as an OR of ANDs of answers: joined, simplified and put into words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from knowledge.definitions import When


def simplify(whens: Sequence[When], sizes: Mapping[str, int], gates: Mapping[str, When]) -> list[When]:
    """Fewer clauses that allow the same: of an OR of ANDs, what another clause covers is dropped and clauses that
    differ in one fact only are joined; a fact with all its `sizes[fact]` options allowed asks for its gate alone."""
    clauses = [{fact: set(options) for fact, options in when.items()} for when in whens]
    changed = True
    while changed:
        changed = False
        for clause in clauses:
            while full := next((fact for fact, options in clause.items() if len(options) >= sizes[fact]), None):
                del clause[full]
                for gate, options in gates.get(full, {}).items():
                    clause[gate] = clause.get(gate, set(options)) & set(options)
        for n, one in enumerate(clauses):
            for m, other in enumerate(clauses):
                if n == m:
                    continue
                if all(fact in other and other[fact] <= options for fact, options in one.items()):
                    del clauses[m]  # `one` allows all that `other` does
                    changed = True
                    break
                differing = [fact for fact in one if one[fact] != other.get(fact)]
                if one.keys() == other.keys() and len(differing) == 1:
                    one[differing[0]] |= other[differing[0]]
                    del clauses[m]
                    changed = True
                    break
            if changed:
                break
    return [{fact: sorted(options) for fact, options in clause.items()} for clause in clauses]


def marked(text: str, conditional: bool, whens: Sequence[str]) -> str:
    """A text with 视情况 before it where it hangs on something, and why where that can be said."""
    if not conditional:
        return text
    why = "；或者".join(dict.fromkeys(when for when in whens if when))
    return f"视情况（{why}）：{text}" if why else f"视情况：{text}"


def with_gates(when: When, gates: Mapping[str, When], through: Collection[str]) -> When:
    """The condition, together with the gates of those of its facts that are in `through`, and so on upwards."""
    found = dict(when)
    left = list(when)
    while left:
        fact = left.pop()
        for gate, options in gates.get(fact, {}).items() if fact in through else ():
            found[gate] = [option for option in found.get(gate, options) if option in options]
            left.append(gate)
    return found


def in_one(whens: Sequence[When]) -> When | None:
    """One mapping for a paper that stands in several lines: the facts all of them name, their options joined."""
    if not whens or not all(whens):
        return None
    shared = [fact for fact in whens[0] if all(fact in when for when in whens)]
    return {fact: list(dict.fromkeys(o for when in whens for o in when[fact])) for fact in shared} or None
