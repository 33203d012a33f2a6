"""What a program about the server finds, with the model that it was about."""

import argparse
import importlib.metadata

from findings import results
from findings.results import slug

from .arguments import EMBEDDED_MODEL, model_name

_PACKAGES = (
    *("torch", "diffusers", "transformers", "onnxruntime", "numpy", "pillow"),
    *("aiohttp", "ray"),
)


class Results(results.Results):
    """As `findings` has it."""

    def __init__(self, name: str, arguments: argparse.Namespace) -> None:
        model = model_name(arguments)
        super().__init__(
            name,
            arguments.results,
            arguments.machine,
            _without_folders(arguments),
            _versions(),
            model=model,
            suffix="" if model == EMBEDDED_MODEL else f"-{slug(model)}",
        )


def _versions() -> dict[str, str]:
    """What is not installed cannot have been measured."""
    found = importlib.metadata.distributions()
    installed = {one.metadata["Name"].lower(): one.version for one in found}
    return {name: installed[name] for name in _PACKAGES if name in installed}


def _without_folders(arguments: argparse.Namespace) -> dict[str, object]:
    """A folder of one machine tells nobody else anything."""
    told = {name: value for name, value in vars(arguments).items() if name != "results"}
    return {**told, "model": model_name(arguments)}
