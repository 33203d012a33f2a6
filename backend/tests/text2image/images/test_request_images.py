import base64
import io

from PIL import Image

from easel.contract.generations import GenerationRequest, Parameters
from easel.text2image.images.request_images import read_source


def data_url(image: Image.Image, media_type: str) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return f"data:{media_type};base64,{base64.b64encode(file.getvalue()).decode()}"


def parameters() -> Parameters:
    return Parameters(
        prompt="a fox",
        negative_prompt=None,
        width=64,
        height=32,
        num_inference_steps=4,
        guidance_scale=1.0,
        seed=0,
        num_images=1,
        sampler="euler",
        strength=0.5,
    )


def test_a_mask_that_says_so_is_repainted_where_it_is_transparent() -> None:
    holes = Image.new("RGBA", (64, 32), (255, 255, 255, 255))
    holes.paste((255, 255, 255, 0), (0, 0, 32, 32))
    image = data_url(Image.new("RGB", (64, 32)), "image/png")
    for media_type, left_and_right in (
        ("image/png;repaint=transparent", (255, 0)),
        ("image/png", (0, 255)),
    ):
        mask = data_url(holes, media_type)
        request = GenerationRequest(prompt="a fox", image=image, mask=mask)
        told, source = read_source(request, parameters())
        assert source.mask is not None
        found = (source.mask.getpixel((0, 0)), source.mask.getpixel((63, 0)))
        assert found == left_and_right
        assert told.mask_sha256 is not None
