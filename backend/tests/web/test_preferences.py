import pytest

from easel.web.preferences import Preferences, read_preferences


@pytest.mark.parametrize(
    ("prefer", "preferences"),
    [
        (None, Preferences()),
        ("", Preferences()),
        ("respond-async", Preferences(responds_async=True)),
        ("Respond-Async, WAIT=10", Preferences(responds_async=True, wait_s=10)),
        ("wait=0", Preferences(wait_s=0)),
        ('wait = "7"', Preferences(wait_s=7)),
        ("wait=5; why=hurry, respond-async; x", Preferences(True, 5)),
        ("wait=5, wait=9", Preferences(wait_s=5)),
        ("return=minimal; respond-async", Preferences()),
        ('note="respond-async, wait=3", wait=4', Preferences(wait_s=4)),
        (",, wait=2 ,", Preferences(wait_s=2)),
        (f"wait={'9' * 19}", Preferences(wait_s=10**6)),
    ],
)
def test_what_we_honour_is_found_among_the_rest(
    prefer: str | None, preferences: Preferences
) -> None:
    assert read_preferences(prefer) == preferences


@pytest.mark.parametrize(
    "value",
    ["", "-1", "1.5", "ten", "1e3", "٣", "9" * 21, "nan", '"', '"1', "=", "=5", "5 6"],
)
def test_a_bad_wait_is_ignored(value: str) -> None:
    assert read_preferences(f"wait={value}, respond-async").wait_s is None
    assert read_preferences(f"respond-async, wait={value}").responds_async
