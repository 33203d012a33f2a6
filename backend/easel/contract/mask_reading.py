"""How the file of a mask is to be read, where its white parts are not repainted.

It is said by a parameter of the mask's `data:` URL, before `;base64,`.
"""

# Its transparent parts are repainted, as OpenAI's API has it. Without transparent parts
# it is read by brightness all the same.
REPAINT_TRANSPARENT = "repaint=transparent"

# Its black parts are repainted: AUTOMATIC1111's `inpainting_mask_invert`.
REPAINT_BLACK = "repaint=black"


def mask_read_as(mask: str, reading: str) -> str:
    """A mask, in base64 or as a `data:` URL, as a URL that says how to read it.

    Args:
        mask: Says nothing yet.
        reading: One of the above.
    """
    prefix, is_url, encoded = mask.partition(";base64,")
    if not is_url:
        prefix, encoded = "data:image/png", mask
    return f"{prefix};{reading};base64,{encoded}"
