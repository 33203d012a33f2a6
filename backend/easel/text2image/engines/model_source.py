"""Where a model's files are, and what its maker says about it. No torch here."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from easel.text2image.engines.base import ModelUnavailable

# Models that ship with Easel, beside `backend/`.
_SHIPPED = Path(__file__).resolve().parents[4] / "models"

_SIDECAR = "easel.json"

SizePx = tuple[Annotated[int, Field(ge=8)], Annotated[int, Field(ge=8)]]


class Sidecar(BaseModel):
    """`easel.json` beside `model_index.json`: what diffusers' format has no place for.

    Every field is optional. With `native_sizes` ([width, height] pairs) the model
    paints these sizes only, and others are made from the nearest by enlarging.
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
    example_prompts: tuple[str, ...] = ()


def locate(model: str) -> str:
    """The folder of a local or shipped model; a hub's name comes back unchanged.

    Raises:
        ModelUnavailable: `model` is written like a path, and nothing usable is there.
    """
    shipped = _SHIPPED / model
    folder = shipped if (shipped / "model_index.json").is_file() else Path(model)
    folder = folder.expanduser()
    if folder.is_dir():
        if not (folder / "model_index.json").is_file():
            raise ModelUnavailable(
                f"{folder} has no model_index.json: it is not a diffusers model folder"
            )
        return str(folder)
    if folder.exists():
        raise ModelUnavailable(f"{folder} is a file; name a diffusers model folder")
    if model.startswith((".", "/", "~")) or model.count("/") != 1:
        raise ModelUnavailable(f"there is no model {model!r}: no such folder")
    return model


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
