"""A server of another make, as the gateway asks one of its own.

What a text-to-image server answers under its routes is answered here, in the gateway's
own process: its generations are the gateway's, in the store that all gateways share.
So everything before it (limits, queue, balancer, retry, façades) need not know.
"""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from easel.contract.generations import (
    CancelledGeneration,
    CompletedGeneration,
    FailedGeneration,
)
from easel.contract.models import ModelList
from easel.errors import (
    GenerationCancelled,
    ImageNotFound,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    QueueFull,
    ServiceError,
    UpstreamUnreachable,
)
from easel.gateway.foreign import stages
from easel.gateway.foreign.adapter import Adapter
from easel.gateway.foreign.live_painting import LivePainting, StopReason
from easel.gateway.foreign.local_answer import (
    JSON,
    LocalAnswer,
    described,
    document_answer,
    event_answer,
    image_answer,
    problem_answer,
)
from easel.gateway.foreign.order_form import order_form
from easel.gateway.foreign.outlook import Outlook
from easel.gateway.foreign.paintings import Paintings
from easel.gateway.foreign.server_url import ForeignServer
from easel.gateway.foreign.watched import Watched
from easel.gateway.generation_ids import new_generation_id
from easel.gateway.refusals import Busy
from easel.gateway.upstream import NoConnection, UpstreamClient, UpstreamRequest
from easel.web.answer_form import AnswerForm, choose_answer_form
from easel.web.preferences import read_preferences
from easel.web.tier_headers import (
    CACHE_HEADER,
    GENERATION_HEADER,
    REPLICA_HEADER,
    USER_HEADER,
)

# Longer, and proxies on the way cut the connection.
_MAX_WAIT_S = 60

# Waiting without a limit, in parts.
_A_WHILE_S = 60.0

_CANCELLED = "The generation was cancelled before it was done."
_NO_TOKENS = "A server of another make does not count a prompt's tokens."
_NO_MODELS = "A server of another make loads and drops its models by itself."


