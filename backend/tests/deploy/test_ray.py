"""deploy/ray: what it says fits what is built, without a cluster."""

import importlib
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it carries no types

from easel.text2image.settings import ServerSettings
from tests.deploy.deploy_tools import DEPLOY
from tests.system.processes import BACKEND


def applications(name: str = "ray/serve.yaml") -> list[dict[str, Any]]:
    config = yaml.safe_load((DEPLOY / name).read_text())
    assert config["proxy_location"] == "Disabled"
    found: list[dict[str, Any]] = config["applications"]
    return found


def engine() -> dict[str, Any]:
    ((deployment,),) = (each["deployments"] for each in applications())
    found: dict[str, Any] = deployment
    return found


def test_its_arguments_are_settings_of_the_server() -> None:
    (application,) = applications()
    args = dict(application["args"])
    own = {"models_per_replica"}
    assert set(args) - own <= set(ServerSettings.model_fields)
    read = ServerSettings.model_validate(
        {name: value for name, value in args.items() if name not in own}
    )
    default = ServerSettings.model_validate({})
    # A front that is started without flags has the same.
    assert read.model == default.model
    assert read.max_batch_rows == default.max_batch_rows
    # A replica that is full must still answer its front.
    assert engine()["max_ongoing_requests"] >= default.per_replica + 2


def test_what_it_imports_is_there() -> None:
    (application,) = applications()
    module, function = application["import_path"].split(":")
    source = (BACKEND / module.replace(".", "/")).with_suffix(".py").read_text()
    assert f"\ndef {function}(" in source
    # Imported by that one, too: neither can be without Ray.
    names = (BACKEND / "easel/text2image/executors/ray_fleet.py").read_text()
    assert f'APPLICATION = "{application["name"]}"' in names
    assert f'DEPLOYMENT = "{engine()["name"]}"' in names


def test_its_autoscaling_policy_takes_what_it_is_given() -> None:
    policy = engine()["autoscaling_config"]["policy"]
    module, name = policy["policy_function"].split(":")
    built = getattr(importlib.import_module(module), name)(**policy["policy_kwargs"])

    class Idle:
        aggregated_metrics = None

    assert built(Idle()) == (0, {})


@pytest.mark.parametrize(
    "word", ["--dashboard-host=127.0.0.1", "USAGE_STATS_ENABLED=0"]
)
def test_the_cluster_example_reports_nowhere(word: str) -> None:
    cluster = yaml.safe_load((DEPLOY / "ray/cluster.yaml").read_text())
    start = " ".join(cluster["head_start_ray_commands"])
    assert word in start
