"""Settings from flags, environment and `.env`; a wrong value is one clear line."""

import re
import sys
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, CliApp

Settings = TypeVar("Settings", bound=BaseSettings)

# argparse's code for a wrong flag; a wrong variable is the same kind of mistake.
EXIT_USAGE = 2

_PASSWORD = re.compile("//[^/@]*@")


def read_settings(settings: type[Settings], arguments: list[str]) -> Settings:
    """Flags first, then the environment, then `.env`.

    A wrong value ends the process with `EXIT_USAGE` and a line that names the variable.
    """
    try:
        return CliApp.run(settings, cli_args=arguments)
    except ValidationError as error:
        for fault in error.errors():
            if fault["loc"]:
                name = environment_variable(settings, str(fault["loc"][0]))
                got = _PASSWORD.sub("//***@", repr(fault["input"]))
                line = f"easel: {name}: {fault['msg']} (got {got})"
            else:
                # What is wrong is how several settings go together.
                line = f"easel: {fault['msg']}"
            print(line, file=sys.stderr)  # noqa: T201 - logs are not set up yet
        sys.exit(EXIT_USAGE)


def environment_variable(settings: type[BaseSettings], field: str) -> str:
    """The variable that sets a field: prefixed, unless the field names its own."""
    info = settings.model_fields.get(field)
    if info is None or info.validation_alias is not None:
        return field.upper()
    prefix = settings.model_config.get("env_prefix", "")
    return f"{prefix}{field}".upper()
