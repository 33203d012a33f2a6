"""Where a model's files are, and what its maker says about it.

Torch is imported only to fetch a model from a hub.
"""

import errno
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from easel.contract.models import Style
from easel.text2image.engines.base import ModelUnavailable

# Models that ship with Easel, beside `backend/`.
_SHIPPED = Path(__file__).resolve().parents[4] / "models"

_INDEX = "model_index.json"
_SIDECAR = "easel.json"

SizePx = tuple[Annotated[int, Field(ge=8)], Annotated[int, Field(ge=8)]]


class Sidecar(BaseModel):
    """`easel.json` beside `model_index.json`: what diffusers' format has no place for.

    Every field is optional. With `native_sizes` ([width, height] pairs) the model
    paints these sizes only, and others are made from the nearest by enlarging.
    `styles` are looks that it knows, each with a template of the prompt; an empty list
    says that it knows none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    display_name: str | None = None
    description: str = ""
    license: str | None = None
    native_sizes: tuple[SizePx, ...] = ()
    default_width: int | None = None
    default_height: int | None = None
    default_num_inference_steps: int | None = None
    default_guidance_scale: float | None = None
    default_sampler: str | None = None
    example_prompts: tuple[str, ...] = ()
    styles: tuple[Style, ...] | None = None


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model whose files are on this machine.

    Args:
        id: What callers name it; a folder's path would leak the disk's layout.
        folder: Holds `model_index.json`.
        sidecar: Of that folder.
    """

    id: str
    folder: Path
    sidecar: Sidecar


def open_source(model: str) -> ModelSource:
    """Find `model`; one of a hub is downloaded unless it was before.

    Raises:
        ModelUnavailable: there is no such model, or it cannot be had.
    """
    located = locate(model)
    if Path(located).is_dir():
        return local_source(located)
    folder = _downloaded(located)
    return ModelSource(model, Path(folder), read_sidecar(folder))


def local_source(folder: str) -> ModelSource:
    """Raises ModelUnavailable: its `easel.json` is not what it should be."""
    return ModelSource(Path(folder).name, Path(folder), read_sidecar(folder))


def _downloaded(model: str) -> str:
    """The folder with a hub's model."""
    from easel.text2image.engines.error_text import first_line
    from easel.text2image.engines.quiet_libraries import import_diffusers

    diffusers = import_diffusers()
    try:
        return str(diffusers.DiffusionPipeline.download(model))
    except Exception as error:
        # A hub's client raises a dozen types, and each means the same to the operator.
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            reason = f"no space left for the files of {model!r}"
            raise ModelUnavailable(reason) from error
        hub = f"{model!r} is no folder here, and the model hub did not give it"
        raise ModelUnavailable(f"{hub}: {first_line(error)}") from error


def locate(model: str) -> str:
    """The folder of a local or shipped model; a hub's name comes back unchanged.

    Raises:
        ModelUnavailable: `model` is written like a path, and nothing usable is there.
    """
    shipped = _SHIPPED / model
    folder = shipped if (shipped / _INDEX).is_file() else Path(model)
    folder = folder.expanduser()
    if folder.is_dir():
        if not (folder / _INDEX).is_file():
            raise ModelUnavailable(
                f"{folder} has no {_INDEX}: it is not a diffusers model folder"
            )
        return str(folder)
    if folder.exists():
        raise ModelUnavailable(f"{folder} is a file; name a diffusers model folder")
    if model.startswith((".", "/", "~")) or model.count("/") != 1:
        raise ModelUnavailable(f"there is no model {model!r}: no such folder")
    return model


@dataclass(frozen=True, slots=True)
class ModelIndex:
    """`model_index.json`: the pipeline's class, and (library, class) of its parts."""

    pipeline: str
    components: dict[str, tuple[str, str]]


def read_index(source: ModelSource) -> ModelIndex:
    """Raises ModelUnavailable: it is not what it should be."""
    try:
        text = (source.folder / _INDEX).read_text(encoding="utf-8")
        entries = json.loads(text)
        return ModelIndex(
            str(entries["_class_name"]),
            {
                name: (str(entry[0]), str(entry[1]))
                for name, entry in entries.items()
                if isinstance(entry, list) and entry[0] is not None
            },
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        reason = f"cannot load {source.id!r}: {_INDEX} is damaged"
        raise ModelUnavailable(reason) from error


def read_sidecar(folder: str) -> Sidecar:
    """What `easel.json` says; all defaults where there is none.

    Raises:
        ModelUnavailable: it is not what it should be.
    """
    path = Path(folder) / _SIDECAR
    if not path.is_file():
        return Sidecar()
    try:
        return Sidecar.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise ModelUnavailable(f"{path}: {field}: {fault['msg']}") from error
    except (ValueError, OSError) as error:
        raise ModelUnavailable(f"{path}: {error}") from error
