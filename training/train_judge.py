"""Train the judge on real scenes: `train_judge.py`, once the sprites are prepared.

It writes `judge.safetensors` with what was measured on scenes that it has not seen:
how often it names the subject, by kind and by style, and how often it still does when
only colours are left, which it should not.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from config import CONFIG_FILE, load_config
from data.concepts import Concept
from data.scenes import PLACES, STYLES
from data.sprites import SpriteLibrary
from judge import JUDGE_FILE, SIDE, Judge, save_judge
from judge_scenes import UNKNOWN, Examples, join_examples, paint_examples
from judge_views import make_views, resampled, ruin
from optimiser import Muon
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

BATCH = 96
RUINED_SHARE = 0.2
LEARNING_RATE = 3e-3
WARMUP_STEPS = 30
SMOOTHING = 0.05
PLACE_WEIGHT, STYLE_WEIGHT = 0.3, 0.2
EXAMPLES, UNSEEN_EXAMPLES = 8_000, 1_500
TRAINING_SEEDS, UNSEEN_SEED = (0, 1), 2
"""One process paints the `EXAMPLES` of each training seed."""
SAMPLES = 240_000
PICTURE_PX = 256
"""The block sizes of the report are told for pictures of this size."""

log = logging.getLogger("train_judge")


def train(
    judge: Judge, examples: Examples, samples: int, minutes: float = math.inf
) -> int:
    """Train in place on `samples` views and ruins, or what fits in so many minutes.
    Returns how many it were; the learning rate falls with what is used up first.
    """
    # torch's types leave this form of `to` out for a module.
    judge.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    judge.train()
    optimisers = _optimisers(judge)
    started, mean, step, progress = time.monotonic(), 0.0, 0, 0.0
    while progress < 1:
        chosen = torch.randint(0, len(examples.pictures), (BATCH,))
        pictures, truths = _batch(examples, chosen, judge.nothing)
        with torch.autocast("cpu", torch.bfloat16):
            scores = judge(pictures.contiguous(memory_format=torch.channels_last))
        loss = _loss(scores, truths)
        loss.backward()
        rate = LEARNING_RATE * min((step + 1) / WARMUP_STEPS, 1 - progress)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
            optimiser.zero_grad()
        mean += (loss.item() - mean) / min(step + 1, 50)
        step += 1
        used = (time.monotonic() - started) / 60
        progress = max(step * BATCH / samples, used / minutes)
        if step % 20 == 0:
            log.info("step %d  loss %.3f  %.0f %%", step, mean, 100 * progress)
    judge.eval()
    return step * BATCH


def _optimisers(judge: Judge) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices; AdamW for the first and last layers and norms."""
    first = next(judge.body.parameters())
    hidden = [
        parameter
        for part in (judge.body, judge.neck)
        for parameter in part.parameters()
        if parameter.ndim > 1 and parameter is not first
    ]
    rest = [
        parameter
        for parameter in judge.parameters()
        if not any(parameter is other for other in hidden)
    ]
    adam = torch.optim.AdamW(rest, LEARNING_RATE, weight_decay=0.02)
    return [Muon(hidden, LEARNING_RATE), adam]


Truths = tuple[Tensor, Tensor, Tensor]


def _batch(examples: Examples, chosen: Tensor, nothing: int) -> tuple[Tensor, Truths]:
    """Views of the chosen examples; the first share of them ruined."""
    pictures = make_views(examples.pictures[chosen])
    ruined = round(RUINED_SHARE * len(chosen))
    pictures[:ruined] = ruin(pictures[:ruined])
    subjects, places = examples.subjects[chosen], examples.places[chosen]
    styles = examples.styles[chosen]
    subjects[:ruined], places[:ruined], styles[:ruined] = nothing, UNKNOWN, UNKNOWN
    return pictures, (subjects, places, styles)


