"""The search index of one snapshot: jieba, BM25 and FAISS over every known sentence."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import bm25s
import jieba
import numpy as np
import numpy.typing as npt

from knowledge.search.phrases import NONE, Phrase

Floats = npt.NDArray[np.float32]

jieba.setLogLevel(logging.WARNING)

_STOP = frozenset(
    [
        "的",
        "了",
        "吗",
        "呢",
        "啊",
        "吧",
        "我",
        "你",
        "他",
        "她",
        "要",
        "想",
        "怎么",
        "什么",
        "一",
        "个",
        "是",
        "在",
        "有",
        "就",
        "都",
        "和",
        "去",
        "来",
        "给",
        "这",
        "那",
        "请问",
        "可以",
        "能",
        "把",
        "也",
        "还",
        "得",
        "着",
        "过",
        "说",
        "问",
        "下",
    ]
)

NEIGHBOURS = 160
"""How many nearest phrase vectors are looked at; an entry with none among them gets the last one's similarity."""


TOP = 3
"""Of how many of its phrases an entry's mean is taken."""

SHARED = 0.5
"""How much of an entry's language is everybody's: a word that it never uses costs little."""

REPEATED = 3
"""A character is in about three tokens (a word and two pairs), so that votes of tokens count a third each."""


class Tokenizer:
    """jieba's search mode with the catalogue's words added, plus character pairs for words it does not know."""

    def __init__(self, words: Collection[str]) -> None:
        self._jieba = jieba.Tokenizer()
        self._jieba.initialize()
        for word in words:
            self._jieba.add_word(word)

    def __call__(self, text: str) -> list[str]:
        """Tokens of a normalised text."""
        plain = text.replace(" ", "")
        pairs = [plain[n : n + 2] for n in range(len(plain) - 1)]
        words = [word for word in self._jieba.cut_for_search(text) if word.strip() and word not in _STOP]
        return words + [f"#{pair}" for pair in pairs]

    def words(self, text: str) -> list[str]:
        """A normalised text cut into words once, none of them guessed."""
        return [word for word in self._jieba.cut(text, HMM=False) if word.strip()]

    @property
    def language(self) -> dict[str, int]:
        """How often words are used in general, by jieba's dictionary."""
        counts: dict[str, int] = self._jieba.FREQ
        return counts


@dataclass(frozen=True)
class Scores:
    """Of one query, per entry (axis 0: entries, the last row is NONE).

    Similarity and BM25 are the best phrase's and the mean of three; `voted` is the entry's log-probability by the words
    alone, as all its phrases together use them; `known` the share of the words' weight that any of its phrases has.
    """

    cos_best: Floats
    cos_mean: Floats
    word_best: Floats
    word_mean: Floats
    voted: Floats
    known: Floats


