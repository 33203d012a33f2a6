"""Reads a diffusers scheduler config as its stock class would."""

from collections.abc import Mapping, Sequence


def merged_config(
    config: Mapping[str, object], overrides: Mapping[str, object]
) -> dict[str, object]:
    """What `Scheduler.from_config(config, **overrides)` is built from.

    A loaded scheduler lists under `_use_default_values` what its file did not say:
    there another class takes its own defaults.
    """
    unsaid = config.get("_use_default_values")
    left_out = set(unsaid) if isinstance(unsaid, Sequence) else set()
    said = {key: value for key, value in config.items() if key not in left_out}
    return {**said, **overrides}


class StockConfig:
    """A scheduler's config over the defaults of the class that is to read it."""

    def __init__(
        self, config: Mapping[str, object], defaults: Mapping[str, object]
    ) -> None:
        self._values = {**defaults, **config}

    def flag(self, key: str) -> bool:
        return bool(self._values.get(key))

    def text(self, key: str) -> str:
        return str(self._values[key])

    def number(self, key: str) -> float:
        value = self._values[key]
        if isinstance(value, (int, float)):
            return float(value)
        raise TypeError(f"{key} of a scheduler config must be a number, not {value!r}")

    def whole(self, key: str) -> int:
        return int(self.number(key))

    def number_or_none(self, key: str) -> float | None:
        return None if self._values.get(key) is None else self.number(key)

    def numbers_or_none(self, key: str) -> list[float] | None:
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, Sequence):
            return [float(number) for number in value]
        raise TypeError(f"{key} of a scheduler config must be a list, not {value!r}")
