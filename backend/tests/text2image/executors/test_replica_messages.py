"""What goes over the wire arrives as it was sent, from other versions, too."""

from dataclasses import replace

import pytest
from PIL import Image
from pydantic import ValidationError

from easel.text2image.executors.fleet_queue import no_costs
from easel.text2image.executors.raw_pictures import (
    PIECE_BYTES,
    PictureInPieces,
    head_of,
)
from easel.text2image.executors.replica_messages import (
    Costs,
    Facts,
    Hello,
    message_of,
    table_of,
)
from easel.text2image.scheduling.samples import BatchKey

KEY = BatchKey(model="a", width=512, height=512, text_length=77, dtype="float16")
OTHER = BatchKey(model="b", width=64, height=64)


def test_costs_are_the_same_at_the_other_end() -> None:
    table = replace(
        no_costs(32),
        curves={KEY: ((1, 0.1), (2, 0.15))},
        overheads={KEY: 0.5, OTHER: 0.25},
        caps={KEY: 8},
        knees={KEY: 8},
        ceilings={OTHER: 1},
    )
    told = Facts(replica="r", loaded=("a",), costs=Costs.of(table)).model_dump()
    heard = Facts.model_validate(told)
    assert heard.costs is not None
    assert table_of([heard.costs], no_costs(1)) == table


def test_what_is_known_outlives_the_replica_that_measured_it() -> None:
    before = replace(no_costs(4), overheads={KEY: 0.5, OTHER: 0.1})
    told = Costs.of(replace(no_costs(4), overheads={OTHER: 0.2}))
    assert table_of([told], before).overheads == {KEY: 0.5, OTHER: 0.2}
    assert table_of([], before) == before


def test_a_newer_version_may_say_more() -> None:
    item = {"kind": "hello", "replica": "r", "news": 1}
    assert message_of.validate_python(item) == Hello(replica="r")
    with pytest.raises(ValidationError):
        message_of.validate_python({"kind": "unheard of"})


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_picture_is_put_together_from_its_pieces(mode: str) -> None:
    image = Image.effect_noise((300, 201), 50).convert(mode)
    head, pieces = head_of(image)
    coming = PictureInPieces(head, [])
    for piece in pieces:
        assert len(piece) <= PIECE_BYTES
        assert not coming.is_whole
        coming.pieces.append(piece)
    assert coming.is_whole
    assert coming.image().tobytes() == image.tobytes()
    coming.pieces[0] = b""
    with pytest.raises(ValueError, match="not enough image data"):
        coming.image()
