"""What the tests of keys and limits have in common."""

from easel.clock import ManualClock
from easel.errors import StoreUnavailable
from easel.gateway.access.accounts import Accounts
from easel.gateway.access.callers import Caller, CallerLimits
from easel.gateway.access.cautious_store import CautiousStore
from tests.gateway.store.memory_store import MemoryStore

PEPPER = b"a pepper that only the tests know"

# 2026-11-22T12:00:00Z
NOON = 1_795_348_800.0


class FlakyStore(MemoryStore):
    """A store that fails at chosen operations, counted from 0."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.operations = 0
        self.fails_at: set[int] = set()

    def _check(self) -> None:
        number = self.operations
        self.operations += 1
        if number in self.fails_at:
            raise StoreUnavailable("The store failed at this very operation.")
        super()._check()


class Times:
    """Three clocks that go together: of this process, of the day, of the store."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.wall = ManualClock(NOON)
        self.store = ManualClock()

    def advance(self, seconds: float) -> None:
        for clock in (self.clock, self.wall, self.store):
            clock.advance(seconds)


def cautious(store: MemoryStore, times: Times) -> CautiousStore:
    return CautiousStore(store, times.clock)


def accounts_of(store: MemoryStore, times: Times, *, processes: int = 1) -> Accounts:
    return Accounts(
        store,
        clock=times.clock,
        wall_clock=times.wall,
        processes=processes,
        longest_s=300.0,
    )


def key_holder(name: str = "holder01", **limits: str | int | None) -> Caller:
    return Caller(
        id=name,
        is_anonymous=False,
        limits=CallerLimits(**limits),  # type: ignore[arg-type] # each has its own type
    )


LIMITED = key_holder(rate="10/minute", max_concurrent=2, images_per_day=100)
DAY_S = 86_400.0


async def images_today(accounts: Accounts, caller: Caller = LIMITED) -> int:
    return (await accounts.usage(caller)).today.images


async def left(accounts: Accounts) -> int:
    images = (await accounts.usage(LIMITED)).images_left_today
    assert images is not None
    return images


async def paint(accounts: Accounts, images: int = 1, delivered: int = 1) -> None:
    async with accounts.admitted(LIMITED, images=images, cost=images * 4.0) as charge:
        charge.delivered(delivered)