def _loss(scores: Sequence[Tensor], truths: Truths) -> Tensor:
    subject, place, style = (
        functional.cross_entropy(
            score.float(), truth, ignore_index=UNKNOWN, label_smoothing=SMOOTHING
        )
        for score, truth in zip(scores, truths, strict=False)
    )
    return subject + PLACE_WEIGHT * place + STYLE_WEIGHT * style


@torch.no_grad()
def report(judge: Judge, unseen: Examples) -> dict[str, object]:
    """Shares of unseen examples that the judge names rightly."""
    pictures = unseen.pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
    pictures = functional.interpolate(pictures, size=(SIDE, SIDE), mode="area")
    subject, place, style = _answers(judge, pictures)
    asked = (unseen.subjects != UNKNOWN) & (unseen.subjects != judge.nothing)
    named = subject == unseen.subjects
    facts: dict[str, object] = {
        "subject": _share(named[asked]),
        "subject_on_plain_ground": _share(
            named[asked & (unseen.places == len(PLACES))]
        ),
        "subject_in_place": _share(
            named[asked & (unseen.places >= 0) & (unseen.places < len(PLACES))]
        ),
        "subject_in_half_of_pair": _share(named[asked & (unseen.places == UNKNOWN)]),
        "nothing_on_empty_backdrops": _share(named[unseen.subjects == judge.nothing]),
        "place": _share((place == unseen.places)[unseen.places != UNKNOWN]),
        "style": _share((style == unseen.styles)[unseen.styles != UNKNOWN]),
    }
    for index, name in enumerate(STYLES):
        facts[f"subject_{name}"] = _share(named[asked & (unseen.styles == index)])
    spoilt = {"greyscale": pictures.mean(1, keepdim=True).expand_as(pictures)}
    for px in (4, 8, 12, 16, 24):
        spoilt[f"means_of_{px}_px"] = resampled(
            pictures, PICTURE_PX // px, smooth=False
        )
    singles = asked & (unseen.places != UNKNOWN)
    for name, changed in spoilt.items():
        answers = _answers(judge, changed[singles])[0]
        facts[f"{name}_named"] = _share(answers == unseen.subjects[singles])
        facts[f"{name}_nothing"] = _share(answers == judge.nothing)
    return facts


def _answers(judge: Judge, pictures: Tensor) -> list[Tensor]:
    parts = [judge(chunk)[:3] for chunk in pictures.split(BATCH)]
    return [torch.cat(column).argmax(1) for column in zip(*parts, strict=True)]


def _share(right: Tensor) -> float:
    return round(float(right.float().mean()), 4) if len(right) else 0.0


def _examples(
    work: Path, concepts: tuple[Concept, ...], count: int, seed: int
) -> Examples:
    """Painted on the first call, kept in `work` for the next."""
    path = work / f"judge-examples-{seed}.safetensors"
    if not path.exists():
        sprites = SpriteLibrary.from_folder(work / "sprites", concepts)
        save_file(vars(paint_examples(count, concepts, sprites, seed)), path)
    return Examples(**load_file(path))


def main() -> None:
    """Parse the command line, paint, train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=CONFIG_FILE)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--out", type=Path, default=JUDGE_FILE)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    concepts = load_config(options.config).data.concepts
    with ProcessPoolExecutor(len(TRAINING_SEEDS)) as pool:
        jobs = [
            pool.submit(_examples, options.work, concepts, EXAMPLES, seed)
            for seed in TRAINING_SEEDS
        ]
        examples = join_examples([job.result() for job in jobs])
    log.info("%d examples", len(examples.pictures))
    judge = Judge([concept.name for concept in concepts])
    samples = train(judge, examples, options.samples, options.minutes)
    unseen = _examples(options.work, concepts, UNSEEN_EXAMPLES, UNSEEN_SEED)
    facts = {"samples": samples, **report(judge, unseen)}
    save_judge(judge, options.out, facts)
    log.info("%s", json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()
