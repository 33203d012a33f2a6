"""What all benchmarks do with what they find: numbers, files, tables, charts."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
