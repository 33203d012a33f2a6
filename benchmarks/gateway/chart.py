"""The results as one picture: an SVG that reads in light and dark.

`backend/.venv/bin/python -m benchmarks.gateway.chart RESULTS.json` draws it again.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from .summary import Found

_NAMES = {
    "direct": "no gateway",
    "nginx": "nginx proxy_pass",
    "bare": "uvicorn + aiohttp",
    "easel": "Easel",
    "easel_openai": "Easel, OpenAI API",
    "naive": "FastAPI + httpx",
    "litellm": "LiteLLM",
}

_WIDTH = 860
_MARGIN = 20
_TOP = 52
_PANEL_WIDTH = 400
_BAR_AT = 128
_BAR_WIDTH = 186
_ROW = 24
_BAR_HEIGHT = 14
_TITLE = 34

_STYLE = """
  .ground { fill: #ffffff }
  text { fill: #1f2328; font: 12px system-ui, sans-serif }
  .title { font-weight: 600; font-size: 15px }
  .panel { font-weight: 600 }
  .note { fill: #59636e }
  .bar { fill: #afb8c1 }
  .ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    text { fill: #e6edf3 }
    .note { fill: #9198a1 }
    .bar { fill: #545d68 }
    .ours { fill: #4493f8 }
  }
"""


@dataclass(frozen=True)
class Panel:
    """
    Attributes:
        value: Of a contender; None leaves it out.
    """

    title: str
    note: str
    unit: str
    value: Callable[[str], float | None]


def write_chart(results: Path) -> Path:
    """Beside `results`, and by its name."""
    document = json.loads(results.read_text("utf-8"))
    chart = results.with_suffix(".svg")
    machine = document["machine"]["name"]
    heading = f"What a gateway costs: one worker, {machine}"
    chart.write_text(drawn(heading, _panels(Found(document["measurements"]))), "utf-8")
    return chart


def _panels(found: Found) -> list[Panel]:
    def rate(answer: str) -> Callable[[str], float | None]:
        def of(contender: str) -> float | None:
            point = found.point(contender, answer, 16)
            return point.requests_per_s if point and point.is_good else None

        return of

    return [
        Panel("1 KB answers, 16 at a time", "requests/s", "/s", rate("1KB")),
        Panel("2 MB answers, 16 at a time", "requests/s", "/s", rate("2MB")),
        Panel(
            "Added to 1 KB, one at a time",
            "median, less is better",
            "ms",
            lambda name: None if name == "direct" else found.added_p50_ms(name, "1KB"),
        ),
        Panel(
            "Peak memory, 8 MB answers",
            "up to 64 at a time, less is better",
            "MB",
            lambda name: found.peak_mb(name, "8MB"),
        ),
    ]


def drawn(heading: str, panels: list[Panel]) -> str:
    """Two panels a row, a bar for each contender."""
    height = _TITLE + len(_NAMES) * _ROW + 30
    parts = []
    for number, panel in enumerate(panels):
        left = _MARGIN + (number % 2) * (_PANEL_WIDTH + _MARGIN)
        top = _TOP + (number // 2) * height
        parts.append(f'<g transform="translate({left} {top})">{_panel(panel)}</g>')
    total = _TOP + (len(panels) + 1) // 2 * height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {total}" '
        f'width="{_WIDTH}" height="{total}" role="img" '
        f'aria-label="{escape(heading)}">\n'
        f"<style>{_STYLE}</style>\n"
        f'<rect class="ground" width="{_WIDTH}" height="{total}" rx="6"/>\n'
        f'<text class="title" x="{_MARGIN}" y="30">{escape(heading)}</text>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _panel(panel: Panel) -> str:
    values = {name: panel.value(name) for name in _NAMES}
    most = max((value for value in values.values() if value is not None), default=0)
    parts = [
        f'<text class="panel" y="12">{escape(panel.title)} '
        f'<tspan class="note" font-weight="400">{escape(panel.note)}</tspan></text>'
    ]
    shown = [(name, value) for name, value in values.items() if value is not None]
    for row, (name, value) in enumerate(shown):
        top = _TITLE - 8 + row * _ROW
        base = top + _BAR_HEIGHT - 3
        width = max(1.0, _BAR_WIDTH * max(0.0, value) / most) if most > 0 else 1.0
        kind = "bar ours" if name.startswith("easel") else "bar"
        parts += [
            f'<text x="{_BAR_AT - 8}" y="{base}" text-anchor="end">'
            f"{escape(_NAMES[name])}</text>",
            f'<rect class="{kind}" x="{_BAR_AT}" y="{top}" width="{width:.1f}" '
            f'height="{_BAR_HEIGHT}" rx="2"/>',
            f'<text x="{_BAR_AT + width + 6:.1f}" y="{base}">'
            f"{_number(value)} {panel.unit}</text>",
        ]
    return "".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2g}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("results", type=Path)
    print(write_chart(options.parse_args().results))


if __name__ == "__main__":
    main()
