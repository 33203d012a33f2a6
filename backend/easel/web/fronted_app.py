"""A FastAPI app whose middleware is in front of it rather than inside.

Inside, every request also passes the framework's own layers (error pages, telemetry,
body limits: 0.1 ms together, measured), and with them those that need none of it.
"""

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send


class FrontedApp(FastAPI):
    """Set `front` to middleware around `behind`."""

    front: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.front is None or scope["type"] != "http":
            await self.behind(scope, receive, send)
        else:
            # Starlette's forms raise its own errors only within an app.
            scope["app"] = self
            await self.front(scope, receive, send)

    async def behind(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The app without its front."""
        await super().__call__(scope, receive, send)
