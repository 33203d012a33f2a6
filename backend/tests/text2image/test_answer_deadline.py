import pytest

from easel.errors import QueueTimeout, UpstreamTimeout
from easel.text2image.answer_deadline import too_late, unreachable


@pytest.mark.parametrize(
    ("predicted_s", "timeout_s"),
    [(None, 1.0), (1000.0, None), (3.0, 10.0), (13.0, 10.0), (0.5, 0.001)],
)
def test_what_is_possible_or_unknown_is_tried(
    predicted_s: float | None, timeout_s: float | None
) -> None:
    assert unreachable(predicted_s, timeout_s) is None


def test_what_is_hopeless_is_refused_with_both_times_and_when_to_come_back() -> None:
    refusal = unreachable(13.1, 10.0)
    assert refusal is not None
    assert "13.1 s" in refusal.detail
    assert "10.0 s" in refusal.detail
    assert refusal.retry_after_s == 3.1


def test_too_late_tells_whether_its_turn_ever_came() -> None:
    assert isinstance(too_late(has_begun=True), UpstreamTimeout)
    assert isinstance(too_late(has_begun=False), QueueTimeout)
