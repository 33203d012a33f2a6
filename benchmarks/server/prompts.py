"""Prompts that differ every time, so that no cache of prompts flatters anybody."""

_SUBJECTS = (
    *("a red apple", "a yellow lemon", "a blue car", "a green tree", "a white cat"),
    *("a brown dog", "a small house", "a full moon", "a sailing boat", "a sunflower"),
)
_PLACES = (
    *("on a table", "at the beach", "in the snow", "under a rainbow", "at night"),
    *("on a purple background", "in a garden", "on a hill", "beside a lake"),
)


def prompt(number: int, *, taker: str = "") -> str:
    """Another for every number, and for every `taker` of the same number."""
    subject = _SUBJECTS[number % len(_SUBJECTS)]
    place = _PLACES[number // len(_SUBJECTS) % len(_PLACES)]
    return f"{subject} {place}, {taker} {number}".replace(" ,", ",")
