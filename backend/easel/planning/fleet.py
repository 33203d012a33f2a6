"""A whole fleet in simulated time: traffic in, an outcome out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil
from random import Random

from easel.planning.device import Device
from easel.planning.gateway import GatewayLimits, SimulatedGateway
from easel.planning.generation import Generation
from easel.planning.kinds import Kind, models_of
from easel.planning.outcome import Outcome
from easel.planning.server import ServerLimits, SimulatedServer
from easel.planning.timeline import Timeline
from easel.planning.traffic import Arrival, Traffic

# What a generation takes beside the device: HTTP twice, PNG, files (benchmarks/).
DEFAULT_ANSWER_S = 0.006

# And what each of its steps does: the engine's thread decides and tells (likewise).
DEFAULT_TURN_S = 0.001


@dataclass(frozen=True, slots=True)
class Failure:
    """One server dies, and comes back, empty, some time later.

    Attributes:
        at_s: Since the beginning.
        for_s: Until it is started again; loading its model comes on top.
    """

    at_s: float
    for_s: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """
    Attributes:
        servers: One device each.
        device: Of every server.
        gateways: Each knows all servers; a generation comes to any of them.
        gateway_limits: Of each; None: as many places as two full batches of every
            device take, and four waiting for each.
        timeout_s: Within which a generation must be answered, where those are None.
        server_limits: Of each server.
        answer_s: Seconds that a generation takes beside the device.
        failures: Each of another server, the first one first.
    """

    servers: int
    device: Device
    gateways: int = 1
    gateway_limits: GatewayLimits | None = None
    timeout_s: float = 300.0
    server_limits: ServerLimits = field(default_factory=ServerLimits)
    answer_s: float = DEFAULT_ANSWER_S
    failures: tuple[Failure, ...] = ()

    def of(self, servers: int) -> "Fleet":
        """The same with another number of them."""
        return replace(self, servers=servers)

    def limits_for(self, mix: Sequence[tuple[Kind, float]]) -> GatewayLimits:
        """The gateways' settings, as set or as this traffic wants them."""
        if self.gateway_limits is not None:
            return self.gateway_limits
        batch = max(
            ceil(self.device.images_at_once(kind) / kind.images) for kind, _ in mix
        )
        places = max(10, ceil(2 * batch * self.servers / self.gateways))
        return GatewayLimits(
            max_concurrent_requests=places,
            max_queue=4 * places,
            request_timeout=self.timeout_s,
        )


def play(fleet: Fleet, traffic: Traffic, *, seed: int, warm_up_s: float) -> Outcome:
    """Until all that arrived has ended.

    Args:
        fleet: Idle in the beginning, with its models loaded.
        traffic: What arrives.
        seed: Of all that is drawn.
        warm_up_s: Who arrives before that does not count.
    """
    return _Play(fleet, traffic, seed, warm_up_s).run()


class _Play:
    def __init__(
        self, fleet: Fleet, traffic: Traffic, seed: int, warm_up_s: float
    ) -> None:
        self._fleet = fleet
        self._traffic = traffic
        self._seed = seed
        self._warm_up_s = warm_up_s
        self._outcome = Outcome(measured_s=traffic.duration_s - warm_up_s)
        self._timeline = Timeline()
        self._random = Random(f"{seed} gateways")
        self._unfinished = 0
        self._numbers = 0
        self._servers = self._make_servers()
        limits = fleet.limits_for(traffic.mix)
        self._gateways = [
            SimulatedGateway(
                self._timeline,
                self._servers,
                limits,
                Random(f"{seed} gateway {number}"),
                answer_s=fleet.answer_s,
                ended=self._ended,
            )
            for number in range(fleet.gateways)
        ]
        self._gateway_of: dict[Generation, SimulatedGateway] = {}

    def run(self) -> Outcome:
        timeline, outcome = self._timeline, self._outcome
        for server, failure in zip(self._servers, self._fleet.failures, strict=False):
            timeline.at(failure.at_s, partial(self._fail, server))
            timeline.at(failure.at_s + failure.for_s, server.restart)
        busy_before_s = -1.0
        for arrival in self._traffic.arrivals(self._seed):
            if busy_before_s < 0 <= arrival.at_s - self._warm_up_s:
                timeline.play_until(self._warm_up_s, unless=_never)
                busy_before_s = self._busy_s()
            timeline.play_until(arrival.at_s, unless=_never)
            self._arrive(arrival)
        timeline.play_until(self._traffic.duration_s, unless=_never)
        worked_s = self._busy_s() - max(0.0, busy_before_s)
        outcome.busy_share = min(
            1.0, worked_s / (outcome.measured_s * len(self._servers))
        )
        timeline.play_until(unless=lambda: not self._unfinished)
        steps = sum(server.steps for server in self._servers)
        rows = sum(server.rows for server in self._servers)
        outcome.mean_rows = rows / steps if steps else 0.0
        outcome.events = timeline.events
        return outcome

    def _make_servers(self) -> list[SimulatedServer]:
        """Each with the model loaded that there is most work for, in turns."""
        mix = self._traffic.mix
        models = models_of(kind for kind, _ in mix)
        work = {
            model: sum(
                share * self._fleet.device.work_s(kind)
                for kind, share in mix
                if kind.model == model
            )
            for model in models
        }
        loaded = dict.fromkeys(models, 0)
        servers = []
        for number in range(self._fleet.servers):
            first = max(models, key=lambda model: work[model] / (loaded[model] + 1))
            loaded[first] += 1
            servers.append(
                SimulatedServer(
                    f"server-{number}",
                    self._timeline,
                    self._fleet.device,
                    self._fleet.server_limits,
                    model=first,
                    models=models,
                    on_painted=self._painted,
                )
            )
        return servers

    def _arrive(self, arrival: Arrival) -> None:
        self._numbers += 1
        generation = Generation(
            self._numbers, arrival.kind, arrival.caller, self._timeline.now()
        )
        gateway = self._random.choice(self._gateways)
        self._gateway_of[generation] = gateway
        self._unfinished += 1
        gateway.arrive(generation)

    def _painted(self, server: SimulatedServer, generation: Generation) -> None:
        self._gateway_of[generation].painted(generation)

    def _ended(self, generation: Generation) -> None:
        self._unfinished -= 1
        del self._gateway_of[generation]
        if generation.arrived_at_s >= self._warm_up_s:
            self._outcome.ended(generation)

    def _fail(self, server: SimulatedServer) -> None:
        lost = server.fail()
        for gateway in self._gateways:
            gateway.lost(server, lost)

    def _busy_s(self) -> float:
        return sum(server.busy_s for server in self._servers)


def _never() -> bool:
    return False
