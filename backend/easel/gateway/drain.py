"""Whether the gateway is on its way out, and how far.

Draining is asked for (`POST /admin/drain`) and comes before a stop: load balancers see
`/readyz` go and send nothing more, while the socket still listens. It is known to all
workers by a file in the folder that they share. Stopping begins at the first stop
signal and never ends.
"""

from pathlib import Path
from typing import Literal

_FILE = "draining"


class Drain:
    """
    Args:
        folder: That the workers of one gateway share; None for a gateway that is one
            process.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / _FILE if folder else None
        self._is_draining = False
        self._is_stopping = False

    @property
    def has_begun(self) -> bool:
        """Nothing new is taken."""
        return self.state != "running"

    @property
    def state(self) -> Literal["running", "draining", "stopping"]:
        if self._is_stopping:
            return "stopping"
        if not self._is_draining and self._file is not None:
            self._is_draining = self._file.exists()
        return "draining" if self._is_draining else "running"

    def drain(self) -> None:
        self._is_draining = True
        if self._file is not None:
            self._file.touch()

    def begin(self) -> None:
        """The process stops. Safe in a signal handler."""
        self._is_stopping = True
