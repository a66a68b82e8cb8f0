"""What the catalogue defines once and items refer to: facts, materials, laws, and the types everything is made of.

Every `when` is a plain mapping from a fact to the options that allow the line: AND over facts, OR over options.
No expressions, so a person can read it and the case engine can invert it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

SAMPLE_SITE = "示例"
"""Who confirmed the local values that are shipped: nobody real. Setting a site drops them."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
ItemCode = Annotated[str, StringConstraints(pattern=r"^(QY|SH|TZ|ZJ)\d{3}$")]
ThemeCode = Annotated[str, StringConstraints(pattern=r"^YJ\d{3}$")]
Code = Annotated[str, StringConstraints(pattern=r"^(QY|SH|TZ|ZJ|YJ)\d{3}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Ask = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=25)]
Handbook = Literal["企业开办", "社会事务", "投资项目", "镇街分中心"]
Level = Literal["center", "town", "village"]
Unit = Literal["working", "calendar", "immediate"]
OnlineStatus = Literal["none", "part", "full"]


def _as_lists(value: Any) -> Any:
    """Accept `fact: option` for `fact: [option]`, the common case."""
    if isinstance(value, Mapping):
        return {key: [one] if isinstance(one, str) else one for key, one in value.items()}
    return value


When: TypeAlias = Annotated[
    dict[Identifier, Annotated[list[Identifier], Field(min_length=1)]], BeforeValidator(_as_lists)
]


class Strict(BaseModel):
    """Refuses unknown keys: a misspelt key is an error that names itself, never silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Confirmation(Strict):
    """Who of this hall signed for a local value, and when."""

    by: Text
    date: dt.date


class Basis(Strict):
    """A law of `laws.yml` and the article in it."""

    law: Identifier
    article: str = ""


class Law(Strict):
    """A legal basis. `replaced_by` names the law that took its place: `check` then refuses its use."""

    title: Text
    number: str = ""
    issuer: Text
    effective: dt.date
    replaced_by: Identifier | None = None
    note: str = ""


class Option(Strict):
    """One answer to a question. `says` is what people call it; `means` is the clause after 视情况."""

    id: Identifier
    label: Text
    means: Text
    says: list[Text] = []
    range: tuple[float, float | None] | None = None

    def holds(self, number: float) -> bool:
        """Whether a number falls into this option's range, both ends included."""
        if self.range is None:
            return False
        low, high = self.range
        return low <= number and (high is None or number <= high)


class Fact(Strict):
    """Something about the citizen's situation that decides the case, and how to ask for it."""

    ask: Ask
    name: Text
    why: Text
    explain: Text
    unit: str | None = None
    options: Annotated[list[Option], Field(min_length=2)]

    @model_validator(mode="after")
    def _options_differ(self) -> Fact:
        ids = [option.id for option in self.options]
        if len(set(ids)) != len(ids):
            raise ValueError("two options of one fact share an id; give each its own")
        if self.unit and sum(option.range is not None for option in self.options) < 2:
            raise ValueError("a fact with a unit is a number: give two options or more a range")
        return self

    def option(self, option_id: str) -> Option | None:
        """The option of that id, or None."""
        return next((option for option in self.options if option.id == option_id), None)

    def option_for(self, value: str | int | float) -> Option | None:
        """The option that an answer stands for: its id, or the first range that holds the number."""
        if isinstance(value, str):
            return self.option(value)
        return next((option for option in self.options if option.holds(float(value))), None)


class FormField(Strict):
    """One box of a form, as one would fill it in."""

    label: Text
    example: Text
    hint: str = ""


class Form(Strict):
    """A form to fill in: shown blank, and filled in with the usual mistakes named."""

    name: Text
    url: str | None = None
    fields: list[FormField] = []
    mistakes: list[Text] = []


class Material(Strict):
    """A paper, defined once in `materials.yml` and named the same everywhere."""

    name: Text
    issuer: Text
    about: str = ""
    source: str = ""
    size: str = ""
    seal: str = ""
    recent: str = ""
    says: list[Text] = []
    form: Form | None = None
