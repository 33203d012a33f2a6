from pathlib import Path
from typing import Any

import pytest

from easel.gateway.app import create_app
from easel.gateway.settings import GatewaySettings
from easel.text2image.app import Text2ImageApp
from easel.text2image.engines import load_engine
from easel.text2image.image_files import ImageFiles
from easel.text2image.settings import ServerSettings


@pytest.fixture
def gateway_api() -> dict[str, Any]:
    settings = GatewaySettings(_env_file=None)
    return create_app(settings).openapi()


@pytest.fixture
def server_api(tmp_path: Path) -> dict[str, Any]:
    settings = ServerSettings(_env_file=None, model="fake")
    app = Text2ImageApp(
        settings,
        replica="r1",
        files=ImageFiles(tmp_path),
        load_engine=lambda: load_engine(settings),
        on_unavailable=lambda reason: None,
    )
    return app.openapi()


def test_a_client_can_talk_to_either_tier(
    gateway_api: dict[str, Any], server_api: dict[str, Any]
) -> None:
    gateway_paths, server_paths = gateway_api["paths"], server_api["paths"]
    # Its answer says what each tier itself knows.
    del gateway_paths["/health"], server_paths["/health"]
    assert gateway_paths == server_paths


def test_both_tiers_mean_the_same_by_each_name(
    gateway_api: dict[str, Any], server_api: dict[str, Any]
) -> None:
    gateway_types = gateway_api["components"]["schemas"]
    server_types = server_api["components"]["schemas"]
    common = gateway_types.keys() & server_types.keys()
    assert {"GenerationRequest", "GenerationEvent", "Problem"} <= common
    for name in common:
        assert gateway_types[name] == server_types[name]
