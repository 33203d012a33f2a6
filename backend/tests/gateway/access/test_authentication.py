import pytest
from starlette.types import Message, Receive, Scope, Send

from easel.contract.errors import ErrorCode
from easel.gateway.access.callers import CallerLimits
from tests.gateway.access.access_rig import FlakyStore, Times
from tests.gateway.access.guarded_app import FAR, Door, basic

SDAPI = "/sdapi/v1/txt2img"
IMAGE = "/generations/gen_a_1/images/0"
LOOPBACK = ("127.0.0.1", 50_000)


@pytest.fixture
def door(store: FlakyStore, times: Times) -> Door:
    return Door(times, store)


# Without any key


async def test_an_open_gateway_knows_callers_by_their_address(door: Door) -> None:
    assert (await door.ask()).status == 200
    assert door.caller.id == "address:198.51.100.7"
    assert door.caller.is_anonymous
    assert door.caller.limits == CallerLimits(rate="1/minute")
    await door.ask(client=("2001:db8::1", 1))
    await door.ask(client=("2001:db8::2", 1))
    assert door.callers[-1] == door.callers[-2]
    assert (await door.ask(client=None)).status == 200


async def test_an_open_gateway_overlooks_the_keys_of_other_services(
    door: Door,
) -> None:
    for _ in range(20):
        assert (await door.ask(key="sk-of-another-service")).status == 200
    assert door.caller.is_anonymous
    assert door.failures == []


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        (LOOPBACK, {}, 200),
        (("::1", 1), {}, 200),
        (FAR, {}, 403),
        (None, {}, 403),
        (LOOPBACK, {"x-forwarded-for": "198.51.100.7"}, 403),
        (LOOPBACK, {"forwarded": "for=198.51.100.7"}, 403),
        (LOOPBACK, {"origin": "https://a.web.page"}, 403),
    ],
)
async def test_an_open_gateway_is_operated_from_its_own_machine_only(
    door: Door,
    client: tuple[str, int] | None,
    headers: dict[str, str],
    status: int,
) -> None:
    for path in ("/admin/drain", "/models/tiny/load", "/models/a/b/unload"):
        answer = await door.ask("POST", path, client=client, headers=headers)
        assert answer.status == status
    assert (await door.ask(client=client, headers=headers)).status == 200


async def test_required_keys_leave_nothing_open(
    store: FlakyStore, times: Times
) -> None:
    door = Door(times, store, requires_keys=True)
    assert (await door.ask()).status == 401
    assert (await door.ask("GET", "/livez")).status == 200


# With keys


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer {}"},
        {"authorization": "bearer   {} "},
        {"x-api-key": "{}"},
        {"authorization": "Basic dTpw", "x-api-key": "{}"},
    ],
)
async def test_a_key_is_taken_from_either_header(
    door: Door, headers: dict[str, str]
) -> None:
    issued = await door.create(weight=3.0)
    text = issued.text.reveal()
    sent = {name: value.format(text) for name, value in headers.items()}
    assert (await door.ask(headers=sent)).status == 200
    assert door.caller == issued.record.caller()


@pytest.mark.parametrize("user", ["", "anybody", "\xe9"])
async def test_under_sdapi_a_key_may_be_the_password_of_any_user(
    door: Door, user: str
) -> None:
    issued = await door.create()
    headers = basic(f"{user}:{issued.text.reveal()}")
    assert (await door.ask(target=SDAPI, headers=headers)).status == 200
    assert door.caller == issued.record.caller()
    assert (await door.ask(headers=headers)).status == 401


@pytest.mark.parametrize("password", ["wrong", "a:b", ""])
async def test_a_password_that_is_no_key_is_not_let_in(
    door: Door, password: str
) -> None:
    await door.create()
    headers = basic(f"user:{password}")
    assert (await door.ask(target=SDAPI, headers=headers)).status == 401


@pytest.mark.parametrize("sent", ["Basic", "Basic ", "Basic ???", "Basic dTpw=x=", "B"])
async def test_what_is_not_base64_is_no_password(door: Door, sent: str) -> None:
    await door.create()
    answer = await door.ask(target=SDAPI, headers={"authorization": sent})
    assert answer.status == 401


async def test_a_key_in_the_query_is_no_key(door: Door) -> None:
    text = (await door.create()).text.reveal()
    answer = await door.ask("POST", f"/generate?api_key={text}&x-api-key={text}")
    assert answer.status == 401


