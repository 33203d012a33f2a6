"""Makes the client of a server from its URL: one of our own, or of another make."""

from collections.abc import Callable, Mapping

from easel.clock import Clock
from easel.gateway.foreign.adapter import Adapter
from easel.gateway.foreign.automatic1111 import Automatic1111
from easel.gateway.foreign.client import ForeignClient
from easel.gateway.foreign.kept_paintings import KeptPaintings
from easel.gateway.foreign.openai_flavours import flavour_of
from easel.gateway.foreign.openai_images import OpenAiImages
from easel.gateway.foreign.outlook import Outlook
from easel.gateway.foreign.paintings import Paintings, Timing
from easel.gateway.foreign.places import Places
from easel.gateway.foreign.server_url import ForeignServer, foreign_server
from easel.gateway.replicas.probed_pool import Pause, pause
from easel.gateway.store.base import Store
from easel.gateway.upstream import Upstream, UpstreamClient

# AUTOMATIC1111 paints one thing at a time.
_SDAPI_CONCURRENT = 1
_SDAPI_FRESH_S = 5.0

# Of OpenAI's own, whichever of its models.
_OPENAI_MODEL = "gpt-image"


def client_maker(
    store: Store,
    *,
    keys: Mapping[str, str],
    keep_s: float,
    keep_bytes: int,
    longest_s: float,
    clock: Clock,
    pause: Pause = pause,
) -> Callable[[str], UpstreamClient]:
    """
    Args:
        store: Where generations on servers of other makes live.
        keys: Of those servers, by host (and port, where the URL names one).
        keep_s: For how long their pictures are kept.
        keep_bytes: Of pictures that may come within that time.
        longest_s: That a server may take for one generation.
        clock: Of all measurements.
        pause: Between two looks at what is going on.
    """
    timing = Timing(longest_s, clock, pause)

    def make(url: str) -> UpstreamClient:
        server = foreign_server(url)
        if server is None:
            return Upstream(url)
        adapter = _adapter(server, server.credentials or keys.get(server.host))
        places = Places(server.concurrent or _concurrent(server))
        kept = KeptPaintings(
            store, keep_s=keep_s, keep_bytes=keep_bytes, longest_s=longest_s
        )
        return ForeignClient(
            server,
            adapter,
            Paintings(adapter, places, kept, timing),
            Outlook(server, adapter, places, clock=clock, fresh_s=_fresh_s(server)),
        )

    return make


def _adapter(server: ForeignServer, secret: str | None) -> Adapter:
    if server.dialect == "sdapi":
        return Automatic1111(server, secret)
    return OpenAiImages(server, secret)


def _concurrent(server: ForeignServer) -> int:
    if server.dialect == "sdapi":
        return _SDAPI_CONCURRENT
    return flavour_of(server.dialect, _OPENAI_MODEL).concurrent


def _fresh_s(server: ForeignServer) -> float:
    if server.dialect == "sdapi":
        return _SDAPI_FRESH_S
    return flavour_of(server.dialect, _OPENAI_MODEL).fresh_s
