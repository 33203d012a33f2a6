import pytest

from easel.errors import NotAcceptable
from easel.web.answer_form import AnswerForm, choose_answer_form


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, AnswerForm("document")),
        ("*/*", AnswerForm("document")),
        ("application/json", AnswerForm("document")),
        ("text/event-stream", AnswerForm("events")),
        ("image/png", AnswerForm("image", "png")),
        ("image/webp", AnswerForm("image", "webp")),
        ("IMAGE/JPEG", AnswerForm("image", "jpeg")),
        ("image/*", AnswerForm("image", "png")),
        ("image/avif, image/webp;q=0.9, */*;q=0.1", AnswerForm("image", "webp")),
        ("application/json;q=0.2, image/png", AnswerForm("image", "png")),
        ("text/html, image/webp ; q=0.5", AnswerForm("image", "webp")),
    ],
)
def test_the_callers_first_choice_that_we_have_wins(
    accept: str | None, form: AnswerForm
) -> None:
    assert choose_answer_form(accept, None) == form


@pytest.mark.parametrize("accept", ["text/html", "image/png;q=0", "image/gif;q=x", ","])
def test_nothing_that_we_have_is_a_406(accept: str) -> None:
    with pytest.raises(NotAcceptable) as refusal:
        choose_answer_form(accept, None)
    assert refusal.value.param == "Accept"


@pytest.mark.parametrize(
    ("prefer", "wait_s"),
    [
        ("respond-async", None),
        ("wait=10, Respond-Async; x=1", 10),
        ("respond-async, wait=0", 0),
    ],
)
def test_prefer_respond_async_asks_for_an_answer_at_once_or_soon(
    prefer: str, wait_s: int | None
) -> None:
    form = choose_answer_form("application/json", prefer)
    assert form == AnswerForm("accepted", wait_s=wait_s)


def test_events_are_live_whatever_prefer_says() -> None:
    form = choose_answer_form("text/event-stream", "respond-async")
    assert form == AnswerForm("events")


@pytest.mark.parametrize(("prefer", "wait_s"), [("wait=3", 3), ("wait=0", None)])
@pytest.mark.parametrize("accept", ["application/json", "image/png", "text/*"])
def test_wait_alone_bounds_every_form(
    accept: str, prefer: str, wait_s: int | None
) -> None:
    assert choose_answer_form(accept, prefer).wait_s == wait_s
