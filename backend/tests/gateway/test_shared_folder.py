import subprocess
import sys
from pathlib import Path

from easel.gateway.shared_folder import create_shared_folder, remove_shared_folder
from tests.gateway.processes import BACKEND

OWNER = """
import sys
from pathlib import Path
from easel.gateway.shared_folder import create_shared_folder
print(create_shared_folder(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def test_each_owner_has_a_folder_of_its_own(tmp_path: Path) -> None:
    one, other = create_shared_folder(tmp_path), create_shared_folder(tmp_path)
    assert one != other
    assert one.is_dir()
    assert other.is_dir()
    remove_shared_folder(one)
    assert [*tmp_path.iterdir()] == [other]


def test_the_folder_of_a_killed_owner_is_removed_by_the_next(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        cwd=BACKEND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        abandoned = Path(owner.stdout.readline().strip())
        (abandoned / "metrics").mkdir()
        create_shared_folder(tmp_path)
        assert abandoned.is_dir()
        owner.kill()
        owner.wait()
    create_shared_folder(tmp_path)
    assert not abandoned.exists()


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    for name in ("easel-gateway-being-made", "another-program"):
        (tmp_path / name).mkdir()
    create_shared_folder(tmp_path)
    assert (tmp_path / "easel-gateway-being-made").is_dir()
    assert (tmp_path / "another-program").is_dir()
