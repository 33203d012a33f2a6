"""The one step of all samplers, for any mixture of rows. Only `*` and `+`."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from easel.text2image.samplers.plan import StepCoefficients


class Arithmetic(Protocol):
    """NumPy arrays and torch tensors, and whatever else broadcasts."""

    def __mul__(self, other: Self, /) -> Self: ...
    def __add__(self, other: Self, /) -> Self: ...
    def __sub__(self, other: Self, /) -> Self: ...


ArrayT = TypeVar("ArrayT", bound=Arithmetic)


class Coefficients(NamedTuple, Generic[ArrayT]):
    """One column for each number of a step; (B, 1, 1, 1) or (B, 1, 1) over B rows."""

    clean_from_latents: ArrayT
    clean_from_output: ArrayT
    next_from_latents: ArrayT
    next_from_clean: ArrayT
    next_from_previous_clean: ArrayT
    next_from_noise: ArrayT


def columns(steps: Sequence[StepCoefficients]) -> tuple[tuple[float, ...], ...]:
    """The next step of B rows as 6 x B numbers, in the order of `Coefficients`."""
    return tuple(
        tuple(getattr(step, field) for step in steps) for field in Coefficients._fields
    )


def advance(
    latents: ArrayT,
    output: ArrayT,
    previous_clean: ArrayT,
    noise: ArrayT,
    coefficients: Coefficients[ArrayT],
) -> tuple[ArrayT, ArrayT]:
    """Move every row by its own step.

    Elementwise, so a row's result cannot depend on its neighbours. Give zeros in
    `previous_clean` and `noise` to a row that does not use them: a coefficient of 0
    cuts a finite number off, but NaN and infinity come through as NaN.

    Returns:
        (the next latents, the clean estimate, which is the next `previous_clean`).
    """
    c = coefficients
    clean = c.clean_from_latents * latents + c.clean_from_output * output
    return (
        c.next_from_latents * latents
        + c.next_from_clean * clean
        + c.next_from_previous_clean * previous_clean
        + c.next_from_noise * noise
    ), clean
