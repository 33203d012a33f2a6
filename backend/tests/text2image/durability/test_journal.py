import itertools
import logging
import os
import signal
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from easel.text2image.durability.journal import (
    EndedEntry,
    Journal,
    JournalEntry,
)
from tests.text2image.durability.some_journal import (
    ACCEPTER,
    LARGE,
    cancelled,
    change,
    completed,
    failed,
    python,
    some_entry,
)


def test_what_was_accepted_comes_back_whole_after_a_restart(path: Path) -> None:
    entry = replace(some_entry("gen_a"), source=b"\x89PNG\x00", mask=b"\xff")
    with closing(Journal(path)) as journal:
        journal.accept(entry)
    with closing(Journal(path)) as journal:
        assert journal.unfinished() == [entry]
        assert journal.ended() == []


@pytest.mark.parametrize("ending", [completed, failed, cancelled])
def test_an_end_comes_back_whole_after_a_restart(
    path: Path, ending: Callable[[JournalEntry], EndedEntry]
) -> None:
    entry = some_entry("gen_a")
    with closing(Journal(path)) as journal:
        journal.accept(entry)
        journal.end(entry, ending(entry))
    with closing(Journal(path)) as journal:
        assert journal.unfinished() == []
        assert journal.ended() == [(entry, ending(entry))]


def test_the_path_of_an_image_stays_relative(journal: Journal) -> None:
    entry = some_entry("gen_a")
    journal.end(entry, completed(entry))
    [(_, ended)] = journal.ended()
    assert PurePosixPath(ended.images[0].path) == PurePosixPath("gen_a/0.webp")


def test_the_order_is_that_of_acceptance(journal: Journal) -> None:
    names = ["gen_c", "gen_a", "gen_b"]
    for minute, name in enumerate(names):
        journal.accept(some_entry(name, minute=minute))
    assert [entry.id for entry in journal.unfinished()] == names


def test_one_that_was_first_seen_at_its_end_is_in_the_order_too(
    journal: Journal,
) -> None:
    early, late = some_entry("gen_early"), some_entry("gen_late", minute=1)
    journal.accept(late)
    journal.end(late, cancelled(late))
    journal.end(early, completed(early))
    assert [entry.id for entry, _ in journal.ended()] == ["gen_early", "gen_late"]


def test_what_is_forgotten_is_gone_and_cannot_be_read_in_the_file(path: Path) -> None:
    with closing(Journal(path)) as journal:
        for number in range(20):
            journal.accept(some_entry(f"gen_{number}", prompt=f"secret {number}."))
        odd = [f"gen_{number}" for number in range(1, 20, 2)]
        journal.forget(["gen_never_there", *odd])
    content = path.read_bytes()
    found = [n for n in range(20) if f"secret {n}.".encode() in content]
    assert found == list(range(0, 20, 2))


def test_a_bug_in_the_middle_of_forgetting_breaks_nothing(journal: Journal) -> None:
    journal.accept(some_entry("gen_a"))
    with pytest.raises(UnicodeEncodeError):
        journal.forget(["gen_a", "\ud800"])
    journal.accept(some_entry("gen_b"))
    assert [entry.id for entry in journal.unfinished()] == ["gen_a", "gen_b"]


def test_the_file_shrinks_when_large_sources_are_forgotten(path: Path) -> None:
    with closing(Journal(path)) as journal:
        for number in range(4):
            journal.accept(some_entry(f"gen_{number}", source=LARGE))
        journal.forget(f"gen_{number}" for number in range(4))
        occupied = sum(file.stat().st_size for file in path.parent.iterdir())
        assert occupied < 64 * 1024


def test_an_end_drops_the_source(path: Path) -> None:
    entry = some_entry("gen_a", source=LARGE)
    with closing(Journal(path)) as journal:
        journal.accept(entry)
        journal.end(entry, cancelled(entry))
        assert journal.ended() == [(replace(entry, source=None), cancelled(entry))]
    assert path.stat().st_size < 64 * 1024


def test_only_its_owner_can_read_it(path: Path) -> None:
    path.parent.mkdir()
    path.touch(0o644)
    with closing(Journal(path)) as journal:
        journal.accept(some_entry("gen_a"))
        modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()}
    assert modes == {"journal.sqlite3": 0o600, "journal.sqlite3-wal": 0o600}


