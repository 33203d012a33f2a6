"""What a noun means, and how the text encoder is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from data.concepts import Concept
from lexicon import Lexicon, Synset, WordNet, read_nouns, read_senses
from teach_words import align, plural, put_words_in
from text_encoder import TextEncoder
from torch import Tensor

CAT = Concept("1", "cat", "cats", (), ())
TRUCK = Concept("2", "delivery truck", "delivery trucks", ("truck",), ())

WORDNET = WordNet(
    synsets={
        "thing": Synset(("thing",), "anything", (), True),
        "animal": Synset(("animal",), "a living thing", ("thing",), True),
        "cat": Synset(("cat",), "a feline that purrs", ("animal",), True),
        "siamese": Synset(("siamese",), "a slender cat", ("cat",), True),
        "twin": Synset(("siamese",), "joined", (), False),
        "lynx": Synset(("lynx",), "a wild feline", ("animal",), True),
        "truck": Synset(("truck", "lorry"), "carries goods", ("thing",), True),
        "idea": Synset(("idea",), "a feline that purrs", (), False),
        "quartz": Synset(("quartz",), "a mineral", ("thing",), True),
    },
    senses={
        "cat": ("cat",), "siamese": ("twin", "siamese"), "lynx": ("lynx",),
        "truck": ("truck",), "lorry": ("truck",), "idea": ("idea",),
        "quartz": ("quartz",),
    },
)  # fmt: skip


def embed(sentences: Sequence[str]) -> Tensor:
    """Two words for directions: what purrs, and what carries."""
    rows = [
        [1.0, 0.0, 0.0] if "feline" in text else
        [0.0, 1.0, 0.0] if "goods" in text else [0.0, 0.0, 1.0]
        for text in sentences
    ]  # fmt: skip
    return torch.tensor(rows)


@pytest.fixture
def lexicon() -> Lexicon:
    return Lexicon([CAT, TRUCK], WORDNET, embed, {})


@pytest.mark.parametrize(
    ("noun", "subject"),
    [
        ("siamese", CAT),  # a kind of cat, by a meaning that is not the first
        ("lorry", TRUCK),  # another word for it
        ("lynx", CAT),  # no kind of cat, but like one
        ("quartz", None),  # like nothing
        ("idea", None),  # not to be drawn, whatever its definition
        ("xyzzy", None),
    ],
)
def test_means_the_nearest_subject(
    lexicon: Lexicon, noun: str, subject: Concept | None
) -> None:
    assert lexicon.subject(noun) == subject


def test_a_sense_by_hand_goes_first() -> None:
    lexicon = Lexicon([CAT, TRUCK], WORDNET, embed, {"cat": ("lynx.1",)})
    assert lexicon.subject("lynx") == CAT
    assert lexicon.subject("siamese") is None


def test_senses_by_hand_are_of_subjects(concepts: list[Concept]) -> None:
    names = {concept.name for concept in concepts}
    assert read_senses().keys() <= names


def test_reads_the_files_of_wordnet(tmp_path: Path) -> None:
    (tmp_path / "data.noun").write_text(
        "  1 a licence\n"
        '00000010 05 n 02 True_cat 0 cat 0 001 @ 00000020 n 0000 | a pet; "one"\n'
        "00000020 03 n 01 entity 0 000 | all there is\n"
    )
    (tmp_path / "index.noun").write_text(
        "  1 a licence\ntrue_cat n 1 1 @ 1 0 00000010  \nentity n 1 0 1 1 00000020  \n"
    )
    wordnet = read_nouns(tmp_path)
    cat = Synset(("true cat", "cat"), "a pet", ("00000020",), True)
    assert wordnet.synsets["00000010"] == cat
    assert wordnet.senses["true cat"] == ("00000010",)
    assert wordnet.drawable_sense("entity") is None


@pytest.fixture(scope="module")
def shipped_model() -> Path:
    return Path(__file__).parents[2] / "models" / "easel-mini"


ARTICLES = {1, 2}


@pytest.mark.parametrize(
    ("read", "model", "places"),
    [
        ([5, 1, 7, 6, 0, 0], [5, 1, 8, 6, 0, 0], [0, 1, 2, 3, 4, 5]),
        # three pieces for one: all of them shall be like it
        ([5, 1, 7, 7, 7, 6, 0], [5, 2, 8, 6, 0, 0, 0], [0, 1, 2, 2, 2, 3, 4]),
        # one piece for two: like the last, the head of an English noun phrase
        ([5, 1, 7, 6, 0, 0, 0], [5, 2, 8, 9, 6, 0, 0], [0, 1, 3, 4, 5, 6, 6]),
        ([5, 1, 6, 0], [5, 1, 6, 0], [0, 1, 2, 3]),
    ],
)
def test_aligns_what_differs(
    read: list[int], model: list[int], places: list[int]
) -> None:
    assert align(read, model, ARTICLES) == places


@pytest.mark.parametrize(
    ("noun", "expected"),
    [("lorry", "lorries"), ("fox", "foxes"), ("monkey", "monkeys"), ("bus", "buses"),
     ("kitty", "kitties"), ("hound", "hounds")],
)  # fmt: skip
def test_forms_plurals(noun: str, expected: str) -> None:
    assert plural(noun) == expected


def test_a_new_word_begins_as_its_subject(tmp_path: Path, shipped_model: Path) -> None:
    encoder = TextEncoder(shipped_model, torch.device("cpu"))
    captions = ["a cat on a blue background", "two delivery trucks in the snow"]
    before = encoder.encode(captions)
    names = {"rabbi", "cathedral"}
    assert names <= encoder.tokenizer.get_vocab().keys()
    put_words_in(encoder, {"catamount": CAT, "autolorry": TRUCK}, names, tmp_path)
    tokenize = encoder.tokenizer.tokenize
    assert tokenize("a catamount") == ["a", "catamount"]
    assert tokenize("two autolorry") == ["two", "autolorry"]
    assert torch.equal(encoder.encode(captions), before)
    cat, catamount = encoder.encode(["a cat at night", "a catamount at night"])
    assert torch.equal(cat, catamount)
    truck, lorry = encoder.encode(["a truck at night", "a autolorry at night"])
    assert torch.equal(truck, lorry)
