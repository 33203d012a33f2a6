"""How large a model's weights are, read from the heads of their files."""

import json
from collections.abc import Container, Iterable, Iterator
from math import prod
from pathlib import Path
from typing import Any

# Those that loading converts to the chosen number format.
_FLOATS = ("F64", "F32", "F16", "BF16")
_HEAD_LENGTH_BYTES = 8
# As the format's own readers refuse longer heads.
_LONGEST_HEAD_BYTES = 100_000_000


class DamagedFile(ValueError):
    """A file is not what its suffix says."""


def component_bytes(
    folder: Path,
    components: Iterable[str],
    itemsize: int,
    quantized: Container[str] = (),
) -> dict[str, int]:
    """Bytes of each component with weights once it is loaded.

    Args:
        folder: Holds one folder for each component.
        components: Those that are loaded.
        itemsize: Bytes of one number.
        quantized: Components whose matrices have one byte a number.
    """
    found = {}
    for name in components:
        matrix_itemsize = 1 if name in quantized else itemsize
        files = _weight_files(folder / name)
        if files:
            found[name] = sum(_bytes(file, itemsize, matrix_itemsize) for file in files)
    return found


def read_head(file: Path) -> dict[str, Any]:
    """The head of a safetensors file: what is in it, by name.

    Raises:
        DamagedFile: it has none.
    """
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(_HEAD_LENGTH_BYTES), "little")
            if length > _LONGEST_HEAD_BYTES:
                raise DamagedFile("its head is too long")
            head = json.loads(stream.read(length))
    except (OSError, ValueError) as error:
        raise DamagedFile(f"{file.name} is no safetensors file") from error
    if not isinstance(head, dict):
        raise DamagedFile(f"{file.name} is no safetensors file")
    return head


def _weight_files(component: Path) -> list[Path]:
    """Those that are read when no variant is asked for."""
    for suffix in ("safetensors", "bin"):
        files = [file for file in component.glob(f"*.{suffix}") if _is_plain(file)]
        if files:
            return files
    return []


def _is_plain(file: Path) -> bool:
    """Whether its name has no variant, as `model.fp16.safetensors` has."""
    return file.name.count(".") == 1


def _bytes(file: Path, itemsize: int, matrix_itemsize: int) -> int:
    try:
        return sum(_tensor_bytes(read_head(file), itemsize, matrix_itemsize))
    except DamagedFile:
        # Pickled, or cut short, which loading will say: as large as it is.
        return file.stat().st_size


def _tensor_bytes(
    head: dict[str, Any], itemsize: int, matrix_itemsize: int
) -> Iterator[int]:
    for name, entry in head.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] in _FLOATS:
            shape = entry["shape"]
            yield prod(shape) * (matrix_itemsize if len(shape) == 2 else itemsize)
        else:
            start, end = entry["data_offsets"]
            yield end - start
