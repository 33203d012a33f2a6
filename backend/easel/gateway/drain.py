"""Whether the gateway is on its way out."""


class Drain:
    """Begins at the first stop signal and never ends."""

    def __init__(self) -> None:
        self.has_begun = False

    def begin(self) -> None:
        """Safe in a signal handler."""
        self.has_begun = True
