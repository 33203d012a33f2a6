"""Writes the gateway's OpenAPI document, which holds the whole native API.

python scripts/generate_openapi.py FILE   (scripts/generate-api calls it)
"""

import json
import sys
from pathlib import Path

from easel.gateway.app import create_app
from easel.gateway.settings import GatewaySettings

if __name__ == "__main__":
    # Without the operator's own .env: it must not get into what is committed.
    document = create_app(GatewaySettings(_env_file=None)).openapi()
    text = json.dumps(document, indent=2, ensure_ascii=False)
    Path(sys.argv[1]).write_text(text + "\n", encoding="utf-8")
