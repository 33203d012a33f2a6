"""Which subject a noun means: WordNet's nouns, each with the subject nearest to it.

A noun means a subject if it names the same thing or a kind of it (WordNet's hyponyms:
lorry, truck; vixen, fox). Other nouns mean the subject that a sentence encoder finds
nearest to their definition, if it is near enough (moth, butterfly).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from data.concepts import Concept
from torch import Tensor
from vocabulary import DRAWABLE_FILES, entries

MOST_STEPS = 6
"""Between a noun and the subject that it is a kind of."""
SENSES_ASKED = 3
"""Of a noun: its most frequent meanings that can be drawn."""
LEAST_COSINE = 0.4
NEAR_ENOUGH = 1.0
"""Where a noun is no kind of a subject: the least cosine of their definitions, and the
least sum of it and the likeness of their meanings.
"""

Embed = Callable[[Sequence[str]], Tensor]
"""Sentences to vectors of length one."""


@dataclass(frozen=True)
class Synset:
    """One meaning: its words, its definition, and the meanings that it is a kind of."""

    words: tuple[str, ...]
    definition: str
    kinds_of: tuple[str, ...]
    is_drawable: bool


@dataclass(frozen=True)
class WordNet:
    """The nouns of WordNet 3.

    Args:
        synsets: by their offset in the file.
        senses: the offsets of a noun's meanings, the most frequent first.
    """

    synsets: Mapping[str, Synset]
    senses: Mapping[str, tuple[str, ...]]

    def drawable_sense(self, noun: str) -> str | None:
        """The most frequent meaning of `noun` that can be drawn."""
        for offset in self.senses.get(noun, ()):
            if self.synsets[offset].is_drawable:
                return offset
        return None


def read_nouns(folder: Path) -> WordNet:
    """Read `data.noun` and `index.noun`."""
    synsets = dict(_synset(line) for line in entries(folder / "data.noun"))
    senses = {}
    for line in entries(folder / "index.noun"):
        fields = line.split()
        senses[_plain(fields[0])] = tuple(fields[-int(fields[2]) :])
    return WordNet(synsets, senses)


def _synset(line: str) -> tuple[str, Synset]:
    facts, _, definition = line.partition(" | ")
    fields = facts.split(" ")
    words = int(fields[3], 16)
    after = 4 + 2 * words
    pointers = fields[after + 1 : after + 1 + 4 * int(fields[after])]
    kinds_of = tuple(
        offset
        for sign, offset in zip(pointers[::4], pointers[1::4], strict=True)
        if sign in ("@", "@i")
    )
    nouns = tuple(_plain(word) for word in fields[4:after:2])
    drawable = int(fields[1]) in DRAWABLE_FILES
    first = definition.split(";")[0].strip().lower()
    return fields[0], Synset(nouns, first, kinds_of, drawable)


def _plain(lemma: str) -> str:
    return lemma.replace("_", " ").lower()


SENSES_FILE = Path(__file__).parent / "data" / "senses.txt"


def read_senses(path: Path = SENSES_FILE) -> dict[str, tuple[str, ...]]:
    """By hand: the meanings of the subjects whose names alone would mislead, as
    `tiger.2`, the second meaning of "tiger".
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if not line.startswith("#")]
    return {
        name.strip(): tuple(
            sense.strip() for sense in senses.split(",") if sense.strip()
        )
        for name, senses in rows
    }


class Lexicon:
    """Finds the subject that a noun means.

    Args:
        embed: a sentence encoder.
        senses: of `read_senses`.
    """

    def __init__(
        self,
        concepts: Sequence[Concept],
        wordnet: WordNet,
        embed: Embed,
        senses: Mapping[str, Sequence[str]],
    ) -> None:
        self._wordnet, self._embed = wordnet, embed
        self._concepts = [
            (offset, concept)
            for concept in concepts
            for offset in _own_synsets(concept, wordnet, senses)
        ]
        self._by_synset = dict(reversed(self._concepts))
        self._depths: dict[str, dict[str, int]] = {}
        self._vectors = embed(
            [
                f"{concept.name}: {wordnet.synsets[offset].definition}"
                for offset, concept in self._concepts
            ]
        )

    def subject(self, noun: str) -> Concept | None:
        """The subject that `noun` means; None if no meaning is near enough to one."""
        senses = self._senses(noun)
        return self.kind(noun) or (self._nearest(noun, senses) if senses else None)

    def kind(self, noun: str) -> Concept | None:
        """The subject that `noun` is another word for, or a kind of."""
        kinds = (self._kind(offset) for offset in self._senses(noun))
        return next((concept for concept in kinds if concept), None)

    def _senses(self, noun: str) -> list[str]:
        offsets = self._wordnet.senses.get(noun, ())
        drawable = [o for o in offsets if self._wordnet.synsets[o].is_drawable]
        return drawable[:SENSES_ASKED]

    def _kind(self, offset: str) -> Concept | None:
        """The first subject among a synset and what it is a kind of."""
        above = self._above(offset)
        found = [(steps, o) for o, steps in above.items() if o in self._by_synset]
        steps, nearest = min(found, default=(MOST_STEPS + 1, ""))
        return self._by_synset[nearest] if steps <= MOST_STEPS else None

    def _nearest(self, noun: str, senses: Sequence[str]) -> Concept | None:
        synsets = self._wordnet.synsets
        vectors = self._embed([f"{noun}: {synsets[o].definition}" for o in senses])
        likenesses = [
            [self._likeness(offset, other) for other, _ in self._concepts]
            for offset in senses
        ]
        cosines = vectors @ self._vectors.T
        scores = cosines + torch.tensor(likenesses)
        scores[cosines < LEAST_COSINE] = 0
        best = int(scores.amax(0).argmax())
        return self._concepts[best][1] if scores[:, best].max() >= NEAR_ENOUGH else None

    def _likeness(self, first: str, second: str) -> float:
        """How much of their ways to the root two synsets share, 0 to 1 (Wu and Palmer,
        "Verb semantics and lexical selection", 1994).
        """
        above, others = self._above(first), self._above(second)
        steps = [above[o] + others[o] for o in above.keys() & others.keys()]
        if not steps:
            return 0.0
        apart = min(steps)
        return 1 - apart / (max(above.values()) + max(others.values()))

    def _above(self, offset: str) -> dict[str, int]:
        """A synset and all that it is a kind of, with the steps to get there."""
        if offset not in self._depths:
            steps = {offset: 0}
            queue = [offset]
            for below in queue:
                for above in self._wordnet.synsets[below].kinds_of:
                    if above not in steps:
                        steps[above] = steps[below] + 1
                        queue.append(above)
            self._depths[offset] = steps
        return self._depths[offset]


def _own_synsets(
    concept: Concept, wordnet: WordNet, senses: Mapping[str, Sequence[str]]
) -> list[str]:
    if concept.name in senses:
        numbered = [sense.rsplit(".", 1) for sense in senses[concept.name]]
        return [wordnet.senses[noun][int(number) - 1] for noun, number in numbered]
    for word in (concept.name, *concept.words):
        if offset := wordnet.drawable_sense(word):
            return [offset]
    return []
