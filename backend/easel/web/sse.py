"""Server-sent events on the wire: headers, format, heartbeat."""

from fastapi.sse import format_sse_event
from pydantic import BaseModel

SSE_MEDIA_TYPE = "text/event-stream"

# `no-transform` keeps Next.js and CDNs from compressing, and so buffering, the
# stream; `X-Accel-Buffering` does the same for nginx.
SSE_HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}

# Proxies commonly cut a connection that is silent for 30 or 60 s.
HEARTBEAT_S = 10.0
HEARTBEAT = b": heartbeat\n\n"


def encode_event(event_id: int, name: str, data: BaseModel) -> bytes:
    return format_sse_event(
        id=str(event_id), event=name, data_str=data.model_dump_json(exclude_none=False)
    )
