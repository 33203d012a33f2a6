"""Entries of a journal, and processes that write one, for its tests."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from easel.contract.generations import (
    CancelledGeneration,
    CompletedGeneration,
    Determinism,
    FailedGeneration,
    GeneratedImage,
    Lora,
    NativeSize,
    Parameters,
    Timings,
)
from easel.errors import EngineFailed
from easel.text2image.durability.journal import (
    EndedEntry,
    JournalEntry,
)
from easel.text2image.images.image_files import StoredImage
from easel.web.native_size import Size

BACKEND = Path(__file__).parents[3]
PROMPT = "ein Bär \N{BEAR FACE}, 熊, \x00 and\nanother line"
MORNING = datetime(2026, 11, 22, 8, tzinfo=UTC)
LARGE = bytes(range(256)) * 4096  # 1 MiB

ACCEPTER = """
import itertools
import sys
from pathlib import Path
from easel.text2image.durability.journal import Journal
from tests.text2image.durability.some_journal import some_entry

journal = Journal(Path(sys.argv[1]))
for number in itertools.count():
    journal.accept(some_entry(f"gen_{number}", source=bytes(100_000)))
    print(f"gen_{number}", flush=True)
"""

OPENER = """
import sys
from pathlib import Path
from easel.text2image.durability.journal import Journal

Journal(Path(sys.argv[1])).close()
"""

ON_A_SMALL_DISK = """
import resource
import sys
from pathlib import Path
from easel.errors import StorageFull
from easel.text2image.durability.journal import Journal
from tests.text2image.durability.some_journal import some_entry

journal = Journal(Path(sys.argv[1]))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (256 * 1024, hard))
for number in range(150):
    try:
        journal.accept(some_entry(f"gen_{number}", source=bytes(5000)))
        print(f"gen_{number}")
    except StorageFull:
        print("full")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
journal.accept(some_entry("gen_later"))
print("gen_later")
"""


def some_entry(
    name: str, *, minute: int = 0, prompt: str = PROMPT, source: bytes | None = None
) -> JournalEntry:
    return JournalEntry(
        id=name,
        model="m",
        parameters=Parameters(
            prompt=prompt,
            negative_prompt="fog",
            width=96,
            height=48,
            num_inference_steps=16,
            guidance_scale=4.1,
            seed=2**32 - 1,
            num_images=1,
            sampler="dpmpp_2m",
            loras=(Lora(id="ink", scale=0.3),),
            output_format="webp",
            native_size=NativeSize(width=64, height=32),
        ),
        warnings=("Painted at 64 x 32.",),
        request_id="r-1",
        user="Zoë",
        priority="normal",
        created_at=MORNING + timedelta(minutes=minute, microseconds=7),
        source=source,
    )


def cancelled(entry: JournalEntry) -> EndedEntry:
    document = CancelledGeneration(
        id=entry.id,
        model=entry.model,
        created_at=entry.created_at,
        parameters=entry.parameters,
        reason="requested",
    )
    return EndedEntry(document, (), entry.created_at + timedelta(seconds=3))


def failed(entry: JournalEntry) -> EndedEntry:
    problem = EngineFailed("The model failed: 熊").problem(entry.request_id)
    fields = cancelled(entry).document.model_dump(exclude={"status", "reason"})
    return EndedEntry(FailedGeneration(**fields, problem=problem), (), MORNING)


def completed(entry: JournalEntry) -> EndedEntry:
    path = Path(entry.id) / "0.webp"
    stored = StoredImage(path, "ab" * 32, Size(96, 48), "image/webp")
    described = GeneratedImage(
        index=0,
        seed=entry.parameters.seed,
        width=96,
        height=48,
        media_type="image/webp",
        sha256=stored.sha256,
        url=f"/generations/{entry.id}/images/0",
    )
    document = CompletedGeneration(
        **cancelled(entry).document.model_dump(exclude={"status", "reason"}),
        images=(described,),
        timings=Timings(
            queued_s=0.1, encode_s=0, denoise_s=1e-4, decode_s=0, total_s=1
        ),
        determinism=Determinism(level="seed", largest_batch=3),
    )
    return EndedEntry(document, (stored,), MORNING)


def change(path: Path, statement: str) -> None:
    """With SQLite itself, while nobody has the journal open."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def python(script: str, path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        cwd=BACKEND,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
