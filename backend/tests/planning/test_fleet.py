from dataclasses import replace

import pytest

from easel.planning.fleet import Failure, play
from easel.planning.gateway import GatewayLimits
from easel.planning.kinds import Kind
from easel.planning.server import ServerLimits
from easel.planning.traffic import Arrival, DrawnTraffic, RecordedTraffic
from tests.planning.some_fleet import KIND, device, fleet, recorded


def test_who_comes_during_a_step_shares_the_next_one() -> None:
    """1 s for one, 1.2 s for two: the second joins after the first step."""
    batching = device(1.0, max_rows=4, efficiency=0.8)
    kind = replace(KIND, steps=3)
    found = play(
        fleet(1, batching), recorded(0.0, 0.5, kind=kind), seed=1, warm_up_s=0.0
    )
    assert found.whole_s == pytest.approx([1 + 1.2 + 1.2, 0.5 + 1.2 + 1.2 + 1.0])
    assert found.waiting_s == pytest.approx([0.0, 0.5])


def test_a_batch_is_no_larger_than_is_worth_it() -> None:
    """Where more rows gain nothing, equal ones go one after the other."""
    serial = device(1.0, max_rows=4, efficiency=0.0)
    kind = replace(KIND, steps=3)
    found = play(fleet(1, serial), recorded(0.0, 0.5, kind=kind), seed=1, warm_up_s=0.0)
    assert found.whole_s == pytest.approx([3.0, 5.5])
    assert found.mean_rows == 1.0


def test_guidance_takes_two_rows_and_all_images_count() -> None:
    kind = Kind("some/model", 512, 512, steps=2, images=2)
    pair = device(1.0, kind=kind, max_rows=4, efficiency=1.0)
    found = play(fleet(1, pair), recorded(0.0, kind=kind), seed=1, warm_up_s=0.0)
    assert (found.images, found.mean_rows) == (2, 4.0)
    assert found.whole_s == pytest.approx([2.0])


def test_previews_come_with_a_step_and_images_after_decoding() -> None:
    slow = device(1.0, overhead_s=1.0)
    found = play(fleet(1, slow), recorded(0.0), seed=1, warm_up_s=0.0)
    # A tenth of the overhead is the prompt's.
    assert found.first_preview_s == pytest.approx([1.1])
    assert found.whole_s == pytest.approx([11.0])


def test_promises_of_an_empty_server_come_true() -> None:
    found = play(fleet(), recorded(0.0, 100.0), seed=1, warm_up_s=0.0)
    assert found.promise_errors == pytest.approx([0.0, 0.0], abs=1e-6)


def test_who_comes_before_the_end_of_the_warm_up_does_not_count() -> None:
    found = play(
        fleet(), recorded(0.0, 10.0, 20.0, duration_s=40.0), seed=1, warm_up_s=15.0
    )
    assert found.arrived == 1
    assert found.measured_s == 25.0
    assert found.busy_share == pytest.approx(1 / 25)


def test_the_balancer_keeps_all_servers_busy() -> None:
    kind = replace(KIND, steps=10)
    crowd = recorded(*(0.001 * number for number in range(8)), kind=kind)
    found = play(fleet(8), crowd, seed=1, warm_up_s=0.0)
    assert max(found.whole_s) == pytest.approx(1.0)


def test_a_full_server_refuses() -> None:
    tight = replace(fleet(), server_limits=ServerLimits(max_queued=1))
    found = play(tight, recorded(*[0.1 * n for n in range(5)]), seed=1, warm_up_s=0.0)
    assert found.refused == {"server_queue_full": 3}
    assert found.refused_share == pytest.approx(3 / 5)


def test_too_much_accepted_work_is_refused_too() -> None:
    """A second each: the third finds more than a second of work before it."""
    tight = replace(fleet(), server_limits=ServerLimits(max_backlog_s=1.0))
    found = play(tight, recorded(*[0.01 * n for n in range(4)]), seed=1, warm_up_s=0.0)
    assert found.refused == {"server_queue_full": 2}


