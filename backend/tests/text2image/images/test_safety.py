import pytest
from PIL import Image, ImageStat

from easel.errors import ContentRefused
from easel.text2image.images.safety import SafetyPolicy, Verdict, apply

FLAGGED = Verdict(flagged=True, score=0.9)
HARMLESS = Verdict(flagged=False, score=0.1)


def stripes(width: int, height: int, period_px: int) -> Image.Image:
    """Black and white, of the greatest contrast that there is."""
    stripe = Image.new("RGB", (period_px // 2, height), "white")
    image = Image.new("RGB", (width, height))
    for left in range(0, width, period_px):
        image.paste(stripe, (left, 0))
    return image


@pytest.mark.parametrize("policy", ["off", "flag", "blur", "refuse"])
def test_a_harmless_image_is_given_out_as_painted(policy: SafetyPolicy) -> None:
    image = stripes(64, 32, 16)
    assert apply(policy, image, HARMLESS) == (image, "none")


@pytest.mark.parametrize("policy", ["off", "flag"])
def test_a_flagged_image_is_as_painted_where_the_policy_only_tells(
    policy: SafetyPolicy,
) -> None:
    image = stripes(64, 32, 16)
    assert apply(policy, image, FLAGGED) == (image, "none")


@pytest.mark.parametrize("size", [(64, 64), (512, 256), (768, 1024)])
def test_what_is_blurred_cannot_be_made_out_at_any_size(size: tuple[int, int]) -> None:
    width, height = size
    image = stripes(width, height, max(size) // 4)
    blurred, action = apply("blur", image, FLAGGED)
    assert action == "blurred"
    assert blurred.size == size
    # The edges have no neighbours to be mixed with.
    middle = blurred.crop((width // 4, height // 4, 3 * width // 4, 3 * height // 4))
    assert max(ImageStat.Stat(middle).stddev) < 0.1 * ImageStat.Stat(image).stddev[0]


def test_a_refused_image_is_not_given_out() -> None:
    with pytest.raises(ContentRefused, match="Change the prompt") as refusal:
        apply("refuse", stripes(64, 32, 16), FLAGGED)
    assert (refusal.value.code, refusal.value.http_status) == ("content_refused", 422)
