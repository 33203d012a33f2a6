"""Links to images that work without a key, for a while: `<img src>` cannot send one.

The signature covers the path, when the link ends and whose it is; what else is in the
query, such as a thumbnail's width, is left to who follows it.
"""

import hmac
import json
from urllib.parse import parse_qsl, urlencode

from easel.clock import Clock
from easel.errors import Forbidden, LinkExpired

_PURPOSE = b"easel signed image links, version 1"
_MAX_FIELDS = 10
_TAMPERED = "The signature of this link does not hold."


class SignedLinks:
    """
    Args:
        pepper: The gateway's secret; links get a key of their own from it.
        wall_clock: Seconds since 1970.
    """

    def __init__(self, pepper: bytes, wall_clock: Clock) -> None:
        self._key = hmac.digest(pepper, _PURPOSE, "sha256")
        self._wall_clock = wall_clock

    def sign(self, path: str, caller_id: str, *, ttl_s: float) -> str:
        """`path` with a query that lets its GET pass as this caller for `ttl_s`."""
        expires = str(int(self._wall_clock.now() + ttl_s))
        signature = self._signature(path, expires, caller_id)
        query = {"expires": expires, "caller": caller_id, "signature": signature}
        return f"{path}?{urlencode(query)}"

    def caller_id(self, path: str, query: bytes) -> str:
        """Whose link this is.

        Args:
            path: As it was asked, percent-decoded.
            query: As it came on the wire.

        Raises:
            Forbidden: it was not signed here.
            LinkExpired: it is over.
        """
        try:
            fields = dict(parse_qsl(query.decode("ascii"), max_num_fields=_MAX_FIELDS))
        except ValueError:
            raise Forbidden(_TAMPERED) from None
        expires = fields.get("expires", "")
        caller_id = fields.get("caller", "")
        signature = self._signature(path, expires, caller_id)
        presented = fields.get("signature", "")
        if not hmac.compare_digest(signature.encode(), presented.encode()):
            raise Forbidden(_TAMPERED)
        if self._wall_clock.now() >= int(expires):
            raise LinkExpired("This link has expired.")
        return caller_id

    def _signature(self, path: str, expires: str, caller_id: str) -> str:
        message = json.dumps([path, expires, caller_id])
        return hmac.digest(self._key, message.encode(), "sha256").hex()


def is_signed(method: str, path: str, query: bytes) -> bool:
    """Whether this is to be judged by its signature: a GET of one image."""
    if b"signature=" not in query or method not in ("GET", "HEAD"):
        return False
    parts = path.split("/")
    return len(parts) == 5 and parts[1] == "generations" and parts[3] == "images"
