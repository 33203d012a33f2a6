"""ONNX Runtime keeps nothing about this machine, and so has nothing to send."""

import os
import subprocess
import sys
from pathlib import Path

from easel.text2image.settings import EMBEDDED_MODEL

LOAD = """
from pathlib import Path
from easel.text2image.engines.light.graph import Graph
from easel.text2image.engines.light.graph_files import GraphFiles
from easel.text2image.engines.model_source import open_source
Graph(GraphFiles(open_source({model!r}).folder).text_encoder)
"""


def test_loading_a_graph_leaves_no_trace(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    # Under a CI's own variable it reports nothing anyway.
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    kept.pop("ORT_DISABLE_TELEMETRY", None)
    program = LOAD.format(model=EMBEDDED_MODEL)
    subprocess.run([sys.executable, "-c", program], env=kept | home, check=True)
    assert list(tmp_path.rglob("*")) == []
