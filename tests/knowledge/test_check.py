"""Every mistake an editor can make is found, with its file, its line and the way to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import small
from shipped_catalogue import shipped_snapshot

from knowledge import check
from knowledge.check import check_catalogue
from knowledge.search.phrases import ambiguous_words, read_phrase_files

FACTS, MATERIALS, LAWS, SITES = (
    f"catalogue/{name}" for name in ("facts.yml", "materials.yml", "laws.yml", "sites.csv")
)
ITEM, OTHER = (f"catalogue/items/企业开办/{code}.yml" for code in ("QY001", "QY002"))
THEME = "catalogue/themes/YJ001.yml"
PHRASES = "intents/items/QY002.yml"
AMBIGUOUS = "intents/ambiguous.yml"


@dataclass(frozen=True)
class Mistake:
    """One edit that breaks the catalogue. `at` is text of the line that the finding must name; none for a whole file."""

    id: str
    file: str
    old: str
    new: str
    at: str
    says: str


FIVE_QUESTIONS = "".join(f"  - fact: f{n}\n" for n in range(5))
MANY_OPTIONS = "".join(f"      - {{id: o{n}, label: 第{n}种, means: 第{n}种的}}\n" for n in range(12))
MANY_FACTS = "facts:\n" + "".join(
    f"  m{n}:\n    ask: 是哪一种？\n    name: 种类\n    why: 看种类。\n    explain: 例子。\n    options:\n{MANY_OPTIONS}"
    for n in range(4)
)
OWN_FACT = """\
facts:
  smell:
    ask: 有没有油烟？
    name: 油烟
    why: 看油烟。
    explain: 炒菜就有。
    options:
      - {id: smoke, label: 有, means: 有油烟的}
      - {id: clean, label: 没有, means: 没有油烟的}
