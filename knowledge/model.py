"""The typed catalogue: what an editor writes in YAML, validated once when it is read."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from knowledge.definitions import (
    SAMPLE_SITE,
    Ask,
    Basis,
    Code,
    Confirmation,
    Fact,
    Handbook,
    Identifier,
    ItemCode,
    Law,
    Level,
    Material,
    OnlineStatus,
    Strict,
    Text,
    ThemeCode,
    Unit,
    When,
)


class Question(Strict):
    """A fact this item asks for; `when` gates it, `options` narrows the shared fact's options."""

    fact: Identifier
    ask: Ask | None = None
    why: Text | None = None
    explain: Text | None = None
    options: list[Identifier] | None = None
    when: When = {}


class Line(Strict):
    """Anything that is there only in some cases."""

    when: When = {}


class Stop(Line):
    """Not eligible, or not needed: the case ends here, with the way on."""

    reason: Text
    instead: Code | None = None


class OnFile(Strict):
    """The hall can fetch the paper itself. A local value: printed as one to bring until confirmed."""

    via: Text
    confirmed: Confirmation | None = None


class Deferrable(Strict):
    """The paper may follow within `days`. A local value: not promised until confirmed."""

    days: Annotated[int, Field(gt=0)]
    basis: Text
    confirmed: Confirmation | None = None


class MaterialLine(Line):
    """A paper this item needs."""

    id: Identifier
    original: bool = True
    copies: Annotated[int, Field(ge=0)] = 0
    note: str = ""
    only_if: Annotated[str, Field(description="In words, whom it is for where nobody is asked: 别人替着来的")] = ""
    on_file: OnFile | None = None
    deferrable: Deferrable | None = None

    @model_validator(mode="after")
    def _something_to_hand_in(self) -> MaterialLine:
        if not self.original and self.copies == 0:
            raise ValueError("neither original nor copies: say which of them is handed in")
        return self


class ConditionLine(Line):
    """What must be true before one may apply."""

    text: Text


class StepLine(Line):
    """One step, and where it happens."""

    text: Text
    place: Text = "窗口"


class PlaceLine(Line):
    """Which sites handle it, by level, and at which window. The window is a local value."""

    levels: Annotated[list[Level], Field(min_length=1)]
    window: Text
    confirmed: Confirmation | None = None


class VisitsLine(Line):
    """How often the citizen must come in person (到现场次数)."""

    count: Annotated[int, Field(ge=0)]


class LegalTime(Strict):
    """The longest the law allows."""

    days: Annotated[int, Field(ge=0)]
    unit: Unit
    basis: Basis | None = None


class PromisedTime(Strict):
    """What the hall promises: a local value."""

    days: Annotated[int, Field(ge=0)]
    unit: Unit
    confirmed: Confirmation | None = None


class TimeLine(Line):
    """How long it takes from acceptance."""

    legal: LegalTime | None = None
    promised: PromisedTime | None = None


class FeeLine(Line):
    """What it costs. `local` marks an amount that local practice sets: unconfirmed, it is not printed."""

    free: bool
    amount: float | None = None
    text: Text
    basis: Basis | None = None
    local: bool = False
    confirmed: Confirmation | None = None

    @model_validator(mode="after")
    def _free_or_amount(self) -> FeeLine:
        if self.free and self.amount:
            raise ValueError("free, yet with an amount: leave one out")
        return self


class OnlineLine(Line):
    """Whether it can be done online, and where."""

    status: OnlineStatus
    text: Text
    url: str | None = None


class ProxyLine(Line):
    """Whether someone else may come, and what they need."""

    allowed: bool
    text: Text
    needs: list[Text] = []


class DeliveryLine(Line):
    """How the result reaches the citizen. Postage by the hall is a local value."""

    post: bool
    text: Text
    confirmed: Confirmation | None = None


class BenefitLine(Line):
    """Something one may also claim in this case."""

    name: Text
    how: Text


class BasisLine(Line):
    """A legal basis of the item."""

    law: Identifier
    article: str = ""


class Result(Strict):
    """What one holds in the end. `paper` names it as a material, where other items ask for it."""

    name: Text
    valid: str = ""
    paper: Identifier | None = None


