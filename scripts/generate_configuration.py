"""Writes docs/configuration.md from the settings classes, so that it cannot be wrong.

python scripts/generate_configuration.py FILE   (scripts/generate-api calls it)
"""

import sys
from pathlib import Path

from easel.gateway.settings import GatewaySettings
from easel.text2image.settings import ServerSettings
from easel.web.command_line import environment_variable
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

INTRODUCTION = """\
# Configuration

<!-- Made from the settings classes by scripts/generate-api: change it there. -->

A setting is a flag, or an environment variable, or a line of the file `.env`; what
stands first wins. A wrong value ends the program at its start with a line that names
the setting, and exit code 2.
"""

GATEWAY = """
## Gateway

`python main.py` takes flags and variables; under gunicorn there are only variables.
The file is `backend/.env`, from whichever folder the gateway is started.
"""

SERVER = """
## Text-to-image server

`python text2image_server.py`. The file is `backend/.env` too, from whichever folder the
server is started.
"""

OTHERS = """
## Studio

| Variable | Default | Description |
|---|---|---|
| `GATEWAY_URL` | `http://localhost:8000` | URL of the gateway; read at start, so one \
build serves anywhere. |
| `EASEL_API_KEY` | — | The key that the studio uses, where the gateway asks for one. \
Browsers never see it. |
| `PAGE_PATIENCE_MS` | `200` | How many milliseconds a page waits for the gateway's \
health and models, to come with them. Without an answer in that time the browser asks \
by itself. |
| `PORT` | `3000` | Port. |
| `HOSTNAME` | `0.0.0.0` | Address to listen on. Some shells and containers set it to \
the machine's name. |

## scripts/run

| Variable | Default | Description |
|---|---|---|
| `SERVER_PORT` | `8001` | Port of the text-to-image server. |
| `GATEWAY_PORT` | `8000` | Port of the gateway. |
| `STUDIO_PORT` | `3000` | Port of the studio. |
| `TEXT2IMAGE_HOST` | `127.0.0.1` | Address on which the server listens. |
| `GATEWAY_HOST` | `127.0.0.1` | Address on which the gateway listens. |
| `STUDIO_HOST` | `0.0.0.0` | Address on which the studio listens. |
| `PYTHON` | `python3`, or a newer one | The Python that makes `backend/.venv`. |

Everything else in the environment reaches the tiers, but for `TEXT2IMAGE_PORT`,
`TEXT2IMAGE_SERVER_URL`, `GATEWAY_URL`, `PORT` and `HOSTNAME`, which it sets itself. The
tiers reach each other over 127.0.0.1, so an address to listen on is that or `0.0.0.0`.
"""


def default(field: FieldInfo) -> str:
    """The default as a person would write it; a dash for none."""
    value = field.default
    if value is None:
        return "—"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"`{str(value).rstrip('/')}`"


def table(settings: type[BaseSettings]) -> str:
    lines = ["", "| Variable | Flag | Default | Description |", "|---|---|---|---|"]
    for name, field in settings.model_fields.items():
        cells = (
            f"`{environment_variable(settings, name)}`",
            f"`--{name.replace('_', '-')}`",
            default(field),
            str(field.description).replace("|", "\\|"),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def configuration() -> str:
    """The whole page."""
    gateway, server = table(GatewaySettings), table(ServerSettings)
    return INTRODUCTION + GATEWAY + gateway + SERVER + server + OTHERS


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(configuration(), encoding="utf-8")