class Index:
    """Scores a query against every entry by its phrases."""

    def __init__(self, phrases: Sequence[Phrase], words: Collection[str], vectors: Floats | None) -> None:
        self.phrases = list(phrases)
        self.codes = [*dict.fromkeys(p.code for p in phrases if p.code != NONE), NONE]
        row = {code: n for n, code in enumerate(self.codes)}
        self.owner = np.array([row[p.code] for p in phrases])
        self.tokenizer = Tokenizer(words)
        tokens = [self.tokenizer(p.text) for p in phrases]
        self._bm25 = bm25s.BM25(k1=1.2, b=0.6)
        self._bm25.index(tokens, show_progress=False)
        self._self_score = lru_cache(maxsize=4096)(self._best_possible)
        counts: dict[str, int] = {}
        for one in tokens:
            for token in set(one):
                counts[token] = counts.get(token, 0) + 1
        self._idf = {t: float(np.log1p((len(tokens) - n + 0.5) / (n + 0.5))) for t, n in counts.items()}
        self._unknown_idf = float(np.log1p((len(tokens) + 0.5) / 0.5))
        self._holding: dict[str, set[int]] = {}
        for n, one in enumerate(tokens):
            for token in one:
                self._holding.setdefault(token, set()).add(n)
        self._users = {
            token: np.unique(self.owner[list(held)], return_counts=True) for token, held in self._holding.items()
        }
        self._said = np.bincount(self.owner, weights=[len(set(one)) for one in tokens])
        self._faiss = _faiss_index(vectors) if vectors is not None else None

    def holding(self, text: str) -> Counter[str]:
        """By entry, how many of its phrases hold every word of the text."""
        words = {token for token in self.tokenizer(text) if not token.startswith("#")}
        if not words:
            return Counter()
        found = set.intersection(*(self._holding.get(word, set()) for word in words))
        return Counter(self.phrases[n].code for n in found if self.phrases[n].code != NONE)

    def _best_possible(self, tokens: tuple[str, ...]) -> float:
        return sum(self._idf.get(token, self._unknown_idf) for token in tokens) or 1.0

    def score(self, text: str, vector: Floats | None, without: Collection[int] = ()) -> Scores:
        """Scores of a normalised text. `without` names phrases to leave out: how held-out phrases are scored."""
        tokens = self.tokenizer(text)
        kept = [token for token in tokens if token in self._idf]
        raw = self._bm25.get_scores(kept) if kept else np.zeros(len(self.phrases))
        words: Floats = (np.asarray(raw) / self._self_score(tuple(tokens))).astype(np.float32)
        left_out = list(without)
        if left_out:
            words[left_out] = 0.0
        shared = np.flatnonzero(words)
        word_best, word_mean = self._by_owner(words[shared], shared, 0.0)
        voted, known = self._votes(tokens, frozenset(left_out))
        if self._faiss is None or vector is None:
            zeros = np.zeros(len(self.codes), dtype=np.float32)
            return Scores(zeros, zeros, word_best, word_mean, voted, known)
        wanted = min(NEIGHBOURS + len(left_out), len(self.phrases))
        similar, ids = _nearest(self._faiss, vector, wanted)
        keep = ~np.isin(ids[0], left_out)
        similar, near = similar[0][keep][:NEIGHBOURS], ids[0][keep][:NEIGHBOURS]
        cos_best, cos_mean = self._by_owner(similar, near, float(similar[-1]) if len(similar) else 0.0)
        return Scores(cos_best, cos_mean, word_best, word_mean, voted, known)

    def _votes(self, tokens: Sequence[str], left_out: frozenset[int]) -> tuple[Floats, Floats]:
        """Per entry, its log-probability by the tokens, and the share of their weight that its phrases know.

        Each entry speaks its own language mixed with everybody's (Jelinek-Mercer): one word that only it uses tells
        more than a phrase that happens to be near.
        """
        votes, known = np.zeros((2, len(self.codes)), dtype=np.float32)
        whole = self._said.sum()
        for token in tokens:
            if token not in self._users:
                continue
            users, uses = self._users[token]
            if lost := self._holding[token] & left_out:
                uses = uses - np.bincount(self.owner[list(lost)], minlength=len(self.codes))[users]
                users, uses = users[uses > 0], uses[uses > 0]
            usual = len(self._holding[token]) / whole
            votes[users] += np.log1p((1 - SHARED) / SHARED * uses / self._said[users] / usual)
            known[users] += self._idf[token]
        votes = (votes - votes.max()) / REPEATED
        return votes - np.log(np.exp(votes).sum()), known / self._self_score(tuple(tokens))

    def _by_owner(self, values: Floats, ids: npt.NDArray[np.int64], floor: float) -> tuple[Floats, Floats]:
        """Best and mean-of-three per entry over scored phrases; `floor` stands in for phrases not seen."""
        best = np.full(len(self.codes), floor, dtype=np.float32)
        mean = best.copy()
        owners = self.owner[ids]
        order = np.lexsort((-values, owners))
        owners, values = owners[order], values[order]
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        group = np.cumsum(np.diff(owners, prepend=-1) != 0) - 1
        in_top = np.arange(len(values)) - starts[group] < TOP
        sums = np.bincount(group[in_top], weights=values[in_top])
        missing = TOP - np.bincount(group[in_top])
        best[owners[starts]] = values[starts]
        mean[owners[starts]] = (sums + floor * missing) / TOP
        return best, mean


def _faiss_index(vectors: Floats) -> Any:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def _nearest(index: Any, vector: Floats, count: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Similarities and numbers [1, count] of the nearest phrases.

    By one thread, as the encoder reads one sentence: several would take 20 ms instead of 1 while anything else runs.
    Said anew each time, because the number belongs to the calling thread.
    """
    import faiss

    faiss.omp_set_num_threads(1)
    found: tuple[Floats, npt.NDArray[np.int64]] = index.search(vector[None, :], count)
    return found
