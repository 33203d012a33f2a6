"""The text-to-image server. Run `python text2image_server.py --port 8001`."""

from pydantic_settings import CliApp

from easel.text2image.process import run
from easel.text2image.settings import ServerSettings

if __name__ == "__main__":
    run(CliApp.run(ServerSettings))
