"""The samples of `autoscaling` as one picture: an SVG that reads in light and dark."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 860, 400
_LEFT, _RIGHT = 60, 20
_STYLE = """
  .ground { fill: #ffffff }
  text { fill: #1f2328; font: 12px system-ui, sans-serif }
  .title { font-weight: 600; font-size: 15px }
  .axis { fill: none; stroke: #afb8c1 }
  .load { fill: #0969da; opacity: .08 }
  .line { fill: none; stroke: #0969da; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    text { fill: #e6edf3 }
    .axis { stroke: #545d68 }
    .line { stroke: #4493f8 }
  }
"""


@dataclass
class Sample:
    """
    Attributes:
        at_s: Since the first.
        running: Replicas that paint.
        starting: Replicas that come.
        generations: In the server, waiting or painted.
        backlog_s: Seconds until all of them are done, as the server predicts.
    """

    at_s: float
    running: int
    starting: int
    generations: int
    backlog_s: float | None


def chart(samples: Sequence[Sample], load_s: Sequence[float]) -> str:
    """Replicas above, generations below, on one axis of time.

    Args:
        load_s: From when to when there was load.
    """
    end_s = samples[-1].at_s
    scale = (_WIDTH - _LEFT - _RIGHT) / end_s

    def x(at_s: float) -> float:
        return round(_LEFT + at_s * scale, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}"/>',
        '<text class="title" x="20" y="28">Replicas under a load step</text>',
        f'<rect class="load" x="{x(load_s[0])}" y="44" '
        f'width="{(load_s[1] - load_s[0]) * scale:.1f}" height="310"/>',
        f'<text x="{x(load_s[1]) - 6}" y="60" text-anchor="end">load</text>',
    ]
    parts += _panel(samples, x, 70, 130, "replicas", lambda each: each.running)
    parts += _panel(samples, x, 220, 130, "generations", lambda each: each.generations)
    step_s = 10 if end_s <= 150 else 30
    for at_s in range(0, int(end_s) + 1, step_s):
        parts.append(f'<text x="{x(at_s)}" y="372" text-anchor="middle">{at_s}</text>')
    parts += [f'<text x="{_WIDTH / 2}" y="390" text-anchor="middle">seconds</text>']
    return "\n".join([*parts, "</svg>", ""])


def _panel(
    samples: Sequence[Sample],
    x: Callable[[float], float],
    top: float,
    height: float,
    name: str,
    value: Callable[[Sample], int],
) -> list[str]:
    """Steps: a number holds until the next sample."""
    most = max(1, *(value(each) for each in samples))

    def y(number: float) -> float:
        return round(top + height * (1 - number / most), 1)

    path = f"M{x(samples[0].at_s)} {y(value(samples[0]))}"
    path += "".join(f"H{x(each.at_s)}V{y(value(each))}" for each in samples[1:])
    return [
        f'<text x="{_LEFT}" y="{top - 6}">{escape(name)}</text>',
        f'<path class="axis" d="M{_LEFT} {top}V{top + height}H{_WIDTH - _RIGHT}"/>',
        f'<text x="{_LEFT - 8}" y="{top + 10}" text-anchor="end">{most}</text>',
        f'<text x="{_LEFT - 8}" y="{top + height}" text-anchor="end">0</text>',
        f'<path class="line" d="{path}"/>',
    ]
