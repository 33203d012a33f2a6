"""One denoiser pass for many samples: rows planned, gathered, predicted, guided.

A sample with classifier-free guidance takes two rows, one without takes one; both
kinds share a pass. Rows are the guided samples' negatives and then everybody's
positives, so a lone sample's rows are those of its stock pipeline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from easel.text2image.engines.arrays import Array, Arrays, broadcast_shape
from easel.text2image.engines.family import Conditioning, Family, Rows

# torch.compile makes one graph for each batch size: these are the sizes that exist.
COMPILED_ROWS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class ForwardSample:
    """What a pass needs to know of one sample; `negative` is None without guidance."""

    timestep: float
    guidance_scale: float
    positive: Conditioning
    negative: Conditioning | None


class Forward:
    """Calls a family's denoiser; keeps the stacked conditionings of the last rows."""

    def __init__(
        self, family: Family, arrays: Arrays, *, compiled: bool = False
    ) -> None:
        self._family = family
        self._arrays = arrays
        self._compiled = compiled
        self._stacked: tuple[tuple[Conditioning, ...], Any] | None = None

    def __call__(
        self,
        samples: Sequence[ForwardSample],
        inputs: Array,
        size: tuple[int, int],
        max_rows: int,
    ) -> Array:
        """Guided predictions, [B, packed] float32.

        Args:
            samples: B of them.
            inputs: [B, packed] in the model's dtype, scaled for its input.
            size: Width and height in pixels.
            max_rows: More rows are passed one part after another.
        """
        guided = [place for place, each in enumerate(samples) if each.negative]
        order = [*guided, *range(len(samples))]
        conditionings = (
            *(each.negative for each in samples if each.negative),
            *(each.positive for each in samples),
        )
        rows = inputs[order] if guided else inputs
        column = self._arrays.column
        times = column([samples[place].timestep for place in order], inputs)
        scales = column([samples[place].guidance_scale for place in order], inputs)
        parts = [
            self._predict(
                conditionings[part], rows[part], times[part], scales[part], size
            )
            for part in _parts(len(order), max_rows)
        ]
        outputs = parts[0] if len(parts) == 1 else self._arrays.joined(parts)
        return self._guided(samples, guided, outputs)

    def forget(self) -> None:
        self._stacked = None

    def _predict(
        self,
        conditionings: tuple[Conditioning, ...],
        rows: Array,
        times: Array,
        scales: Array,
        size: tuple[int, int],
    ) -> Array:
        count = len(conditionings)
        if self._compiled and (missing := _compiled_rows(count) - count):
            conditionings += conditionings[-1:] * missing
            rows, times, scales = (
                self._arrays.joined([column, *[column[-1:]] * missing])
                for column in (rows, times, scales)
            )
        stacked = self._stack(conditionings)
        output = self._family.predict(Rows(rows, times, scales, stacked, *size))
        return self._arrays.float32(output[:count])

    def _stack(self, conditionings: tuple[Conditioning, ...]) -> Any:
        if self._stacked is None or self._stacked[0] != conditionings:
            self._stacked = conditionings, self._family.stack(conditionings)
        return self._stacked[1]

    def _guided(
        self,
        samples: Sequence[ForwardSample],
        guided: Sequence[int],
        outputs: Array,
    ) -> Array:
        """Guidance applied to the samples that have it."""
        if not guided:
            return outputs
        negative, positive = outputs[: len(guided)], outputs[len(guided) :]
        column = self._arrays.column(
            [samples[place].guidance_scale for place in guided], outputs
        )
        scales = column.reshape(broadcast_shape(outputs))
        if len(guided) == len(samples):
            return self._family.guide(positive, negative, scales)
        predicted = self._arrays.copied(positive)
        predicted[guided] = self._family.guide(positive[guided], negative, scales)
        return predicted


def _parts(rows: int, max_rows: int) -> list[slice]:
    return [
        slice(start, min(start + max_rows, rows)) for start in range(0, rows, max_rows)
    ]


def _compiled_rows(rows: int) -> int:
    """The next size with a graph; beyond the largest, the number itself."""
    return min((size for size in COMPILED_ROWS if size >= rows), default=rows)
