"""The text of an API key: `easel_<public id>_<secret>_<checksum>`. Pure.

Letters and digits only, so that a double click selects all of it. The checksum tells a
typing error, or a secret scanner's false alarm, without asking the store.
"""

import secrets
import string
import zlib
from dataclasses import dataclass, field

_PREFIX = "easel_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PUBLIC_CHARACTERS = 8
_SECRET_CHARACTERS = 43  # 256 bits
_CHECKSUM_CHARACTERS = 6  # 32 bits

_SECRET_AT = len(_PREFIX) + _PUBLIC_CHARACTERS + 1
_CHECKSUM_AT = _SECRET_AT + _SECRET_CHARACTERS + 1
_LENGTH = _CHECKSUM_AT + _CHECKSUM_CHARACTERS


@dataclass(frozen=True, slots=True)
class KeyText:
    """
    Attributes:
        public_id: 8 letters and digits; names the key in logs, lists and usage.
        secret: 43 letters and digits; known to the key's holder only.
    """

    public_id: str
    secret: str = field(repr=False)

    def reveal(self) -> str:
        """What the holder is given, once."""
        body = f"{_PREFIX}{self.public_id}_{self.secret}"
        return f"{body}_{_checksum(body)}"


def new_key_text() -> KeyText:
    return KeyText(_random(_PUBLIC_CHARACTERS), _random(_SECRET_CHARACTERS))


def with_new_secret(public_id: str) -> KeyText:
    return KeyText(public_id, _random(_SECRET_CHARACTERS))


def parse_key_text(text: str) -> KeyText | None:
    """None if this was never a key: wrong form or checksum. In constant time."""
    if len(text) != _LENGTH or not text.isascii() or not text.startswith(_PREFIX):
        return None
    key = KeyText(
        text[len(_PREFIX) : _SECRET_AT - 1], text[_SECRET_AT : _CHECKSUM_AT - 1]
    )
    if not (key.public_id.isalnum() and key.secret.isalnum()):
        return None
    return key if secrets.compare_digest(key.reveal(), text) else None


def _random(characters: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(characters))


def _checksum(body: str) -> str:
    value = zlib.crc32(body.encode())
    digits = []
    for _ in range(_CHECKSUM_CHARACTERS):
        value, digit = divmod(value, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
