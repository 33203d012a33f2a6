import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from easel.gateway.access.rates import Rate, parse_rate
from easel.gateway.access.sliding_window import SlidingWindow


@st.composite
def windows(draw: st.DrawFn) -> SlidingWindow:
    length_s = draw(st.sampled_from([1.0, 60.0, 3600.0, 86_400.0]))
    return SlidingWindow(
        limit=draw(st.integers(1, 1000)),
        length_s=length_s,
        elapsed_s=draw(st.floats(0.0, 0.999)) * length_s,
        previous=draw(st.integers(0, 1500)),
        present=draw(st.integers(0, 1500)),
    )


def after(window: SlidingWindow, seconds: float) -> SlidingWindow:
    """How it stands then, if nobody asked meanwhile."""
    passed, elapsed_s = divmod(window.elapsed_s + seconds, window.length_s)
    previous = {0: window.previous, 1: window.present}.get(int(passed), 0)
    present = window.present if passed == 0 else 0
    return window._replace(elapsed_s=elapsed_s, previous=previous, present=present)


@given(windows())
def test_after_the_wait_one_more_is_let_through(window: SlidingWindow) -> None:
    assert after(window, window.wait_s).remaining >= 1


@given(windows(), st.floats(0.0, 1.0))
def test_before_the_wait_is_over_none_is(window: SlidingWindow, share: float) -> None:
    early_s = window.wait_s * share
    assume(early_s < window.wait_s - 0.002)
    assert after(window, early_s).remaining == 0


@given(windows())
def test_after_the_reset_all_is_there_again(window: SlidingWindow) -> None:
    assert after(window, window.reset_s + 0.001).remaining == window.limit


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("60/minute", Rate(60, 60)),
        ("1/second", Rate(1, 1)),
        ("5/10 seconds", Rate(5, 10)),
        ("5 / 10seconds", Rate(5, 10)),
        ("100/hour", Rate(100, 3600)),
        (" 7/2 days ", Rate(7, 172_800)),
    ],
)
def test_rates_are_written_by_people(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "60", "0/minute", "5/0 seconds", "-1/minute", "60/fortnight", "a/b"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"rate|nothing"):
        parse_rate(text)


@given(st.text())
def test_no_text_is_anything_but_a_rate_or_an_error(text: str) -> None:
    try:
        rate = parse_rate(text)
    except ValueError:
        return
    assert rate.count >= 1
    assert rate.per_s >= 1


@given(
    st.builds(Rate, st.integers(1, 10_000), st.integers(1, 86_400)),
    st.integers(1, 500),
)
def test_shares_together_never_exceed_the_whole(rate: Rate, processes: int) -> None:
    share = rate.share(processes)
    assert share.count >= 1
    together = processes * share.count / share.per_s
    assert together <= rate.count / rate.per_s * (1 + 1e-9)


def test_of_one_process_the_share_is_the_whole() -> None:
    assert Rate(7, 60).share(1) == Rate(7, 60)
    assert Rate(7, 60).share(2) == Rate(3, 60)
    assert Rate(1, 60).share(4) == Rate(1, 240)
    assert math.isclose(Rate(3, 60).share(4).per_s, 80)
