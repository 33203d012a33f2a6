"""What every program can be told: the model, where it runs, where results go."""

import argparse
from pathlib import Path

from . import ROOT

EMBEDDED_MODEL = "easel-mini"


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The options that all programs share; `doc` is the program's help."""
    options = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--model",
        default=EMBEDDED_MODEL,
        type=_model,
        help="as the server's --model: the embedded one, or a diffusers folder",
    )
    options.add_argument("--device", default="auto", help="as the server's --device")
    options.add_argument("--dtype", default="auto", help="as the server's --dtype")
    options.add_argument(
        "--seed", type=int, default=1, help="of everything that is drawn"
    )
    options.add_argument(
        "--results",
        type=Path,
        default=ROOT / "benchmarks/results",
        help="folder; raw results go to DATE-MACHINE below it",
    )
    options.add_argument(
        "--machine", help="what the machine is called there; else its processor"
    )
    return options


def server_flags(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Of text2image_server.py, for the same model in the same way."""
    names = ("model", "device", "dtype")
    return tuple(
        part for name in names for part in (f"--{name}", str(getattr(arguments, name)))
    )


def model_name(arguments: argparse.Namespace) -> str:
    """Without the folders of this machine."""
    return Path(arguments.model).name


def _model(text: str) -> str:
    """The server runs in another folder: a folder is named in full."""
    folder = Path(text)
    return str(folder.resolve()) if (folder / "model_index.json").exists() else text
