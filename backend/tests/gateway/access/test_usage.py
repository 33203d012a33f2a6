"""What a caller is told that he has used."""

from datetime import date

import pytest

from easel.errors import StoreUnavailable
from easel.gateway.access.accounts import Accounts
from easel.gateway.access.callers import Caller, CallerLimits
from tests.gateway.access.access_rig import DAY_S, LIMITED, FlakyStore, Times, paint


async def test_usage_goes_back_thirty_days(accounts: Accounts, times: Times) -> None:
    await paint(accounts)
    times.advance(DAY_S)
    for _ in range(2):
        await paint(accounts)
    await accounts.flush()
    usage = await accounts.usage(LIMITED)
    assert usage.today == usage.days[0]
    assert [day.images for day in usage.days] == [2, 1] + [0] * 28
    assert [day.date for day in usage.days[:2]] == [
        date(2026, 11, 23),
        date(2026, 11, 22),
    ]
    assert usage.limits.model_dump() == {
        "rate": "10/minute",
        "max_concurrent": 2,
        "images_per_day": 100,
    }
    assert usage.resets_in_s == DAY_S / 2
    times.advance(29 * DAY_S)
    assert sum(day.images for day in (await accounts.usage(LIMITED)).days) == 2


async def test_the_usage_of_an_address_is_not_written(accounts: Accounts) -> None:
    anonymous = Caller(id="address:10.0.0.1", limits=CallerLimits(images_per_day=5))
    async with accounts.admitted(anonymous, images=2, cost=1.0) as charge:
        charge.delivered(2)
    usage = await accounts.usage(anonymous)
    assert (usage.today.images, usage.images_left_today) == (0, 3)


async def test_usage_is_not_guessed(accounts: Accounts, store: FlakyStore) -> None:
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        await accounts.usage(LIMITED)
