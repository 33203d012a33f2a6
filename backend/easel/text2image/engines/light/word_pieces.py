"""BERT's tokenizer: words cut into pieces of a vocabulary (Devlin et al. 2018).

Reads the `tokenizer.json` that the tokenizers library writes, and does with it what
that library does, but for characters that Unicode has got or moved since its tables
were made (version 8). The library itself would bring 33 MB, half of that to fetch files
from a hub.
"""

import json
import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# Ideographs, each of which is a word: BERT's own list.
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Letter:
    """One character as the vocabulary knows it, and where it was in the text."""

    text: str
    at: int


class UnknownTokenizer(ValueError):
    """It is of another kind, or has a setting that nothing here does."""


class WordPieces:
    """
    Args:
        file: `tokenizer.json`.

    Raises:
        UnknownTokenizer: see there.
        OSError, ValueError, LookupError, TypeError: it is damaged.
    """

    def __init__(self, file: Path) -> None:
        document = json.loads(file.read_text(encoding="utf-8"))
        normalizer, model = document["normalizer"], document["model"]
        kinds = (
            normalizer["type"],
            document["pre_tokenizer"]["type"],
            document["post_processor"]["type"],
            model["type"],
        )
        known = (
            "BertNormalizer",
            "BertPreTokenizer",
            "TemplateProcessing",
            "WordPiece",
        )
        if kinds != known:
            raise UnknownTokenizer(f"its parts are {', '.join(kinds)}")
        if not (normalizer["clean_text"] and normalizer["handle_chinese_chars"]):
            raise UnknownTokenizer("its normalizer leaves text as it is")
        self._vocabulary: dict[str, int] = model["vocab"]
        self._unknown = self._vocabulary[model["unk_token"]]
        self._prefix: str = model["continuing_subword_prefix"]
        self._longest_word: int = model["max_input_chars_per_word"]
        self._lowers: bool = normalizer["lowercase"]
        strips = normalizer["strip_accents"]
        self._strips: bool = self._lowers if strips is None else strips
        self._added = {each["content"]: each["id"] for each in document["added_tokens"]}
        self._before, self._after = _marks(document["post_processor"])

    def id_of(self, token: str) -> int:
        """Raises KeyError: there is no such token."""
        return self._added[token] if token in self._added else self._vocabulary[token]

    def encode(
        self, text: str, max_length: int | None = None
    ) -> tuple[list[int], list[Span]]:
        """Token numbers with the marks around them, and where each was in `text`.

        Args:
            max_length: What is longer is cut, the marks are not.
        """
        tokens = list(self._tokens(text))
        if max_length is not None:
            tokens = tokens[: max_length - len(self._before) - len(self._after)]
        ids = [*self._before, *(number for number, _ in tokens), *self._after]
        nowhere: Span = (0, 0)
        spans = [
            *(nowhere for _ in self._before),
            *(span for _, span in tokens),
            *(nowhere for _ in self._after),
        ]
        return ids, spans

    def _tokens(self, text: str) -> Iterator[tuple[int, Span]]:
        """A token that was added to the vocabulary counts as one wherever it stands."""
        begin = 0
        pattern = "|".join(re.escape(each) for each in self._added)
        for found in re.finditer(pattern, text) if pattern else ():
            yield from self._pieces_between(text, begin, found.start())
            yield self._added[found[0]], found.span()
            begin = found.end()
        yield from self._pieces_between(text, begin, len(text))

    def _pieces_between(
        self, text: str, begin: int, end: int
    ) -> Iterator[tuple[int, Span]]:
        word: list[Letter] = []
        for at in range(begin, end):
            for letter in _normalized(
                text[at], lowers=self._lowers, strips=self._strips
            ):
                if letter == " " or _is_alone(letter):
                    yield from self._pieces(word)
                    word = []
                    if letter != " ":
                        yield from self._pieces([Letter(letter, at)])
                else:
                    word.append(Letter(letter, at))
        yield from self._pieces(word)

    def _pieces(self, word: list[Letter]) -> Iterator[tuple[int, Span]]:
        """The longest piece that begins the rest, again and again."""
        if not word:
            return
        letters = "".join(letter.text for letter in word)
        pieces: list[tuple[int, Span]] = []
        begin = 0
        while begin < len(letters) <= self._longest_word:
            prefix = self._prefix if begin else ""
            for end in range(len(letters), begin, -1):
                number = self._vocabulary.get(prefix + letters[begin:end])
                if number is not None:
                    pieces.append((number, (word[begin].at, word[end - 1].at + 1)))
                    begin = end
                    break
            else:
                break
        if begin < len(letters):
            pieces = [(self._unknown, (word[0].at, word[-1].at + 1))]
        yield from pieces


@cache
def _normalized(character: str, *, lowers: bool, strips: bool) -> str:
    """What becomes of it; a space where words end."""
    if character in "\t\n\r":
        return " "
    category = unicodedata.category(character)
    if character == "\N{REPLACEMENT CHARACTER}" or category in ("Cc", "Cf", "Co"):
        return ""
    if character.isspace():
        return " "
    code = ord(character)
    if any(first <= code <= last for first, last in _IDEOGRAPHS):
        return f" {character} "
    if strips:
        character = "".join(
            each
            for each in unicodedata.normalize("NFD", character)
            if unicodedata.category(each) != "Mn"
        )
    return "".join(each.lower() for each in character) if lowers else character


@cache
def _is_alone(character: str) -> bool:
    """Punctuation is a word of its own."""
    if character in string.punctuation:
        return True
    return unicodedata.category(character).startswith("P")


def _marks(processor: dict[str, Any]) -> tuple[list[int], list[int]]:
    """Of the tokens around a text: those before and those after it."""
    before: list[int] = []
    after: list[int] = []
    marks = before
    for part in processor["single"]:
        if "SpecialToken" in part:
            marks += processor["special_tokens"][part["SpecialToken"]["id"]]["ids"]
        else:
            marks = after
    return before, after
