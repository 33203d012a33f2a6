import pytest

from easel.telemetry.request_id import adopt_request_id, current_request_id


@pytest.mark.parametrize("offered", ["a", "A-1.b_2", "x" * 64])
def test_a_harmless_id_is_taken_over(offered: str) -> None:
    assert adopt_request_id(offered) == offered
    assert current_request_id() == offered


@pytest.mark.parametrize("offered", [None, "", "x" * 65, "a b", "a\nb", "é", "a;b"])
def test_any_other_id_is_replaced(offered: str | None) -> None:
    adopted = adopt_request_id(offered)
    assert adopted != offered
    assert len(adopted) == 32
    assert current_request_id() == adopted
