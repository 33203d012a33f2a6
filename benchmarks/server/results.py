"""What a program about the server finds, with the model that it was about."""

import argparse
import importlib.metadata

from findings import results
from findings.results import slug

from .arguments import EMBEDDED_MODEL, model_name

_PACKAGES = ("torch", "diffusers", "transformers", "numpy", "pillow", "aiohttp")


class Results(results.Results):
    """As `findings` has it."""

    def __init__(self, name: str, arguments: argparse.Namespace) -> None:
        model = model_name(arguments)
        super().__init__(
            name,
            arguments.results,
            arguments.machine,
            _without_folders(arguments),
            {package: importlib.metadata.version(package) for package in _PACKAGES},
            model=model,
            suffix="" if model == EMBEDDED_MODEL else f"-{slug(model)}",
        )


def _without_folders(arguments: argparse.Namespace) -> dict[str, object]:
    """A folder of one machine tells nobody else anything."""
    told = {name: value for name, value in vars(arguments).items() if name != "results"}
    return {**told, "model": model_name(arguments)}
