"""A sample for tests: they say only what they are about."""

from easel.contract.generations import Priority
from easel.text2image.scheduling.samples import BatchKey, QueuedSample

SMALL = BatchKey("some/model", 512, 512)
WIDE = BatchKey("some/model", 768, 384)
LARGE = BatchKey("some/model", 1024, 1024)


def some_sample(
    sample_id: str,
    key: BatchKey = SMALL,
    *,
    rows: int = 1,
    steps: int = 10,
    priority: Priority = "interactive",
    user: str = "ann",
    joined_at_s: float = 0.0,
) -> QueuedSample:
    return QueuedSample(sample_id, key, rows, steps, priority, user, joined_at_s)
