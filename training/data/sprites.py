"""The art: one cropped RGBA picture per concept and style, prepared once and kept in
memory.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from data.concepts import Concept
from data.scenes import STYLES

RENDER_SCRIPT = Path(__file__).with_name("render_svgs.js")
SPRITE_PX = 224
RENDER_ATTEMPTS = 20
SVG_PACKAGES = {
    "flat": Path("@iconify-json", "fluent-emoji-flat"),
    "cartoon": Path("@iconify-json", "noto"),
}
"""The art of the drawn styles; that of "3d" comes as pixels."""

log = logging.getLogger(__name__)


class SpriteLibrary:
    """Sprites by concept and style; a concept without art in a style falls back to its
    3D picture.
    """

    def __init__(self, sprites: dict[tuple[str, str], Image.Image]) -> None:
        self._sprites = sprites

    @classmethod
    def from_folder(cls, folder: Path, concepts: Sequence[Concept]) -> SpriteLibrary:
        """Load what `prepare_sprites` wrote."""
        sprites = {}
        for concept in concepts:
            for style in STYLES:
                path = folder / style / f"{concept.code}.png"
                if path.exists():
                    sprites[concept.code, style] = Image.open(path).convert("RGBA")
        return cls(sprites)

    def get(self, concept: Concept, style: str) -> Image.Image:
        """The sprite, cropped to what is visible, longest side `SPRITE_PX`."""
        return (
            self._sprites.get((concept.code, style))
            or self._sprites[concept.code, "3d"]
        )


def prepare_sprites(modules: Path, folder: Path, concepts: Sequence[Concept]) -> None:
    """Turn the npm packages under `modules` into `folder`/STYLE/CODE.png; keeps what is
    there.
    """
    codes = [concept.code for concept in concepts]
    sources = {"3d": modules / "@lobehub" / "fluent-emoji-3d" / "assets"}
    for style, package in SVG_PACKAGES.items():
        sources[style] = folder / f"{style}-raw"
        _render(modules / package, sources[style], codes)
    for style, source in sources.items():
        ending = "webp" if style == "3d" else "png"
        for code in codes:
            _crop_to(folder / style / f"{code}.png", _first(source, code, ending))


def _render(package: Path, folder: Path, codes: list[str]) -> None:
    command = ["node", str(RENDER_SCRIPT), str(package), str(folder)]
    command += [str(2 * SPRITE_PX), *codes]
    for _ in range(RENDER_ATTEMPTS):
        if subprocess.run(command, check=False).returncode == 0:
            return
        log.warning(
            "the SVG renderer stopped; going on after the drawing that stopped it"
        )
    raise RuntimeError(
        f"the SVG renderer failed {RENDER_ATTEMPTS} times; see its messages above"
    )


def _first(folder: Path, code: str, ending: str) -> Path | None:
    candidates = (folder / f"{code}.{ending}", folder / f"{code}-fe0f.{ending}")
    return next((path for path in candidates if path.exists()), None)


def _crop_to(target: Path, source: Path | None) -> None:
    if target.exists():
        return
    if source is None:
        log.warning("no art for %s", target)
        return
    picture = Image.open(source).convert("RGBA")
    visible = (
        picture.getchannel("A").point(lambda alpha: 255 if alpha > 12 else 0).getbbox()
    )
    picture = picture.crop(visible)
    scale = SPRITE_PX / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    target.parent.mkdir(parents=True, exist_ok=True)
    picture.resize(size, Image.Resampling.LANCZOS).save(target)
