"""The `easel` command: `python -m easel keys …`, `drain`, `plan`."""

import sys

from easel.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
