"""Ranks entries for a sentence and decides: answer, clarify or reject (`deciding.py` says how sure it must be).

One logistic regression turns each entry's scores into the probability that this entry is acceptable. It is fitted
when the snapshot is built, on phrases that nothing was trained on, each scored while every phrase of the same entry and
voice is left out of the index: the nearest thing to a sentence by somebody new that needs no test data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict

from knowledge.search.deciding import Rule, fitted_rule, sentence_features, sigmoid
from knowledge.search.homophones import Homophones, Lexicon
from knowledge.search.index import Floats, Index, Scores
from knowledge.search.phrases import NONE, OFFERED, is_held_out
from knowledge.search.sentences import SentenceHead, fit_head

_CHINESE = re.compile(r"[\u4e00-\u9fff]")

Decision: TypeAlias = Literal["answer", "clarify", "reject"]

SHOWN = 5

WORDS_ONLY_REJECT = 0.22

CLEARLY_BETTER = 0.05
"""So much more probable the best entry must be for a sentence to be taken as misheard."""

FEWEST, NEAR = 3, 10
"""Of whom is asked, at least so many are offered, and a further one that is at least a tenth as probable."""

FEWEST_VOTES, MOSTLY = 3, 0.7
"""Of at least so many phrases that hold all words of a text, this share must be the entry's for it to be answered."""

_ASKS_FOR = re.compile(
    r"^(?:你好|您好|请问|问一下|问下|咨询|帮我|帮忙|麻烦|我们?家?|俺|想|要|需要|打算|准备|来|去"
    r"|申请|办理|办|弄|搞|个|一个|一张|一下|怎么|如何|哪里)+"
)
_ASKS_HOW = re.compile(
    r"(?:的?手续|的?流程|的?事情?|怎么|如何|要|该|去|哪里|哪儿|在哪|办理|办|弄|搞|申请|一下|了|吗|呢|呀|啊|呗|吧)+$"
)
"""What only asks, before and after the word that says for what."""

FEATURES = (
    "cos_best",
    "cos_mean",
    "word_best",
    "word_mean",
    "alias",
    "cos_lead",
    "word_lead",
    "cos_over_none",
    "word_over_none",
    "head",
    "head_lead",
    "head_over_none",
    "voted",
    "voted_lead",
)


class Calibration(BaseModel):
    """The fitted models and the thresholds, stored in the snapshot.

    An answer is given where it is `answer` probable that the sentence is clear and its first candidate right. Where
    that candidate is less than `reject` probable nothing is offered: a needless choice costs less than a right entry
    that is not shown. docs/evaluation.md tells what the thresholds were chosen by.
    """

    model_config = ConfigDict(frozen=True)

    mean: list[float]
    scale: list[float]
    weights: list[float]
    bias: float
    rule: Rule
    answer: float = 0.58
    reject: float = 0.10


@dataclass(frozen=True)
class Candidate:
    """An entry and the probability that it is acceptable."""

    code: str
    score: float


@dataclass(frozen=True)
class Match:
    """The matcher's reading: the decision, candidates best first, and how many of them are worth offering.

    `named` is the entry whose name or alias stands in the text, the longest one.
    """

    decision: Decision
    candidates: tuple[Candidate, ...]
    offered: int = 0
    named: str | None = None


def features(scores: Scores, alias: Floats, head: Floats) -> Floats:
    """One row an entry (NONE excluded), columns FEATURES, from a query's scores.

    `head` holds the entry head's log-probabilities in the index's order, NONE last.
    """

    def lead(values: Floats) -> Floats:
        """How far an entry is ahead of the best other one."""
        if len(values) == 1:
            return values.copy()
        best, second = np.sort(values)[-1], np.sort(values)[-2]
        led: Floats = np.where(values == best, values - second, values - best)
        return led

    cos, word = scores.cos_best[:-1], scores.word_best[:-1]
    columns = (
        cos,
        scores.cos_mean[:-1],
        word,
        scores.word_mean[:-1],
        alias,
        lead(cos),
        lead(word),
        cos - scores.cos_best[-1],
        word - scores.word_best[-1],
        head[:-1],
        lead(head[:-1]),
        head[:-1] - head[-1],
        scores.voted[:-1],
        lead(scores.voted[:-1]),
    )
    return np.stack(columns, axis=1).astype(np.float32)


