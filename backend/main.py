"""The API gateway. Run `python main.py`, or point gunicorn at `main:app`."""

import sys

from easel.gateway.app import create_app
from easel.gateway.assembly import StorageUnusable
from easel.gateway.reload import Reload, of_master, warn_of_unknown_variables
from easel.gateway.settings import GatewaySettings
from easel.telemetry.logs import configure_logs
from easel.telemetry.start_tracing import start_tracing
from easel.web.command_line import read_settings
from easel.web.serve import (
    EXIT_STORAGE,
    create_server,
    listen,
    refuse_to_start,
    run_server,
)

# Of a worker: with it gunicorn stops, instead of trying again for ever.
_WORKER_BOOT_ERROR = 3

is_program = __name__ == "__main__"
arguments = sys.argv[1:] if is_program else []
settings = of_master.held or read_settings(GatewaySettings, arguments)
configure_logs(settings.log_format, settings.log_level)
start_tracing("easel-gateway")
try:
    app = create_app(settings)
except StorageUnusable as error:
    refuse_to_start(str(error), EXIT_STORAGE if is_program else _WORKER_BOOT_ERROR)

if is_program:
    warn_of_unknown_variables()
    listener = listen(settings.host, settings.port)
    parts = app.state.assembly.parts
    server = create_server(
        app,
        grace_s=settings.grace_s,
        on_stop=app.state.drain.begin,
        on_hang_up=Reload(settings, arguments, door=parts.door, pool=parts.pool),
    )
    run_server(server, listener, name="gateway")
