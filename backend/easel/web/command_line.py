"""Settings from flags, environment and `.env`; a wrong value is one clear line."""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, CliApp, SettingsError

Settings = TypeVar("Settings", bound=BaseSettings)

# argparse's code for a wrong flag; a wrong variable is the same kind of mistake.
EXIT_USAGE = 2

_PASSWORD = re.compile("//[^/@]*@")
# How pydantic-settings says that a variable is not the JSON that it must be.
_NOT_JSON = re.compile(r'error parsing value for field "(\w+)"')


class WrongSettings(Exception):
    """What is wrong, a line for each; `args` are the lines."""


def read_settings(settings: type[Settings], arguments: Sequence[str]) -> Settings:
    """Flags first, then the environment, then `.env`.

    A wrong value ends the process with `EXIT_USAGE` and a line that names the variable.
    """
    try:
        return load_settings(settings, arguments)
    except WrongSettings as wrong:
        for line in wrong.args:
            print(f"easel: {line}", file=sys.stderr)  # noqa: T201 - before logs
        sys.exit(EXIT_USAGE)


def load_settings(settings: type[Settings], arguments: Sequence[str]) -> Settings:
    """As `read_settings`, for a process that goes on with what it had.

    Raises:
        WrongSettings: a value is wrong.
    """
    try:
        return CliApp.run(settings, cli_args=list(arguments))
    except ValidationError as error:
        lines = [_line(settings, fault) for fault in error.errors()]
        raise WrongSettings(*lines) from None
    except SettingsError as error:
        raise WrongSettings(_of_a_source(settings, str(error))) from None


def _line(settings: type[BaseSettings], fault: Mapping[str, Any]) -> str:
    if not fault["loc"]:
        # What is wrong is how several settings go together.
        return str(fault["msg"])
    field = str(fault["loc"][0])
    line = f"{environment_variable(settings, field)}: {fault['msg']}"
    info = settings.model_fields.get(field)
    if info is not None and is_secret(info):
        return line
    return f"{line} (got {_PASSWORD.sub('//***@', repr(fault['input']))})"


def _of_a_source(settings: type[BaseSettings], message: str) -> str:
    found = _NOT_JSON.match(message)
    if found is None:
        return message
    return f"{environment_variable(settings, found[1])}: must be JSON"


def is_secret(info: FieldInfo) -> bool:
    """Whether a field's value must not be shown, not even a wrong one."""
    return info.annotation is SecretStr or SecretStr in get_args(info.annotation)


def environment_variable(settings: type[BaseSettings], field: str) -> str:
    """The variable that sets a field: prefixed, unless the field names its own."""
    info = settings.model_fields.get(field)
    if info is None or info.validation_alias is not None:
        return field.upper()
    prefix = settings.model_config.get("env_prefix", "")
    return f"{prefix}{field}".upper()
