"""Writes the rules and alerts of deploy/observability as Kubernetes' PrometheusRule.

python scripts/generate_prometheus_rule.py \
    deploy/kubernetes/components/monitoring/prometheus-rule.yaml
"""

import sys
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "deploy/observability/prometheus"
_HEAD = """\
# Made from deploy/observability/prometheus: change it there, and make this again with
# scripts/generate_prometheus_rule.py.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: easel
spec:
  groups:
"""


def prometheus_rule() -> str:
    """With the files' comments. kustomize takes nothing from outside of its folder."""
    lines: list[str] = []
    for name in ("rules.yml", "alerts.yml"):
        groups = (
            (_FOLDER / name).read_text(encoding="utf-8").partition("\ngroups:\n")[2]
        )
        lines += groups.splitlines()
    return _HEAD + "".join(f"  {line}".rstrip() + "\n" for line in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(prometheus_rule(), encoding="utf-8")
