"""What a request's `Prefer` header says (RFC 7240), as far as we honour it. Pure."""

import re
from dataclasses import dataclass

# Commas within quotes separate nothing.
_ELEMENT = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')

# Looking for quotes takes the square of the length, for who means to make it so.
_MAX_CHARACTERS = 1000

# Nobody waits for longer than this, and a timer takes it.
_MAX_WAIT_S = 10**6
_SECONDS = re.compile(r"[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Preferences:
    """
    Attributes:
        responds_async: Rather 202 at once than the answer when it is there.
        wait_s: Whole seconds for which the caller waits; None if it does not say.
    """

    responds_async: bool = False
    wait_s: int | None = None


_NONE = Preferences()


def read_preferences(prefer: str | None) -> Preferences:
    """What is unknown or malformed is ignored, and so is a second one of a name."""
    if not prefer:
        return _NONE
    values: dict[str, str] = {}
    for element in _ELEMENT.findall(prefer[:_MAX_CHARACTERS]):
        # Behind a semicolon are parameters, which no preference of ours has.
        name, _, value = element.partition(";")[0].partition("=")
        values.setdefault(name.strip().lower(), value.strip().strip('"'))
    return Preferences("respond-async" in values, _seconds(values.get("wait")))


def _seconds(value: str | None) -> int | None:
    if value is None or not _SECONDS.fullmatch(value):
        return None
    return min(int(value), _MAX_WAIT_S)
