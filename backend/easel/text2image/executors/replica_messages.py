"""What a front and a replica say to each other: plain values, checked on arrival.

During an upgrade both may be of different versions: unknown fields are passed over, and
new ones have a default.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from easel.contract.errors import Problem
from easel.contract.generations import Priority
from easel.text2image.executors.raw_pictures import PictureHead, RawPicture
from easel.text2image.scheduling.cost_table import CostTable
from easel.text2image.scheduling.samples import BatchKey

# A message is a dict, a piece of a picture bytes.
Item = dict[str, Any] | bytes


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SampleOrder(_Value):
    """One image: a `SampleSpec` without id and source."""

    prompt: str
    negative_prompt: str | None
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    seed: int
    sampler: str
    loras: tuple[tuple[str, float], ...] = ()
    is_exact: bool = False


class SourceOrder(_Value):
    """A `SourceImage`."""

    image: RawPicture
    mask: RawPicture | None
    strength: float


class PaintOrder(_Value):
    """One generation, or what is left of it.

    Attributes:
        waited_s: Since it was accepted: clocks of two machines cannot be compared.
        samples: Known by their position from here on.
    """

    id: str
    request_id: str
    model: str
    user: str
    priority: Priority
    waited_s: float
    samples: tuple[SampleOrder, ...]
    source: SourceOrder | None = None


class Hello(_Value):
    """The first: this replica has it."""

    kind: Literal["hello"] = "hello"
    replica: str


class Alive(_Value):
    """Nothing new; the replica is there."""

    kind: Literal["alive"] = "alive"


class Started(_Value):
    kind: Literal["started"] = "started"


class Warned(_Value):
    kind: Literal["warned"] = "warned"
    warnings: tuple[str, ...]


class Stepped(_Value):
    """A denoiser pass brought the generation further.

    Attributes:
        step: Of the image that is furthest behind.
        number: Of the pass; several generations may tell of one.
        images: In the pass, like `rows` and `seconds`.
    """

    kind: Literal["stepped"] = "stepped"
    step: int
    number: int
    images: int
    rows: int
    seconds: float


class Previewed(_Value):
    """The pieces of the picture follow."""

    kind: Literal["previewed"] = "previewed"
    step: int
    position: int
    picture: PictureHead


class Painted(_Value):
    """The pieces of the picture follow. Times are seconds before this was sent."""

    kind: Literal["painted"] = "painted"
    position: int
    picture: PictureHead
    encode_s: float
    first_step_ago_s: float
    last_step_ago_s: float
    decode_s: float
    largest_batch: int


class Failed(_Value):
    """The generation itself cannot be painted, here or elsewhere: the last message."""

    kind: Literal["failed"] = "failed"
    problem: Problem


Message = Annotated[
    Hello | Alive | Started | Warned | Stepped | Previewed | Painted | Failed,
    Field(discriminator="kind"),
]
message_of: TypeAdapter[Message] = TypeAdapter(Message)


class KeyCosts(_Value):
    """Of one batch key, as far as it is known."""

    key: BatchKey
    curve: tuple[tuple[int, float], ...] | None = None
    overhead_s: float | None = None
    cap_rows: int | None = None
    knee_rows: int | None = None
    ceiling_rows: int | None = None


class Costs(_Value):
    """A `CostTable`."""

    keys: tuple[KeyCosts, ...]
    start_rows: int
    max_rows: int

    @classmethod
    def of(cls, table: CostTable) -> "Costs":
        learnt = (
            *(table.curves, table.overheads, table.caps, table.knees, table.ceilings),
        )
        keys = dict.fromkeys(key for each in learnt for key in each)
        return cls(
            keys=tuple(
                KeyCosts(
                    key=key,
                    curve=table.curves.get(key),
                    overhead_s=table.overheads.get(key),
                    cap_rows=table.caps.get(key),
                    knee_rows=table.knees.get(key),
                    ceiling_rows=table.ceilings.get(key),
                )
                for key in keys
            ),
            start_rows=table.start_rows,
            max_rows=table.max_rows,
        )


class Facts(_Value):
    """How a replica is."""

    replica: str
    loaded: tuple[str, ...]
    costs: Costs | None = None


def table_of(known: list[Costs], before: CostTable) -> CostTable:
    """What replicas have measured, together; theirs go before what is known already.

    Where several have measured one key, any of them speaks for all: they are alike.
    """
    keys = [key for costs in known for key in costs.keys]
    return CostTable(
        curves={**before.curves} | {k.key: k.curve for k in keys if k.curve},
        overheads={**before.overheads}
        | {k.key: k.overhead_s for k in keys if k.overhead_s is not None},
        caps={**before.caps}
        | {k.key: k.cap_rows for k in keys if k.cap_rows is not None},
        knees={**before.knees}
        | {k.key: k.knee_rows for k in keys if k.knee_rows is not None},
        ceilings={**before.ceilings}
        | {k.key: k.ceiling_rows for k in keys if k.ceiling_rows is not None},
        start_rows=known[0].start_rows if known else before.start_rows,
        max_rows=known[0].max_rows if known else before.max_rows,
    )