class Entry(Strict):
    """What items and themes have in common."""

    name: Text
    plain_name: Annotated[str, StringConstraints(min_length=2, max_length=16)]
    tells_apart: Annotated[str, StringConstraints(min_length=4, max_length=40)]
    summary: Text
    questions: list[Question] = []
    facts: dict[Identifier, Fact] = {}
    verified: dt.date
    sources: Annotated[list[Text], Field(min_length=1)]


class Item(Entry):
    """One service the government provides.

    `reach` is how far one may go for it: the centre alone, also the town one lives or trades in, any town of the
    district (全区通办), or other districts too (跨区通办). `center_only` says, in words for the citizen, why no town
    can take it in; empty where it can be delegated.
    """

    code: ItemCode
    department: Text
    handbook: Handbook
    audience: Annotated[list[Literal["person", "business"]], Field(min_length=1)]
    reach: Literal["center", "own_town", "any_town", "cross_district"] = "center"
    center_only: Annotated[str, Field(max_length=40)] = ""
    places: Annotated[list[PlaceLine], Field(min_length=1)]
    conditions: Annotated[list[ConditionLine], Field(min_length=1)]
    stops: list[Stop] = []
    materials: Annotated[list[MaterialLine], Field(min_length=1)]
    steps: Annotated[list[StepLine], Field(min_length=1)]
    visits: Annotated[list[VisitsLine], Field(min_length=1)]
    time: Annotated[list[TimeLine], Field(min_length=1)]
    fee: Annotated[list[FeeLine], Field(min_length=1)]
    online: Annotated[list[OnlineLine], Field(min_length=1)]
    proxy: Annotated[list[ProxyLine], Field(min_length=1)]
    delivery: Annotated[list[DeliveryLine], Field(min_length=1)]
    legal_basis: Annotated[list[BasisLine], Field(min_length=1)]
    benefits: list[BenefitLine] = []
    result: Result
    staff_notes: list[Text] = []


class PlanEntry(Line):
    """An item of a theme: when it is needed, what must be done before it, and what the theme already settles.

    `given` narrows facts of the item to the options that can occur here (a new shop's seal is a new seal).
    """

    item: ItemCode
    given: When = {}
    after: list[ItemCode] = []
    optional: bool = False
    note: str = ""


class Theme(Entry):
    """A bundle of items for one life or business event (一件事)."""

    code: ThemeCode
    category: Text
    plan: Annotated[list[PlanEntry], Field(min_length=2)]


class Department(Strict):
    """A department's public telephones."""

    consult_phone: Text
    supervise_phone: Text


class Site(Strict):
    """A place where items are handled. `windows` is `name@floor and area`, several set apart by semicolons."""

    id: Identifier
    name: Text
    level: Level
    address: Text
    phone: Text
    hours: Text
    lat: float
    lon: float
    parent: str = ""
    windows: str = ""
    confirmed_by: str = ""

    @property
    def areas(self) -> dict[str, str]:
        """Window → floor and area."""
        pairs = (one.partition("@") for one in self.windows.split(";") if one)
        return {name: area for name, _, area in pairs}


class Catalogue(BaseModel):
    """Everything the editors wrote, validated."""

    model_config = ConfigDict(frozen=True)

    facts: dict[str, Fact]
    materials: dict[str, Material]
    laws: dict[str, Law]
    departments: dict[str, Department]
    sites: list[Site]
    items: dict[str, Item]
    themes: dict[str, Theme]

    def entry(self, code: str) -> Item | Theme:
        """The item or theme of that code. Raises KeyError for any other."""
        return self.themes[code] if code in self.themes else self.items[code]

    def entries(self) -> list[Item | Theme]:
        """All items, then all themes."""
        return [*self.items.values(), *self.themes.values()]

    def fact(self, entry: Item | Theme, fact_id: str) -> Fact:
        """A fact as this entry asks it: shared or its own, with the entry's words and options."""
        fact = entry.facts.get(fact_id) or self.facts[fact_id]
        question = next((one for one in entry.questions if one.fact == fact_id), None)
        if question is None:
            return fact
        changes: dict[str, Any] = {
            key: value for key in ("ask", "why", "explain") if (value := getattr(question, key)) is not None
        }
        if question.options is not None:
            changes["options"] = [option for option in fact.options if option.id in question.options]
        return fact.model_copy(update=changes)


def is_effective(confirmed: Confirmation | None, site: str | None) -> bool:
    """Whether a local value holds here: confirmed, and not merely by the sample where a real site is set."""
    return confirmed is not None and (site is None or confirmed.by != SAMPLE_SITE)
