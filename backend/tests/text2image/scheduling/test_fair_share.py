import pytest

from easel.text2image.scheduling.fair_share import FairShare


@pytest.fixture
def share() -> FairShare:
    """Ann and Ben have samples here; quanta of two seconds."""
    share = FairShare(quantum_s=2.0)
    share.activate("ann")
    share.activate("ben")
    return share


def test_users_within_a_quantum_are_equal(share: FairShare) -> None:
    share.charge("ann", 1.9)
    assert share.bucket("ann") == share.bucket("ben")


def test_who_has_had_more_quanta_comes_later(share: FairShare) -> None:
    share.charge("ann", 5.0)
    assert share.bucket("ann") > share.bucket("ben")
    share.charge("ben", 5.0)
    assert share.bucket("ann") == share.bucket("ben") == 0


def test_the_bucket_to_come_is_told_beforehand(share: FairShare) -> None:
    assert share.standing().bucket("ann", 9.0) == 4
    assert share.bucket("ann") == 0


def test_a_newcomer_starts_where_the_system_stands(share: FairShare) -> None:
    for _ in range(10):
        share.charge("ann", 1.0)
        share.charge("ben", 1.0)
    share.activate("cleo")
    assert share.bucket("cleo") == share.bucket("ann") == share.bucket("ben")


def test_going_and_coming_back_makes_nobody_new(share: FairShare) -> None:
    share.charge("ann", 20.0)
    share.deactivate("ann")
    share.activate("ann")
    assert share.bucket("ann") == 5
    assert share.bucket("ben") == 0


def test_time_away_earns_nothing(share: FairShare) -> None:
    share.deactivate("ben")
    share.charge("ann", 20.0)
    share.activate("ben")
    assert share.bucket("ben") == share.bucket("ann")


def test_a_newcomer_is_not_before_all_when_the_last_ones_have_left(
    share: FairShare,
) -> None:
    """Ben leaves without his due, so all who stay have had more than theirs."""
    share.charge("ann", 20.0)
    share.deactivate("ben")
    share.activate("cleo")
    assert share.bucket("cleo") == share.bucket("ann")


def test_a_standing_tells_where_a_newcomer_would_start(share: FairShare) -> None:
    share.charge("ann", 20.0)
    share.deactivate("ben")
    standing = share.standing()
    assert standing.bucket("cleo") == standing.bucket("ann") == share.bucket("ann")
    assert standing.bucket("cleo", 6.0) == standing.bucket("cleo") + 3


def test_a_stream_of_new_users_does_not_hold_back_who_is_ahead(
    share: FairShare,
) -> None:
    share.charge("ann", 10.0)
    share.deactivate("ben")
    for place in range(30):
        share.activate(f"new {place}")
        share.charge(f"new {place}", 1.0)
        share.deactivate(f"new {place}")
    share.activate("the next")
    assert share.bucket("ann") <= share.bucket("the next")


def test_only_users_that_are_ahead_are_remembered(share: FairShare) -> None:
    for place in range(1000):
        share.activate(f"user {place}")
        share.charge(f"user {place}", 0.5)
        share.deactivate(f"user {place}")
    assert len(share) < 20
    share.deactivate("ann")
    share.deactivate("ben")
    assert len(share) == 0


def test_who_is_not_here_is_neither_charged_nor_remembered(share: FairShare) -> None:
    share.charge("cleo", 5.0)
    assert len(share) == 2
    assert share.bucket("cleo") == 0


def test_a_quantum_is_longer_than_nothing() -> None:
    with pytest.raises(ValueError, match="quantum"):
        FairShare(quantum_s=0)
