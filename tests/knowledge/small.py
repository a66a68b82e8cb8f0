"""A small whole catalogue as files: two items, a theme, and how people ask for them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from knowledge.catalogue_files import load_catalogue
from knowledge.snapshot import Snapshot

TODAY = dt.date(2026, 6, 1)

FACTS = """\
shop:
  ask: 店面是租的还是自己的？
  name: 店面
  why: 租的要带合同。
  explain: 付租金的就是租的。
  options:
    - {id: own, label: 自己的, means: 店面是自己的}
    - {id: rented, label: 租的, means: 店面是租的}
who:
  ask: 谁来办？
  name: 谁来
  why: 别人来要委托书。
  explain: 本人还是别人。
  options:
    - {id: self, label: 本人, means: 本人来的}
    - {id: proxy, label: 别人, means: 别人来的}
area:
  ask: 店面多大？
  name: 面积
  why: 大店手续多。
  explain: 大概就行。
  unit: 平方米
  options:
    - {id: small, label: 小, means: 小店的, range: [0, 50]}
    - {id: large, label: 大, means: 大店的, range: [50, null]}
"""
MATERIALS = """\
form: {name: 申请表, issuer: 窗口}
lease: {name: 租赁合同, issuer: 房东}
letter: {name: 委托书, issuer: 您自己写}
plan: {name: 平面图, issuer: 您自己画}
licence: {name: 营业执照, issuer: 市场监管部门}
"""
LAWS = """\
permit_law: {title: 许可法, issuer: 全国人大, effective: 2020-01-01}
old_law: {title: 旧许可法, issuer: 全国人大, effective: 2000-01-01, replaced_by: permit_law}
"""
DEPARTMENTS = '市场监管: {consult_phone: "12315", supervise_phone: "12345"}\n'
SITES = """\
id,name,level,address,phone,hours,lat,lon,parent,confirmed_by
center,政务中心,center,一号路,1,全天,30,110,,示例
town,便民中心,town,二号路,2,全天,31,110,center,示例
"""
ITEM = """\
code: QY001
name: 个体户登记
plain_name: 办个体户执照
tells_apart: 自己开店用的执照
summary: 开店先办执照。
department: 市场监管
handbook: 企业开办
audience: [business]
places:
  - levels: [center]
    window: 一号窗口
questions:
  - fact: shop
  - fact: who
conditions:
  - text: 有开店的地方。
stops: []
materials:
  - id: form
  - id: lease
    when: {shop: rented}
  - id: letter
    when: {who: proxy}
steps:
  - {text: 交申请表。}
visits:
  - count: 1
time:
  - legal: {days: 10, unit: working, basis: {law: permit_law}}
    promised: {days: 3, unit: working}
fee:
  - {free: true, text: 不收费。, basis: {law: permit_law}}
online:
  - {status: none, text: 要来窗口。}
proxy:
  - {allowed: true, text: 可以代办。}
delivery:
  - {post: false, text: 窗口领。}
legal_basis:
  - {law: permit_law, article: 第一条}
result: {name: 营业执照, paper: licence}
verified: 2026-01-01
sources: [许可法]
"""
OTHER_ITEM = (
    ITEM.replace("QY001", "QY002").replace("个体户登记", "餐饮许可").replace("办个体户执照", "办餐饮证")
    .replace("自己开店用的执照", "开餐馆用的许可").replace(", paper: licence}", "}")
    .replace("  - fact: shop\n", "  - fact: area\n").replace("id: lease", "id: plan").replace("{shop: rented}", "{area: large}")
    .replace("  - id: form\n", "  - id: form\n  - id: licence\n")
)  # fmt: skip
THEME = """\
code: YJ001
name: 开餐馆
plain_name: 开餐馆全套手续
tells_apart: 从执照到开业一次办
category: 餐饮
summary: 开餐馆要办的事。
questions:
  - fact: shop
  - fact: area
plan:
  - item: QY001
  - item: QY002
    after: [QY001]
    when: {area: large}
    given: {who: self}
verified: 2026-01-01
sources: [许可法]
"""
COUNTED = "零一二三四五六七八九"


def phrases(code: str) -> str:
    """Thirty ways to ask for an entry, none of which is another's."""
    rows = "".join(f"    - 请帮我办事项{code}说法{COUNTED[n // 10]}{COUNTED[n % 10]}\n" for n in range(30))
    return f"code: {code}\naliases: [{code}的简称]\nphrases:\n  goal:\n{rows}"


FILES = {
    "catalogue/facts.yml": FACTS,
    "catalogue/materials.yml": MATERIALS,
    "catalogue/laws.yml": LAWS,
    "catalogue/departments.yml": DEPARTMENTS,
    "catalogue/sites.csv": SITES,
    "catalogue/items/企业开办/QY001.yml": ITEM,
    "catalogue/items/企业开办/QY002.yml": OTHER_ITEM,
    "catalogue/themes/YJ001.yml": THEME,
    "intents/ambiguous.yml": "两样都是: [QY001, QY002]\n",
    "intents/items/QY001.yml": phrases("QY001"),
    "intents/items/QY002.yml": phrases("QY002"),
    "intents/items/YJ001.yml": phrases("YJ001"),
}


def write(folder: Path) -> None:
    """Write all files under `folder`."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def snapshot(folder: Path) -> Snapshot:
    """The small catalogue, written under `folder` and read again."""
    write(folder)
    return Snapshot("small", load_catalogue(folder / "catalogue"), None)
