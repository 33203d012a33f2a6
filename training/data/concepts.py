"""The subjects the model learns, read from the hand-kept list `concepts.txt`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.colours import is_colour_word

CONCEPTS_FILE = Path(__file__).with_name("concepts.txt")


@dataclass(frozen=True)
class Concept:
    """One drawable subject.

    Args:
        code: the emoji's code point in lower-case hex; it names the art files.
        name: the word users would type first; captions use it most.
        plural: the word after "two" or "three".
        words: other words that captions use now and then.
        held_out: words that no caption uses, so that a test can ask for them.
    """

    code: str
    name: str
    plural: str
    words: tuple[str, ...]
    held_out: tuple[str, ...]

    @property
    def is_named_by_colour(self) -> bool:
        """A green apple is never recoloured: "a red green apple" says nothing."""
        return is_colour_word(self.name.split()[0])


def load_concepts(path: Path = CONCEPTS_FILE) -> list[Concept]:
    """Read the list; lines that start with `#` are headings."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_parse(line) for line in lines if line and not line.startswith("#")]


def _parse(line: str) -> Concept:
    code, name, plural, words, held_out = (cell.strip() for cell in line.split("|"))
    return Concept(code, name, plural, _split(words), _split(held_out))


def _split(cell: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in cell.split(",") if word.strip())
