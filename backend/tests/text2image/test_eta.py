from easel.text2image.eta import Eta


def test_nothing_known_is_nothing_said() -> None:
    eta = Eta()
    eta.tell(None, 0.0, may_grow=True)
    assert eta.at(1.0) is None


def test_it_is_counted_down_by_the_clock_and_not_below_zero() -> None:
    eta = Eta()
    eta.tell(10.0, 100.0, may_grow=True)
    assert eta.at(104.0) == 6.0
    assert eta.at(1000.0) == 0.0


def test_who_waits_hears_when_it_takes_longer() -> None:
    eta = Eta()
    eta.tell(10.0, 0.0, may_grow=True)
    eta.tell(30.0, 4.0, may_grow=True)
    assert eta.at(4.0) == 30.0


def test_of_what_runs_it_never_grows_but_falls_at_once() -> None:
    eta = Eta()
    eta.tell(10.0, 0.0, may_grow=True)
    eta.tell(30.0, 4.0, may_grow=False)
    assert eta.at(4.0) == 6.0
    eta.tell(2.0, 5.0, may_grow=False)
    assert eta.at(5.0) == 2.0


def test_no_news_leaves_it_as_it_is() -> None:
    eta = Eta()
    eta.tell(10.0, 0.0, may_grow=True)
    eta.tell(None, 4.0, may_grow=False)
    assert eta.at(5.0) == 5.0


def test_the_first_prediction_may_come_while_it_runs() -> None:
    eta = Eta()
    eta.tell(10.0, 0.0, may_grow=False)
    assert eta.at(1.0) == 9.0
