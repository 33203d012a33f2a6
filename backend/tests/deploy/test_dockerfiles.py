"""deploy/docker: hadolint's verdict, and that the images agree with the code."""

import re
from pathlib import Path

import pytest

from easel.gateway.settings import GatewaySettings
from easel.text2image.settings import ServerSettings
from tests.deploy.deploy_tools import DEPLOY, run_tool
from tests.deploy.known_variables import BY_TIER
from tests.system.processes import ROOT

DOCKERFILES = sorted((DEPLOY / "docker").glob("*.Dockerfile"))

# Python's, Node's, Debian's, torch's and Ray's own.
OTHERS = {
    *("PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
    *("HF_HOME", "TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR"),
    *("NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"),
    *("NODE_ENV", "NEXT_TELEMETRY_DISABLED"),
    "RAY_USAGE_STATS_ENABLED",
}


def text(name: str) -> str:
    return (DEPLOY / "docker" / f"{name}.Dockerfile").read_text()


def final_stages(content: str) -> list[str]:
    """The text of each stage that is an image, rather than a step to one."""
    stages = re.split(r"^FROM ", content, flags=re.M)[1:]
    return [stage for stage in stages if re.search(r"^USER ", stage, re.M)]


def variables(content: str) -> dict[str, str]:
    blocks = re.findall(r"^ENV ((?:.*\\\n)*.*)$", content, re.M)
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(blocks)))


@pytest.mark.system
@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_hadolint_has_nothing_to_say(dockerfile: Path) -> None:
    done = run_tool("hadolint", "--failure-threshold", "style", dockerfile)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.system
def test_hadolint_would_say_something(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM debian\nRUN apt-get install -y python3\n")
    done = run_tool("hadolint", "--failure-threshold", "style", bad)
    assert done.returncode == 1
    assert "DL3006" in done.stdout


def test_there_is_an_image_for_each_tier() -> None:
    assert [path.stem for path in DOCKERFILES] == ["gateway", "server", "studio"]


@pytest.mark.parametrize("name", ["gateway", "server", "studio"])
def test_an_image_is_small_and_no_ones_in_particular(name: str) -> None:
    content = text(name)
    assert len(re.findall(r"^FROM ", content, re.M)) >= 2, "one stage"
    assert set(re.findall(r"^FROM (?!\$\{DEBIAN\})(\S+)", content, re.M)) <= {
        *("python", "base")  # stages of its own
    }
    finals = final_stages(content)
    assert finals
    for stage in finals:
        assert re.findall(r"^USER (.*)$", stage, re.M) == ["10001:10001"]
    for run in re.findall(r"^RUN apt-get((?:.*\\\n)*.*)$", content, re.M):
        assert "--no-install-recommends" in run
        assert "rm -rf /var/lib/apt/lists/*" in run


@pytest.mark.parametrize("name", ["gateway", "server", "studio"])
def test_an_image_sets_only_what_is_read(name: str) -> None:
    assert set(variables(text(name))) <= BY_TIER[name] | OTHERS


@pytest.mark.parametrize(
    ("name", "variable", "path"),
    [
        ("gateway", "GATEWAY_PORT", "/livez"),
        ("server", "TEXT2IMAGE_PORT", "/livez"),
        ("studio", "PORT", "/icon.svg"),
    ],
)
def test_ports_agree(name: str, variable: str, path: str) -> None:
    content = text(name)
    port = variables(content)[variable]
    assert re.findall(r"^EXPOSE (\d+)$", content, re.M) == [port]
    assert f'"http://127.0.0.1:{port}{path}"' in content


def test_the_settings_of_the_images_are_valid() -> None:
    """Values are read by the settings classes as the programs read them."""
    gateway, server = variables(text("gateway")), variables(text("server"))
    assert GatewaySettings(
        _env_file=None,
        port=gateway["GATEWAY_PORT"],
        data_dir=gateway["GATEWAY_DATA_DIR"],
    ).data_dir == Path("/var/lib/easel")
    assert ServerSettings(
        _env_file=None,
        port=server["TEXT2IMAGE_PORT"],
        data_dir=server["TEXT2IMAGE_DATA_DIR"],
    ).port == int(server["TEXT2IMAGE_PORT"])


@pytest.mark.parametrize("name", ["gateway", "server", "studio"])
def test_what_is_copied_is_there_and_let_through(name: str) -> None:
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    # Of requirements-torch.txt and the like, one for an argument of the build.
    words = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", text(name), re.M)
        for word in line.split()[:-1]
        if not word.startswith("backend/requirements") and "$" not in word
    ]
    assert words
    for word in words:
        assert (ROOT / word).exists(), word
        assert any(Path(word).match(one) for one in allowed), word


def test_nothing_secret_or_heavy_can_be_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "everything is left out that is not named"
    for rule in rules:
        for bad in (".env", ".git", "secrets", ".venv", "node_modules", "training"):
            assert not rule.startswith(f"!{bad}")
            assert not rule.endswith(f"/{bad}")