def test_a_clean_stop_leaves_one_file(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.accept(some_entry("gen_a"))
    assert list(path.parent.iterdir()) == [path]


def test_a_killed_process_loses_nothing_that_it_accepted(path: Path) -> None:
    with python(ACCEPTER, path) as process:
        assert process.stdout is not None
        accepted = [process.stdout.readline().strip() for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        accepted += process.stdout.read().split()
    with closing(Journal(path)) as journal:
        found = [entry.id for entry in journal.unfinished()]
    # The last one may have been killed between its return and its being printed.
    assert found in (accepted, [*accepted, f"gen_{len(accepted)}"])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_rows_of_other_versions_are_read_with_the_defaults(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.accept(some_entry("gen_a"))
    older = "json_remove(entry, '$.parameters.loras', '$.parameters.output_format')"
    later = f"json_set({older}, '$.parameters.later', 1, '$.later', json('[]'))"
    change(path, f"UPDATE generations SET entry = {later}")
    with closing(Journal(path)) as journal:
        [entry] = journal.unfinished()
    expected = some_entry("gen_a").parameters
    assert entry.parameters == expected.model_copy(
        update={"loras": (), "output_format": "png"}
    )


@pytest.mark.parametrize(
    "unreadable", ["json_remove(entry, '$.parameters.seed')", "'{' || entry", "''"]
)
def test_an_unreadable_row_is_skipped_and_logged_without_its_prompt(
    path: Path, caplog: pytest.LogCaptureFixture, unreadable: str
) -> None:
    with closing(Journal(path)) as journal:
        for name in ("gen_a", "gen_b", "gen_c"):
            journal.accept(some_entry(name, prompt="a secret"))
    change(path, f"UPDATE generations SET entry = {unreadable} WHERE id = 'gen_b'")
    with closing(Journal(path)) as journal:
        assert [entry.id for entry in journal.unfinished()] == ["gen_a", "gen_c"]
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "gen_b" in str(vars(record))
    assert "secret" not in str(vars(record))


def test_an_unreadable_end_does_not_run_again(path: Path) -> None:
    entry = some_entry("gen_a")
    with closing(Journal(path)) as journal:
        journal.end(entry, completed(entry))
    change(path, "UPDATE generations SET ended = '{}'")
    with closing(Journal(path)) as journal:
        assert journal.unfinished() == []
        assert journal.ended() == []


def test_threads_do_not_disturb_each_other(journal: Journal) -> None:
    def work(name: str) -> None:
        for number in range(40):
            entry = some_entry(f"{name}_{number}")
            journal.accept(entry)
            assert entry in journal.unfinished()
            if number % 2:
                journal.end(entry, cancelled(entry))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, ["one", "other"]))
    found = [entry.id for entry in journal.unfinished()]
    for name in ("one", "other"):
        mine = [generation_id for generation_id in found if name + "_" in generation_id]
        assert mine == [f"{name}_{number}" for number in range(0, 40, 2)]
    assert len(journal.ended()) == 40


names = st.sampled_from(["gen_a", "gen_b", "gen_c", "gen_d", "gen_e"])
endings = st.sampled_from([completed, failed, cancelled])


class JournalAgainstDicts(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "journal.sqlite3"
        self.journal = Journal(self.path)
        self.unfinished: dict[str, JournalEntry] = {}
        self.ended: dict[str, tuple[JournalEntry, EndedEntry]] = {}
        self.minutes = itertools.count()

    def teardown(self) -> None:
        self.journal.close()
        self.folder.cleanup()

    @rule(
        name=names,
        prompt=st.text(max_size=50),
        source=st.none() | st.builds(bytes, st.integers(0, 20_000)),
    )
    def accept(self, name: str, prompt: str, source: bytes | None) -> None:
        if name not in self.unfinished | self.ended:
            minute = next(self.minutes)
            entry = some_entry(name, minute=minute, prompt=prompt, source=source)
            self.journal.accept(entry)
            self.unfinished[name] = entry

    @rule(name=names, ending=endings)
    def end(self, name: str, ending: Callable[[JournalEntry], EndedEntry]) -> None:
        if name not in self.ended:
            seen = self.unfinished.pop(name, None)
            entry = seen or some_entry(name, minute=next(self.minutes))
            self.journal.end(entry, ending(entry))
            self.ended[name] = (replace(entry, source=None), ending(entry))

    @rule(ids=st.lists(names))
    def forget(self, ids: list[str]) -> None:
        self.journal.forget(ids)
        for name in ids:
            self.unfinished.pop(name, None)
            self.ended.pop(name, None)

    @rule()
    def reopen(self) -> None:
        self.journal.close()
        self.journal = Journal(self.path)

    @invariant()
    def agrees(self) -> None:
        assert self.journal.unfinished() == list(self.unfinished.values())
        in_order = sorted(self.ended.values(), key=lambda pair: pair[0].created_at)
        assert self.journal.ended() == in_order


TestJournalAgainstDicts = JournalAgainstDicts.TestCase
TestJournalAgainstDicts.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None, derandomize=True
)


def test_what_was_begun_and_never_ended_is_counted(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        for name in ("crashed", "suspended", "waited"):
            journal.accept(some_entry(name))
        journal.start("crashed")
        journal.start("suspended")
        journal.suspend("suspended")
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        journal.start("crashed")
        starts = {entry.id: entry.starts for entry in journal.unfinished()}
    assert starts == {"crashed": 2, "suspended": 0, "waited": 0}
