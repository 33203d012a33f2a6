"""From a scene plan to the sentence that describes it."""

from __future__ import annotations

import random

from data.colours import SYNONYMS, is_colour_word
from data.concepts import Concept
from data.scenes import Scene, Subject

PLACE_WORDS: dict[str, tuple[str, ...]] = {
    "beach": ("on the beach", "at the beach", "on a sandy beach by the sea"),
    "snow": ("in the snow", "in a snowy landscape", "in winter"),
    "night": ("at night", "under the night sky", "under the moon and stars"),
    "space": ("in space", "in outer space", "floating among the stars"),
    "forest": ("in a forest", "in the woods", "among trees"),
    "meadow": ("in a meadow", "on the grass", "in a field", "in a park on a sunny day"),
    "desert": ("in the desert", "on sand dunes"),
    "underwater": ("underwater", "under the sea", "in the ocean"),
    "sunset": ("at sunset", "at sunset by the sea", "in front of a sunset"),
    "city": ("in the city", "in front of a city skyline", "downtown"),
    "mountains": ("in the mountains", "in front of mountains"),
    "room": ("in a room", "indoors", "on the floor of a room"),
    "rain": ("in the rain", "on a rainy day"),
    "sky": ("in the sky", "among the clouds", "flying in a blue sky"),
}
STYLE_WORDS: dict[str, tuple[str, ...]] = {
    "3d": ("3d render", "3d", "3d icon", "glossy 3d"),
    "flat": ("flat", "flat vector", "flat icon", "flat design"),
    "cartoon": ("cartoon", "cartoon drawing", "cartoon icon", "comic"),
}
SIZE_WORDS: dict[str, tuple[str, ...]] = {
    "small": ("small", "tiny", "little"),
    "big": ("big", "large", "huge"),
}
NUMBERS = {2: "two", 3: "three", 4: "four"}
OPENINGS = (
    "a picture of {}", "an image of {}", "an illustration of {}", "a drawing of {}",
    "draw {}", "paint {}", "please draw {}", "an emoji of {}", "{}, high quality",
    "{}, beautiful", "{}, detailed", "{}, cute",
)  # fmt: skip
"""What people write around what they want; none of it changes the picture."""
ADJECTIVES = ("cute", "nice", "happy", "beautiful", "friendly", "funny", "lovely")
OTHER_WORD_SHARE = 0.3
OPENING_SHARE = 0.1
ADJECTIVE_SHARE = 0.06
PLAIN_WORDS = (
    "on a {} background", "on a {} background", "on {}", "with a {} background",
    "against a {} background", "in front of a {} background",
    "on a plain {} background",
)  # fmt: skip


def caption(scene: Scene, rng: random.Random) -> str:
    """Describe `scene`; `rng` picks among the ways to say it."""
    text = f"{_what(scene, rng)} {_where(scene, rng)}".strip()
    if rng.random() < OPENING_SHARE:
        text = rng.choice(OPENINGS).format(text)
    if scene.style_named:
        text = _styled(text, rng.choice(STYLE_WORDS[scene.style]), rng)
    return text[0].upper() + text[1:] + "." if rng.random() < 0.1 else text


def with_article(noun: str) -> str:
    """`cat` -> `a cat`, `apple` -> `an apple`."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def _what(scene: Scene, rng: random.Random) -> str:
    first = scene.subjects[0]
    if scene.kind == "count":
        colour = _colour_word(first.colour, rng)
        return f"{NUMBERS[scene.count]} {colour}{first.concept.plural}"
    if scene.kind == "pair":
        relation = {"left of": "to the left of", "right of": "to the right of"}
        words = relation.get(scene.relation or "", scene.relation or "")
        both = [with_article(_noun_phrase(subject, rng)) for subject in scene.subjects]
        return f"{both[0]} {words} {both[1]}"
    phrase = _noun_phrase(first, rng)
    return with_article(phrase) if rng.random() < 0.8 else phrase


def _where(scene: Scene, rng: random.Random) -> str:
    if scene.place:
        return rng.choice(PLACE_WORDS[scene.place])
    if scene.kind == "white" and rng.random() < 0.4:
        return ""  # no backdrop asked for: white
    return rng.choice(PLAIN_WORDS).format(_colour_word(scene.colour, rng).strip())


def _noun_phrase(subject: Subject, rng: random.Random) -> str:
    size = f"{rng.choice(SIZE_WORDS[subject.size])} " if subject.size else ""
    kind = f"{rng.choice(ADJECTIVES)} " if rng.random() < ADJECTIVE_SHARE else ""
    return f"{kind}{size}{_colour_word(subject.colour, rng)}{_noun(subject, rng)}"


def _noun(subject: Subject, rng: random.Random) -> str:
    concept = subject.concept
    if rng.random() >= OTHER_WORD_SHARE:
        return concept.name
    return rng.choice(_words_that_fit(concept, subject.colour))


def _words_that_fit(concept: Concept, colour: str | None) -> tuple[str, ...]:
    """A recoloured apple is never called "green red apple"."""
    if colour is None:
        return concept.words or (concept.name,)
    fitting = [word for word in concept.words if not is_colour_word(word.split()[0])]
    return tuple(fitting) or (concept.name,)


def _colour_word(colour: str | None, rng: random.Random) -> str:
    return f"{rng.choice(SYNONYMS.get(colour, (colour,)))} " if colour else ""


def _styled(text: str, word: str, rng: random.Random) -> str:
    form = rng.choice(
        ("{text}, {word}", "{text}, {word} style", "{word} of {text}", "{word}, {text}")
    )
    return form.format(text=text, word=word)
