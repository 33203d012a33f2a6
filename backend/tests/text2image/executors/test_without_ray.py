"""A server that is asked for Ray where there is none."""

import sys

import pytest

from easel.text2image import process
from easel.text2image.executors.fleet import FleetUnusable
from easel.text2image.models.model_catalogue import catalogue_of
from tests.text2image.running_server import make_settings

FRONT = "easel.text2image.executors.ray_fleet"


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, FRONT, raising=False)
    settings = make_settings(executor="ray")
    with pytest.raises(FleetUnusable, match=r"pip install -r requirements-ray\.txt"):
        process._make_executor(settings, "test", catalogue_of(settings))


def test_nobody_else_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    settings = make_settings()
    assert process._make_executor(settings, "test", catalogue_of(settings)) is None
