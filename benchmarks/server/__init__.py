"""Measurements of the text-to-image server; each program is one question.

Run from the repository's root: `backend/.venv/bin/python -m benchmarks.server.NAME`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The server's packages are not installed: they are imported from where they are.
sys.path.insert(0, str(ROOT / "backend"))