async def test_without_a_key_the_answer_says_how_to_send_one(door: Door) -> None:
    await door.create()
    answer = await door.ask()
    assert (answer.status, answer.code) == (401, ErrorCode.UNAUTHORIZED)
    assert answer.header(b"www-authenticate") == b"Bearer"
    assert "x-api-key" in answer.problem.detail
    assert door.callers == []
    assert door.failures == ["missing"]


async def test_a_key_that_does_not_hold_is_not_let_in(door: Door) -> None:
    text = (await door.create()).text.reveal()
    other = (await Door(door.times, FlakyStore(door.times.store)).create()).text
    for wrong in ("nonsense", "sk-1", text[:-1], text.lower(), "\xe9", other.reveal()):
        answer = await door.ask(key=wrong)
        assert (answer.status, answer.code) == (401, ErrorCode.UNAUTHORIZED)
        assert wrong not in answer.problem.detail
    assert door.failures == ["malformed"] * 5 + ["unknown"]


async def test_another_secret_of_the_same_key_does_not_hold(door: Door) -> None:
    issued = await door.create()
    rotated = await door.registry.rotate(issued.record.public_id, overlap_s=60.0)
    times = door.times
    assert (await door.ask(key=issued.text.reveal())).status == 200
    assert (await door.ask(key=rotated.text.reveal())).status == 200
    times.advance(60.0)
    assert (await door.ask(key=issued.text.reveal())).status == 401
    assert (await door.ask(key=rotated.text.reveal())).status == 200


async def test_the_old_secret_ends_to_the_second_though_it_was_just_verified(
    door: Door,
) -> None:
    issued = await door.create()
    await door.registry.rotate(issued.record.public_id, overlap_s=2.0)
    assert (await door.ask(key=issued.text.reveal())).status == 200
    door.times.advance(2.0)
    assert (await door.ask(key=issued.text.reveal())).status == 401


async def test_a_key_ends_to_the_second(door: Door) -> None:
    ends = door.times.wall.now() + 3.0
    text = (await door.create(expires_at=ends)).text.reveal()
    assert (await door.ask(key=text)).status == 200
    door.times.advance(3.0)
    answer = await door.ask(key=text)
    assert (answer.status, door.failures) == (401, ["expired"])
    assert "expired" in answer.problem.detail


async def test_a_revoked_key_is_out_within_five_seconds(door: Door) -> None:
    issued = await door.create()
    text = issued.text.reveal()
    assert (await door.ask(key=text)).status == 200
    await door.registry.revoke(issued.record.public_id)
    door.times.advance(5.0)
    answer = await door.ask(key=text)
    assert (answer.status, door.failures) == (401, ["revoked"])


async def test_a_known_key_asks_the_store_once_in_five_seconds(door: Door) -> None:
    text = (await door.create()).text.reveal()
    await door.ask(key=text)
    before = door.store.operations
    for _ in range(100):
        await door.ask(key=text)
    assert door.store.operations == before
    assert all(caller is door.callers[0] for caller in door.callers)


@pytest.mark.parametrize(
    ("method", "path", "scopes", "status"),
    [
        ("POST", "/generate", {"generate"}, 200),
        ("POST", "/generate", {"admin"}, 403),
        ("POST", "/admin/drain", {"generate"}, 403),
        ("POST", "/admin/drain", {"admin"}, 200),
        ("POST", "/models/tiny/load", {"generate"}, 403),
        ("GET", "/models", {"admin"}, 200),
    ],
)
async def test_a_key_does_what_it_was_made_for(
    door: Door, method: str, path: str, scopes: set[str], status: int
) -> None:
    text = (await door.create(scopes=frozenset(scopes))).text.reveal()
    # Being on the gateway's machine gives a key no more.
    answer = await door.ask(method, path, key=text, client=LOOPBACK)
    assert answer.status == status


async def test_a_root_path_hides_no_route(door: Door) -> None:
    text = (await door.create()).text.reveal()
    for path, status in (("/admin/drain", 403), ("/generate", 200)):
        answer = await door.ask("POST", path, key=text, root_path="/easel")
        assert answer.status == status
    assert (await door.ask("GET", "/livez", root_path="/easel")).status == 200


# Failures


