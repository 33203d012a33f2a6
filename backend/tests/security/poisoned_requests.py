"""Requests that two HTTP parsers could read in two ways, or that no parser should take.

Each is followed by a request that is right. What the first may bring is an answer of
400 and above or the end of the connection; never may what is hidden in it be answered,
nor the second one's answer be another's.
"""

_HIDDEN = b"GET /generations/hidden_1 HTTP/1.1\r\nHost: x\r\n\r\n"
_BODY = b'{"prompt": "a fox"}'
_LENGTH = b"Content-Length: %d\r\n" % len(_BODY)
_JSON = b"Content-Type: application/json\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_HOST = b"Host: gateway\r\n"
_END = b"0\r\n\r\n"

SECOND = b"GET /livez HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"


def _post(headers: bytes, body: bytes = b"", *, host: bytes = _HOST) -> bytes:
    return b"POST /generate HTTP/1.1\r\n" + host + _JSON + headers + b"\r\n" + body


def _get(headers: bytes, *, host: bytes = _HOST) -> bytes:
    return b"GET /livez HTTP/1.1\r\n" + host + headers + b"\r\n"


# Two ways to say where the body ends: the classic of request smuggling.
LENGTH_AND_CHUNKED = {
    "CL.TE": _post(
        b"Content-Length: %d\r\n" % len(_END + _HIDDEN) + _CHUNKED, _END + _HIDDEN
    ),
    "TE.CL": _post(
        _CHUNKED + b"Content-Length: 4\r\n",
        b"%x\r\n" % len(_HIDDEN) + _HIDDEN + b"\r\n" + _END,
    ),
    "TE.CL of 0": _post(_CHUNKED + b"Content-Length: 0\r\n", _END + _HIDDEN),
}
BODY_LENGTHS = {
    "two lengths": _post(b"Content-Length: 0\r\n" + _LENGTH, _BODY),
    "two lengths in one": _post(b"Content-Length: 0, %d\r\n" % len(_BODY), _BODY),
    "signed length": _post(b"Content-Length: +%d\r\n" % len(_BODY), _BODY),
    "negative length": _post(b"Content-Length: -1\r\n", _BODY),
    "length in hexadecimal": _post(b"Content-Length: 0x13\r\n", _BODY),
    "length with a blank": _post(b"Content-Length: 1 9\r\n", _BODY),
    "length of 30 digits": _post(b"Content-Length: " + b"9" * 30 + b"\r\n", _BODY),
    "length that is empty": _post(b"Content-Length: \r\n", _BODY),
    "blank before the colon": _post(b"Content-Length : %d\r\n" % len(_BODY), _BODY),
}
CHUNKS = {
    "chunked twice": _post(_CHUNKED + _CHUNKED, _END + _HIDDEN),
    "unknown coding": _post(b"Transfer-Encoding: xchunked\r\n", _END + _HIDDEN),
    "chunked is not last": _post(
        b"Transfer-Encoding: chunked, identity\r\n", _END + _HIDDEN
    ),
    "coding hidden by a tab": _post(
        b"Transfer-Encoding:\x0bchunked\r\n", _END + _HIDDEN
    ),
    "chunk size of no digits": _post(_CHUNKED, b"zz\r\n" + _HIDDEN + b"\r\n" + _END),
    "chunk size too large": _post(
        _CHUNKED, b"f" * 17 + b"\r\n" + _HIDDEN + b"\r\n" + _END
    ),
    "chunk size signed": _post(_CHUNKED, b"-1\r\n" + _HIDDEN + b"\r\n" + _END),
    "chunk size 0x": _post(_CHUNKED, b"0x5\r\nhello\r\n" + _END),
    "chunk longer than said": _post(_CHUNKED, b"1\r\n" + _HIDDEN + b"\r\n" + _END),
}
HEADERS = {
    "two hosts": _get(b"Host: elsewhere\r\n"),
    "folded header": _get(b"X-One: a\r\n b\r\n"),
    "folded length": _post(b"Content-Length:\r\n %d\r\n" % len(_BODY), _BODY),
    "null byte in a value": _get(b"X-One: a\x00b\r\n"),
    "null byte in a name": _get(b"X-O\x00ne: a\r\n"),
    "null byte in the target": b"GET /livez\x00x HTTP/1.1\r\n" + _HOST + b"\r\n",
    "name with a blank": _get(b"X One: a\r\n"),
    "no colon": _get(b"X-One\r\n"),
    "bare carriage return": _get(b"X-One: a\rX-Two: b\r\n"),
    "blank before the first header": b"GET /livez HTTP/1.1\r\n X: y\r\n"
    + _HOST
    + b"\r\n",
    "unknown version": b"GET /livez HTTP/3.7\r\n" + _HOST + b"\r\n",
    "no version": b"GET /livez\r\n",
    "blank in the target": b"GET /livez /x HTTP/1.1\r\n" + _HOST + b"\r\n",
    "method with odd characters": b"GE\x01T /livez HTTP/1.1\r\n" + _HOST + b"\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
}
MUCH = {
    "header of 1 MB": _get(b"X-One: " + b"a" * 2**20 + b"\r\n"),
    "name of 1 MB": _get(b"a" * 2**20 + b": b\r\n"),
    "target of 1 MB": b"GET /" + b"a" * 2**20 + b" HTTP/1.1\r\n" + _HOST + b"\r\n",
    "10 000 headers": _get(b"".join(b"X-%d: a\r\n" % n for n in range(10_000))),
}
ALL = LENGTH_AND_CHUNKED | BODY_LENGTHS | CHUNKS | HEADERS | MUCH
