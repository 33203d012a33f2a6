"""A generation as the server accepts it, for tests of what keeps and orders them."""

from datetime import UTC, datetime

from easel.contract.generations import Parameters
from easel.text2image.live_generation import Accepted, LiveGeneration


def some_generation(
    name: str, *, steps: int = 10, user: str = "", is_durable: bool = False
) -> LiveGeneration:
    """One image of a megapixel."""
    parameters = Parameters(
        prompt="a cat",
        negative_prompt=None,
        width=1000,
        height=1000,
        num_inference_steps=steps,
        guidance_scale=4,
        seed=7,
        num_images=1,
        sampler="euler",
    )
    accepted = Accepted(
        id=name,
        number=1,
        model="fake",
        parameters=parameters,
        request_id="-",
        user=user,
        accepted_at_s=0.0,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        is_durable=is_durable,
    )
    return LiveGeneration(accepted, (), position=1, eta_s=None)
