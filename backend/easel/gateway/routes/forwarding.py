"""Which parts of a request reach a text-to-image server."""

from urllib.parse import quote_from_bytes, unquote_to_bytes

from fastapi import Request

from easel.errors import NotFound

# What changes the server's answer. Everything else stays here: cookies and
# credentials are no business of the server.
_PASSED_HEADERS = (
    *("Accept", "Prefer", "Last-Event-ID"),
    *("If-None-Match", "If-Modified-Since", "If-Range", "Range"),
)

# All that RFC 3986 allows in path and query, the percent sign of what is already
# quoted included. Other bytes, which some clients send raw, are quoted.
_URL_CHARACTERS = "%-._~!$&'()*+,;=:@/?[]"


def passed_headers(request: Request) -> dict[str, str]:
    return {
        name: value
        for name in _PASSED_HEADERS
        if (value := request.headers.get(name)) is not None
    }


def target(request: Request) -> str:
    """Path and query as they came.

    Raises:
        NotFound: the path has a `.` or `..` in it, which a proxy before the server
            might resolve into a path that is no route of ours.
    """
    path: bytes = request.scope["raw_path"]
    if {b".", b".."} & set(unquote_to_bytes(path).split(b"/")):
        raise NotFound(f"No route {request.url.path}.")
    query: bytes = request.scope["query_string"]
    whole = path + b"?" + query if query else path
    return quote_from_bytes(whole, safe=_URL_CHARACTERS)
