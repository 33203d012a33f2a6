"""How a server of another make is named: `openai+https://…`, `sdapi+http://…`. Pure.

The scheme says which dialect it speaks and over what. Behind a `?` comes what such a
server does not tell by itself.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import unquote

from yarl import URL

from easel.contract.generations import (
    MAX_GUIDANCE_SCALE,
    MAX_SIDE_PX,
    MAX_STEPS,
    MIN_SIDE_PX,
    NativeSize,
)

Dialect = Literal["openai", "vllm-omni", "sglang", "localai", "sdapi"]

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
SCHEMES = tuple(
    f"{dialect}+{over}" for dialect in DIALECTS for over in ("http", "https")
)

_OPTIONS = frozenset({"model", "size", "steps", "guidance_scale", "concurrent"})
_MAX_CONCURRENT = 1000

# Of the URL's hash: enough for servers that a person writes into a list.
_ID_DIGITS = 10


@dataclass(frozen=True, slots=True)
class ForeignServer:
    """
    Attributes:
        dialect: That it speaks.
        base_url: With http or https, without credentials; no slash at the end.
        credentials: From the URL: a key, or `user:password` for `sdapi`.
        models: Its names for the models that are to be offered, by our ids; all that
            it lists if empty.
        sizes: That its models were made for, the default first; the dialect's if empty.
        steps, guidance_scale: What a request gets that names none.
        concurrent: Generations that one gateway process sends at a time.
    """

    dialect: Dialect
    base_url: str
    credentials: str | None = field(default=None, repr=False)
    models: Mapping[str, str] = field(default_factory=dict)
    sizes: tuple[NativeSize, ...] = ()
    steps: int | None = None
    guidance_scale: float | None = None
    concurrent: int | None = None
    id: str = ""

    @property
    def host(self) -> str:
        """With the port where it is not the scheme's own."""
        return URL(self.base_url).authority


def foreign_server(url: str) -> ForeignServer | None:
    """None for a server of our own make.

    Raises:
        ValueError: an option is unknown or out of its range; the message names it.
    """
    parsed = URL(url)
    dialect, plus, over = parsed.scheme.partition("+")
    if not plus:
        return None
    if dialect not in DIALECTS or over not in ("http", "https"):
        raise ValueError(f"scheme must be http, https or one of {', '.join(SCHEMES)}")
    if parsed.fragment:
        raise ValueError("must have no # part")
    if unknown := sorted(set(parsed.query) - _OPTIONS):
        raise ValueError(
            f"?{unknown[0]}= is no option; there are {', '.join(sorted(_OPTIONS))}"
        )
    bare = parsed.with_user(None).with_query(None)
    base_url = str(bare).partition("+")[2].rstrip("/")
    models = dict(map(_model, parsed.query.getall("model", [])))
    if dialect == "localai" and not models:
        raise ValueError(
            "LocalAI lists models of every kind: name those that paint, ?model=…"
        )
    return ForeignServer(
        dialect=dialect,
        base_url=base_url,
        credentials=_credentials(parsed),
        models=models,
        sizes=tuple(map(_size, parsed.query.getall("size", []))),
        steps=_whole(parsed, "steps", MAX_STEPS),
        guidance_scale=_guidance_scale(parsed),
        concurrent=_whole(parsed, "concurrent", _MAX_CONCURRENT),
        id=_id(dialect, str(parsed.with_user(None))),
    )


def _id(dialect: str, url: str) -> str:
    """The same in every gateway that has this server in its list."""
    digest = hashlib.sha256(url.rstrip("/").encode()).hexdigest()
    return f"{dialect.replace('-', '')}{digest[:_ID_DIGITS]}"


def _credentials(url: URL) -> str | None:
    if url.user is None and url.password is None:
        return None
    parts = (url.raw_user or "", url.raw_password or "")
    return ":".join(unquote(part) for part in parts if part)


def _model(option: str) -> tuple[str, str]:
    """`theirs`, or `ours=theirs` where another server has the model by another name."""
    ours, equals, theirs = option.partition("=")
    if not ours or (equals and not theirs):
        raise ValueError("?model= must be a name, or OURS=THEIRS")
    return ours, theirs or ours


def _size(option: str) -> NativeSize:
    width, times, height = option.lower().partition("x")
    if not (times and width.isdecimal() and height.isdecimal()):
        raise ValueError("?size= must be WIDTHxHEIGHT")
    sides = int(width), int(height)
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in sides):
        raise ValueError(f"?size= must be from {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels")
    return NativeSize(width=sides[0], height=sides[1])


def _whole(url: URL, name: str, maximum: int) -> int | None:
    option = url.query.get(name)
    if option is None:
        return None
    if not option.isdecimal() or not 1 <= int(option) <= maximum:
        raise ValueError(f"?{name}= must be a whole number from 1 to {maximum}")
    return int(option)


def _guidance_scale(url: URL) -> float | None:
    option = url.query.get("guidance_scale")
    if option is None:
        return None
    try:
        scale = float(option)
    except ValueError:
        scale = -1.0
    if not 0 <= scale <= MAX_GUIDANCE_SCALE:
        raise ValueError(f"?guidance_scale= must be from 0 to {MAX_GUIDANCE_SCALE}")
    return scale
