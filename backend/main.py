"""The API gateway. Run `python main.py`, or point gunicorn at `main:app`."""

import sys

from easel.gateway.app import create_app
from easel.gateway.settings import GatewaySettings
from easel.telemetry.logs import configure_logs
from easel.web.command_line import read_settings
from easel.web.serve import create_server, listen, run_server

is_program = __name__ == "__main__"
settings = read_settings(GatewaySettings, sys.argv[1:] if is_program else [])
configure_logs(settings.log_format, settings.log_level)
app = create_app(settings)

if is_program:
    listener = listen(settings.host, settings.port)
    server = create_server(app, grace_s=settings.grace_s, on_stop=app.state.drain.begin)
    run_server(server, listener, name="gateway")
