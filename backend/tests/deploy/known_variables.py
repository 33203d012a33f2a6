"""Which variables each image's program reads: what else is set would do nothing."""

from easel.gateway.settings import GatewaySettings
from easel.text2image.settings import ServerSettings
from easel.web.command_line import environment_variable, is_secret
from easel.web.secret_files import SUFFIX

# OpenTelemetry's own, which both tiers look at.
_TRACES = {"OTEL_EXPORTER_OTLP_ENDPOINT"}

# What NVIDIA's container runtime shows a container.
_GPUS = {"NVIDIA_VISIBLE_DEVICES"}


def of_gateway() -> set[str]:
    names = _TRACES | {
        "WEB_CONCURRENCY",
        "EASEL_ADMIN_KEY_FILE",
    }  # gunicorn's, and drain.sh's
    for field, info in GatewaySettings.model_fields.items():
        name = environment_variable(GatewaySettings, field)
        names |= {name, name + SUFFIX} if is_secret(info) else {name}
    return names


def of_server() -> set[str]:
    return (
        {
            environment_variable(ServerSettings, field)
            for field in ServerSettings.model_fields
        }
        | _TRACES
        | _GPUS
    )


def of_studio() -> set[str]:
    """Those of its table in docs/configuration.md."""
    return {"GATEWAY_URL", "EASEL_API_KEY", "PORT", "HOSTNAME"}


BY_TIER = {"gateway": of_gateway(), "server": of_server(), "studio": of_studio()}
