import pytest
import torch

from easel.text2image.engines.side_stream import Launched, SideStream, StepFence

on_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device"
)


def test_without_streams_work_is_done_when_it_is_launched() -> None:
    side = SideStream("cpu")
    launched = side.launch(lambda: torch.ones(3) * 2)
    assert launched.is_ready()
    assert launched.wait() is launched.join()
    assert launched.wait().tolist() == [2, 2, 2]
    side.join()


def test_what_work_raises_comes_from_its_launch() -> None:
    def broken() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        SideStream("cpu").launch(broken)


def test_without_streams_the_fence_holds_nobody() -> None:
    fence = StepFence("cpu")
    for _ in range(5):
        fence.before_step()
        fence.after_step()


@on_cuda
def test_the_side_sees_what_was_given_to_the_device_before() -> None:
    side = SideStream("cuda")
    busy()
    written = torch.full((1000,), 3.0, device="cuda")
    launched = side.launch(lambda: written * 2, written)
    assert launched.wait().eq(6).all()
    assert launched.is_ready()


@on_cuda
@pytest.mark.parametrize("join_all", [False, True])
def test_who_joins_sees_what_the_side_has_made(join_all: bool) -> None:
    side = SideStream("cuda")

    def work() -> torch.Tensor:
        busy()
        return torch.full((1000,), 3.0, device="cuda")

    launched = side.launch(work)
    if join_all:
        side.join()
    assert (launched.join() * 2).eq(6).all()
    assert launched.is_ready()


@on_cuda
def test_memory_that_the_side_still_reads_is_not_given_to_a_step() -> None:
    side = SideStream("cuda")

    def begun() -> Launched[torch.Tensor]:
        read = torch.full((1000,), 3.0, device="cuda")

        def work() -> torch.Tensor:
            busy()
            return read * 2

        return side.launch(work, read)

    launched = begun()
    torch.zeros(1000, device="cuda")
    assert launched.wait().eq(6).all()


@on_cuda
def test_the_host_is_at_most_one_step_ahead() -> None:
    fence = StepFence("cuda")
    events: list[torch.cuda.Event] = []
    for _ in range(4):
        fence.before_step()
        assert all(event.query() for event in events[:-1])
        busy()
        events.append(torch.cuda.current_stream().record_event())
        fence.after_step()


def busy() -> None:
    """Keep the current stream waiting for some hundredths of a second."""
    torch.cuda._sleep(10**8)
