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
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Self

from server.arguments import parser
from server.client import Client, client
from server.results import Results
from server.server_process import ServerProcess, free_port, server_process

from .gateway_process import GatewayProcess, gateway_process
from .recovery import recovery
from .throughput import add_load, compare, load_of, throughput


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
    servers = len(fleet.pids)
    async with load_of(fleet.client, servers, arguments) as load:
        await asyncio.sleep(arguments.warm_up_s)
        await recovery(
            f"1 of {servers} killed",
            load,
            lost=1 / servers,
            lose=lambda: os.kill(fleet.pids[0], signal.SIGKILL),
            again=lambda: fleet.server(0),
            replica="r0",
            results=results,
        )


def main() -> None:
    options = parser(__doc__)
    add_load(options)
    options.add_argument(
        "--killed-of", type=int, default=4, help="servers, one of which is; 0: none is"
    )
    asyncio.run(measure(options.parse_args()))


if __name__ == "__main__":
    main()
