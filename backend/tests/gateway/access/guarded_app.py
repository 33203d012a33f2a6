"""An app behind authentication, asked without any socket."""

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.types import Message, Receive, Scope, Send

from easel.contract.errors import ErrorCode, Problem
from easel.gateway.access.api_keys import KeyTerms
from easel.gateway.access.authentication import Authentication
from easel.gateway.access.authenticator import Authenticator
from easel.gateway.access.callers import Caller, CallerLimits, caller_of
from easel.gateway.access.key_book import KeyBook
from easel.gateway.access.key_registry import IssuedKey, KeyRegistry
from easel.gateway.access.signed_links import SignedLinks
from tests.gateway.access.access_rig import PEPPER, FlakyStore, Times, cautious

FAR = ("198.51.100.7", 50_000)


@dataclass
class Door:
    """An app behind authentication, and what came of each request."""

    times: Times
    store: FlakyStore
    requires_keys: bool = False
    metrics_token: str | None = None
    failures: list[str] = field(default_factory=list)
    callers: list[Caller | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.links = SignedLinks(PEPPER, self.times.wall)
        self.registry = KeyRegistry(self.store, PEPPER, self.times.wall)
        self.layer = self.new_layer()

    def new_layer(self) -> Authentication:
        """As of a process that has just started."""
        authenticator = Authenticator(
            keys=KeyBook(cautious(self.store, self.times), self.times.clock),
            pepper=PEPPER,
            links=self.links,
            clock=self.times.clock,
            wall_clock=self.times.wall,
            requires_keys=self.requires_keys,
            anonymous_limits=CallerLimits(rate="1/minute"),
            on_failure=self.failures.append,
        )
        return Authentication(
            self._app, authenticator=authenticator, metrics_token=self.metrics_token
        )

    async def create(self, **terms: Any) -> IssuedKey:
        return await self.registry.create(KeyTerms(name="k", **terms))

    async def ask(
        self,
        method: str = "POST",
        target: str = "/generate",
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        client: tuple[str, int] | None = FAR,
        root_path: str = "",
    ) -> "Answer":
        sent = dict(headers or {})
        if key is not None:
            sent["authorization"] = f"Bearer {key}"
        parts = urlsplit(target)
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": root_path + parts.path,
            "root_path": root_path,
            "query_string": parts.query.encode(),
            "headers": [(n.encode(), v.encode()) for n, v in sent.items()],
            "client": client,
        }
        messages: list[Message] = []

        async def receive() -> Message:
            raise AssertionError("authentication reads no body")

        async def send(message: Message) -> None:
            messages.append(message)

        await self.layer(scope, receive, send)
        return Answer(messages)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self.callers.append(caller_of(scope))
        except KeyError:
            self.callers.append(None)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @property
    def caller(self) -> Caller:
        caller = self.callers[-1]
        assert caller is not None
        return caller


def basic(user_and_password: str) -> dict[str, str]:
    encoded = base64.b64encode(user_and_password.encode()).decode()
    return {"authorization": f"Basic {encoded}"}


@dataclass
class Answer:
    messages: list[Message]

    @property
    def status(self) -> int:
        status: int = self.messages[0]["status"]
        return status

    @property
    def problem(self) -> Problem:
        return Problem.model_validate_json(self.messages[1]["body"])

    @property
    def code(self) -> ErrorCode:
        return self.problem.code

    def header(self, name: bytes) -> bytes | None:
        headers: dict[bytes, bytes] = dict(self.messages[0]["headers"])
        return headers.get(name)
