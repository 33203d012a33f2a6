import pytest

from easel.errors import InvalidRequest
from easel.gateway.facades.automatic1111.sampler_names import (
    named,
    native_sampler,
    sampler_items,
    scheduler_items,
)
from easel.text2image.samplers import SAMPLERS
from tests.gateway.facades.automatic1111.served_server import FLOW, model

EVERYTHING = model("all", samplers=tuple(SAMPLERS), sampler="ddim_default")
WITHOUT_KARRAS = model("snr", samplers=("euler", "dpmpp_2m"))


@pytest.mark.parametrize(
    ("sampler", "schedule", "native"),
    [
        ("Euler", None, "euler"),
        ("Euler", "Automatic", "euler"),
        ("Euler", "normal", "euler"),
        ("Euler", "Simple", "euler"),
        ("euler A", "", "euler_ancestral"),
        ("k_euler_a", None, "euler_ancestral"),
        ("DPM++ 2M", None, "dpmpp_2m_karras"),
        ("DPM++ 2M", "Automatic", "dpmpp_2m_karras"),
        ("DPM++ 2M", "Uniform", "dpmpp_2m"),
        ("DPM++ 2M", "karras", "dpmpp_2m_karras"),
        ("DPM++ 2M Karras", None, "dpmpp_2m_karras"),
        ("DPM++ 2M Karras", "Uniform", "dpmpp_2m_karras"),
        ("DPM++ 2M SDE", "Automatic", "dpmpp_2m_sde"),
        ("DDIM", None, "ddim"),
        ("PLMS", None, "pndm"),
        ("UniPC", None, "unipc"),
        ("LCM", None, "lcm"),
        ("Heun", None, "heun"),
        ("DDPM", None, "ddpm"),
        ("dpmpp_2m", None, "dpmpp_2m"),
        ("ddim_default", None, None),
        (None, "Automatic", None),
        (None, None, None),
    ],
)
def test_their_names_are_ours(
    sampler: str | None, schedule: str | None, native: str | None
) -> None:
    assert native_sampler(sampler, schedule, EVERYTHING) == native


def test_automatic_is_what_the_model_has() -> None:
    assert native_sampler("DPM++ 2M", "Automatic", WITHOUT_KARRAS) == "dpmpp_2m"
    assert native_sampler("Euler", None, FLOW) == "flow_match_euler"


@pytest.mark.parametrize("native", SAMPLERS)
def test_what_is_told_of_an_image_paints_it_again(native: str) -> None:
    told = named(native)
    fitting = FLOW if native.startswith("flow") else EVERYTHING
    assert native_sampler(told.sampler, told.schedule, fitting) == native


@pytest.mark.parametrize(
    ("sampler", "schedule", "param"),
    [
        ("DPM adaptive", None, "sampler_name"),
        ("Euler", "Exponential", "scheduler"),
        ("Euler", "Karras", "scheduler"),
        ("Euler a Karras", None, "scheduler"),
        (None, "Karras", "scheduler"),
        ("ddim_default", "Karras", "scheduler"),
    ],
)
def test_what_there_is_not_is_refused_by_name(
    sampler: str | None, schedule: str | None, param: str
) -> None:
    with pytest.raises(InvalidRequest, match=f"^{param}: ") as refused:
        native_sampler(sampler, schedule, EVERYTHING)
    assert refused.value.param == param


def test_a_refusal_says_what_there_is() -> None:
    with pytest.raises(InvalidRequest, match=r"there are Euler$"):
        native_sampler("Euler a", None, FLOW)
    with pytest.raises(InvalidRequest, match="none to choose from"):
        native_sampler("Euler", None, model("fixed", samplers=(), sampler="own"))


def test_each_solver_is_listed_once() -> None:
    items = {item["name"]: item for item in sampler_items(SAMPLERS)}
    assert len(items) == len(SAMPLERS) - 2
    assert items["DPM++ 2M"]["options"] == {"scheduler": "karras"}
    assert items["Euler"]["aliases"] == ["k_euler", "euler", "flow_match_euler"]


def test_schedules_are_listed_where_a_sampler_has_them() -> None:
    assert [item["name"] for item in scheduler_items(["euler"])] == [
        "automatic",
        "uniform",
    ]
    assert "Karras" in [item["label"] for item in scheduler_items(SAMPLERS)]