class Matcher:
    """Reads which entry a normalised sentence asks for."""

    def __init__(
        self,
        index: Index,
        aliases: Mapping[str, str],
        calibration: Calibration,
        head: SentenceHead | None = None,
        ambiguous: Mapping[str, Sequence[str]] | None = None,
        themes: Collection[str] = (),
        lexicon: Lexicon | None = None,
    ) -> None:
        self.index, self.aliases, self.calibration = index, dict(aliases), calibration
        self._ambiguous = {_bare(word): codes for word, codes in (ambiguous or {}).items()}
        self._head, self._themes = head, frozenset(themes)
        self._by_length = sorted(self.aliases, key=len, reverse=True)
        self._homophones = Homophones(lexicon or Lexicon(), index.tokenizer.language)
        self._owned = _owned(index)
        self._strangers = {one.text for one in index.phrases if one.code == NONE} - self.aliases.keys()

    def repaired(self, text: str) -> str | None:
        """A normalised text with what was probably misheard mended, 护造 to 护照; None where nothing was."""
        return self._homophones.repaired(text)

    def read(self, text: str, encode: Callable[[str], Floats | None]) -> tuple[str, Match]:
        """The reading of one normalised text, and the text it is of: mended where that is understood clearly better.

        What is understood as it stands is never changed, and only for an unsure text is anything encoded twice.
        """
        match = self.match(text, encode(text))
        mended = self.repaired(text) if match.candidates and match.decision != "answer" else None
        if mended is None:
            return text, match
        other = self.match(mended, encode(mended))
        better = other.candidates[0].score >= match.candidates[0].score + CLEARLY_BETTER
        return (mended, other) if better else (text, match)

    def match(self, text: str, vector: Floats | None) -> Match:
        """The reading of one normalised text; `vector` is its embedding or None where no model is there."""
        if not text or len(self.index.codes) < 2:
            return Match("reject", ())
        odds, sentence = self._score(text, vector)
        right, clear = self.calibration.rule.read(sentence)
        order = np.argsort(-odds, kind="stable")[:SHOWN]
        # Only of the first is told more by the whole sentence; the others are at most as probable.
        chances = [right, *(min(right, sigmoid(float(odds[n]))) for n in order[1:])]
        found = tuple(Candidate(self.index.codes[n], round(p, 4)) for n, p in zip(order, chances, strict=True))
        named = next((self.aliases[name] for name in self._by_length if name in text), None)
        several = self._several_meant(text)
        if several:
            likely = [Candidate(code, found[0].score) for code in several]
            others = [one for one in found if one.code not in several]
            return Match("clarify", (*likely, *others)[:SHOWN], len(several), named)
        return replace(self._decide(text, found, clear), named=named)

    def _several_meant(self, text: str) -> Sequence[str]:
        """The entries of a text that is no more than a word for several of them."""
        if text in self.aliases or text.replace(" ", "") in self.aliases:
            return ()
        return self._ambiguous.get(_bare(text), ())

    def sentence(self, text: str, vector: Floats | None) -> Floats | None:
        """What the rule reads of a normalised text, to fit it; None where the text itself is known to decide."""
        known = text in self.aliases or text in self._strangers or text in self._owned or self._several_meant(text)
        return None if known else self._score(text, vector)[1]

    def _score(self, text: str, vector: Floats | None) -> tuple[Floats, Floats]:
        """Each entry's log-odds, and the features of the whole sentence."""
        alias = alias_scores(text, self.aliases, self.index.codes[:-1])
        scores = self.index.score(text, vector)
        odds = self._log_odds(features(scores, alias, head_scores(self._head, vector, self.index)))
        return odds, sentence_features(_bare(text), scores, odds)

    def _log_odds(self, rows: Floats) -> Floats:
        kept = self.calibration
        scaled = (rows - np.array(kept.mean)) / np.array(kept.scale)
        return np.asarray(scaled @ np.array(kept.weights) + kept.bias, dtype=np.float32)

    def _decide(self, text: str, found: tuple[Candidate, ...], clear: float) -> Match:
        rule = self.calibration
        first = found[0].score
        if not _CHINESE.search(text) and text not in self.aliases:
            return Match("reject", found)
        if text in self._strangers:
            return Match("reject", found)
        known = self.aliases.get(text) or self._owned.get(text)
        if known:
            return Match("answer", _first(known, found))
        if clear >= rule.answer and not self._said_for_others(text, found[0].code):
            return Match("answer", found)
        if first < rule.reject:
            return Match("reject", found)
        near = [one for one in found[:OFFERED] if one.score >= first / NEAR]
        return Match("clarify", found, min(max(FEWEST, len(near)), len(found)))

    def _said_for_others(self, text: str, code: str) -> bool:
        """Whether people say the text's words for other items too: 养老院 for opening one and for a place in one.

        Only few words are: of a whole sentence hardly any phrase holds all. A theme says what its items say.
        """
        if code in self._themes:
            return False
        votes = {one: count for one, count in self.index.holding(text).items() if one not in self._themes}
        whole = sum(votes.values())
        return whole >= FEWEST_VOTES and votes.get(code, 0) < MOSTLY * whole


