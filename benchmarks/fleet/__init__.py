"""Measurements of a whole fleet: gateways with text-to-image servers behind them.

Run from the repository's root: `backend/.venv/bin/python -m benchmarks.fleet.NAME`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Neither the server's packages nor those beside this one are installed: they are
# imported from where they are.
sys.path[:0] = [str(ROOT / "backend"), str(ROOT / "benchmarks")]
