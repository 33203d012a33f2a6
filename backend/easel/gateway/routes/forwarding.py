"""Which parts of a request reach the text-to-image server."""

from urllib.parse import quote_from_bytes, unquote_to_bytes

from fastapi import Request

from easel.errors import NotFound
from easel.gateway.upstream import UpstreamRequest

# What changes the server's answer. Everything else stays here: cookies and
# credentials are no business of the server.
_PASSED_HEADERS = (
    *("Accept", "Prefer", "Last-Event-ID"),
    *("If-None-Match", "If-Modified-Since", "If-Range", "Range"),
)

# All that RFC 3986 allows in path and query, the percent sign of what is already
# quoted included. Other bytes, which some clients send raw, are quoted.
_URL_CHARACTERS = "%-._~!$&'()*+,;=:@/?[]"


def forwarded(request: Request, json_body: bytes | None = None) -> UpstreamRequest:
    """`request` as the server gets it; path and query as they came.

    Raises:
        NotFound: the path has a `.` or `..` in it, which a proxy before the server
            might resolve into a path that is no route of ours.
    """
    path: bytes = request.scope["raw_path"]
    if {b".", b".."} & set(unquote_to_bytes(path).split(b"/")):
        raise NotFound(f"No route {request.url.path}.")
    query: bytes = request.scope["query_string"]
    target = path + b"?" + query if query else path
    headers = {
        name: value
        for name in _PASSED_HEADERS
        if (value := request.headers.get(name)) is not None
    }
    if json_body is not None:
        headers["Content-Type"] = "application/json"
    quoted = quote_from_bytes(target, safe=_URL_CHARACTERS)
    return UpstreamRequest(request.method, quoted, headers, body=json_body)
