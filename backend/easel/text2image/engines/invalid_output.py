"""What became of an image whose numbers are none."""

from easel.errors import EngineFailed, ServiceError


def invalid_output() -> ServiceError:
    return EngineFailed(
        "The model computed numbers that are no image (NaN or infinity); another seed, "
        "a lower guidance_scale or a wider --dtype may help."
    )
