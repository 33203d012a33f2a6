"""The server as a process: what it says, and with which code it ends."""

import errno
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from easel.text2image import process
from easel.text2image.settings import ServerSettings
from tests.text2image.running_server import make_settings

BACKEND = Path(__file__).parents[2]

pytestmark = pytest.mark.system


def run_server(tmp_path: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "text2image_server.py", "--host", "127.0.0.1", *flags],
        cwd=BACKEND,
        env={"TEXT2IMAGE_DATA_DIR": str(tmp_path), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--model", "./nowhere"], 3, "there is no model './nowhere'"),
        (["--model", "some/thing"], 3, "the model hub did not give it"),
        (["--port", "70000"], 2, "TEXT2IMAGE_PORT"),
        (["--dtype", "float64"], 2, "TEXT2IMAGE_DTYPE"),
        (["--device", "tpu"], 2, "TEXT2IMAGE_DEVICE"),
        (["--unknown", "1"], 2, "--unknown"),
    ],
)
def test_what_cannot_be_served_is_one_clear_line_and_a_code(
    tmp_path: Path, flags: list[str], code: int, words: str
) -> None:
    ended = run_server(tmp_path, "--port", "0", *flags)
    assert ended.returncode == code
    assert words in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run_server(tmp_path, "--model", "fake", "--port", port)
    assert ended.returncode == 4
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    flags = ["--model", "fake", "--port", "0", "--data-dir", str(tmp_path / "file")]
    ended = run_server(tmp_path, *flags)
    assert ended.returncode == 5
    assert "cannot write to" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_full_disk_at_the_start_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("easel.text2image.images.image_files._write_whole", full)
    with pytest.raises(SystemExit) as ended:
        process.run(make_settings(port=0, host="127.0.0.1", data_dir=tmp_path))
    assert ended.value.code == 5
    assert "No space left on device" in capfd.readouterr().err


def test_help_shows_every_setting() -> None:
    ended = subprocess.run(
        [sys.executable, "text2image_server.py", "--help"],
        cwd=BACKEND,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for name in ServerSettings.model_fields:
        assert f"--{name.replace('_', '-')}" in ended.stdout
