"""The `easel` command: `python -m easel keys …`, `python -m easel drain`."""

import sys

from easel.gateway.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
