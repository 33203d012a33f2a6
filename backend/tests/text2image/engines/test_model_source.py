from pathlib import Path

import pytest

from easel.contract.models import Style
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.model_source import locate, open_source, read_sidecar
from easel.text2image.settings import EMBEDDED_MODEL


def test_the_embedded_model_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (Path(locate(EMBEDDED_MODEL)) / "model_index.json").is_file()
    assert read_sidecar(locate(EMBEDDED_MODEL)).native_sizes


def test_a_local_model_is_named_after_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model_index.json").write_text("{}", encoding="utf-8")
    (folder / "easel.json").write_text('{"default_sampler": "euler"}', encoding="utf-8")
    source = open_source(str(folder))
    assert (source.id, source.folder) == ("mine", folder)
    assert source.sidecar.default_sampler == "euler"


def test_a_hub_name_is_left_as_it_is() -> None:
    assert locate("black-forest-labs/FLUX.1-schnell") == (
        "black-forest-labs/FLUX.1-schnell"
    )


def test_a_folder_that_is_no_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no model_index\.json"):
        locate(str(tmp_path))


def test_a_file_is_not_a_model(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelUnavailable, match="is a file"):
        locate(str(tmp_path / "model.safetensors"))


def test_a_model_without_sidecar_has_none_of_its_limits(tmp_path: Path) -> None:
    assert read_sidecar(str(tmp_path)).native_sizes == ()


def test_a_model_may_know_styles_or_none_or_not_say(tmp_path: Path) -> None:
    sidecar = tmp_path / "easel.json"
    assert read_sidecar(str(tmp_path)).styles is None
    sidecar.write_text('{"styles": []}', encoding="utf-8")
    assert read_sidecar(str(tmp_path)).styles == ()
    sidecar.write_text(
        '{"styles": [{"name": "Ink", "prompt": "{prompt}, ink"}]}', encoding="utf-8"
    )
    assert read_sidecar(str(tmp_path)).styles == (
        Style(name="Ink", prompt="{prompt}, ink"),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "easel.json"),
        ('{"native_sizes": [[128, -1]]}', "native_sizes.0.1"),
        ('{"defualt_width": 5}', "defualt_width"),
        ('{"styles": [{"name": "Ink", "prompt": "ink"}]}', "styles.0.prompt"),
        ('{"styles": [{"name": "", "prompt": "{prompt}"}]}', "styles.0.name"),
    ],
)
def test_a_wrong_sidecar_is_named(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "easel.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=reason):
        read_sidecar(str(tmp_path))
