"""Which 8,192 of the teacher's 30,522 word pieces the small text encoder keeps.

Drawable nouns come first, however rare: a vocabulary cut by frequency alone breaks
"toad", "hare" and "sedan" into pieces, and their meaning with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

VOCABULARY_SIZE = 8192
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
FIRST_WORD = 1996
"""The teacher's list is ordered by frequency from here on."""
FREQUENT = 3500
LAST_PIECE = 9000
DRAWABLE_FILES = {5, 6, 8, 13, 15, 17, 18, 19, 20, 27}
"""WordNet's animals, artifacts, bodies, food, places, objects, people, plants ..."""


@dataclass(frozen=True)
class Words:
    """WordNet's words that help to describe pictures."""

    nouns: tuple[str, ...]
    adjectives: tuple[str, ...]
    glosses: tuple[str, ...]


def read_wordnet(folder: Path) -> Words:
    """Read `data.noun` and `index.adj`."""
    nouns: list[str] = []
    glosses: list[str] = []
    for line in entries(folder / "data.noun"):
        fields = line.split(" ")
        if int(fields[1]) not in DRAWABLE_FILES:
            continue
        lemmas = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
        nouns += [lemma.replace("_", " ").lower() for lemma in lemmas]
        glosses.append(line.split("| ")[1].split(";")[0].strip().lower())
    adjectives = [line.split(" ")[0] for line in entries(folder / "index.adj")]
    return Words(
        tuple(
            word for word in dict.fromkeys(nouns) if re.fullmatch("[a-z][a-z -]+", word)
        ),
        tuple(word for word in adjectives if re.fullmatch("[a-z]+", word)),
        tuple(glosses),
    )


def entries(path: Path) -> list[str]:
    """A WordNet file opens with its licence, in lines that start with a space."""
    lines = path.read_text(encoding="latin-1").splitlines()
    return [line for line in lines if not line.startswith(" ")]


def choose_vocabulary(
    teacher: list[str], captions: set[str], words: Words, size: int = VOCABULARY_SIZE
) -> list[str]:
    """The pieces to keep, the most needed first; `captions` are our own words."""
    lemmas = {noun for noun in words.nouns if " " not in noun and "-" not in noun}
    parts = {part for noun in words.nouns for part in noun.split()}
    parts |= set(words.adjectives)
    plain = [
        (rank, piece)
        for rank, piece in enumerate(teacher)
        if rank >= FIRST_WORD and re.fullmatch("[a-z]+", piece)
    ]
    pieces = [p for p in teacher[FIRST_WORD:LAST_PIECE] if re.fullmatch("##[a-z]+", p)]
    wanted = [
        *SPECIAL,
        *(piece for piece in teacher if re.fullmatch(r"(##)?[\x21-\x7e]", piece)),
        *(piece for piece in teacher if piece in captions),
        *(piece for _, piece in plain if piece in lemmas),
        *pieces,
        *(piece for rank, piece in plain if rank < FREQUENT),
        *(piece for _, piece in plain if piece in parts),
    ]
    return list(dict.fromkeys(wanted))[:size]