class ForeignClient(UpstreamClient):
    """
    Args:
        server: Which.
        adapter: Speaks its dialect.
        paintings: On it.
        outlook: What it has.
    """

    def __init__(
        self,
        server: ForeignServer,
        adapter: Adapter,
        paintings: Paintings,
        outlook: Outlook,
    ) -> None:
        self._adapter = adapter
        self._paintings = paintings
        self._outlook = outlook
        self._told = {REPLICA_HEADER: server.id}

    async def __aenter__(self) -> Self:
        await self._adapter.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._paintings.end()
        await self._outlook.end()
        await self._adapter.__aexit__(exc_type, exc, traceback)

    async def send(
        self, request: UpstreamRequest, *, silence_s: float | None = None
    ) -> LocalAnswer:
        """See `UpstreamClient.send`; never silent for longer than a heartbeat.

        Raises:
            NoConnection, Busy: nothing was begun.
            UpstreamUnreachable: it broke off; painting it again is no harm.
        """
        split = urlsplit(request.target)
        query = parse_qs(split.query)
        parts = [unquote(part) for part in split.path.strip("/").split("/")]
        try:
            match request.method, parts:
                case "POST", ["generate"]:
                    return await self._generate(request)
                case "GET", ["health"]:
                    health = await self._outlook.health()
                    return LocalAnswer(200, JSON, health, self._told)
                case "GET", ["models"]:
                    return await self._list_models()
                case "GET", ["generations", id_]:
                    return await self._document(id_, request.headers)
                case "DELETE", ["generations", id_]:
                    return await self._cancel(id_, request.headers)
                case "GET", ["generations", id_, "events"]:
                    return await self._events(id_, request.headers)
                case "GET", ["generations", id_, "images", index]:
                    return await self._image(id_, index, query, request.headers)
                case "POST", ["models", *_, "tokens"]:
                    raise ModelNotFound(_NO_TOKENS)
                case "POST", ["models", *_]:
                    raise ModelNotFound(_NO_MODELS)
            raise NotFound(f"No route {split.path}.")
        except (NoConnection, Busy):
            # Another server is tried.
            raise
        except UpstreamUnreachable:
            self._outlook.doubt()
            raise
        except ServiceError as fault:
            return problem_answer(fault, self._told)

    # Models and health

    async def _list_models(self) -> LocalAnswer:
        models = ModelList(models=tuple((await self._outlook.models()).values()))
        return LocalAnswer(200, JSON, models.model_dump_json().encode(), self._told)

    # Generations

    async def _generate(self, request: UpstreamRequest) -> LocalAnswer:
        form = choose_answer_form(
            request.headers.get("Accept"), request.headers.get("Prefer")
        )
        models = await self._outlook.models()
        order = await order_form(
            request.headers,
            request.body or b"",
            form,
            models,
            new_id=lambda: new_generation_id(self._told[REPLICA_HEADER]),
        )
        watched, is_first = await self._paintings.arrive(order)
        status = "miss" if is_first else _known_status(watched)
        headers = {
            **self._told,
            "Location": f"/generations/{order.id}",
            GENERATION_HEADER: order.id,
            CACHE_HEADER: status,
        }
        attached = _Attached(watched, self._paintings)
        try:
            if is_first and isinstance(watched, LivePainting):
                await watched.answerable()
                await self._check_begun(watched)
            if form.form == "events":
                return event_answer(
                    watched, headers, after_id=0, on_close=attached.leave
                )
            if form.form == "accepted" and form.wait_s is None:
                attached.leave()
                return _accepted(watched, headers, None)
            return await self._waited_for(attached, form, headers)
        except BaseException:
            attached.leave()
            raise

    async def _waited_for(
        self, attached: "_Attached", form: AnswerForm, headers: dict[str, str]
    ) -> LocalAnswer:
        watched = attached.watched
        try:
            async with asyncio.timeout(form.wait_s):
                await _end_of(watched)
        except TimeoutError:
            attached.leave("deadline")
            if form.form == "accepted":
                return _accepted(watched, headers, form.wait_s)
            await _end_of(watched)
        attached.leave()
        if attached.began_here(headers) and isinstance(watched, LivePainting):
            await self._check_begun(watched)
        match watched.document:
            case CompletedGeneration() as document if form.form == "image":
                headers |= described(document)
                return await image_answer(watched, document, 0, headers)
            case CompletedGeneration() as document:
                return await document_answer(watched, document, headers)
            case FailedGeneration(problem=problem):
                return problem_answer(problem, headers)
            case _:
                return problem_answer(GenerationCancelled(_CANCELLED), headers)

    async def _check_begun(self, live: LivePainting) -> None:
        """What no server painted may go to another one.

        Raises:
            NoConnection, QueueFull, Busy: nothing was begun.
            UpstreamUnreachable: it broke off, but painting the same again is no harm:
                the seed says what comes of it.
        """
        fault = live.fault
        if fault is None:
            return
        self._outlook.doubt()
        may_repeat = isinstance(fault, NoConnection | QueueFull | Busy) or (
            isinstance(fault, UpstreamUnreachable) and live.model.features.seed
        )
        if may_repeat:
            await self._paintings.forget(live)
            raise fault

    async def _document(self, id_: str, headers: Mapping[str, str]) -> LocalAnswer:
        watched = await self._paintings.find(id_, headers.get(USER_HEADER))
        wait_s = read_preferences(_header(headers, "prefer")).wait_s
        told = dict(self._told)
        if wait_s is not None:
            wait_s = min(wait_s, _MAX_WAIT_S)
            told["Preference-Applied"] = f"wait={wait_s}"
            try:
                async with asyncio.timeout(wait_s):
                    await _end_of(watched)
            except TimeoutError:
                pass
        body = watched.document.model_dump_json().encode()
        return LocalAnswer(200, JSON, body, told)

    async def _cancel(self, id_: str, headers: Mapping[str, str]) -> LocalAnswer:
        watched = await self._paintings.find(id_, headers.get(USER_HEADER))
        await self._paintings.cancel(watched, "requested")
        if isinstance(watched, LivePainting):
            # It is a moment until its connection is closed.
            await _end_of(watched)
        return LocalAnswer(
            200, JSON, watched.document.model_dump_json().encode(), self._told
        )

    async def _events(self, id_: str, headers: Mapping[str, str]) -> LocalAnswer:
        watched = await self._paintings.find(id_, headers.get(USER_HEADER))
        last = _header(headers, "last-event-id")
        last_id = int(last) if last and last.isdecimal() else None
        after_id = stages.resume_id(watched.document, last_id)
        return event_answer(watched, self._told, after_id=after_id)

    async def _image(
        self,
        id_: str,
        index: str,
        query: Mapping[str, list[str]],
        headers: Mapping[str, str],
    ) -> LocalAnswer:
        watched = await self._paintings.find(id_, headers.get(USER_HEADER))
        document = watched.document
        if not isinstance(document, CompletedGeneration) or not index.isdecimal():
            raise ImageNotFound(f"{id_} is {document.status} and has no such image.")
        answer = await image_answer(watched, document, int(index), self._told)
        width = document.images[int(index)].width
        if query.get("width", [str(width)]) != [str(width)]:
            raise InvalidRequest(
                f"width: pictures of servers of other makes come as they are, {width}",
                param="width",
            )
        tag = answer.header("etag") or ""
        known = _header(headers, "if-none-match") or ""
        if tag in known or known.strip() == "*":
            kept = {"ETag": tag, "Cache-Control": answer.header("cache-control") or ""}
            return LocalAnswer(304, answer.media_type, b"", {**self._told, **kept})
        return answer


class _Attached:
    """One caller who waits. The last who leaves ends what is not kept."""

    def __init__(self, watched: Watched, paintings: Paintings) -> None:
        self.watched = watched
        self._paintings = paintings
        self._has_left = False
        if isinstance(watched, LivePainting):
            watched.callers += 1

    def began_here(self, headers: Mapping[str, str]) -> bool:
        return headers[CACHE_HEADER] == "miss"

    def leave(self, reason: StopReason = "client_disconnected") -> None:
        """Nothing the second time."""
        live = self.watched
        if self._has_left or not isinstance(live, LivePainting):
            return
        self._has_left = True
        live.callers -= 1
        if not live.callers and not live.is_kept:
            self._paintings.stop(live, reason)


async def _end_of(watched: Watched) -> None:
    while not isinstance(watched.document, stages.ENDED):
        await watched.change(_A_WHILE_S)


def _known_status(watched: Watched) -> str:
    return "hit" if isinstance(watched.document, stages.ENDED) else "running"


def _accepted(
    watched: Watched, headers: Mapping[str, str], wait_s: int | None
) -> LocalAnswer:
    applied = "respond-async" if wait_s is None else f"respond-async, wait={wait_s}"
    document = watched.document
    if isinstance(document, CancelledGeneration):
        return problem_answer(GenerationCancelled(_CANCELLED), headers)
    body = document.model_dump_json().encode()
    return LocalAnswer(202, JSON, body, {**headers, "Preference-Applied": applied})


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """Whatever the case of its letters."""
    return next((value for key, value in headers.items() if key.lower() == name), None)