def test_a_full_gateway_refuses() -> None:
    limits = GatewayLimits(max_concurrent_requests=1, max_queue=1)
    tight = replace(fleet(), gateway_limits=limits)
    found = play(tight, recorded(*[0.1 * n for n in range(5)]), seed=1, warm_up_s=0.0)
    assert sum(found.refused.values()) == 3
    assert set(found.refused) <= {"queue_full", "evicted_from_queue"}


def test_time_that_runs_out_in_the_queue_ends_the_wait() -> None:
    limits = GatewayLimits(max_concurrent_requests=1, max_queue=10, request_timeout=1.5)
    tight = replace(fleet(), gateway_limits=limits)
    found = play(tight, recorded(0.0, 0.1, 0.2, 0.3), seed=1, warm_up_s=0.0)
    assert len(found.whole_s) < 4
    assert set(found.refused) <= {
        *("queue_timeout", "deadline_unreachable", "upstream_timeout"),
    }
    assert max(found.whole_s) <= 1.5


def test_what_a_server_cannot_do_in_time_it_refuses() -> None:
    limits = GatewayLimits(request_timeout=0.1)
    late = replace(fleet(1, device(1.0)), gateway_limits=limits)
    found = play(late, recorded(0.0), seed=1, warm_up_s=0.0)
    # Nothing is known of the pace at the gateway, but the server knows.
    assert found.refused == {"deadline_unreachable": 1}


def test_who_is_lost_with_a_server_is_painted_on_another() -> None:
    dying = replace(fleet(2), failures=(Failure(at_s=0.5, for_s=1000.0),))
    found = play(dying, recorded(0.0, 0.1), seed=1, warm_up_s=0.0)
    assert not found.refused
    # The one that was lost begins anew, after the other one.
    assert max(found.whole_s) == pytest.approx(2.0, abs=0.15)


def test_a_server_that_comes_back_is_found_again() -> None:
    away = Failure(at_s=5.0, for_s=10.0)
    dying = replace(fleet(1, device(load_s=3.0)), failures=(away,))
    found = play(dying, recorded(0.0, 4.5, 16.0, 30.0), seed=1, warm_up_s=0.0)
    # Lost with the only server; the third finds it loading, the fourth well.
    assert found.refused == {"upstream_unreachable": 1}
    assert len(found.whole_s) == 3
    assert max(found.whole_s) == pytest.approx(18 + 1 - 16, abs=2.6)


def test_a_model_that_is_not_there_is_loaded() -> None:
    other = replace(KIND, model="another/model")
    loading = device(load_s=7.0, models=(KIND.model, other.model))
    traffic = RecordedTraffic(
        (
            *(Arrival(10.0 * n, KIND, "ann") for n in range(3)),
            Arrival(30, other, "ann"),
        ),
        100.0,
    )
    found = play(fleet(1, loading), traffic, seed=1, warm_up_s=0.0)
    assert found.whole_s == pytest.approx([1.0, 1.0, 1.0, 8.0])


def test_the_same_seed_is_the_same_play_and_another_is_not() -> None:
    traffic = DrawnTraffic(6.0, 20.0, ((KIND, 1.0),))
    plays = [play(fleet(9), traffic, seed=n, warm_up_s=2.0) for n in (1, 1, 2)]
    assert plays[0].whole_s == plays[1].whole_s != plays[2].whole_s


def test_several_gateways_see_what_the_others_send() -> None:
    """Late, by the servers' answers and the probes; so nobody is starved."""
    traffic = DrawnTraffic(4.0, 60.0, ((KIND, 1.0),))
    shared = replace(fleet(6), gateways=3)
    found = play(shared, traffic, seed=1, warm_up_s=10.0)
    assert not found.refused
    assert found.busy_share == pytest.approx(4 / 6, rel=0.1)
