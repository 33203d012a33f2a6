"""Device-seconds shared fairly between users, in quanta.

Start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996): each user has a virtual
time that grows with what he was served, and the system has one that newcomers start
from. Knows nothing of samples or batches.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """Where all users stood at one moment; any thread may read it.

    Attributes:
        quantum_s: By so much the virtual times of users in one bucket may differ.
        system_s: What everyone was due.
        newcomer_s: Where somebody new would start.
        users_s: Virtual device-seconds of all who are known.
    """

    quantum_s: float
    system_s: float
    newcomer_s: float
    users_s: Mapping[str, float]

    def bucket(self, user: str, further_s: float = 0.0) -> int:
        """His, as if he had joined and been served `further_s` more device-seconds."""
        own_s = self.users_s.get(user, self.newcomer_s)
        return _bucket(own_s, self.system_s, self.quantum_s, further_s)


class FairShare:
    """Virtual device-seconds by user.

    Users in one bucket differ by less than a quantum, and are left to whatever order
    serves them quickest.
    """

    def __init__(self, quantum_s: float = 2.0) -> None:
        if quantum_s <= 0:
            raise ValueError("a quantum is longer than nothing")
        self._quantum_s = quantum_s
        # What everyone was due. It also moves when nobody here was served his due:
        # else a stream of new users, each of whom starts where the system stands,
        # would hold it there, and those ahead of it forever.
        self._system_s = 0.0
        self._active: dict[str, float] = {}
        # Who has gone ahead of the system: coming back must not make him new.
        self._ahead: dict[str, float] = {}

    def __len__(self) -> int:
        """How many users are remembered."""
        return len(self._active) + len(self._ahead)

    def activate(self, user: str) -> None:
        """His first sample has joined. Time away earns nothing."""
        if user in self._active:
            return
        behind_s = min(self._active.values(), default=self._system_s)
        self._system_s = max(self._system_s, behind_s)
        own_s = self._ahead.pop(user, self._system_s)
        self._active[user] = max(own_s, self._system_s)

    def deactivate(self, user: str) -> None:
        """His last sample has left."""
        virtual_s = self._active.pop(user, self._system_s)
        if not self._active:
            # The device is free: whatever he took, nobody has to wait for it.
            self._ahead.clear()
            return
        self._ahead[user] = virtual_s
        self._ahead = {
            name: ahead_s
            for name, ahead_s in self._ahead.items()
            if ahead_s > self._system_s
        }

    def charge(self, user: str, seconds: float) -> None:
        """He was served. Nothing if no sample of his is here."""
        if user in self._active:
            self._active[user] += seconds
            self._system_s += seconds / len(self._active)

    def bucket(self, user: str) -> int:
        """Quanta that he has had beyond his due; the fewer, the sooner it is his turn.

        One without samples here counts as a newcomer.
        """
        own_s = self._active.get(user, self._system_s)
        return _bucket(own_s, self._system_s, self._quantum_s)

    def standing(self) -> Standing:
        """For planning; whoever joins later starts where he would start now."""
        behind_s = min(self._active.values(), default=self._system_s)
        newcomer_s = max(self._system_s, behind_s)
        ahead = {
            user: max(ahead_s, newcomer_s) for user, ahead_s in self._ahead.items()
        }
        return Standing(
            self._quantum_s, self._system_s, newcomer_s, ahead | self._active
        )


def _bucket(
    own_s: float, system_s: float, quantum_s: float, further_s: float = 0.0
) -> int:
    quanta = (max(own_s, system_s) + further_s) // quantum_s
    return int(quanta - system_s // quantum_s)
