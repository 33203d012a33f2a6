"""What the gateway costs, beside nginx, a naive gateway and LiteLLM.

Run from the repository's root: `backend/.venv/bin/python -m benchmarks.gateway.NAME`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The packages beside this one are not installed: they are imported from where they are.
sys.path.insert(0, str(ROOT / "benchmarks"))
