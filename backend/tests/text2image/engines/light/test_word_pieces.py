"""The oracle is the tokenizers library, which wrote the file."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.light.tokenizer import FolderTokenizer
from easel.text2image.engines.light.word_pieces import UnknownTokenizer, WordPieces
from easel.text2image.engines.model_source import open_source
from easel.text2image.settings import EMBEDDED_MODEL

FOLDER = open_source(EMBEDDED_MODEL).folder / "tokenizer"
FILE = FOLDER / "tokenizer.json"
ORACLE = Tokenizer.from_file(str(FILE))
PIECES = WordPieces(FILE)

# Characters of every kind that the rules know, and ones that they do not.
ALPHABET = "aAbBzß .,!?'-()éÉñİΣσ漢字か한\t\n\u0301\u0323\u00ad\u200d\x0b\x85🦊½ﬁ_`€"


def assert_the_same(text: str, max_length: int | None = None) -> None:
    ORACLE.no_truncation()
    if max_length is not None:
        ORACLE.enable_truncation(max_length)
    theirs = ORACLE.encode(text)
    assert PIECES.encode(text, max_length) == (theirs.ids, theirs.offsets)


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(
        st.text(st.sampled_from(ALPHABET), max_size=40),
        st.lists(
            st.sampled_from(
                ["apple", "fox", "[MASK]", "[CLS]", "un", "seen", "  ", "x" * 101]
            )
        ).map(" ".join),
    ),
    max_length=st.sampled_from([None, 24]),
)
@example(text="", max_length=24)
@example(text="a red apple " * 20, max_length=24)
def test_tokens_and_their_places_are_the_librarys(
    text: str, max_length: int | None
) -> None:
    assert_the_same(text, max_length)


def test_every_character_of_the_old_planes_is_cut_as_the_library_cuts_it() -> None:
    """Of those that neither side's Unicode tables have changed their mind about."""
    known = [
        character
        for character in map(chr, range(0x20, 0x2000))
        if unicodedata.ucd_3_2_0.category(character) == unicodedata.category(character)
        and unicodedata.category(character) != "Cn"
    ]
    assert len(known) > 3000
    for begin in range(0, len(known), 16):
        assert_the_same("".join(f"a{each}b " for each in known[begin : begin + 16]))


def test_a_text_is_filled_up_to_what_the_model_reads() -> None:
    tokens, mask = FolderTokenizer(FOLDER).padded("a red apple")
    assert tokens.shape == mask.shape == (1, 24)
    assert tokens[0, :5].tolist() == ORACLE.encode("a red apple").ids
    assert not tokens[0, 5:].any()
    assert mask[0].tolist() == [1] * 5 + [0] * 19


def test_a_tokenizer_of_another_kind_is_refused(tmp_path: Path) -> None:
    document = json.loads(FILE.read_text(encoding="utf-8"))
    document["model"]["type"] = "BPE"
    (tmp_path / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UnknownTokenizer, match="BPE"):
        WordPieces(tmp_path / "tokenizer.json")
    with pytest.raises(ModelUnavailable, match="--runtime torch"):
        FolderTokenizer(tmp_path)
