"""The documents against the disk and the code: what they name exists, and all of it."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from easel.errors import ServiceError
from easel.gateway.app import create_app
from easel.gateway.settings import GatewaySettings
from easel.text2image.engines.runtimes import TORCH_LOCK
from easel.text2image.settings import ServerSettings
from easel.web import native_api

ROOT = Path(__file__).parents[2]
BACKEND = ROOT / "backend"
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "deploy").glob("*/README.md")),
    ROOT / "benchmarks" / "README.md",
]
SCRIPTS = ["run", "test", "check", "fmt", "bench", "generate-api", "lock"]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def locked(name: str) -> dict[str, str]:
    lines = page(f"backend/{name}").splitlines()
    pins = [line.split()[0] for line in lines if line[:1].isalpha()]
    return dict(pin.split("==") for pin in pins)


def test_the_gateways_lock_has_no_torch() -> None:
    packages = locked("requirements.txt")
    assert {"fastapi", "uvicorn", "gunicorn", "aiohttp"} <= set(packages)
    unwanted = {"torch", "diffusers", "transformers", "numpy", "pillow", "accelerate"}
    assert not unwanted & set(packages)


def test_the_servers_lock_paints_without_torch() -> None:
    packages = locked("requirements-server.txt")
    assert {"onnxruntime", "numpy", "pillow"} <= set(packages)
    unwanted = {"torch", "diffusers", "transformers", "tokenizers", "huggingface-hub"}
    # Optional, and as large as all of the gateway.
    unwanted |= {"c2pa-python", "cryptography"}
    assert not unwanted & set(packages)
    assert locked("requirements.txt").items() <= packages.items()


@pytest.mark.parametrize("name", ["requirements-credentials.txt", TORCH_LOCK])
def test_the_larger_locks_have_all_that_the_server_has(name: str) -> None:
    packages = locked(name)
    assert "c2pa-python" in packages
    assert ("torch" in packages) is (name == TORCH_LOCK)
    assert locked("requirements-server.txt").items() <= packages.items()


def test_the_tools_agree_with_what_they_test() -> None:
    server, tools = locked(TORCH_LOCK), locked("requirements-dev.txt")
    both = set(server) & set(tools)
    assert {name: tools[name] for name in both} == {name: server[name] for name in both}


@pytest.mark.parametrize("lock", sorted(BACKEND.glob("requirements*.txt")))
def test_a_lock_pins_and_names_nothing_else(lock: Path) -> None:
    for line in filter(None, lock.read_text().splitlines()):
        assert re.match(
            r"#|[a-z0-9-]+==[0-9a-z.]+( \\$|  # via )|    --hash=|  # via ", line
        )
    assert "scripts/lock" in lock.read_text()
    assert "/" not in lock.read_text().replace("scripts/lock", "")


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-server.txt",
        "requirements-credentials.txt",
        "requirements-telemetry.txt",
        "requirements-ray.txt",
    ],
)
def test_a_lock_without_torch_has_the_hashes_of_every_package(name: str) -> None:
    text = page(f"backend/{name}")
    hashes = r"( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert len(re.findall(rf"^\S+==\S+{hashes}", text, re.M)) == len(locked(name))


def test_all_locks_have_the_same_versions() -> None:
    """Some are installed on top of others."""
    server = locked(TORCH_LOCK)
    for lock in BACKEND.glob("requirements*.txt"):
        packages = locked(lock.name)
        both = server.keys() & packages.keys()
        assert {name: packages[name] for name in both} == {
            name: server[name] for name in both
        }


@pytest.mark.parametrize("name", [*SCRIPTS, "../.ci/run"])
def test_scripts_are_executable_and_stop_at_errors(name: str) -> None:
    script = ROOT / "scripts" / name
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert re.search(r"^set -.*uo? ?pipefail|^set -euo pipefail", text, re.M)


def in_environment(command: str) -> subprocess.CompletedProcess[str]:
    """`command` after scripts/environment.sh, as the scripts run theirs."""
    source = f"set -euo pipefail; source {ROOT}/scripts/environment.sh"
    return subprocess.run(
        ["bash", "-c", f"{source}; {command}; echo went on"],
        env=os.environ | {"PROGRESS_S": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_progress_is_shown_also_of_what_says_nothing() -> None:
    done = in_environment("with_progress 'a silent test' sleep 0.5")
    assert done.returncode == 0, done.stderr
    assert re.search(r"easel: a silent test \.\.\. \d+ s", done.stdout)
    assert "easel: a silent test: done in " in done.stdout
    assert done.stdout.endswith("went on\n")


def test_a_failed_step_shows_its_output_and_ends_the_script() -> None:
    done = in_environment("with_progress 'a failing test' bash -c 'echo why; exit 7'")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "why\neasel: a failing test failed; the whole log is "
    )
    assert "went on" not in done.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_say_what_they_do(name: str) -> None:
    done = subprocess.run(
        [ROOT / "scripts" / name, "--help"], check=True, capture_output=True, text=True
    )
    assert f"scripts/{name}" in done.stdout
    assert not done.stderr


def test_ci_calls_the_same_commands_as_a_person() -> None:
    text = page(".ci/run")
    assert "./scripts/check" in text
    assert "./scripts/test" in text
    assert not re.search(r"\b(pip|npm|pytest|ruff)\b", text)


@pytest.mark.parametrize("settings", [GatewaySettings, ServerSettings])
def test_every_setting_is_documented(
    settings: type[GatewaySettings | ServerSettings],
) -> None:
    text = page("docs/configuration.md")
    for name, field in settings.model_fields.items():
        assert field.description, name
        assert f"`--{name.replace('_', '-')}`" in text


def test_every_route_is_documented() -> None:
    app = create_app(GatewaySettings(_env_file=None))
    routes = {
        f"{method.upper()} {path}"
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }
    of_the_server = {
        f"{operation['methods'][0]} {operation['path'].replace(':path', '')}"
        for operation in (native_api.LOAD_MODEL, native_api.UNLOAD_MODEL)
    }
    table = re.findall(r"^\| `([A-Z]+ /\S*)` \|", page("docs/api.md"), re.M)
    assert set(table) == routes | of_the_server
    assert len(table) == len(routes | of_the_server)


def error_classes(base: type[ServiceError] = ServiceError) -> list[type[ServiceError]]:
    below = base.__subclasses__()
    return below + [found for one in below for found in error_classes(one)]


def test_every_error_code_is_documented_with_its_status() -> None:
    codes = {
        (str(error.code), error.http_status)
        for error in error_classes()
        if hasattr(error, "code")
    }
    table = re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", page("docs/api.md"), re.M)
    assert {(code, int(status)) for code, status in table} == codes


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if re.match(r"https?:|mailto:", target):
            continue
        file, _, anchor = unquote(target).partition("#")
        found = path if not file else (path.parent / file)
        assert found.exists(), target
        if anchor:
            assert anchor in headings(found), target


def headings(path: Path) -> set[str]:
    """The anchors that the headings of a page give."""
    found = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in found
    }


def tree_paths(text: str) -> list[str]:
    """The paths of every file tree in `text`: code blocks with ├── in them."""
    paths = []
    for block in re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S):
        if "├──" not in block:
            continue
        parents: list[str] = []
        for line in block.splitlines():
            branch = re.match(r"^([│ ]*)[├└]── (.+)$", line)
            if branch is None:
                continue
            depth = len(branch[1]) // 4
            names = re.split(r" {2,}|\s+#", branch[2])[0].split(" · ")
            paths += ["/".join([*parents[:depth], name.strip()]) for name in names]
            parents[depth:] = [names[0].strip().rstrip("/")]
    return paths


def test_the_file_tree_of_the_readme_is_on_the_disk() -> None:
    paths = tree_paths(page("README.md"))
    assert paths
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing


def test_a_tree_is_read_as_it_is_drawn() -> None:
    drawn = (
        "```\n├── a/   one\n│   ├── b.py\n│   └── c/\n│       └── d\n└── e   x\n```\n"
    )
    assert tree_paths(drawn) == ["a/", "a/b.py", "a/c/", "a/c/d", "e"]


GREEN = "<testsuite><testcase/></testsuite>"
REPORT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure/><error/></testcase>
<testcase name="c"><error/></testcase><testcase name="d"><skipped/></testcase>
</testsuite></testsuites>"""


def total(*stages: str) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "scripts/total.py"), *stages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("report", "exit_code", "code", "line"),
    [
        (REPORT, 1, 1, "total: 1 passed, 2 failed, 1 skipped"),
        (GREEN, 0, 0, "total: 1 passed, 0 failed, 0 skipped"),
        (GREEN, 2, 1, "total: 1 passed, 1 failed, 0 skipped"),
        ("broken", 1, 1, "total: 0 passed, 1 failed, 0 skipped"),
        (None, 1, 1, "total: 0 passed, 1 failed, 0 skipped"),
    ],
    ids=["mixed", "green", "the runner failed", "broken report", "no report"],
)
def test_the_total_is_summed_from_the_reports(
    report: str | None, exit_code: int, code: int, line: str, tmp_path: Path
) -> None:
    file = tmp_path / "report.xml"
    if report is not None:
        file.write_text(report)
    assert total(f"one={file}={exit_code}=3") == (code, line)


def test_the_total_of_several_stages(tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_text(REPORT)
    stages = [f"one={file}=1=3", f"two={file}=1=4"]
    assert total(*stages) == (1, "total: 2 passed, 4 failed, 2 skipped")
