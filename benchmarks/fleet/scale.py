"""What do more text-to-image servers bring behind one gateway, and what does it cost?

Servers with the test pattern, whose steps take a fixed time, so that one machine can
carry many: what is found is the gateway's share in it, not a device's speed. A closed
loop of clients keeps each server's batches full. Then one server is killed under the
same load and started again: what do clients see, and how soon is all as before?
"""

import argparse
import asyncio
import os
import signal
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Self

from server.arguments import parser
from server.client import Client, client
from server.results import Results
from server.server_process import ServerProcess, free_port, server_process

from .closed_loop import Load, per_second
from .gateway_process import GatewayProcess, gateway_process
from .throughput import add_load, compare, load_of, throughput

# So much of the throughput before a server was killed counts as the same.
_RECOVERED = 0.9
_WINDOW_S = 4.0
_GIVE_UP_S = 120.0
_POLL_S = 0.1


async def measure(arguments: argparse.Namespace) -> None:
    results = Results("fleet_scale", arguments)
    found = {}
    for servers in arguments.counts:
        async with Fleet(arguments, servers) as fleet:
            found[servers] = await throughput(
                fleet.client,
                servers,
                {"the gateway": [fleet.gateway.pid]},
                arguments,
                results,
            )
    compare(found, results)
    if arguments.killed_of > 1:
        async with Fleet(arguments, arguments.killed_of) as fleet:
            await lose_one(fleet, arguments, results)
    results.write()


class Fleet:
    """Servers behind a gateway, all of them processes.

    Attributes:
        pids: Of the servers.
        client: Of the gateway.
    """

    gateway: GatewayProcess
    client: Client

    def __init__(self, arguments: argparse.Namespace, servers: int) -> None:
        self._arguments = arguments
        self._ports = [free_port() for _ in range(servers)]
        self._stack = AsyncExitStack()
        self.pids: list[int] = []

    async def __aenter__(self) -> Self:
        clients = len(self._ports) * self._arguments.clients_per_replica
        async with AsyncExitStack() as stack:
            urls = []
            for number in range(len(self._ports)):
                server = await stack.enter_async_context(self.server(number))
                urls.append(server.url)
                self.pids.append(server.pid)
            self.gateway = await stack.enter_async_context(
                gateway_process(urls, max_concurrent=clients)
            )
            self.client = await stack.enter_async_context(
                client(self.gateway.url, connections=clients)
            )
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def server(self, number: int) -> AbstractAsyncContextManager[ServerProcess]:
        """The same one whenever it is started."""
        return server_process(
            self._arguments,
            *("--fake-step-seconds", str(self._arguments.fake_step_s)),
            *("--replica-id", f"r{number}"),
            port=self._ports[number],
        )


async def lose_one(
    fleet: Fleet, arguments: argparse.Namespace, results: Results
) -> None:
    """Kill one under load; start it again when the others have taken over."""
    servers = len(fleet.pids)
    async with load_of(fleet.client, servers, arguments) as load:
        await asyncio.sleep(arguments.warm_up_s + _WINDOW_S)
        before = _rate(load)
        killed_at_s = time.perf_counter()
        os.kill(fleet.pids[0], signal.SIGKILL)
        rest = (servers - 1) / servers
        took_over_s = await _until(load, _RECOVERED * rest * before)
        async with fleet.server(0):
            painted_s = await _until_painted(load, "r0")
            again_s = await _until(load, _RECOVERED * before)
            seen = load.since(killed_at_s)
    failed = [one.status for one in seen if one.status != 200]
    results.add(
        "killed",
        servers=servers,
        before_per_s=before,
        took_over_s=took_over_s,
        painted_again_s=painted_s,
        as_before_s=again_s,
        answered=len(seen) - len(failed),
        failed=failed,
    )
    name = f"1 of {servers} killed"
    looked = f"(the last {_WINDOW_S:.0f} s are looked at)"
    results.summary[f"{name}: answered after, failed"] = (
        f"{len(seen) - len(failed)}, {len(failed)}"
    )
    results.summary[f"{name}: until the others do {_RECOVERED:.0%} of their part"] = (
        f"{took_over_s:.1f} s {looked}"
    )
    results.summary[f"{name}: from ready again to its first picture"] = (
        f"{painted_s:.1f} s"
    )
    results.summary[f"{name}: from then to {_RECOVERED:.0%} of before"] = (
        f"{again_s:.1f} s {looked}"
    )


def _rate(load: Load) -> float:
    """Over the last seconds."""
    return per_second(load.since(time.perf_counter() - _WINDOW_S), _WINDOW_S)


async def _until(load: Load, per_s: float) -> float:
    """Seconds until the last ones were so fast.

    Raises:
        TimeoutError: they are not within two minutes.
    """
    began_at_s = time.perf_counter()
    async with asyncio.timeout(_GIVE_UP_S):
        await asyncio.sleep(_WINDOW_S)
        while True:
            if _rate(load) >= per_s:
                return time.perf_counter() - began_at_s
            await asyncio.sleep(_POLL_S)


async def _until_painted(load: Load, replica: str) -> float:
    """Seconds from now until its next picture; the same error."""
    began_at_s = time.perf_counter()
    async with asyncio.timeout(_GIVE_UP_S):
        while True:
            for one in load.since(began_at_s):
                if one.replica == replica:
                    return one.ended_at_s - began_at_s
            await asyncio.sleep(_POLL_S)


def main() -> None:
    options = parser(__doc__)
    add_load(options)
    options.add_argument(
        "--killed-of", type=int, default=4, help="servers, one of which is; 0: none is"
    )
    asyncio.run(measure(options.parse_args()))


if __name__ == "__main__":
    main()
