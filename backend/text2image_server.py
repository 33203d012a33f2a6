"""The text-to-image server. Run `python text2image_server.py --port 8001`."""

import sys

from easel.text2image.process import run
from easel.text2image.settings import ServerSettings
from easel.web.command_line import read_settings

if __name__ == "__main__":
    run(read_settings(ServerSettings, sys.argv[1:]))
