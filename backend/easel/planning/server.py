"""One text-to-image server in simulated time.

Its batch scheduler, forecast, queue board and admission are the real ones. A turn is
that of the engine's thread: a few prompts, one step, a few images, and only then a look
at who has come. The device takes the time that its table says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from easel.contract.models import ModelState
from easel.gateway.replicas.replica_health import Verdict
from easel.planning.device import Device
from easel.planning.generation import Generation, Reason
from easel.planning.timeline import Timeline
from easel.text2image.answer_deadline import unreachable
from easel.text2image.engine_thread.queue_view import queue_view
from easel.text2image.images.preview_pacer import PreviewPacer
from easel.text2image.models.memory_budget import ResidentModel, evictions
from easel.text2image.queue_board import QueueBoard
from easel.text2image.scheduling.admission import Admission
from easel.text2image.scheduling.batch_scheduler import Batch, BatchScheduler
from easel.text2image.scheduling.forecast import forecast
from easel.text2image.scheduling.samples import QueuedSample
from easel.text2image.scheduling.turns import (
    BEGINS_PER_TURN,
    DECODES_PER_TURN,
    VIEW_INTERVAL_S,
)


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The server's settings of the same names."""

    max_queued: int = 256
    max_backlog_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Refused:
    """Not taken, and when it might be."""

    reason: Reason
    retry_after_s: float


@dataclass(slots=True, eq=False)
class _Run:
    """One image that is being painted."""

    generation: Generation
    queued: QueuedSample
    pacer: PreviewPacer
    has_begun: bool = False
    step: int = 0