def _owned(index: Index) -> dict[str, str]:
    """Phrases that are one entry's alone: whoever says just that asks for it."""
    owners: dict[str, set[str]] = {}
    for phrase in index.phrases:
        owners.setdefault(phrase.text, set()).add(phrase.code)
    return {text: codes.pop() for text, codes in owners.items() if len(codes) == 1 and NONE not in codes}


def _bare(text: str) -> str:
    """A text without what only asks; whole where nothing else is left, as of 去世."""
    plain = text.replace(" ", "")
    return _ASKS_HOW.sub("", _ASKS_FOR.sub("", plain)) or plain


def _first(code: str, found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The entry whose very name was said before all others, at least as probable as the best of them."""
    others = [one for one in found if one.code != code]
    return Candidate(code, max(one.score for one in found)), *others[: SHOWN - 1]


def alias_scores(text: str, aliases: Mapping[str, str], codes: Sequence[str], without: str = "") -> Floats:
    """Per entry, the share of the text that its longest name found in it covers (1: the text is the name).

    The name `without` is left out: how a name that is itself in the index is scored.
    """
    row = {code: n for n, code in enumerate(codes)}
    found = np.zeros(len(codes), dtype=np.float32)
    for name in aliases:
        if name in text and name != without:
            n = row[aliases[name]]
            found[n] = max(found[n], len(name) / len(text))
    return found


def head_scores(head: SentenceHead | None, vector: Floats | None, index: Index) -> Floats:
    """The head's log-probability of each entry, in the index's order; zeros where there is no head or no vector."""
    if head is None or vector is None:
        return np.zeros(len(index.codes), dtype=np.float32)
    row = {code: n for n, code in enumerate(head.classes)}
    return head.log_probabilities(vector)[[row[code] for code in index.codes]]


def fit_entry_head(index: Index, vectors: Floats, *, all_phrases: bool) -> SentenceHead:
    """The head that reads the entry, from all phrases or without those that are held out."""
    rows = [n for n, phrase in enumerate(index.phrases) if all_phrases or not is_held_out(phrase)]
    return fit_head(vectors[rows], [index.phrases[n].code for n in rows])


def calibrate(index: Index, aliases: Mapping[str, str], vectors: Floats | None) -> Calibration:
    """Fit the probability on the held-out phrases, each without its entry's phrases of the same voice."""
    from sklearn.linear_model import LogisticRegression  # slow to import, and only needed here

    groups: dict[tuple[str, str], list[int]] = {}
    for n, phrase in enumerate(index.phrases):
        groups.setdefault((phrase.code, phrase.group), []).append(n)
    head = fit_entry_head(index, vectors, all_phrases=False) if vectors is not None else None
    codes = index.codes[:-1]
    rows, right = [], []
    for n, phrase in enumerate(index.phrases):
        if not is_held_out(phrase):
            continue
        vector = vectors[n] if vectors is not None else None
        scores = index.score(phrase.text, vector, groups[phrase.code, phrase.group])
        values = features(
            scores, alias_scores(phrase.text, aliases, codes, phrase.text), head_scores(head, vector, index)
        )
        # Only entries that could be shown teach anything: the right one and the strongest wrong ones.
        strongest = {*np.argsort(-(values[:, 0] + values[:, 2]))[:SHOWN], *np.argsort(-values[:, 9])[:SHOWN]}
        own = [] if phrase.code == NONE else [codes.index(phrase.code)]
        for entry in sorted({*own, *(int(one) for one in strongest)}):
            rows.append(values[entry])
            right.append(entry in own)
    table = np.array(rows)
    mean, scale = table.mean(axis=0), table.std(axis=0) + 1e-6
    fitted = LogisticRegression(C=1.0, max_iter=2000).fit((table - mean) / scale, right)
    return Calibration(
        mean=mean.tolist(),
        scale=scale.tolist(),
        weights=fitted.coef_[0].tolist(),
        bias=float(fitted.intercept_[0]),
        rule=fitted_rule(words_only=vectors is None),
        # Words alone tell nonsense less well from a request: nothing is offered on a faint likeness.
        **({"reject": WORDS_ONLY_REJECT} if vectors is None else {}),
    )
