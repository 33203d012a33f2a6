"""Secrets that a file holds: `NAME_FILE` beside `NAME`, as container platforms mount.

A secret in a file is seen neither in a list of processes nor by the programs that this
one starts.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsError,
)

from easel.web.command_line import environment_variable, is_secret

SUFFIX = "_FILE"


class SecretFiles(PydanticBaseSettingsSource):
    """One of the sources of a settings class, for all of its `SecretStr` fields.

    Args:
        settings_cls: Whose.
        variables: The environment and `.env`, the strongest first.

    Raises:
        SettingsError: at the call: `NAME` is set as well, or the file cannot be read;
            the message names the variable and never the secret.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        *variables: PydanticBaseSettingsSource,
    ) -> None:
        super().__init__(settings_cls)
        # Their names are in lower case.
        self._variables: list[Mapping[str, str | None]] = [
            source.env_vars
            for source in variables
            if isinstance(source, EnvSettingsSource)
        ]

    def __call__(self) -> dict[str, Any]:
        secrets: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            value, _, _ = self.get_field_value(field, name)
            if value is not None:
                secrets[name] = value
        return secrets

    def get_field_value(
        self, field: FieldInfo, field_name: str
    ) -> tuple[Any, str, bool]:
        """The secret, or None; the other two mean nothing here."""
        value = self._secret(field_name) if is_secret(field) else None
        return value, field_name, False

    def _secret(self, field_name: str) -> str | None:
        variable = environment_variable(self.settings_cls, field_name)
        path = self._value(variable + SUFFIX)
        if path is None:
            return None
        if self._value(variable) is not None:
            raise SettingsError(f"{variable}{SUFFIX}: {variable} is set as well")
        try:
            text = Path(path).expanduser().read_text()
        except (OSError, RuntimeError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise SettingsError(
                f"{variable}{SUFFIX}: {path} cannot be read: {reason}"
            ) from None
        secret = text.rstrip("\r\n")
        if not secret:
            raise SettingsError(f"{variable}{SUFFIX}: {path} is empty")
        return secret

    def _value(self, variable: str) -> str | None:
        for variables in self._variables:
            value = variables.get(variable.lower())
            if value:
                return value
        return None