class SimulatedServer:
    """
    Args:
        name: Unique in the fleet.
        timeline: On which it lives.
        device: What things take.
        limits: Of what it accepts.
        model: That it has loaded when it starts.
        models: All that it can load, its default first.
        on_painted: Told when a generation has all its images; they are yet to travel.
    """

    def __init__(
        self,
        name: str,
        timeline: Timeline,
        device: Device,
        limits: ServerLimits,
        *,
        model: str,
        models: Sequence[str],
        on_painted: Callable[["SimulatedServer", Generation], None],
    ) -> None:
        self.name = name
        self.verdict: Verdict = "healthy"
        self.states: dict[str, ModelState] = dict.fromkeys(models, "unloaded")
        self.busy_s = 0.0
        self.steps = 0
        self.rows = 0
        self._first_model = model
        self._timeline = timeline
        self._device = device
        self._limits = limits
        self._on_painted = on_painted
        # Grows when all that it does is lost: what was to come of that does not.
        self._life = 0
        self._begin_anew()
        self.states[model] = "ready"

    def _begin_anew(self) -> None:
        self._costs = self._device.costs()
        self._scheduler = BatchScheduler(self._costs)
        self._board = QueueBoard()
        self._present: dict[int, Generation] = {}
        self._running = 0
        self._inbox: list[Generation] = []
        self._awaiting: list[Generation] = []
        self._used_at_s: dict[str, float] = {}
        self._runs: dict[str, _Run] = {}
        self._finished: list[_Run] = []
        self._is_turning = False
        self._taken = 0
        self._last_number = 0
        self._has_changed = False
        self._viewed_at_s = self._timeline.now()
        self._is_unseen = True

    # What the gateway asks

    @property
    def backlog_s(self) -> float | None:
        """As its health and its answers tell it."""
        self._look()
        return self._board.backlog_s(self._timeline.now())

    @property
    def waiting(self) -> int:
        return len(self._present) - self._running

    def offer(self, generation: Generation, timeout_s: float) -> Refused | None:
        """None if it is taken."""
        now_s = self._timeline.now()
        here = len(self._present)
        if here:
            limits = Admission.beside(
                self._running,
                max_backlog_s=self._limits.max_backlog_s,
                max_queued=self._limits.max_queued,
            )
            refusal = limits.decide(self.backlog_s, None, here)
            if refusal is not None:
                return Refused("server_queue_full", refusal.retry_after_s)
        self._look()
        generation.accepted_at_s = now_s
        self._taken += 1
        # Who was lost with another server has another number here.
        generation.number = self._taken
        promised_s = self._board.eta_of_next_s(generation)
        if late := unreachable(promised_s, timeout_s):
            return Refused("deadline_unreachable", late.retry_after_s or 1.0)
        generation.promised_s = promised_s
        self._board.joined(generation)
        self._present[generation.number] = generation
        self._inbox.append(generation)
        self._wake()
        return None

    def cancel(self, generation: Generation) -> None:
        """Nobody waits for it any more."""
        if self._present.get(generation.number) is not generation:
            return
        self._board.left(generation.number)
        for line in (self._inbox, self._awaiting):
            if generation in line:
                line.remove(generation)
        for name, run in list(self._runs.items()):
            if run.generation is generation:
                self._scheduler.leave(name)
                del self._runs[name]
        self._finished = [r for r in self._finished if r.generation is not generation]
        self._forget(generation)

    # What happens to it

    def fail(self) -> list[Generation]:
        """It is gone, with all that it had; that is what it returns."""
        lost = list(self._present.values())
        self._life += 1
        self.verdict = "silent"
        self.states = dict.fromkeys(self.states, "unloaded")
        self._begin_anew()
        return lost

    def restart(self) -> None:
        """It answers, and loads its first model."""
        self.verdict = "loading"
        self._load(self._first_model)

    # Turns

    def _wake(self) -> None:
        if not self._is_turning:
            self._is_turning = True
            self._later(0.0, self._turn)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        life = self._life

        def unless_lost() -> None:
            if life == self._life:
                act()

        self._timeline.after(seconds, unless_lost)

    def _turn(self) -> None:
        now_s = self._timeline.now()
        if self._inbox:
            # Until now the view was that of the last turn's end.
            self._look()
            inbox, self._inbox = self._inbox, []
            for generation in inbox:
                self._last_number = max(self._last_number, generation.number)
                self._take(generation)
        batch = self._scheduler.next_batch(now_s)
        if batch is None:
            if self._finished:
                self._decode()
            else:
                self._is_turning = False
            return
        encode_s = self._begin([self._runs[sample.id] for sample in batch.samples])
        part = self._part(batch)
        step_s = self._device.step_s(part.key, part.rows)
        took_s = encode_s + step_s + self._device.turn_s
        self.busy_s += took_s
        self._later(took_s, lambda: self._stepped(part, step_s))

    def _take(self, generation: Generation) -> None:
        self._has_changed = True
        if self.states[generation.model] != "ready":
            self._awaiting.append(generation)
            self._make_room_for(generation.model)
            self._show()
            return
        kind = generation.kind
        self._used_at_s[kind.model] = self._timeline.now()
        for index in range(kind.images):
            queued = QueuedSample(
                id=f"{generation.number}-{index}",
                key=kind.key,
                rows=kind.rows,
                steps=kind.steps,
                priority=kind.priority,
                user=generation.user,
                joined_at_s=generation.accepted_at_s,
            )
            pacer = PreviewPacer(kind.steps, self._timeline)
            self._runs[queued.id] = _Run(generation, queued, pacer)
            self._scheduler.join(queued)
        generation.unpainted = kind.images

    def _begin(self, runs: Sequence[_Run]) -> float:
        """Seconds that the prompts of those take who begin now."""
        waiting = [run for run in runs if not run.has_begun][:BEGINS_PER_TURN]
        encode_s = 0.0
        for run in waiting:
            run.has_begun = True
            overhead_s = self._device.overhead_s(run.queued.key)
            encode_s += overhead_s * self._device.encode_share
            if not run.generation.has_started:
                run.generation.begun_at_s = self._timeline.now() + encode_s
                self._running += 1
                self._has_changed = True
        return encode_s

    def _part(self, batch: Batch) -> Batch:
        """Those of it whose prompts are encoded."""
        begun = tuple(one for one in batch.samples if self._runs[one.id].has_begun)
        if len(begun) == len(batch.samples):
            return batch
        return Batch(batch.key, begun, sum(sample.rows for sample in begun))

    def _stepped(self, part: Batch, step_s: float) -> None:
        now_s = self._timeline.now()
        self.steps += 1
        self.rows += part.rows
        done = self._scheduler.stepped(part, step_s, now_s)
        for sample in part.samples:
            run = self._runs.get(sample.id)
            if run is None:
                # It was cancelled during the step.
                continue
            run.step += 1
            is_unseen = run.generation.previewed_at_s == inf
            if is_unseen and run.pacer.is_due(run.step):
                run.generation.previewed_at_s = now_s
        self._finished += [self._runs.pop(sample.id) for sample in done]
        if self._finished:
            self._decode()
        else:
            self._end_turn()

    def _decode(self) -> None:
        key = self._finished[0].queued.key
        runs = [run for run in self._finished if run.queued.key == key]
        runs = runs[:DECODES_PER_TURN]
        self._finished = [run for run in self._finished if run not in runs]
        share = 1 - self._device.encode_share
        decode_s = len(runs) * share * self._device.overhead_s(key)
        self.busy_s += decode_s
        self._later(decode_s, lambda: self._decoded(runs))

    def _decoded(self, runs: Sequence[_Run]) -> None:
        self._has_changed = True
        for run in runs:
            generation = run.generation
            generation.unpainted -= 1
            if not generation.unpainted and not generation.has_ended:
                self._on_painted(self, generation)
        self._end_turn()

    def _end_turn(self) -> None:
        is_due = self._timeline.now() - self._viewed_at_s >= VIEW_INTERVAL_S
        if self._has_changed or is_due:
            self._show()
        self._turn()

    def delivered(self, generation: Generation) -> None:
        """Its files are written, its answer begins."""
        if self._present.get(generation.number) is generation:
            self._board.left(generation.number)
            self._forget(generation)

    def _forget(self, generation: Generation) -> None:
        del self._present[generation.number]
        self._running -= generation.has_started

    def _show(self) -> None:
        """There is a new view of the queue."""
        self._has_changed = False
        self._is_unseen = True
        self._viewed_at_s = self._timeline.now()

    def _look(self) -> None:
        """The queue board gets the newest view.

        The engine's thread makes it at once; here that is put off until somebody reads
        it, because most are read by nobody. Until then nothing has changed: who comes
        joins after the next look.
        """
        if not self._is_unseen:
            return
        self._is_unseen = False
        view = queue_view(
            (),
            self._awaiting,
            forecast(self._scheduler, self._costs, self._viewed_at_s),
            self._costs.snapshot(),
            now_s=self._viewed_at_s,
            last_number=self._last_number,
        )
        self._board.saw(view)

    # Models

    def _make_room_for(self, model: str) -> None:
        """Begin to load it, if idle models leave enough room for it."""
        if self.states[model] != "unloaded":
            return
        in_use = {run.generation.model for run in self._runs.values()}
        in_use |= {run.generation.model for run in self._finished}
        resident = [
            ResidentModel(
                id=name,
                weight_bytes=1,
                used_at_s=self._used_at_s.get(name, 0.0),
                is_in_use=name in in_use or state == "loading",
            )
            for name, state in self.states.items()
            if state in ("ready", "loading")
        ]
        evicted = evictions(1, resident, self._device.models_at_once)
        if evicted is None:
            # As soon as what runs is done.
            self._later(VIEW_INTERVAL_S, lambda: self._make_room_for(model))
            return
        for name in evicted:
            self.states[name] = "unloaded"
        self._load(model)

    def _load(self, model: str) -> None:
        self.states[model] = "loading"
        self._later(self._device.load_s.get(model, 0.0), lambda: self._loaded(model))

    def _loaded(self, model: str) -> None:
        self.states[model] = "ready"
        self.verdict = "healthy"
        waited = [one for one in self._awaiting if one.model == model]
        self._awaiting = [one for one in self._awaiting if one.model != model]
        self._inbox[:0] = waited
        self._show()
        if waited:
            self._wake()
