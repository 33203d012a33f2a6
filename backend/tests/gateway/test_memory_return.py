import asyncio
import subprocess
import sys

import pytest

from easel.gateway.memory_return import HeapKeeper, returned_memory

MIB = 2**20

_PROGRAM = """
import asyncio
from easel.gateway.memory_return import resident_bytes, returned_memory

async def main():
    async with returned_memory(lambda: True):
        pieces = [bytes(40_000) for _ in range(2_000)]
        del pieces[:-1]  # the last one keeps all before it in the heap
        held = resident_bytes()
        async with asyncio.timeout(30):
            while held - resident_bytes() < 60 * 2**20:
                await asyncio.sleep(0.05)

asyncio.run(main())
"""


class Heap:
    """Takes what it is told to, and gives all above `needed` back."""

    def __init__(self) -> None:
        self.taken = 80 * MIB
        self.needed = 80 * MIB
        self.is_idle = True
        self.trims = 0

    async def trim(self) -> None:
        self.trims += 1
        self.taken = self.needed


@pytest.fixture
def heap() -> Heap:
    return Heap()


@pytest.fixture
def keeper(heap: Heap) -> HeapKeeper:
    return HeapKeeper(lambda: heap.taken, heap.trim, lambda: heap.is_idle)


async def test_what_a_load_left_is_given_back_when_nothing_is_under_way(
    heap: Heap, keeper: HeapKeeper
) -> None:
    heap.taken, heap.is_idle = 140 * MIB, False
    await keeper.look()
    assert heap.trims == 0
    heap.is_idle = True
    for _ in range(3):
        await keeper.look()
    assert (heap.trims, heap.taken) == (1, 80 * MIB)


async def test_little_is_not_worth_it_and_what_is_needed_is_not_tried_again(
    heap: Heap, keeper: HeapKeeper
) -> None:
    heap.taken = 95 * MIB
    await keeper.look()
    assert heap.trims == 0
    heap.taken = heap.needed = 120 * MIB
    for _ in range(3):
        await keeper.look()
    assert heap.trims == 1
    # Once it needs less again, that is what it is compared with.
    heap.taken = heap.needed = 80 * MIB
    await keeper.look()
    heap.taken = 110 * MIB
    await keeper.look()
    assert heap.trims == 2


async def test_it_ends_with_its_block() -> None:
    async with returned_memory(lambda: True):
        pass
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heap")
def test_the_system_has_it_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