async def test_who_fails_ten_times_is_not_heard_for_a_minute(door: Door) -> None:
    known, unknown = [(await door.create()).text.reveal() for _ in range(2)]
    await door.ask(key=known)
    for _ in range(10):
        assert (await door.ask(key="guess")).status == 401
    answer = await door.ask(key="guess")
    assert (answer.status, answer.code) == (429, ErrorCode.RATE_LIMITED)
    assert answer.problem.retry_after_s == 60.0
    # Not even with a right one: that is what a guesser tries last.
    assert (await door.ask(key=unknown)).status == 429
    # Others behind the same address go on.
    for _ in range(3):
        assert (await door.ask(key=known)).status == 200
        door.times.advance(5.0)
    assert (await door.ask(key=unknown, client=LOOPBACK)).status == 200
    door.times.advance(45.0)
    assert (await door.ask(key=unknown)).status == 200
    assert door.failures == ["malformed"] * 10 + ["throttled"] * 2


async def test_asking_without_a_key_is_no_guess(door: Door) -> None:
    text = (await door.create()).text.reveal()
    for _ in range(30):
        await door.ask()
    assert (await door.ask(key=text)).status == 200


async def test_without_the_store_known_keys_go_on_and_unknown_ones_wait(
    door: Door,
) -> None:
    known, unknown = [(await door.create()).text.reveal() for _ in range(2)]
    await door.ask(key=known)
    door.store.is_down = True
    for _ in range(2):
        assert (await door.ask(key=known)).status == 200
        answer = await door.ask(key=unknown)
        assert (answer.status, answer.code) == (503, ErrorCode.STORE_UNAVAILABLE)
        assert (await door.ask()).status == 401
        door.times.advance(300.0 - 0.5)
    door.times.advance(1.0)
    assert (await door.ask(key=known)).status == 503
    assert (await door.ask("GET", "/health")).status == 200
    door.store.is_down = False
    door.times.advance(2.0)
    assert (await door.ask(key=unknown)).status == 200
    assert door.failures == ["missing"] * 2


async def test_a_gateway_that_starts_without_its_store_lets_nobody_in(
    door: Door,
) -> None:
    text = (await door.create()).text.reveal()
    door.store.is_down = True
    assert (await door.ask(key=text)).status == 503
    assert (await door.ask()).status == 503
    assert door.callers == []


# Routes that need no key


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health", "/metrics"])
async def test_who_watches_needs_no_key(door: Door, path: str) -> None:
    await door.create()
    assert (await door.ask("GET", path)).status == 200
    assert door.callers == [None]


async def test_a_browser_may_ask_what_it_may_ask(door: Door) -> None:
    await door.create()
    assert (await door.ask("OPTIONS", "/generate")).status == 200


async def test_metrics_may_have_a_token(store: FlakyStore, times: Times) -> None:
    door = Door(times, store, metrics_token="scraper")
    assert (await door.ask("GET", "/metrics")).status == 401
    assert (await door.ask("GET", "/metrics", key="scrapes")).status == 401
    assert (await door.ask("GET", "/metrics", key="scraper")).status == 200


@pytest.mark.parametrize("path", ["/livez/", "/health/../generate", "/metrics2", "/"])
async def test_what_only_looks_like_such_a_route_needs_a_key(
    door: Door, path: str
) -> None:
    await door.create()
    assert (await door.ask("GET", path)).status == 401


# Signed links


async def test_a_signed_link_needs_no_key(door: Door) -> None:
    issued = await door.create()
    link = door.links.sign(IMAGE, issued.record.public_id, ttl_s=60.0)
    assert (await door.ask("GET", link)).status == 200
    assert door.caller == issued.record.caller()
    assert (await door.ask("DELETE", link)).status == 401
    answer = await door.ask("GET", link.replace("images/0", "images/1"))
    assert (answer.status, answer.code) == (403, ErrorCode.FORBIDDEN)
    door.times.advance(60.0)
    answer = await door.ask("GET", link)
    assert (answer.status, answer.code) == (410, ErrorCode.LINK_EXPIRED)
    assert door.failures == ["missing", "link", "link"]


async def test_a_link_ends_with_the_key_that_made_it(door: Door) -> None:
    issued = await door.create()
    link = door.links.sign(IMAGE, issued.record.public_id, ttl_s=3600.0)
    await door.registry.revoke(issued.record.public_id)
    assert (await door.ask("GET", link)).status == 403


async def test_a_link_of_an_address_outlives_the_open_gateway(door: Door) -> None:
    link = door.links.sign(IMAGE, "address:198.51.100.7", ttl_s=60.0)
    await door.create()
    assert (await door.ask("GET", link, client=LOOPBACK)).status == 200
    assert door.caller.id == "address:198.51.100.7"


async def test_what_is_no_request_passes(door: Door) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError

    layer = door.new_layer()
    layer._app = app
    await layer({"type": "lifespan"}, receive, send)
    assert seen == ["lifespan"]
