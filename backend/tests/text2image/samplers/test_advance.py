from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
import torch

from easel.text2image.samplers import (
    Coefficients,
    StepCoefficients,
    advance,
    columns,
    sampler_for,
)
from tests.text2image.samplers.stock_configs import FLOW, ONE_OF_EACH
from tests.text2image.samplers.stock_loop import Array, column_arrays


@pytest.fixture
def steps() -> list[StepCoefficients]:
    """Different steps of different samplers."""
    samplers = [sampler_for(*case) for case in ONE_OF_EACH] + [sampler_for(FLOW, {})]
    return [
        sampler.plan(9).steps[index]
        for sampler, index in product(samplers, (0, 4, 8))
        if sampler is not None
    ]


def rows(count: int, seed: int) -> Array:
    values = np.random.default_rng(seed).standard_normal((count, 4, 5, 3))
    return values.astype(np.float32)


class Inputs(NamedTuple):
    latents: Array
    output: Array
    previous_clean: Array
    noise: Array


def inputs(count: int) -> Inputs:
    return Inputs(*(rows(count, seed) for seed in range(4)))


def advanced(given: Inputs, coefficients: Coefficients[Array]) -> tuple[Array, Array]:
    return advance(
        given.latents, given.output, given.previous_clean, given.noise, coefficients
    )


def test_a_row_in_a_mixed_batch_is_bit_equal_to_the_row_alone(
    steps: list[StepCoefficients],
) -> None:
    given = inputs(len(steps))
    together = advanced(given, column_arrays(steps))
    for row, step in enumerate(steps):
        one = Inputs(*(array[row : row + 1] for array in given))
        alone = advanced(one, column_arrays([step]))
        for mixed, single in zip(together, alone, strict=True):
            np.testing.assert_array_equal(mixed[row : row + 1], single)


def test_numpy_and_torch_agree_to_the_bit(steps: list[StepCoefficients]) -> None:
    given = inputs(len(steps))
    in_torch = advance(
        torch.from_numpy(given.latents),
        torch.from_numpy(given.output),
        torch.from_numpy(given.previous_clean),
        torch.from_numpy(given.noise),
        Coefficients(
            *(
                torch.tensor(column, dtype=torch.float32).view(-1, 1, 1, 1)
                for column in columns(steps)
            )
        ),
    )
    in_numpy = advanced(given, column_arrays(steps))
    for ours, theirs in zip(in_numpy, in_torch, strict=True):
        np.testing.assert_array_equal(ours, theirs.numpy())


def test_columns_broadcast_over_packed_latents_too(
    steps: list[StepCoefficients],
) -> None:
    given = inputs(len(steps))
    packed = Inputs(*(array.reshape(len(steps), 20, 3) for array in given))
    coefficients = column_arrays(steps)
    flat_coefficients: Coefficients[Array] = Coefficients(
        *(column.reshape(-1, 1, 1) for column in coefficients)
    )
    for flat, square in zip(
        advanced(packed, flat_coefficients),
        advanced(given, coefficients),
        strict=True,
    ):
        np.testing.assert_array_equal(flat, square.reshape(flat.shape))


def test_columns_hold_one_number_for_each_row(steps: list[StepCoefficients]) -> None:
    by_name = dict(zip(Coefficients._fields, columns(steps), strict=True))
    assert len(by_name) == 6
    assert by_name["next_from_noise"] == tuple(step.next_from_noise for step in steps)


def test_a_row_without_noise_or_memory_keeps_clear_of_them() -> None:
    sampler = sampler_for(*ONE_OF_EACH[0])
    assert sampler is not None
    step = sampler.plan(9).steps[3]
    given, coefficients = inputs(1), column_arrays([step])
    zeros = np.zeros_like(given.noise)
    for with_values, with_zeros in zip(
        advanced(given, coefficients),
        advanced(given._replace(previous_clean=zeros, noise=zeros), coefficients),
        strict=True,
    ):
        np.testing.assert_array_equal(with_values, with_zeros)
