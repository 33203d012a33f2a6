"""Seconds left of one generation, told so that people can believe them. Pure."""


class Eta:
    """The newest prediction, counted down by the clock.

    Once the generation runs it never grows: when things become slower than they were,
    it stands still until the truth has caught up.
    """

    def __init__(self) -> None:
        self._eta_s: float | None = None
        self._told_at_s = 0.0

    def tell(self, eta_s: float | None, now_s: float, *, may_grow: bool) -> None:
        """Take in a prediction; None is no news."""
        if eta_s is None:
            return
        left_s = self.at(now_s)
        if left_s is not None and not may_grow:
            eta_s = min(eta_s, left_s)
        self._eta_s, self._told_at_s = eta_s, now_s

    def at(self, now_s: float) -> float | None:
        """None while nothing is known."""
        if self._eta_s is None:
            return None
        return round(max(0.0, self._eta_s - (now_s - self._told_at_s)), 3)
