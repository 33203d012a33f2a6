"""How much of a model is loaded, weighed by the bytes of its components."""

import importlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from easel.text2image.engines.load_options import Progress

# One at a time: where the libraries announce their components is one for the process.
_ANNOUNCED = threading.Lock()


class LoadProgress:
    """Adds up a load's phases: each tells its share from 0 to 1.

    Args:
        weights: What each component weighs, in bytes.
        tell: Told the share of the whole; never less than before.
    """

    def __init__(self, weights: Mapping[str, int], tell: Progress) -> None:
        self._weights = weights
        self._tell = tell
        self._from, self._to = 0.0, 0.0
        self._done_bytes = 0
        self._told = 0.0

    @contextmanager
    def phase(self, share: float) -> Iterator[None]:
        """The next part of the work, which takes `share` of the whole."""
        self._from, self._to = self._to, min(self._to + share, 1.0)
        self._done_bytes = 0
        yield
        self._advance(1.0)

    def component_done(self, name: str) -> None:
        """In this phase nothing more is to be done for this one."""
        self._done_bytes += self._weights.get(name, 0)
        self._advance(self._done_bytes / max(sum(self._weights.values()), 1))

    def part_of_component(self, name: str, share: float) -> None:
        """It is the one being worked on, and this much of it is done."""
        done = self._done_bytes + share * self._weights.get(name, 0)
        self._advance(done / max(sum(self._weights.values()), 1))

    def _advance(self, share_of_phase: float) -> None:
        share = self._from + (self._to - self._from) * min(share_of_phase, 1.0)
        if share > self._told:
            self._told = share
            self._tell(min(share, 1.0))


@contextmanager
def components_announced(progress: LoadProgress) -> Iterator[None]:
    """Within, `from_pretrained` of a pipeline tells of every component.

    diffusers shows its components as one progress bar, and each model's files or
    tensors as another one inside of it; ours take the place of these bars.
    """
    from transformers.utils import logging as transformers_logging

    diffusers_logging: Any = importlib.import_module("diffusers.utils.logging")
    bars = _Bars(progress)
    with _ANNOUNCED:
        bar_before = diffusers_logging.tqdm
        diffusers_logging.tqdm = bars
        hook_before = transformers_logging.set_tqdm_hook(
            lambda _, args, kwargs: bars(*args, **kwargs)
        )
        try:
            yield
        finally:
            diffusers_logging.tqdm = bar_before
            transformers_logging.set_tqdm_hook(hook_before)


class _Bars:
    """Makes what the libraries take for a tqdm."""

    def __init__(self, progress: LoadProgress) -> None:
        self._progress = progress
        self._component: str | None = None

    def __call__(self, iterable: Any = (), **options: Any) -> Any:
        if options.get("desc") == "Loading pipeline components...":
            return self._over_components(iterable)
        return _Bar(iterable, options.get("total"), self._within_component)

    def _over_components(self, items: Any) -> Iterator[Any]:
        for name, value in items:
            self._component = name
            yield name, value
            self._component = None
            self._progress.component_done(name)

    def _within_component(self, share: float) -> None:
        if self._component is not None:
            self._progress.part_of_component(self._component, share)


class _Bar:
    """Iterated, or entered and told; both advance it."""

    def __init__(
        self, iterable: Any, total: int | None, advanced: Callable[[float], None]
    ) -> None:
        self._iterable = iterable
        self._total = total or len(iterable)
        self._advanced = advanced
        self._count = 0

    def __iter__(self) -> Iterator[Any]:
        for item in self._iterable:
            yield item
            self.update()

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, count: int = 1) -> None:
        self._count += count
        if self._total:
            self._advanced(min(self._count / self._total, 1.0))

    def __getattr__(self, _: str) -> Callable[..., None]:
        """Everything that only shows something: postfix, description, closing."""
        return lambda *_args, **_kwargs: None
