import pytest

from easel.contract.costs import CostsDocument
from easel.text2image.scheduling.cost_document import cost_document
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.samples import BatchKey
from tests.text2image.running_server import RunningServer

pytestmark = pytest.mark.component

KEY = BatchKey("some/model", 512, 256, text_length=77, dtype="bfloat16")


def test_what_was_measured_is_told() -> None:
    costs = CostModel()
    for rows, step_s in ((2, 0.5), (2, 0.1), (2, 0.1), (4, 0.5), (4, 0.15)):
        costs.learn_step(KEY, rows, step_s)
    costs.learn_overhead(KEY, 0.03)
    document = cost_document(costs.snapshot(), replica="r1", device="cuda")
    (shape,) = document.costs
    assert (shape.model, shape.width, shape.height) == ("some/model", 512, 256)
    assert (shape.text_length, shape.dtype) == (77, "bfloat16")
    assert [(one.rows, one.seconds) for one in shape.step_seconds] == [
        (2, 0.1),
        (4, 0.15),
    ]
    assert shape.overhead_seconds == 0.03
    assert document.max_rows == 64
    # The search for the knee goes on.
    assert shape.cap_rows is None


def test_before_the_first_measurement_nothing_is_told() -> None:
    assert cost_document(None, replica="r1", device=None).costs == ()


async def test_a_server_tells_what_it_has_measured(quick: RunningServer) -> None:
    body = {"prompt": "a lighthouse", "num_inference_steps": 4}
    for _ in range(2):
        async with quick.http.post(f"{quick.url}/generate", json=body) as answer:
            assert answer.status == 200
    async with quick.http.get(f"{quick.url}/costs") as answer:
        document = CostsDocument.model_validate_json(await answer.read())
    assert document.replica == "test"
    assert document.device == "cpu"
    assert {shape.model for shape in document.costs} == {"fake"}


async def test_costs_are_no_part_of_the_api(quick: RunningServer) -> None:
    async with quick.http.get(f"{quick.url}/openapi.json") as answer:
        assert "/costs" not in (await answer.json())["paths"]
