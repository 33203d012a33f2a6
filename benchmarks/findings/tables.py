"""The summaries in a folder of results, as Markdown."""

import argparse
import json
from pathlib import Path

from .results import print_summary, title


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    for path in sorted(options.parse_args().folder.glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        load = document["load_average"]["before"][0]
        summary = {
            "measured on": f"{document['machine']['name']}, commit "
            f"{document['commit']}, load before {load:.2f}",
            **document["summary"],
        }
        print_summary(title(document), summary)


if __name__ == "__main__":
    main()
