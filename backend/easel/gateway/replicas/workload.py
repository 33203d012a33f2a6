"""What a server has to do: as it tells, and as this process has sent since. Pure."""

from dataclasses import dataclass
from math import inf

from easel.clock import Clock
from easel.gateway.replicas.pace import Pace


@dataclass(frozen=True, slots=True, eq=False)
class Outstanding:
    """One generation that was sent and has not ended.

    Attributes:
        cost: Of the generation.
        predicted_s: What it takes the server, as predicted when it was sent.
        began_at: By the clock.
        turn: The reading of the shared clock when it began.
        news: How often the server had told its backlog when it began.
    """

    cost: float
    predicted_s: float
    began_at: float
    turn: float
    news: int


class Workload:
    """The work of one server.

    Where several generations are outstanding, each is taken to get an equal share of
    the server's time. The shared clock counts the share of one: it stands while there
    is nothing and runs at a third of the speed while there are three.
    """

    def __init__(self, clock: Clock) -> None:
        self.pace = Pace(clock)
        self._clock = clock
        self._outstanding: set[Outstanding] = set()
        self._turn = 0.0
        self._turned_at = clock.now()
        # None while the server does not tell.
        self._backlog_s: float | None = None
        self._backlog_at = 0.0
        self._news = 0
        self._full_until = -inf

    @property
    def is_full(self) -> bool:
        """It said that it takes no more for now."""
        return self._clock.now() < self._full_until

    @property
    def outstanding(self) -> int:
        """Generations."""
        return len(self._outstanding)

    @property
    def backlog_s(self) -> float | None:
        """As told, less the time since, plus what was sent since; None if not told."""
        if self._backlog_s is None:
            return None
        return max(0.0, self._backlog_s - (self._clock.now() - self._backlog_at))

    def predicted_s(self, seconds_per_unit: float) -> float:
        """Until it could begin with one more, at least a guess.

        That is the backlog; or what follows from the outstanding cost, if it is not
        told; or longer, if it has said so.
        """
        work_s = self.backlog_s
        if work_s is None:
            work_s = seconds_per_unit * sum(one.cost for one in self._outstanding)
        return max(work_s, self._full_until - self._clock.now())

    def refused(self, retry_after_s: float) -> None:
        """It takes no more until then."""
        self._full_until = self._clock.now() + retry_after_s

    def told(self, backlog_s: float | None, *, as_of_s: float) -> None:
        """The server told its backlog.

        Args:
            backlog_s: Predicted seconds of the work that it has accepted, if it knows.
            as_of_s: When that was true, by the clock; what was sent later is added.
        """
        self._news += 1
        if backlog_s is None:
            self._backlog_s = None
            return
        sent_since = (
            one.predicted_s for one in self._outstanding if one.began_at > as_of_s
        )
        aged_s = max(0.0, backlog_s - (self._clock.now() - as_of_s))
        self._set_backlog(aged_s + sum(sent_since))

    def begin(self, cost: float, *, seconds_per_unit: float) -> Outstanding:
        self._turn_on()
        one = Outstanding(
            cost=cost,
            predicted_s=cost * seconds_per_unit,
            began_at=self._clock.now(),
            turn=self._turn,
            news=self._news,
        )
        if (backlog_s := self.backlog_s) is not None:
            self._set_backlog(backlog_s + one.predicted_s)
        self._outstanding.add(one)
        return one

    def end(self, one: Outstanding, *, teaches: bool) -> None:
        """
        Args:
            one: Which ended.
            teaches: Whether the server did all of it, no more and no less.
        """
        self._turn_on()
        self._outstanding.remove(one)
        backlog_s = self.backlog_s
        if backlog_s is not None and one.news == self._news:
            # The server has not told since how much is left; this is not.
            spared_s = one.predicted_s - (self._clock.now() - one.began_at)
            self._set_backlog(max(0.0, backlog_s - max(0.0, spared_s)))
        if teaches:
            self.pace.learn(self._turn - one.turn, one.cost)

    def _set_backlog(self, backlog_s: float) -> None:
        self._backlog_s = backlog_s
        self._backlog_at = self._clock.now()

    def _turn_on(self) -> None:
        now = self._clock.now()
        if self._outstanding:
            self._turn += (now - self._turned_at) / len(self._outstanding)
        self._turned_at = now
