from random import Random

from easel.gateway.webhooks.backoff import delay_s


def test_it_is_tried_for_about_a_day_and_then_given_up() -> None:
    delays = [delay_s(attempts, Random(attempts)) for attempts in range(1, 10)]
    assert delays[-1] is None
    known = [delay for delay in delays if delay is not None]
    assert len(known) == 8
    assert known == sorted(known)
    assert 20 * 3600 < sum(known) < 32 * 3600


def test_webhooks_that_failed_together_come_back_apart() -> None:
    delays = {delay_s(1, Random(seed)) for seed in range(10)}
    assert len(delays) == 10
    assert all(delay is not None and 4.0 <= delay <= 6.0 for delay in delays)
