"""Which points are measured, and for how long: pure decisions."""

from collections.abc import Sequence

from .upstream import STREAM

# wrk counts only what ends within its time: that has to be several times as long as an
# answer takes. 64 of 8 MB at once would end for nobody who is slow.
_SLOW = "litellm"
_LARGE = ("2MB", "8MB")
_SLOW_FACTOR = 2


def takes_part(contender: str, answer: str) -> bool:
    """LiteLLM relays no stream of images. Over OpenAI's API it is another stream, of
    three previews at most, written anew: nothing to compare with.
    """
    return answer != STREAM or contender not in ("litellm", "easel_openai")


def has_point(contender: str, answer: str, connections: int) -> bool:
    is_hopeless = (contender, answer) == (_SLOW, "8MB") and connections > 16
    return takes_part(contender, answer) and not is_hopeless


def seconds_of(contender: str, answer: str, connections: int, seconds: int) -> int:
    is_slow = contender == _SLOW and answer in _LARGE
    is_much = answer == "8MB" and connections > 16
    return seconds * (_SLOW_FACTOR if is_slow or is_much else 1)


def rotated(names: Sequence[str], number: int) -> list[str]:
    """Each is the first in some round, and none is always after the same load."""
    start = number % len(names) if names else 0
    return [*names[start:], *names[:start]]
