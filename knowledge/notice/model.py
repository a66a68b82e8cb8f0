"""The one-time notice (一次性告知单) as data: what JSON, text, HTML and PDF are all made from."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict

from knowledge.definitions import SAMPLE_SITE, Level, OnlineStatus, Unit, When


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NoticeForm(_Part):
    """A form: where to get it blank, and a filled-in sample with the usual mistakes."""

    name: str
    url: str | None
    sample: str | None


class NoticeDeferrable(_Part):
    """The paper may follow within `days`."""

    days: int
    basis: str


class NoticeMaterial(_Part):
    """A paper to hand in. `when` is the catalogue's mapping, `when_text` the same for people.

    `made_by` names the item of the plan that hands it out on the way, `items` the plan's items that ask for it.
    """

    id: str
    name: str
    original: bool
    copies: int
    issuer: str
    form: NoticeForm | None
    on_file: bool
    deferrable: NoticeDeferrable | None
    local: Literal["confirmed", "unconfirmed"] | None
    when: When | None
    conditional: bool
    when_text: str = ""
    note: str = ""
    via: str = ""
    source: str = ""
    items: list[str] = []
    made_by: str | None = None


class NoticeStep(_Part):
    """A step and its place."""

    text: str
    place: str


class NoticeSpan(_Part):
    """A number of days."""

    days: int
    unit: Unit


class NoticeTime(_Part):
    """Legal and promised time."""

    legal: NoticeSpan | None
    promised: NoticeSpan | None


class NoticeFee(_Part):
    """What it costs; `amount` in yuan, None where it depends."""

    free: bool
    amount: float | None
    text: str
    basis: str


class NoticeOnline(_Part):
    """Whether it can be done online."""

    status: OnlineStatus
    url: str | None
    text: str = ""


class NoticeProxy(_Part):
    """Whether someone else may come, and what they need."""

    allowed: bool
    needs: list[str]
    text: str = ""


class NoticeDelivery(_Part):
    """How the result comes."""

    post: bool
    text: str


class NoticeSite(_Part):
    """Where to go; `distance_m` from the citizen's position where it is known."""

    id: str
    name: str
    address: str
    phone: str
    hours: str
    distance_m: int | None
    window: str = ""


class NoticeBasis(_Part):
    """A law and its article."""

    law: str
    article: str


class NoticeBenefit(_Part):
    """Something one may also claim."""

    name: str
    how: str


class NoticeResult(_Part):
    """What one holds in the end."""

    name: str
    valid: str


class NoticeStop(_Part):
    """The case needs no application, or allows none."""

    reason: str
    instead: str | None
    instead_name: str = ""


class Issued(_Part):
    """When and for which site it was issued, and the number printed on it."""

    number: str
    site: str
    at: dt.datetime


class PlanStep(_Part):
    """An item of a theme's plan."""

    item: str
    case: str | None
    after: list[str]
    optional: bool
    name: str = ""
    note: str = ""
    when_text: str = ""


class Notice(_Part):
    """Everything a citizen needs to know, once. Field names are the public contract."""

    code: str
    name: str
    case: str | None
    facts: dict[str, str | int | float]
    unknown: list[str]
    materials: list[NoticeMaterial]
    have: list[str]
    missing: list[str]
    conditions: list[str]
    steps: list[NoticeStep]
    visits: int
    time: NoticeTime
    fee: NoticeFee
    online: NoticeOnline
    proxy: NoticeProxy
    delivery: NoticeDelivery
    sites: list[NoticeSite]
    legal_basis: list[NoticeBasis]
    benefits: list[NoticeBenefit]
    consult_phone: str
    supervise_phone: str
    issued: Issued | None = None
    token: str | None = None
    catalogue_version: str
    plan: list[PlanStep] | None = None
    plain_name: str
    summary: str
    result: NoticeResult | None = None
    stop: NoticeStop | None = None
    own_town: bool = False
    levels: list[Level] = []
    center_only: str = ""
    facts_text: list[str] = []
    sample: bool


def issue(notice: Notice, *, number: str, token: str, at: dt.datetime) -> Notice:
    """The notice as handed out: numbered, dated, with its link's token."""
    site = f"{SAMPLE_SITE}区" if notice.sample else notice.sites[0].name if notice.sites else ""
    return notice.model_copy(update={"issued": Issued(number=number, site=site, at=at), "token": token})
