import logging
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from easel.errors import StorageFull
from easel.text2image.durability.journal import (
    Journal,
)
from easel.text2image.durability.journal_file import JournalUnusable
from tests.text2image.durability.some_journal import (
    LARGE,
    ON_A_SMALL_DISK,
    OPENER,
    change,
    completed,
    python,
    some_entry,
)


def test_a_full_disk_refuses_and_breaks_nothing(path: Path) -> None:
    with python(ON_A_SMALL_DISK, path) as process:
        output, complaints = process.communicate()
    assert process.returncode == 0, complaints
    lines = output.split()
    after_the_first_refusal = lines[lines.index("full") :]
    assert {"gen_later"} < set(after_the_first_refusal) - {"full"}
    with closing(Journal(path)) as journal:
        found = [entry.id for entry in journal.unfinished()]
    assert found == [line for line in lines if line != "full"]


def test_a_full_journal_refuses_until_something_is_forgotten(path: Path) -> None:
    with closing(Journal(path, max_bytes=2 * len(LARGE))) as journal:
        journal.accept(some_entry("gen_a", source=LARGE))
        with pytest.raises(StorageFull, match="no space left for its journal"):
            journal.accept(some_entry("gen_b", source=LARGE))
        assert [entry.id for entry in journal.unfinished()] == ["gen_a"]
        journal.forget(["gen_a"])
        journal.accept(some_entry("gen_b", source=LARGE))
        assert [entry.id for entry in journal.unfinished()] == ["gen_b"]


def test_a_full_journal_still_takes_the_end_of_what_fills_it(path: Path) -> None:
    entry = some_entry("gen_a", source=LARGE)
    with closing(Journal(path, max_bytes=len(LARGE) + 40_000)) as journal:
        journal.accept(entry)
        with pytest.raises(StorageFull):
            journal.accept(some_entry("gen_b", source=LARGE))
        journal.end(entry, completed(entry))
        journal.accept(some_entry("gen_b", source=LARGE))


def test_accepting_one_twice_is_a_bug_that_breaks_nothing(journal: Journal) -> None:
    journal.accept(some_entry("gen_a"))
    with pytest.raises(sqlite3.IntegrityError):
        journal.accept(some_entry("gen_a"))
    journal.accept(some_entry("gen_b"))
    assert [entry.id for entry in journal.unfinished()] == ["gen_a", "gen_b"]


def no_database(content: bytes) -> bytes:
    return b"\0garbage" + content[8:]


def overwritten_in_the_middle(content: bytes) -> bytes:
    return content[:8192] + b"\xff" * 4096 + content[12288:]


def cut_off(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize("damage", [no_database, overwritten_in_the_middle, cut_off])
def test_a_damaged_file_is_moved_aside_and_named_in_the_log(
    path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    for number in (1, 2):
        with closing(Journal(path)) as journal:
            assert journal.unfinished() == []
            journal.accept(some_entry("gen_a", source=LARGE))
        damaged = damage(path.read_bytes())
        path.write_bytes(damaged)
        with closing(Journal(path)):
            aside = path.with_name(f"journal.sqlite3.damaged-{number}")
            assert aside.read_bytes() == damaged
        assert caplog.records[-1].levelno == logging.ERROR
        assert str(aside) in caplog.messages[-1]


def test_the_log_of_a_damaged_file_goes_with_it(path: Path, tmp_path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.accept(some_entry("gen_a", source=LARGE))
    copy = tmp_path / "copy"
    with closing(Journal(path)) as journal:
        journal.accept(some_entry("gen_b"))
        shutil.copytree(path.parent, copy)
    damaged = copy / path.name
    damaged.write_bytes(cut_off(damaged.read_bytes()))
    with closing(Journal(damaged)) as journal:
        assert journal.unfinished() == []
        assert (copy / "journal.sqlite3.damaged-1-wal").exists()


def test_a_file_of_a_later_version_is_left_as_it_is(path: Path) -> None:
    Journal(path).close()
    change(path, "PRAGMA user_version = 99")
    content = path.read_bytes()
    with pytest.raises(JournalUnusable, match=r"later version.*99"):
        Journal(path)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_second_process_is_refused(path: Path, journal: Journal) -> None:
    with python(OPENER, path) as process:
        _, complaints = process.communicate()
    assert process.returncode == 1
    assert "JournalUnusable" in complaints
    assert "another process uses it" in complaints
    journal.accept(some_entry("gen_a"))


def test_a_path_that_cannot_be_a_file_is_refused(tmp_path: Path) -> None:
    mode = tmp_path.stat().st_mode
    with pytest.raises(JournalUnusable, match="unable to open"):
        Journal(tmp_path)
    assert tmp_path.stat().st_mode == mode
    (tmp_path / "file").touch()
    with pytest.raises(JournalUnusable, match="file"):
        Journal(tmp_path / "file" / "journal.sqlite3")
