"""The images of a request become what image-to-image begins with."""

from easel.contract.generations import GenerationRequest, Parameters
from easel.text2image.engines.base import SourceImage
from easel.text2image.images.source_images import (
    decode_image,
    decode_mask,
    encoded_bytes,
    fitted,
    repainted_part,
    sha256,
)
from easel.web.native_size import Size


def read_source(
    request: GenerationRequest, parameters: Parameters
) -> tuple[Parameters, SourceImage]:
    """The images at the painted size, and the parameters that name them.

    Takes up to seconds for the largest images.

    Args:
        request: With an image.
        parameters: What the rest of the request became; they have a strength.

    Raises:
        InvalidRequest: they are no images, or too large.
    """
    assert request.image is not None
    assert parameters.strength is not None
    size = parameters.native_size
    painted = Size(
        size.width if size else parameters.width,
        size.height if size else parameters.height,
    )
    content = encoded_bytes(request.image, "image")
    image = fitted(decode_image(content, "image"), painted)
    found = {"image_sha256": sha256(content)}
    mask = None
    if request.mask is not None:
        mask_content = encoded_bytes(request.mask, "mask")
        repainted = repainted_part(request.mask)
        mask = decode_mask(mask_content, "mask", repainted=repainted)
        mask = fitted(mask, painted)
        found["mask_sha256"] = sha256(mask_content)
    source = SourceImage(image, mask, parameters.strength)
    return parameters.model_copy(update=found), source