"""

MISTAKES = [
    # Of one file's form
    Mistake("syntax", ITEM, "audience: [business]", "audience: [business", "places:", "not valid YAML"),
    Mistake("unknown key", ITEM, "department: 市", "departement: 市", "departement:", "departement: Extra inputs"),
    Mistake("missing part", ITEM, "department: 市场监管\n", "", "code: QY001", "department: Field required"),
    Mistake("bad id", ITEM, "  - id: lease", "  - id: 合同", "id: 合同", "materials.1.id: String should match"),
    Mistake("long question", FACTS, "ask: 谁来办？", f"ask: {'问' * 26}", "ask: 问", "at most 25 characters"),
    Mistake("one option", FACTS, "就是租的。\n  options:\n    - {id: own, label: 自己的, means: 店面是自己的}\n", "就是租的。\n  options: # one\n", "# one", "at least 2"),
    Mistake("same option", FACTS, "id: rented", "id: own", "shop:", "two options of one fact share an id; give each"),
    Mistake("no range", FACTS, ", range: [0, 50]", "", "area:", "is a number: give two options or more a range"),
    Mistake("free yet paid", ITEM, "{free: true,", "{free: true, amount: 5,", "{free: true", "leave one out"),
    Mistake("nothing to hand in", ITEM, "  - id: form\n", "  - id: form\n    original: false\n", "id: form", "neither original"),
    Mistake("same key", MATERIALS, "lease:", "form:", "{name: 租赁合同", "'form' stands twice; keep one"),
    Mistake("code", ITEM, "code: QY001", "code: QY009", "", "QY001.yml:1: holds code QY009; rename the file or mend"),
    Mistake("handbook", ITEM, "handbook: 企业开办", "handbook: 社会事务", "", "QY001.yml:1: handbook 社会事务 but stands in"),
    Mistake("site", SITES, "town,便民中心,town", "town,便民中心,city", "town,便民中心,city", "level: Input should be"),
    # Of references
    Mistake("stale", ITEM, "verified: 2026-01-01", "verified: 2025-05-31", "verified:", "is over a year ago; check"),
    Mistake("shared fact again", ITEM, "questions:", OWN_FACT.replace("smell", "shop") + "questions:", "  shop:", "is a shared fact of facts.yml; rename"),
    Mistake("fact", ITEM, "- fact: shop", "- fact: shape", "fact: shape", "nowhere defined; add it to facts.yml"),
    Mistake("option asked", ITEM, "- fact: who", "- {fact: who, options: [self, cat]}", "options: [self, cat]", "who has no option cat; it has self, proxy"),
    Mistake("asked twice", ITEM, "  - fact: who\n", "  - fact: who\n  - {fact: shop, ask: 店呢？}\n", "店呢？", "asked twice; keep one"),
    Mistake("gate", ITEM, "- fact: shop", "- {fact: shop, when: {who: self}}", "when: {who: self}", "not an earlier question; move that question up"),
    Mistake("when fact", ITEM, "{shop: rented}", "{area: large}", "id: lease", "when names area, which this entry does not ask; add the question or drop"),
    Mistake("when option", ITEM, "{shop: rented}", "{shop: bought}", "id: lease", "shop has no option bought here; it has own, rented"),
    Mistake("department", ITEM, "department: 市场监管", "department: 气象", "department:", "not in departments.yml; add its telephones"),
    Mistake("material", ITEM, "- id: lease", "- id: deed", "id: deed", "material deed is not in materials.yml; define it there"),
    Mistake("result", ITEM, "paper: licence", "paper: permit", "result:", "result.paper permit is not in materials.yml; define"),
    Mistake("instead", ITEM, "stops: []", "stops:\n  - {reason: 不用办, instead: QY777, when: {shop: own}}", "instead: QY777", "instead names QY777, which is not in the catalogue; drop it"),
    Mistake("law", ITEM, "- {law: permit_law", "- {law: secret_law", "law: secret_law", "law secret_law is not in laws.yml; add it"),
    Mistake("law of a fee", ITEM, "不收费。, basis: {law: permit_law}", "不收费。, basis: {law: secret_law}", "{free: true", "law secret_law is not in laws.yml"),
    Mistake("law of a time", ITEM, "working, basis: {law: permit_law}", "working, basis: {law: secret_law}", "- legal:", "law secret_law is not in laws.yml"),
    Mistake("replaced law", ITEM, "- {law: permit_law", "- {law: old_law", "law: old_law", "was replaced by permit_law; cite that"),
    Mistake("promise", ITEM, "promised: {days: 3", "promised: {days: 11", "- legal:", "promised time is longer than the legal time; shorten"),
    Mistake("town out of reach", ITEM, "levels: [center]", "levels: [center, town]", "places:", "but reach says only the centre; say own_town or any_town"),
    Mistake("reach without town", ITEM, "audience: [business]", "audience: [business]\nreach: any_town", "reach:", "but no place is at a town or village; add one"),
    Mistake("centre alone, yet a town", ITEM, "audience: [business]\nplaces:\n  - levels: [center]", "audience: [business]\nreach: own_town\ncenter_only: 要当场验车。\nplaces:\n  - levels: [center, town]", "center_only:", "says that only the centre takes it in"),
    # Of a theme
    Mistake("theme's gate", THEME, "- fact: area", "- {fact: area, when: {shop: own}}", "when: {shop: own}", "asked of everyone; take the gate out"),
    Mistake("many questions", THEME, "  - fact: shop\n  - fact: area\n", FIVE_QUESTIONS, "questions:", "5 questions to one plan; keep the four"),
    Mistake("planned item", THEME, "- item: QY002", "- item: QY777", "item: QY777", "item QY777 is not in the catalogue; add it or drop"),
    Mistake("given fact", THEME, "given: {who: self}", "given: {shop: own}", "item: QY002", "given names shop, which QY002 does not ask; drop"),
    Mistake("given option", THEME, "given: {who: self}", "given: {who: cat}", "item: QY002", "given says who: cat, which QY002 does not offer; mend"),
    Mistake("after nothing", THEME, "after: [QY001]", "after: [SH001]", "item: QY002", "after names SH001, which is not in this plan"),
    Mistake("after later", THEME, "- item: QY001", "- item: QY001\n    after: [QY002]", "item: QY001", "after names QY002, which stands later; put the plan in order"),
    Mistake("turned away", ITEM, "stops: []", "stops:\n  - {reason: 店是自己的不用办, when: {shop: own}}", "", "QY001 turns away shop=own, area=small (店是自己的不用办); narrow its when"),
    Mistake("nothing to do", THEME, "- item: QY001", "- item: QY001\n    when: {shop: rented}", "plan:", "nothing to do for shop=own, area=small; add what such a person needs"),
    # Of all cases together
    Mistake("too many cases", ITEM, "questions:\n", MANY_FACTS + "questions:\n" + "".join(f"  - fact: m{n}\n" for n in range(4)), "questions:", "over 20000 combinations of answers; ask fewer"),
    Mistake("idle question", ITEM, "    when: {shop: rented}\n", "", "fact: shop", "no answer to shop changes the notice; drop the question"),
    Mistake("same options", FACTS, "    - {id: rented, label: 租的, means: 店面是租的}\n", "    - {id: rented, label: 租的, means: 店面是租的}\n    - {id: lent, label: 借的, means: 店面是借的}\n", "", "options own and lent of shop always give the same notice; narrow"),
    Mistake("two lines", ITEM, "  - count: 1\n", "  - count: 1\n  - {count: 2, when: {shop: own}}\n", "visits:", "2 lines of visits hold for shop=own, who=self; exactly one must"),
    Mistake("no line", ITEM, "  - count: 1\n", "  - {count: 1, when: {shop: own}}\n", "visits:", "0 lines of visits hold for shop=rented, who=self; exactly one must"),
    Mistake("no place", ITEM, "window: 一号窗口", "window: 一号窗口\n    when: {shop: own}", "places:", "no place for {'shop': 'rented', 'who': 'self'}; add one"),
    Mistake("dead line", ITEM, "stops: []", "stops:\n  - {reason: 不用办, when: {shop: rented}}", "id: lease", "no case reaches this line; mend its when or drop it"),
    Mistake("unused material", MATERIALS, "plan:", "photo: {name: 照片, issuer: 照相馆}\nplan:", "photo:", "nothing uses photo; drop it or use it"),
    Mistake("unused law", LAWS, "old_law:", "tax_law: {title: 税法, issuer: 全国人大, effective: 2020-01-01}\nold_law:", "tax_law:", "nothing uses tax_law"),
    Mistake("unused fact", FACTS, "who:\n", OWN_FACT.split("\n", 1)[1].replace("\n  ", "\n")[2:] + "who:\n", "smell:", "nothing uses smell"),
    Mistake("same name", MATERIALS, "name: 租赁合同", "name: 申请表", "lease:", "申请表 is also form; keep one"),
    Mistake("same site", SITES, "town,便民中心", "center,便民中心", "", "sites.csv: id center stands twice; keep one"),
    # Of how people ask
    Mistake("stray phrases", PHRASES, "code: QY002", "code: QY003", "", "intents/items/QY003.yml: QY003 is not in the catalogue; rename"),
    Mistake("few phrases", PHRASES, "    - 请帮我办事项QY002说法零零\n", "", "", "intents/items/QY002.yml: 29 phrases; write at least 30"),
    Mistake("claimed phrase", PHRASES, "QY002说法零零", "QY001说法零零", "", "also belongs to QY001; keep it in one"),
    Mistake("a word of a stranger", AMBIGUOUS, "[QY001, QY002]", "[QY001, QY009]", "", "“两样都是” names QY009, which is not"),
    Mistake("a word of one", AMBIGUOUS, "[QY001, QY002]", "[QY001, QY001]", "", "“两样都是” has 1 entries; name two to 4"),
    Mistake("a word that is a name", AMBIGUOUS, "两样都是", "QY001的简称", "", "is a name of QY001; keep it in one place"),
    Mistake("claimed alias", PHRASES, "QY002的简称", "QY001的简称", "", "“QY001的简称” also belongs to QY001"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small catalogue as files, with its own phrases."""
    small.write(tmp_path)
    monkeypatch.setattr(check, "read_phrase_files", lambda: read_phrase_files(tmp_path / "intents" / "items"))
    monkeypatch.setattr(check, "ambiguous_words", lambda: ambiguous_words(tmp_path / AMBIGUOUS))
    return tmp_path


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace `old`, which must be there once."""
    path = folder / file
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new), "utf-8")


def test_the_shipped_catalogue_is_clean() -> None:
    """As of its newest check against the sources: that a year has passed since is news, not a mistake."""
    newest = max(entry.verified for entry in shipped_snapshot().catalogue.entries())
    assert check_catalogue(today=newest) == []


def test_the_small_catalogue_is_clean(folder: Path) -> None:
    assert check_catalogue(folder / "catalogue", small.TODAY) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_a_mistake_is_found_where_it_is(folder: Path, mistake: Mistake) -> None:
    edit(folder, mistake.file, mistake.old, mistake.new)
    problems = check_catalogue(folder / "catalogue", small.TODAY)
    found = [problem for problem in problems if mistake.says in problem]
    assert found, problems
    if mistake.at:
        path = folder / mistake.file
        lines = path.read_text("utf-8").splitlines()
        (line,) = [n for n, text in enumerate(lines, start=1) if mistake.at in text]
        assert found[0].startswith(f"{path.name}:{line}: ")
