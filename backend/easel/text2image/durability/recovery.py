"""Between the journal and live generations: what survives a restart, and how."""

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PIL import Image

from easel.contract.generations import (
    CancelledGeneration,
    CompletedGeneration,
    FailedGeneration,
)
from easel.text2image.durability.journal import EndedEntry, JournalEntry
from easel.text2image.engines.base import SourceImage
from easel.text2image.live_generation import Accepted, LiveGeneration


def journal_entry(live: LiveGeneration, source: SourceImage | None) -> JournalEntry:
    """All that it takes to paint it again."""
    accepted = live.accepted
    return JournalEntry(
        id=accepted.id,
        model=accepted.model,
        parameters=accepted.parameters,
        warnings=live.warnings,
        request_id=accepted.request_id,
        user=accepted.user,
        priority=accepted.priority,
        created_at=accepted.created_at,
        source=_png(source.image) if source else None,
        mask=_png(source.mask) if source and source.mask else None,
        fingerprint=accepted.fingerprint,
    )


def ended_entry(
    live: LiveGeneration, root: Path, ended_at: datetime
) -> EndedEntry | None:
    """How it ended, with paths relative to `root`; None if it has not."""
    document = live.document
    if not isinstance(
        document, CompletedGeneration | FailedGeneration | CancelledGeneration
    ):
        return None
    images = tuple(
        replace(image, path=image.path.relative_to(root)) for image in live.images
    )
    return EndedEntry(document, images, ended_at)


def unfinished_again(
    entry: JournalEntry, *, number: int, now_s: float
) -> LiveGeneration:
    """It waits once more, from the beginning."""
    accepted = accepted_again(entry, number, now_s)
    return LiveGeneration(accepted, entry.warnings, position=number, eta_s=None)


def accepted_again(entry: JournalEntry, number: int, now_s: float) -> Accepted:
    return Accepted(
        id=entry.id,
        number=number,
        model=entry.model,
        parameters=entry.parameters,
        request_id=entry.request_id,
        user=entry.user,
        accepted_at_s=now_s,
        created_at=entry.created_at,
        is_durable=True,
        fingerprint=entry.fingerprint,
    )


def source_of(entry: JournalEntry) -> SourceImage | None:
    """What its image-to-image generation begins with."""
    strength = entry.parameters.strength
    if entry.source is None or strength is None:
        return None
    mask = None if entry.mask is None else _opened(entry.mask)
    return SourceImage(_opened(entry.source), mask, strength)


def ended_again(
    entry: JournalEntry,
    ended: EndedEntry,
    root: Path,
    *,
    number: int,
    now_s: float,
    now: datetime,
) -> LiveGeneration:
    """One that ended before this process began, as old as it really is."""
    age_s = max(0.0, (now - ended.ended_at).total_seconds())
    images = tuple(replace(image, path=root / image.path) for image in ended.images)
    return LiveGeneration.ended_before(
        accepted_again(entry, number, now_s), ended.document, images, now_s - age_s
    )


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _opened(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return image
