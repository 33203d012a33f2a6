from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from easel.gateway.app import create_app
from easel.gateway.settings import GatewaySettings
from easel.text2image.app import Text2ImageApp
from easel.text2image.durability.journal import Journal
from easel.text2image.images.image_files import JOURNAL_NAME, ImageFiles
from easel.text2image.settings import ServerSettings
from tests.text2image.running_server import GivenModels


@pytest.fixture
def gateway_api() -> dict[str, Any]:
    settings = GatewaySettings(_env_file=None)
    return create_app(settings).openapi()


@pytest.fixture
def server_api(tmp_path: Path) -> Iterator[dict[str, Any]]:
    files = ImageFiles(tmp_path)
    journal = Journal(tmp_path / JOURNAL_NAME)
    app = Text2ImageApp(
        ServerSettings(_env_file=None, model=("fake",)),
        replica="r1",
        files=files,
        journal=journal,
        models=GivenModels({}),
        on_unavailable=lambda reason: None,
    )
    yield app.openapi()
    journal.close()
    files.close()


def test_a_client_can_talk_to_either_tier(
    gateway_api: dict[str, Any], server_api: dict[str, Any]
) -> None:
    gateway_paths, server_paths = gateway_api["paths"], server_api["paths"]
    # Its answer says what each tier itself knows.
    del gateway_paths["/health"], server_paths["/health"]
    # The gateway knows callers, and the APIs of other services.
    own = {path for path in gateway_paths if path.startswith(("/v1/", "/admin/"))}
    assert {path: gateway_paths[path] for path in gateway_paths.keys() - own} == (
        server_paths
    )


def test_both_tiers_mean_the_same_by_each_name(
    gateway_api: dict[str, Any], server_api: dict[str, Any]
) -> None:
    gateway_types = gateway_api["components"]["schemas"]
    server_types = server_api["components"]["schemas"]
    common = gateway_types.keys() & server_types.keys()
    assert {"GenerationRequest", "GenerationEvent", "Problem"} <= common
    for name in common:
        assert gateway_types[name] == server_types[name]
