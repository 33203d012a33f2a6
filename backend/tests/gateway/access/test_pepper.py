import subprocess
import sys
from pathlib import Path

import pytest

from easel.gateway.access.pepper import PEPPER_FILE, pepper_in
from tests.gateway.processes import BACKEND


def test_it_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    pepper = pepper_in(folder)
    assert pepper_in(folder) == pepper
    assert len(pepper) == 64
    assert (folder / PEPPER_FILE).stat().st_mode & 0o777 == 0o600


def test_no_two_folders_share_one(tmp_path: Path) -> None:
    assert pepper_in(tmp_path / "a") != pepper_in(tmp_path / "b")


def test_one_that_was_only_half_written_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / PEPPER_FILE).write_bytes(b"half")
    pepper = pepper_in(tmp_path)
    assert len(pepper) == 64
    assert pepper_in(tmp_path) == pepper


@pytest.mark.system
def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from easel.gateway.access.pepper import pepper_in;"
        "sys.stdin.readline(); print(pepper_in(Path(sys.argv[1])).decode())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)],
            cwd=BACKEND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    peppers = {process.communicate("go\n", timeout=60)[0] for process in processes}
    assert peppers == {pepper_in(tmp_path).decode() + "\n"}
